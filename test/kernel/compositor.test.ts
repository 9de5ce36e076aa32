// A compositor that is not ours on a served kernel: in virtual time, to the pixel.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Card, type Client } from '../../client-sdk/index.ts';
import { MILLISECOND } from '../../compositor/machine/machine.ts';
import { MiniCompositor } from '../../examples/lib/mini-compositor.ts';
import { KernelSession } from '../kit/kernel-session.ts';

let session: KernelSession;

beforeEach(() => {
  session = new KernelSession([
    { width: 64, height: 48 },
    { width: 32, height: 32 },
  ]);
});
afterEach(() => session[Symbol.dispose]());

const until = <T>(promise: Promise<T>): Promise<T> => session.until(promise);

async function start(name: string): Promise<{ client: Client; compositor: MiniCompositor }> {
  const client = await session.connect(name);
  return { client, compositor: await until(MiniCompositor.start(client, await until(Card.open(client)))) };
}

/** Ends a process; what it showed is switched off, which takes a vblank or two. */
function crash(client: Client): void {
  session.kill(client);
  session.machine.advance(100n * MILLISECOND);
}

const code = (promise: Promise<unknown>): Promise<string> =>
  until(
    promise.then(
      () => 'nothing',
      (error: { code: string }) => error.code,
    ),
  );

describe('a compositor in another process', () => {
  it('lights the outputs, and flips once every vblank', async () => {
    const { compositor } = await start('compositor');
    const [large] = compositor.outputs;
    await until(compositor.run(large!, 1));
    const { sequence } = large!;
    await until(compositor.run(large!, 6));
    expect([large!.frames, large!.sequence - sequence]).toEqual([7, 6]);
    expect(session.simkms.statistics(session.simkms.connectors[0]!).missedFlips).toBe(0);
  });

  it('hands over to the next when it crashes', async () => {
    const first = await start('first');
    await until(first.compositor.run(first.compositor.outputs[0]!, 2));
    crash(first.client);
    const second = await start('second');
    await until(second.compositor.run(second.compositor.outputs[0]!, 2));
    expect(second.compositor.outputs.map(({ frames }) => frames)).toEqual([2, 0]);
  });

  it('lends an output, which ends with it', async () => {
    const owner = await start('owner');
    const [own, lent] = owner.compositor.outputs;
    const ticket = await until(owner.compositor.lease(lent!).then(fd => owner.client.kernel.send(fd)));
    const guest = await session.connect('guest');
    const fd = await until(guest.kernel.receive(ticket));
    const lessee = await until(MiniCompositor.start(guest, await until(Card.open(guest, fd))));
    expect(lessee.outputs.map(({ crtc }) => crtc)).toEqual([lent!.crtc]);
    await until(Promise.all([lessee.run(lessee.outputs[0]!, 3), owner.compositor.run(own!, 3)]));
    crash(owner.client);
    expect(await code(lessee.run(lessee.outputs[0]!, 1))).toBe('EACCES');
  });
});
