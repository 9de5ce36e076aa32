// The kernel by itself, in a process of its own: scripts, and compositors that are not ours.
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import { BUILD_TIMEOUT, build, example, fencepost, privateDirectory, Running } from './program.ts';
import { connect } from './sdk.ts';

let display: string;
let websocket: string;

beforeAll(async () => {
  build();
  const socket = join(privateDirectory(), 'kernel');
  const outputs = ['--output', '320x240@100', '--output', '160x120@100'];
  const server = fencepost(['kernel', 'serve', '--socket', socket, '--websocket', '127.0.0.1:0', ...outputs]);
  display = (await server.says(/^socket +(\S+)/m))[1]!;
  websocket = (await server.says(/^websocket +(\S+)/m))[1]!;
}, BUILD_TIMEOUT);

/** The example, as a process. */
const compositor = (where: string, ...words: string[]): Running =>
  new Running(process.execPath, [example('compositor'), ...words], { FENCEPOST_DISPLAY: where });

describe('kernel serve', () => {
  it('offers the kernel to whoever connects, over both sockets', async () => {
    for (const where of [display, websocket]) {
      const client = await connect({ display: where });
      const names = [...client.globals.values()].map(global => global.interface);
      expect(names).toContain('fencepost_kernel_v1');
      expect(names).not.toContain('wl_compositor');
      const vgem = await client.kernel.open('/dev/dri/renderD129');
      expect(vgem).toBeGreaterThanOrEqual(0);
      await client.close();
    }
  });

  it('says what there is', async () => {
    const { status, output } = await fencepost(['info'], { FENCEPOST_DISPLAY: display }).ended;
    expect(status).toBe(0);
    expect(output).toMatch(/fencepost_kernel_v1 1/);
  });

  it('has a compositor of another process drive the display, lend an output, and be followed when it crashes', async () => {
    const first = compositor(display, '--lease', '1');
    await first.says(/^master of connector \d+ \(320x240\), connector \d+ \(160x120\)$/m);
    const [, ticket] = await first.says(/^ticket ([0-9a-f]{32})$/m);
    const lessee = compositor(display, '--ticket', ticket!, '--frames', '3');
    expect(await lessee.ended).toMatchObject({ status: 0 });
    expect(lessee.output).toMatch(
      /^master of connector \d+ \(160x120\)\nconnector \d+ \(160x120\): 3 frames\n$/,
    );
    const second = compositor(display, '--frames', '3');
    await first.end('SIGKILL');
    expect(await second.ended).toMatchObject({ status: 0 });
    expect(second.output).toMatch(/\(320x240\): 3 frames\n.*\(160x120\): 3 frames/);
  });

  it('has one over a WebSocket, where pixels are carried', async () => {
    const { status, output } = await compositor(websocket, '--frames', '2').ended;
    expect([status, output]).toEqual([0, expect.stringMatching(/\(320x240\): 2 frames/)]);
  });

  it.each(['SIGINT', 'SIGTERM'] as const)('ends in order with %s, its clients as well', async signal => {
    const server = fencepost([
      'kernel',
      'serve',
      '--socket',
      join(privateDirectory(), 'k'),
      '--output',
      '64x64',
    ]);
    const [, where] = await server.says(/^socket +(\S+)/m);
    const client = compositor(where!);
    await client.says(/^master of/m);
    expect(await server.end(signal)).toMatchObject({ status: 0, signal: null });
    expect(await client.ended).toMatchObject({ status: 1 });
    expect(client.output).toMatch(/the connection is closed/);
  });
});

describe('kernel FILE', () => {
  const script = fileURLToPath(new URL('../../examples/kernel/syncobj-timeline.kernel', import.meta.url));

  it('runs a script', async () => {
    const { status, output } = await fencepost(['kernel', script]).ended;
    expect([status, output]).toEqual([0, expect.stringMatching(/= -1 EINTR \(interrupted system call\)/)]);
  });

  it('reads one from standard input', async () => {
    const running = fencepost(['kernel', '-']);
    running.process.stdin!.end('open /dev/udmabuf\nexpect 0\nclose 9\n');
    const { status, output } = await running.ended;
    expect(status).toBe(0);
    expect(output).toMatch(/= 0\n[\s\S]*= -1 EBADF \(bad file descriptor\)/);
  });

  it('says what is wrong, and where', async () => {
    const running = fencepost(['kernel', '-']);
    running.process.stdin!.end('\nopne /dev/udmabuf\n');
    const { status, output } = await running.ended;
    expect([status, output]).toEqual([
      1,
      expect.stringMatching(/^fencepost: the script, line 2: there is no call opne; did you mean open\?$/m),
    ]);
    const missing = await fencepost(['kernel', '/nowhere/script']).ended;
    expect([missing.status, missing.output]).toEqual([1, expect.stringMatching(/cannot be read \(ENOENT/)]);
  });

  it.each([
    ['kernel', '--help'],
    ['kernel', 'serve', '--help'],
  ])('%s %s', async (...words) => {
    const { status, output } = await fencepost(words).ended;
    expect([status, output]).toEqual([0, expect.stringMatching(/^Usage: fencepost kernel/)]);
  });
});
