// A compositor of this process, in real time, for one program at a time.
import { type ChildProcess, spawn } from 'node:child_process';
import { chmodSync, chownSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Client, connect, type Screenshot, screenshot } from '../../client-sdk/index.ts';
import { Session, type SessionOptions } from '../../compositor/commands/session.ts';
import type { Rect } from '../../compositor/scene/region.ts';
import type { SurfacePlacement } from '../../compositor/scene/stack.ts';
import { Hands } from './hands.ts';
import { distinctColours, type Picture } from './picture.ts';

const SIZE = { width: 1024, height: 768 };
/** The user and group that own nothing. */
const NOBODY = 65534;
/** How often a condition on other processes is looked at, in milliseconds. */
const GLANCE = 20;
/** Variables of the caller's session that would lead a program to another display. */
const FOREIGN = [
  'DISPLAY',
  'WAYLAND_DISPLAY',
  'WAYLAND_SOCKET',
  'FENCEPOST_DISPLAY',
  'DBUS_SESSION_BUS_ADDRESS',
];

/** A process whose words are kept. */
export interface Run {
  readonly process: ChildProcess;
  /** Exit status, or the signal's name. */
  readonly ended: Promise<number | NodeJS.Signals>;
  /** What it said so far, on both channels. */
  readonly output: () => string;
}

export class Stage implements AsyncDisposable {
  readonly size = SIZE;
  readonly hands: Hands;
  readonly directory: string;
  readonly #session: Session;
  readonly #eye: Client;
  readonly #runs = new Set<Run>();
  /** Whose the programs are; null: whose the compositor is. */
  #user: number | null = null;

  private constructor(session: Session, eye: Client, directory: string) {
    this.#session = session;
    this.#eye = eye;
    this.directory = directory;
    this.hands = new Hands(session.compositor);
  }

  static async open(options: Partial<SessionOptions> = {}): Promise<Stage> {
    const directory = mkdtempSync(join(tmpdir(), 'fencepost-programs-'));
    const runtime = join(directory, 'runtime');
    const home = join(directory, 'home');
    for (const path of [runtime, home]) mkdirSync(path, { mode: 0o700 });
    const session = await Session.start({
      output: [{ ...SIZE, refresh: 60_000, name: 'Stage' }],
      socket: join(runtime, 'fencepost'),
      waylandSocket: join(runtime, 'wayland-1'),
      ...options,
    });
    const eye = await connect({ display: session.sockets.display });
    return new Stage(session, eye, directory);
  }

  /** Programs are started by the user nobody from now on. The caller has to be root. */
  leaveToNobody(): void {
    this.#user = NOBODY;
    chmodSync(this.directory, 0o755);
    for (const name of ['home', 'runtime']) {
      const folder = join(this.directory, name);
      for (const path of [folder, ...readdirSync(folder).map(entry => join(folder, entry))])
        chownSync(path, NOBODY, NOBODY);
    }
  }

  get compositor(): Session['compositor'] {
    return this.#session.compositor;
  }

