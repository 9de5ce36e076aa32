// The SDK as a client of other compositors, those that are installed: the examples as they are, in processes of their own.
import { spawnSync } from 'node:child_process';
import { chownSync, existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  BUILD_TIMEOUT,
  build,
  type Ended,
  eventually,
  example,
  privateDirectory,
  Running,
  serve,
} from './program.ts';

/** An ordinary user, for compositors that refuse root. */
const NOBODY = 65534;

const has = (program: string): boolean => spawnSync('which', [program]).status === 0;
const isRoot = process.getuid?.() === 0;

/** Starts a compositor without a display; resolves with the environment of its clients once it listens. */
async function start(command: string[], files: Record<string, string>, environment: Record<string, string>) {
  const directory = privateDirectory();
  for (const [name, text] of Object.entries(files)) writeFileSync(join(directory, name), text);
  const runtime = { XDG_RUNTIME_DIR: directory, HOME: directory };
  const [program, ...args] = command.map(word => word.replace('$DIRECTORY', directory));
  const asNobody = isRoot && program === 'sway';
  if (asNobody)
    for (const name of ['.', ...readdirSync(directory)]) chownSync(join(directory, name), NOBODY, NOBODY);
  const user = ['setpriv', `--reuid=${NOBODY}`, `--regid=${NOBODY}`, '--clear-groups'];
  const [first, ...rest] = [...(asNobody ? user : []), program!, ...args];
  const none = { WAYLAND_DISPLAY: undefined, DISPLAY: undefined };
  const running = new Running(first!, rest, { ...none, ...runtime, ...environment });
  const socket = () => readdirSync(directory).find(name => /^wayland-\d+$/.test(name));
  await eventually(
    () => socket() !== undefined || running.process.exitCode !== null,
    `${program} listens: ${running.output}`,
  );
  if (running.process.exitCode !== null) throw new Error(`${program} ended: ${running.output}`);
  return { ...runtime, WAYLAND_DISPLAY: socket() };
}

const compositors = [
  {
    name: 'weston',
    needs: ['weston'],
    start: () =>
      start(
        ['weston', '--backend=headless-backend.so', '--use-pixman', '--no-config', '--idle-time=0'],
        {},
        {},
      ),
    presents: true,
  },
  {
    name: 'sway',
    needs: isRoot ? ['sway', 'setpriv'] : ['sway'],
    start: () =>
      start(
        ['sway', '-c', '$DIRECTORY/config'],
        { config: 'output HEADLESS-1 mode 640x480\n' },
        { WLR_BACKENDS: 'headless', WLR_RENDERER: 'pixman', WLR_LIBINPUT_NO_DEVICES: '1' },
      ),
    // It answers no feedback on such an output.
    presents: false,
  },
  {
    name: 'this one, over its Wayland socket',
    needs: [],
    start: async () => {
      const runtime = { XDG_RUNTIME_DIR: privateDirectory() };
      const server = await serve([], runtime);
      const [, path] = await server.process.says(/^wayland +(\S+)/m);
      return { ...runtime, WAYLAND_DISPLAY: path };
    },
    presents: true,
  },
] as const;

beforeAll(build, BUILD_TIMEOUT);

describe.each(compositors)('the examples as clients of $name', ({ needs, start, presents }) => {
  const missing = needs.filter(program => !has(program));
  let environment: Record<string, string | undefined> | null = null;

  async function run(name: string, ...words: string[]): Promise<Ended> {
    environment ??= await start();
    return new Running(process.execPath, [example(name), ...words], environment).ended;
  }

  const installed = missing.length === 0;
  describe.runIf(installed)(installed ? 'are as good as at home' : `need ${missing.join(' and ')}`, () => {
    it('animation presents its frames and ends', { timeout: 30_000 }, async () => {
      const { status, output } = await run('animation', '--frames', '30');
      expect({ status, output }).toMatchObject({ status: 0 });
      const [, presented, images] = /(\d+) of the last 30 frames were presented, in (\d) images/.exec(
        output,
      )!;
      if (presents) expect(Number(presented)).toBeGreaterThanOrEqual(25);
      expect(Number(images)).toBeGreaterThanOrEqual(2);
    });

    it('photo-viewer shows its pictures and ends', async () => {
      const ended = await run('photo-viewer', '--frames', '3', '--seconds', '0.05');
      expect(ended).toMatchObject({ status: 0, output: '' });
    });

    it.each(['hello', 'subsurfaces'])('%s shows its frames and ends', async name => {
      expect(await run(name, '--frames', '5')).toMatchObject({ status: 0, output: '' });
    });

    it.each([
      ['gpu-drawing', 'fencepost_kernel_v1'],
      ['explicit-sync-file', 'fencepost_kernel_v1'],
      ['explicit-sync-timeline', 'fencepost_kernel_v1'],
      ['video-player', 'fencepost_kernel_v1'],
    ])('%s says in a line what the server lacks', async (name, lacks) => {
      const { status, output } = await run(name, '--frames', '3');
      expect(status).toBe(1);
      expect(output.trim().split('\n')).toEqual([
        expect.stringContaining(`the server does not offer ${lacks} here`),
      ]);
    });
  });
});

it('an example without a Wayland server says what to do', async () => {
  const nowhere = join(privateDirectory(), 'wayland-9');
  expect(existsSync(nowhere)).toBe(false);
  const running = new Running(process.execPath, [example('animation')], { WAYLAND_DISPLAY: nowhere });
  const { status, output } = await running.ended;
  expect(status).toBe(1);
  expect(output).toMatch(/no server at .*wayland-9 .*: start one, or set WAYLAND_DISPLAY/);
});
