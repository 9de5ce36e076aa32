// A kernel that is served by itself: what its clients can do with it and with each other.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Client } from '../../client-sdk/core/index.ts';
import { drmIoctls } from '../../protocol/uapi/drm.ts';
import { modeIoctls } from '../../protocol/uapi/drm-mode.ts';
import { KernelSession } from '../kit/kernel-session.ts';

const CARD = '/dev/dri/card0';

let session: KernelSession;

beforeEach(() => {
  session = new KernelSession();
});
afterEach(() => session[Symbol.dispose]());

const refused = (call: Promise<unknown>): Promise<string> =>
  session.until(
    call.then(
      () => 'nothing',
      (error: { code: string }) => error.code,
    ),
  );
const mayCommit = async (client: Client, fd: number): Promise<string> =>
  refused(client.kernel.call(fd, modeIoctls.DRM_IOCTL_MODE_SETCRTC, { crtc_id: 1 }));

describe('a served kernel', () => {
  it('offers its calls and nothing else', async () => {
    const client = await session.connect('client');
    expect([...client.globals.values()].map(global => global.interface)).toEqual(['fencepost_kernel_v1']);
  });

  it.each([
    CARD,
    '/dev/dri/card1',
    '/dev/dri/renderD128',
    '/dev/dri/renderD129',
    '/dev/udmabuf',
    '/dev/dma_heap/system',
  ])('lets everybody open %s', async path => {
    const { kernel } = await session.connect('client');
    expect(await session.until(kernel.open(path))).toBeGreaterThanOrEqual(0);
  });

  it('has the first that opens the card as its master, and the next when that one died', async () => {
    const [first, second] = [await session.connect('first'), await session.connect('second')];
    const cards = [
      await session.until(first.kernel.open(CARD)),
      await session.until(second.kernel.open(CARD)),
    ];
    expect(await mayCommit(first, cards[0]!)).toBe('ENOENT');
    expect(await mayCommit(second, cards[1]!)).toBe('EACCES');
    const become = () => refused(second.kernel.call(cards[1]!, drmIoctls.DRM_IOCTL_SET_MASTER, null));
    // It was never master, so it has to open the card anew, as any process would.
    expect(await become()).toBe('EACCES');
    session.kill(first);
    const again = await session.until(second.kernel.open(CARD));
    expect(await mayCommit(second, again)).toBe('ENOENT');
  });

  it('closes everything of a client that goes', async () => {
    const client = await session.connect('client');
    const task = session.task(client);
    await session.until(client.kernel.open(CARD));
    await session.until(client.kernel.memfdCreate('memory'));
    expect(task.files.size).toBe(2);
    session.kill(client);
    session.machine.settle();
    expect([task.exited, task.files.size, session.served.server.clients.size]).toEqual([true, 0, 0]);
  });
});

describe('descriptors between clients', () => {
  let sender: Client;
  let receiver: Client;
  let fd: number;

  beforeEach(async () => {
    [sender, receiver] = [await session.connect('sender'), await session.connect('receiver')];
    fd = await session.until(sender.kernel.memfdCreate('parcel'));
    await session.until(sender.kernel.write(fd, new Uint8Array([1, 2, 3])));
  });

  const send = (): Promise<string> => session.until(sender.kernel.send(fd));
  const receive = (ticket: string, by = receiver): Promise<number> =>
    session.until(by.kernel.receive(ticket));

  it('are duplicates, the sender closes its own', async () => {
    const ticket = await send();
    await session.until(sender.kernel.close(fd));
    const received = await receive(ticket);
    const bytes = new Uint8Array(3);
    await session.until(receiver.kernel.pread(received, bytes, 0));
    expect([...bytes]).toEqual([1, 2, 3]);
  });

  it('are received once, by whoever has the ticket', async () => {
    const ticket = await send();
    await receive(ticket);
    expect(await refused(receiver.kernel.receive(ticket))).toBe('ENOENT');
    expect(await refused(receiver.kernel.receive('00'.repeat(16)))).toBe('ENOENT');
    expect(await refused(receiver.kernel.receive('00'))).toBe('EINVAL');
    expect(await refused(sender.kernel.send(99))).toBe('EBADF');
  });

  it('are closed when their sender leaves', async () => {
    const ticket = await send();
    session.kill(sender);
    session.machine.settle();
    expect(await refused(receiver.kernel.receive(ticket))).toBe('ENOENT');
  });

  it('are not more than a few at a time', async () => {
    for (let n = 0; n < 64; n++) await send();
    expect(await refused(sender.kernel.send(fd))).toBe('ETOOMANYREFS');
  });
});
