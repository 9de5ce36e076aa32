// Programs that know nothing of Fencepost, on its Wayland socket.
import { accessSync, constants, existsSync, readdirSync, readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { PNG } from 'pngjs';
import { beforeAll, describe, expect, it, type TestContext } from 'vitest';
import { BUILD_TIMEOUT, build, fencepost, privateDirectory, Running } from './program.ts';

beforeAll(build, BUILD_TIMEOUT);

/** Skips a test where a program is missing: CI installs them, a clone need not. */
function needs(context: TestContext, program: string): void {
  const directories = (process.env['PATH'] ?? '').split(delimiter);
  const found = directories.some(directory => {
    try {
      accessSync(join(directory, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
  context.skip(!found, `${program} is not installed`);
}

const SIZE = ['--output', '320x240'];

/** A compositor that listens in a runtime directory of its own. */
async function serve(directory = privateDirectory(), ...words: string[]) {
  const running = fencepost(['serve', '--no-status', ...SIZE, ...words], { XDG_RUNTIME_DIR: directory });
  const [, path] = await running.says(/^wayland +(\S+)/m);
  const [, display] = await running.says(/FENCEPOST_DISPLAY=(\S+)\)/);
  const environment = { XDG_RUNTIME_DIR: directory, WAYLAND_DISPLAY: path!, FENCEPOST_DISPLAY: display! };
  return { running, directory, path: path!, environment };
}

describe('the socket', () => {
  it('is the first free wayland-N from 1 on, and goes with its lock', async () => {
    const one = await serve();
    const other = await serve(one.directory);
    expect([one.path, other.path]).toEqual(['wayland-1', 'wayland-2'].map(name => join(one.directory, name)));
    expect(existsSync(`${one.path}.lock`)).toBe(true);
    for (const { running } of [one, other]) await running.end('SIGINT');
    expect(readdirSync(one.directory)).toEqual([]);
  });

  it('has the name that was asked for', async () => {
    const { running, path, directory } = await serve(privateDirectory(), '--wayland-socket', 'mine');
    expect(path).toBe(join(directory, 'mine'));
    await running.end('SIGINT');
  });

  it('of a server that was killed is used again', async () => {
    const killed = await serve();
    await killed.running.end('SIGKILL');
    const next = await serve(killed.directory);
    expect(next.path).toBe(killed.path);
    await next.running.end('SIGINT');
  });
});

describe('run', () => {
  it('makes its command a program of this session and of no other', async () => {
    const directory = privateDirectory();
    const show =
      'printenv WAYLAND_DISPLAY XDG_RUNTIME_DIR XDG_SESSION_TYPE; printenv DISPLAY WAYLAND_SOCKET || true';
    const { status, output } = await fencepost(['run', ...SIZE, '--', 'sh', '-c', show], {
      XDG_RUNTIME_DIR: directory,
      DISPLAY: ':77',
      WAYLAND_DISPLAY: 'wayland-of-the-desktop',
      WAYLAND_SOCKET: '9',
    }).ended;
    expect(status).toBe(0);
    expect(output).toMatch(new RegExp(`wayland-1\n${directory}\nwayland\n$`));
  });

  it.each([undefined, '', 'relative'])('gives it a runtime directory where there is none: %j', async none => {
    const command = ['sh', '-c', 'test -S "$XDG_RUNTIME_DIR/$WAYLAND_DISPLAY"'];
    const running = fencepost(['run', ...SIZE, '--', ...command], { XDG_RUNTIME_DIR: none });
    expect(await running.ended).toMatchObject({ status: 0 });
  });

  it('tells its command where pages connect, and of no page of another session', async () => {
    const environment = { XDG_RUNTIME_DIR: privateDirectory(), FENCEPOST_WEBSOCKET: 'ws://elsewhere/' };
    const show = ['--', 'sh', '-c', 'echo "[$FENCEPOST_WEBSOCKET]"'];
    const none = fencepost(['run', ...SIZE, ...show], environment);
    expect(await none.ended).toMatchObject({ status: 0, output: expect.stringContaining('[]') });
    const pages = fencepost(['run', ...SIZE, '--websocket', '127.0.0.1:0', ...show], environment);
    expect((await pages.ended).output).toMatch(/\[ws:\/\/127\.0\.0\.1:\d+\/\]/);
  });

  it('says why no program can connect where native calls cannot be made, and lets none go elsewhere', async () => {
    const { status, output } = await fencepost(['run', ...SIZE, '--', 'printenv', 'WAYLAND_DISPLAY'], {
      XDG_RUNTIME_DIR: privateDirectory(),
      WAYLAND_DISPLAY: 'wayland-of-the-desktop',
      FENCEPOST_NO_NATIVE: '1',
    }).ended;
    expect(status).toBe(1);
    expect(output).toContain('Wayland programs cannot connect: FENCEPOST_NO_NATIVE=1 is set');
    expect(output).not.toContain('wayland-of-the-desktop');
  });

  it('shows wayland-info what programs are offered', async context => {
    needs(context, 'wayland-info');
    const { status, output } = await fencepost(['run', ...SIZE, '--', 'wayland-info'], {
      XDG_RUNTIME_DIR: privateDirectory(),
    }).ended;
    expect(status).toBe(0);
    expect(output).toContain("'Virtual-1 (320x240)'");
    const offered = new Map(
      [...output.matchAll(/interface: '(\w+)', +version: +(\d+)/g)].map(([, name, version]) => [
        name,
        version,
      ]),
    );
    expect(Object.fromEntries(offered)).toMatchObject({
      wl_compositor: '4',
      wl_subcompositor: '1',
      wl_shm: '1',
      wl_output: '4',
      xdg_wm_base: '3',
      wp_viewporter: '1',
      wp_presentation: '1',
    });
    expect([...offered.keys()].filter(name => /dmabuf|syncobj|^fencepost_kernel/.test(name!))).toEqual([]);
    expect(output).toContain('width: 320 px, height: 240 px, refresh: 60.');
  });
});

describe('weston-simple-shm', () => {
  it('draws, animates, and leaves an empty screen behind when it is killed', async context => {
    needs(context, 'weston-simple-shm');
    const { running, environment } = await serve();
    const program = new Running('weston-simple-shm', [], environment);
    const screen = async (): Promise<PNG> => {
      const file = join(privateDirectory(), 'screen.png');
      expect(await fencepost(['screenshot', file], environment).ended).toMatchObject({ status: 0 });
      return PNG.sync.read(readFileSync(file));
    };
    const until = async (holds: (png: PNG) => boolean): Promise<PNG> => {
      for (let look = 0; look < 20; look++) {
        const png = await screen();
        if (holds(png)) return png;
      }
      throw new Error('the screen never showed it');
    };
    const colours = (png: PNG): number => new Set(new Uint32Array(Uint8Array.from(png.data).buffer)).size;
    const first = await until(png => colours(png) > 10);
    await until(png => !png.data.equals(first.data));
    await program.end('SIGKILL');
    await until(png => colours(png) === 1);
    expect(await running.end('SIGINT')).toMatchObject({ status: 0 });
    expect(running.output).not.toMatch(/fault/);
  });
});