  /** Starts a program as a client. */
  start(command: readonly string[], environment: Readonly<Record<string, string>> = {}): Run {
    const inherited = Object.fromEntries(
      Object.entries(process.env).filter(([name]) => !FOREIGN.includes(name)),
    );
    const child = spawn(command[0]!, command.slice(1), {
      cwd: join(this.directory, 'home'),
      env: {
        ...inherited,
        HOME: join(this.directory, 'home'),
        XDG_RUNTIME_DIR: join(this.directory, 'runtime'),
        WAYLAND_DISPLAY: 'wayland-1',
        XDG_SESSION_TYPE: 'wayland',
        NO_AT_BRIDGE: '1',
        GTK_A11Y: 'none',
        ...environment,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
      ...(this.#user === null ? {} : { uid: this.#user, gid: this.#user }),
    });
    let said = '';
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (text: string) => {
        said = (said + text).slice(-100_000);
      });
    const ended = new Promise<number | NodeJS.Signals>((resolve, reject) => {
      child.on('error', reject);
      child.on('close', (status, signal) => resolve(status ?? signal ?? -1));
    });
    const run: Run = { process: child, ended, output: () => said };
    this.#runs.add(run);
    void ended.catch(() => {}).then(() => this.#runs.delete(run));
    return run;
  }

  /** Ends whatever else was started. */
  endOthers(): void {
    for (const { process: child } of this.#runs) killGroup(child, 'SIGKILL');
  }

  /** Runs a tool to its end. Throws unless its status is 0. */
  async tool(command: readonly string[], environment?: Readonly<Record<string, string>>): Promise<string> {
    const run = this.start(command, environment);
    const status = await this.within(20, `${command[0]} ends`, run.ended);
    if (status !== 0)
      throw new Error(`${command.join(' ')} ended with ${status}: ${run.output().slice(-400)}`);
    return run.output();
  }

  /** What programs show: everything but the cursor. */
  get shown(): readonly SurfacePlacement[] {
    return this.compositor.scene.stack;
  }

  /** The window's or layer's own part of the screen that came last; null while nothing is shown. */
  get area(): Rect | null {
    const top = this.shown.findLast(({ surface }) => surface.role?.kind !== 'subsurface');
    if (!top) return null;
    const x = Math.max(0, top.x);
    const y = Math.max(0, top.y);
    return {
      x,
      y,
      width: Math.min(SIZE.width, top.x + top.width) - x,
      height: Math.min(SIZE.height, top.y + top.height) - y,
    };
  }

  /** Commits of buffers so far, by all programs. */
  get commits(): number {
    return this.compositor.counters.uses;
  }

  async screenshot(): Promise<Picture> {
    const shot: Screenshot = await screenshot(this.#eye);
    return { width: shot.width, height: shot.height, data: shot.data };
  }

  /** Resolves when a condition holds; `seconds` is how long it is waited for, `words` what is missed otherwise. */
  async until(words: string, condition: () => boolean | Promise<boolean>, seconds = 15): Promise<void> {
    const impatient = AbortSignal.timeout(seconds * 1000);
    while (!(await condition())) {
      if (impatient.aborted) throw new Error(`within ${seconds} s it never came true that ${words}`);
      await new Promise(resolve => setTimeout(resolve, GLANCE));
    }
  }

  /** The picture becomes another than `before`. */
  async changes(before: Picture, words: string): Promise<Picture> {
    let now = before;
    await this.until(words, async () => {
      now = await this.screenshot();
      return Buffer.compare(now.data, before.data) !== 0;
    });
    return now;
  }

  /** A picture that stays the same for a while: nothing moves any more, unless something always does. */
  async settled(): Promise<Picture> {
    let before = await this.screenshot();
    for (let same = 0, looks = 0; same < 5 && looks < 20; looks++) {
      await this.pause(100);
      const now = await this.screenshot();
      same = Buffer.compare(now.data, before.data) === 0 ? same + 1 : 0;
      before = now;
    }
    return before;
  }

  /** Something is mapped and its picture has so many colours. */
  async draws(colours: number): Promise<void> {
    await this.until('a window is shown', () => this.area !== null, 30);
    await this.until(`its picture has ${colours} colours`, async () => {
      const picture = await this.screenshot();
      const { area } = this;
      return area !== null && distinctColours(picture, area, colours) >= colours;
    });
  }

  pause(milliseconds: number): Promise<void> {
    return new Promise(resolve => setTimeout(resolve, milliseconds));
  }

  within<T>(seconds: number, words: string, promise: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(
        () => reject(new Error(`within ${seconds} s it never came true that ${words}`)),
        seconds * 1000,
      );
      promise.then(resolve, reject).finally(() => clearTimeout(timer));
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const { process: child } of this.#runs) killGroup(child, 'SIGKILL');
    await Promise.allSettled([...this.#runs].map(run => run.ended));
    this.#eye.close();
    await this.#session.stop();
    rmSync(this.directory, { recursive: true, force: true });
  }
}

/** Ends a process and those that it started. */
export function killGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  try {
    if (child.pid !== undefined) process.kill(-child.pid, signal);
  } catch {
    // It has gone already.
  }
}
