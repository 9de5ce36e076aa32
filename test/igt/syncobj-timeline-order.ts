import { deepEqual, equal, ok } from 'node:assert/strict';
import { type Syncobjs, shuffled, withSyncobjs } from './syncobjs.ts';

const pointOf = (syncobjs: Syncobjs, handle: number): bigint => {
  const points = syncobjs.query([handle]);
  if (typeof points === 'string') throw new Error(points);
  return points[0]!;
};

/** In which order points are submitted, are signalled, and count. */
export const timelineOrder = withSyncobjs({
  'host-signal-points': syncobjs => {
    const { random } = syncobjs.probe.machine;
    const handle = syncobjs.create();
    let point = 0n;
    for (let step = 0; step < 100; step++) {
      point += 1n + BigInt(Math.floor(random() * 1000));
      equal(syncobjs.signalPoints([handle], [point]), null);
      equal(pointOf(syncobjs, handle), point);
      equal(syncobjs.wait({ handles: [handle], points: [point] }), 0);
      equal(syncobjs.wait({ handles: [handle], points: [point - 1n] }), 0);
    }
  },

  'device-signal-unordered': syncobjs => {
    const COUNT = 32;
    const handle = syncobjs.create();
    const fences = Array.from({ length: COUNT }, () => syncobjs.pending());
    for (const [at, fence] of fences.entries()) syncobjs.attachAt(handle, BigInt(at + 1), fence);
    const signalled = new Set<number>();
    let before = 0n;
    for (const at of shuffled(fences.keys(), syncobjs.probe.machine.random)) {
      fences[at]!.signal();
      signalled.add(at);
      const prefix = BigInt([...fences.keys()].findIndex(each => !signalled.has(each)));
      const point = pointOf(syncobjs, handle);
      ok(point >= before, `${point} after ${before}`);
      equal(point, signalled.size === COUNT ? BigInt(COUNT) : prefix);
      before = point;
    }
  },

  'device-submit-unordered': syncobjs => {
    const handle = syncobjs.create();
    const points = [1n, 5n, 3n, 6n, 7n];
    const fences = points.map(point => {
      const fence = syncobjs.pending();
      syncobjs.attachAt(handle, point, fence);
      return fence;
    });
    for (const fence of fences.slice(0, 3)) fence.signal();
    equal(pointOf(syncobjs, handle), 5n);
    equal(syncobjs.wait({ handles: [handle], points: [5n] }), 0);
    equal(syncobjs.wait({ handles: [handle], points: [3n] }), 0);
    equal(syncobjs.wait({ handles: [handle], points: [6n] }), 'ETIME');
    for (const fence of fences.slice(3)) fence.signal();
    equal(pointOf(syncobjs, handle), 7n);
  },

  'host-signal-ordered': syncobjs => {
    const handle = syncobjs.create();
    const fences = [1n, 2n, 3n, 4n, 5n].map(point => {
      const fence = syncobjs.pending();
      syncobjs.attachAt(handle, point, fence);
      return fence;
    });
    for (const fence of fences.slice(0, 3)) fence.signal();
    equal(pointOf(syncobjs, handle), 3n);
    equal(syncobjs.signalPoints([handle], [8n]), null);
    equal(pointOf(syncobjs, handle), 3n);
    fences[3]!.signal();
    equal(pointOf(syncobjs, handle), 4n);
    equal(syncobjs.wait({ handles: [handle], points: [8n] }), 'ETIME');
    fences[4]!.signal();
    equal(pointOf(syncobjs, handle), 8n);
  },

  '32bits-limit': syncobjs => {
    const handle = syncobjs.create();
    const limits = [1n << 31n, 1n << 32n].flatMap(limit => [limit - 2n, limit - 1n, limit, limit + 1n]);
    const [host, device] = [limits.slice(0, 4), limits.slice(4)];
    for (const point of host) {
      equal(syncobjs.signalPoints([handle], [point]), null);
      equal(pointOf(syncobjs, handle), point);
    }
    // An old number is no step back.
    equal(syncobjs.signalPoints([handle], [1n]), null);
    equal(pointOf(syncobjs, handle), host[3]);
    const fences = device.map(point => {
      const fence = syncobjs.pending();
      syncobjs.attachAt(handle, point, fence);
      return fence;
    });
    const seen = fences.map(fence => {
      fence.signal();
      return pointOf(syncobjs, handle);
    });
    deepEqual(seen, device);
  },
});
