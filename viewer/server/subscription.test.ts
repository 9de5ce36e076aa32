import { expect, it } from 'vitest';
import type { EncodedPixels } from './picture.ts';
import { Subscription } from './subscription.ts';

const rect = (x: number) => ({ x, y: 0, width: 10, height: 10 });
const encoded = (x: number): EncodedPixels => ({ rects: [rect(x)], encoding: 'raw', bytes: Buffer.alloc(0) });

function subscription() {
  const sent: { sequence: number; x: number }[] = [];
  let changes = 0;
  const made = new Subscription((sequence, _, { rects }) => sent.push({ sequence, x: rects[0]!.x }), {
    changed: () => changes++,
    ended: () => {},
  });
  made.want(true);
  return { made, sent, changes: () => changes };
}

it('a page that reads slowly gets two frames, and then what has changed meanwhile, once', async () => {
  const { made, sent } = subscription();
  for (let x = 0; x < 1000; x += 10) {
    made.damage([rect(x)], 0n);
    const rects = made.take();
    if (rects) made.send(Promise.resolve(encoded(rects[0]!.x)));
  }
  await Promise.resolve();
  await new Promise(setImmediate);
  expect(sent.map(({ sequence }) => sequence)).toEqual([1, 2]);
  expect(made.isReady).toBe(false);
  expect(made.acknowledge(2)).toBe(true);
  expect(made.take()).toEqual([{ x: 20, y: 0, width: 980, height: 10 }]);
  expect(made.take()).toBeNull();
});

it('damage of a larger picture is not shown of the smaller one after it, which has nothing there', () => {
  const { made } = subscription();
  made.damage([{ x: 0, y: 0, width: 1920, height: 1080 }], 0n);
  made.restart({ x: 0, y: 0, width: 640, height: 480 }, 1n);
  expect(made.take()).toEqual([{ x: 0, y: 0, width: 640, height: 480 }]);
});

it('sends frames in order, however long each is compressed', async () => {
  const { made, sent } = subscription();
  let finish = (_: EncodedPixels): void => {};
  const slow = new Promise<EncodedPixels>(resolve => {
    finish = resolve;
  });
  made.send(slow);
  made.send(Promise.resolve(encoded(2)));
  await new Promise(setImmediate);
  expect(sent).toEqual([]);
  finish(encoded(1));
  await new Promise(setImmediate);
  expect(sent).toEqual([
    { sequence: 1, x: 1 },
    { sequence: 2, x: 2 },
  ]);
});

it('takes no acknowledgement of what was not sent, and none twice', () => {
  const { made } = subscription();
  made.send(Promise.resolve(encoded(1)));
  expect(made.acknowledge(2)).toBe(false);
  expect(made.acknowledge(1)).toBe(true);
  expect(made.acknowledge(1)).toBe(false);
});

it('a page that wants no pictures gets none, and is not forgotten', () => {
  const { made } = subscription();
  made.want(false);
  made.damage([rect(0)], 0n);
  expect([made.isReady, made.take()]).toEqual([false, null]);
  made.want(true);
  expect(made.take()).toEqual([rect(0)]);
});
