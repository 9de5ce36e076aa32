// The program's commands as a user runs them.
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { PNG } from 'pngjs';
import { beforeAll, describe, expect, it } from 'vitest';
import { BUILD_TIMEOUT, build, example, fencepost, privateDirectory, type Served, serve } from './program.ts';

let server: Served;

beforeAll(async () => {
  build();
  server = await serve(['--output', '160x120@75,Second']);
}, BUILD_TIMEOUT);

describe('run', () => {
  it.each([
    ['exit 7', 7],
    ['exit 0', 0],
    ['kill -TERM $$', 143],
    ['kill -ABRT $$', 134],
  ])('ends with the status of its command: %s', async (command, status) => {
    const directory = privateDirectory();
    const words = ['run', '--output', '64x64', '--', 'sh', '-c', command];
    expect(await fencepost(words, { XDG_RUNTIME_DIR: directory }).ended).toMatchObject({ status });
    expect(readdirSync(directory)).toEqual([]);
  });

  it('gives its command a display', async () => {
    const words = ['run', '--output', '64x64', '--', process.execPath, example('hello'), '--frames', '3'];
    const { status, output } = await fencepost(words, { XDG_RUNTIME_DIR: privateDirectory() }).ended;
    // The command says nothing; where to look at it is on standard error.
    expect([status, output.replace(/^viewer .*\n/, '')]).toEqual([0, '']);
  });

  it('says that a command is not there', async () => {
    const words = ['run', '--output', '64x64', '--', 'no-such-command'];
    const { status, output } = await fencepost(words, { XDG_RUNTIME_DIR: privateDirectory() }).ended;
    expect(status).toBe(127);
    expect(output).toMatch(/no-such-command could not be started/);
  });

  it('says that a command is no program', async () => {
    const words = ['run', '--output', '64x64', '--', '/etc/passwd'];
    const { status, output } = await fencepost(words, { XDG_RUNTIME_DIR: privateDirectory() }).ended;
    expect([status, output]).toEqual([126, expect.stringContaining('/etc/passwd could not be started')]);
  });
});

describe('serve', () => {
  it.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)(
    'ends in order with %s and leaves nothing',
    async signal => {
      const directory = privateDirectory();
      const running = fencepost(['serve', '--output', '64x64'], { XDG_RUNTIME_DIR: directory });
      const [, path] = await running.says(/FENCEPOST_DISPLAY=(\S+)\)/);
      expect(existsSync(path!)).toBe(true);
      expect(await running.end(signal)).toMatchObject({ status: 0, signal: null });
      expect(readdirSync(directory)).toEqual([]);
    },
  );

  it('makes a private directory where there is none, says so, and takes it away', async () => {
    const running = fencepost(['serve', '--output', '64x64'], { XDG_RUNTIME_DIR: undefined });
    const [, directory] = await running.says(/XDG_RUNTIME_DIR is not set: made (\S+) for the socket/);
    expect(existsSync(directory!)).toBe(true);
    await running.says(/^socket/m);
    expect(await running.end('SIGINT')).toMatchObject({ status: 0 });
    expect(existsSync(directory!)).toBe(false);
  });

  it('does not take the socket of another server', async () => {
    const { status, output } = await fencepost(['serve', '--socket', server.display]).ended;
    expect(status).toBe(1);
    expect(output).toMatch(
      /^fencepost: .* is in use by the server with process id \d+: stop it, or listen elsewhere/,
    );
    expect(existsSync(server.display)).toBe(true);
  });

  it.each(['--viewer', '--websocket'])('says that %s names a port that is taken', async option => {
    const taken = createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    const { port } = taken.address() as AddressInfo;
    const words = ['serve', '--output', '64x64', option, `127.0.0.1:${port}`];
    const directory = privateDirectory();
    expect(await fencepost(words, { XDG_RUNTIME_DIR: directory }).ended).toMatchObject({
      status: 1,
      output: `fencepost: ${option} cannot listen at 127.0.0.1:${port}: something else listens there; port 0 is any free one\n`,
    });
    expect(readdirSync(directory)).toEqual([]);
    taken.close();
  });

  it('takes the next name when one is taken', async () => {
    const directory = privateDirectory();
    const start = () => fencepost(['serve', '--output', '64x64'], { XDG_RUNTIME_DIR: directory });
    const one = start();
    await one.says(/fencepost-0/);
    const other = start();
    await other.says(/fencepost-1/);
    for (const running of [one, other]) await running.end('SIGINT');
  });

  it('takes over the socket of a server that was killed', async () => {
    const { process: killed, display } = await serve();
    await killed.end('SIGKILL');
    const next = fencepost(['serve', '--output', '64x64', '--socket', display]);
    await next.says(/^socket/m);
    expect(await next.end('SIGINT')).toMatchObject({ status: 0 });
  });
});

