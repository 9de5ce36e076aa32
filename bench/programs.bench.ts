// The cost of other people's programs: `weston-simple-shm` on this compositor and on Weston, where both are installed.
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { cpuTime } from './cpu-time.ts';
import type { Figure } from './figure.ts';
import { serve, withDirectory } from './processes.ts';

const WESTON = '/usr/bin/weston';
const CLIENT = '/usr/bin/weston-simple-shm';
const OUTPUT = { width: 1920, height: 1080 };
const LOADS = [1, 10, 40];
/** Commits of each client before counting begins, so that V8 has compiled what runs, and those that are counted. */
const WARM_UP = 900;
const FRAMES = 180;
const SOCKET = 'bench-0';

/** What the client library prints for a commit under WAYLAND_DEBUG, which is how frames are counted. */
const COMMIT = /wl_surface@\d+\.commit\(\)/g;

/** So many copies of the program, and the frames that they have committed together. */
class Clients implements Disposable {
  readonly #processes: readonly ChildProcess[];
  #frames = 0;
  #failure: Error | null = null;
  #look: () => void = () => {};

  constructor(directory: string, count: number) {
    const { DISPLAY: _, ...inherited } = process.env;
    const env = {
      ...inherited,
      XDG_RUNTIME_DIR: directory,
      WAYLAND_DISPLAY: SOCKET,
      WAYLAND_DEBUG: 'client',
    };
    this.#processes = Array.from({ length: count }, () => this.#start(env));
  }

  /** Resolves when `frames` more have been committed. */
  async more(frames: number): Promise<void> {
    const end = this.#frames + frames;
    while (this.#frames < end) {
      if (this.#failure) throw this.#failure;
      await new Promise<void>(resolve => {
        this.#look = resolve;
      });
    }
  }

  get frames(): number {
    return this.#frames;
  }

  [Symbol.dispose](): void {
    for (const process of this.#processes) process.removeAllListeners('exit').kill('SIGKILL');
  }

  #start(env: NodeJS.ProcessEnv): ChildProcess {
    const client = spawn(CLIENT, [], { env, stdio: ['ignore', 'ignore', 'pipe'] });
    client.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.#frames += text.match(COMMIT)?.length ?? 0;
      this.#look();
    });
    client.on('exit', status => {
      this.#failure = new Error(`${CLIENT} ended with ${status}`);
      this.#look();
    });
    return client;
  }
}

/** CPU nanoseconds of a server for each frame that its clients committed. */
async function costOf(server: { pid: number }, directory: string, count: number): Promise<number> {
  const clients = new Clients(directory, count);
  try {
    await clients.more(WARM_UP * count);
    const cpu = cpuTime(server.pid);
    const frames = clients.frames;
    await clients.more(FRAMES * count);
    return (cpuTime(server.pid) - cpu) / (clients.frames - frames);
  } finally {
    clients[Symbol.dispose]();
  }
}

const onFencepost = (count: number): Promise<number> =>
  withDirectory(async directory => {
    const server = await serve(
      join(directory, 'native'),
      '--output',
      `${OUTPUT.width}x${OUTPUT.height}@60`,
      '--wayland-socket',
      join(directory, SOCKET),
    );
    try {
      return await costOf(server, directory, count);
    } finally {
      await server[Symbol.asyncDispose]();
    }
  });

/** Weston, headless, with the renderer that draws with the CPU. */
const onWeston = (count: number): Promise<number> =>
  withDirectory(async directory => {
    const weston = spawn(
      WESTON,
      [
        '--backend=headless-backend.so',
        '--use-pixman',
        `--width=${OUTPUT.width}`,
        `--height=${OUTPUT.height}`,
        `--socket=${SOCKET}`,
        '--idle-time=0',
        '--no-config',
      ],
      { env: { ...process.env, XDG_RUNTIME_DIR: directory }, stdio: 'ignore' },
    );
    const { pid } = weston;
    if (pid === undefined) throw new Error(`${WESTON} could not be started`);
    try {
      const patience = AbortSignal.timeout(10_000);
      while (!existsSync(join(directory, SOCKET))) {
        if (patience.aborted) throw new Error(`${WESTON} does not listen`);
        await new Promise(resolve => setTimeout(resolve, 20));
      }
      return await costOf({ pid }, directory, count);
    } finally {
      const ended = new Promise(resolve => weston.on('exit', resolve));
      weston.kill('SIGTERM');
      await ended;
    }
  });

/** CPU seconds of the server for each frame of a client; nothing where the programs are not installed. */
export async function programFigures(): Promise<Figure[]> {
  if (!existsSync(CLIENT) || !existsSync(WESTON)) return [];
  const figures: Figure[] = [];
  for (const count of LOADS) {
    const words = `${count} weston-simple-shm: CPU time a client's frame`;
    const base = `${words}, Weston`;
    figures.push({ name: base, value: (await onWeston(count)) / 1e3, unit: 'us' });
    figures.push({ name: words, value: (await onFencepost(count)) / 1e3, unit: 'us', base });
  }
  return figures;
}
