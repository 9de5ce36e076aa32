import { afterEach, expect, it } from 'vitest';
import { fillRect, solid } from './image.ts';
import { TestSession, type TestSessionOptions } from './session.ts';

const open: TestSession[] = [];
function start(options?: TestSessionOptions): TestSession {
  const session = new TestSession(options);
  open.push(session);
  return session;
}
afterEach(async () => {
  for (const session of open.splice(0)) await session.end();
});

async function paint(session: TestSession, color: number): Promise<void> {
  const client = await session.connect('painter');
  const window = await session.until(client.createWindow({ fullscreen: true }));
  const frame = await session.until(window.nextFrame());
  const { data } = await session.until(frame.map());
  new Uint32Array(data.buffer, data.byteOffset, data.length / 4).fill(color);
  frame.present();
  await session.vblank(2);
}

it('shows a black screen at first, and what a client draws two frames later', async () => {
  const session = start({ outputs: [{ width: 64, height: 48 }] });
  await session.vblank();
  await session.expectScreen(solid(64, 48, 0), 'black');
  await paint(session, 0xff336699);
  await session.expectScreen(solid(64, 48, 0x336699), 'painted');
  expect(await session.pixel(63, 47)).toBe(0x336699);
});

it('tells what the screen should have been', async () => {
  const session = start();
  await paint(session, 0xff336699);
  const expected = fillRect(solid(64, 48, 0x336699), { x: 3, y: 4, width: 2, height: 1 }, 0);
  await expect(session.expectScreen(expected, 'session-test')).rejects.toThrow(
    /2 pixels differ, the first at 3,4/,
  );
});

it.each(['fifo', 'random'] as const)('repeats its history for a seed, in %s order', async order => {
  const history = async (): Promise<string[]> => {
    const session = start({ seed: 7, order });
    await paint(session, 0xffff0000);
    return session.history;
  };
  expect(await history()).toEqual(await history());
});

it('says what happened last when a promise never settles', async () => {
  const session = start();
  await expect(session.until(new Promise(() => {}), 50_000_000n)).rejects.toThrow(
    /did not settle within 50 ms/,
  );
});