describe('demo', () => {
  /** Processes that were given a certain display. */
  const processesWith = (display: string): string[] =>
    readdirSync('/proc').filter(pid => {
      try {
        return readFileSync(`/proc/${pid}/environ`, 'utf8').includes(`FENCEPOST_DISPLAY=${display}\0`);
      } catch {
        return false;
      }
    });

  it.each(['demo', ''])(
    '(said as "%s") shows three clients, and with Ctrl-C all of them end',
    async command => {
      const directory = privateDirectory();
      const words = command === '' ? [] : [command];
      const running = fencepost([...words, '--output', '320x240'], { XDG_RUNTIME_DIR: directory });
      const [, display] = await running.says(/FENCEPOST_DISPLAY=(\S+)\)/);
      await running.says(/composited [1-9].* clients 3 /);
      expect(processesWith(display!)).toHaveLength(3);
      const { status, output } = await running.end('SIGINT');
      expect([status, processesWith(display!), readdirSync(directory)]).toEqual([0, [], []]);
      expect(output).not.toMatch(/ended with status|fault|Error/);
    },
  );
});

describe('screenshot and info, against a running compositor', () => {
  const ask = (...words: string[]) => fencepost(words, { FENCEPOST_DISPLAY: server.display }).ended;

  it.each([
    [[], 320, 240],
    [['--output', 'Second'], 160, 120],
  ])('saves what an output shows (%s)', async (words, width, height) => {
    const file = join(privateDirectory(), 'screen.png');
    expect(await ask('screenshot', file, ...words)).toMatchObject({ status: 0 });
    const png = PNG.sync.read(readFileSync(file));
    expect([png.width, png.height]).toEqual([width, height]);
    expect(png.data.every((byte, at) => byte === (at % 4 === 3 ? 255 : 0))).toBe(true);
  });

  it('says which outputs there are when one is not', async () => {
    const { status, output } = await ask('screenshot', '/nowhere/x.png', '--output', 'Third');
    expect(status).toBe(1);
    expect(output).toBe("fencepost: there is no output 'Third': there are Virtual-1, Second\n");
  });

  it('tells what there is', async () => {
    const { status, output } = await ask('info');
    expect(status).toBe(0);
    for (const line of [
      /^ +wl_compositor 6$/m,
      /^ +zwp_linux_dmabuf_v1 4$/m,
      /^ +zwp_linux_explicit_synchronization_v1 2$/m,
      /^ +wp_linux_drm_syncobj_manager_v1 1$/m,
      /^ +fencepost_kernel_v1 1$/m,
      /Second +160x120 at 75 Hz/,
      /NV12/,
      /\/dev\/dri\/renderD128/,
    ])
      expect(output).toMatch(line);
  });

  it.each(['info', 'screenshot'])('%s says where it looked when there is no server', async command => {
    const words = command === 'info' ? [command] : [command, 'x.png'];
    const { status, output } = await fencepost(words, { FENCEPOST_DISPLAY: '/nowhere/display' }).ended;
    expect(status).toBe(1);
    expect(output).toMatch(
      /^fencepost: no server at \/nowhere\/display \(.*\): start one, or set FENCEPOST_DISPLAY/,
    );
  });
});

describe('what cannot be understood is said in words', () => {
  it.each([
    [['serve', '--output', 'huge'], /expected WIDTHxHEIGHT/],
    [['serve', '--output', '9x9'], /16 to 8192 pixels/],
    [['serve', '--websocket', 'nowhere'], /expected HOST:PORT/],
    [['serve', '--wallpaper'], /unknown option '--wallpaper'/],
    [['fly'], /unknown command|too many arguments/],
    [['run'], /missing required argument/],
    [['screenshot'], /missing required argument/],
    [['demo', '--video'], /argument missing/],
  ])('%s', async (words, told) => {
    const { status, output } = await fencepost(words, { XDG_RUNTIME_DIR: privateDirectory() }).ended;
    expect(status).toBe(1);
    expect(output).toMatch(told);
    expect(output).not.toMatch(/^ +at /m);
  });

  it.each(['', 'demo', 'serve', 'run', 'screenshot', 'info'])('%s --help', async command => {
    const words = command === '' ? ['--help'] : [command, '--help'];
    const { status, output } = await fencepost(words).ended;
    expect(status).toBe(0);
    expect(output).toMatch(/^Usage: fencepost/);
  });
});
