import { expect, it } from 'vitest';
import {
  DRM_MODE_ATOMIC_ALLOW_MODESET as ALLOW_MODESET,
  modeIoctls,
  DRM_MODE_ATOMIC_NONBLOCK as NONBLOCK,
} from '../../../../protocol/uapi/drm-mode.ts';
import { seededRandom } from '../../../machine/random.ts';
import type { Engine } from '../../engine/engine.ts';
import { VirtualEngine } from '../../engine/virtual-engine.ts';
import { SoftwareTimeline } from '../../sync/software-timeline.ts';
import { createSyncFile } from '../../sync/sync-file.ts';
import { FRAME, HEIGHT, lit, recordMemfd, WIDTH } from './lit-display.ts';
import type { PipeStatistics } from './pipe.ts';
import type { Request } from './testing.ts';

/** Writebacks, histograms, fences, removals, modesets and resets in any order, and the process killed in the midst. */
function run(seed: number, bytesPerMicrosecond: number): PipeStatistics {
  let engine: Engine | undefined;
  const display = lit({
    machine: { seed, order: 'random' },
    speed: { bytesPerMicrosecond, setupNanoseconds: 0 },
    engine: (machine, memory) => {
      engine = new VirtualEngine(machine, memory, 'display');
      return engine;
    },
  });
  const { client, machine, kernel, simkms, ids, word } = display;
  const { task, fd: card } = client;
  const random = seededRandom(seed);
  const timeline = new SoftwareTimeline(kernel, { name: 'renderer' });
  const memfds = [recordMemfd(display), recordMemfd(display)];
  const kept = memfds.map(fd => task.files.get(fd).get());
  let points = 0;
  const buffers = [client.buffer(WIDTH, HEIGHT), client.buffer(WIDTH, HEIGHT), client.buffer(WIDTH, HEIGHT)];
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)]!;
  const request = (): Request => {
    const parts: Request[number][] = [[ids.primary, { FB_ID: pick(buffers).fb }]];
    if (random() < 0.4)
      parts.push([ids.writeback, { WRITEBACK_FB_ID: pick(buffers).fb, WRITEBACK_OUT_FENCE_PTR: word }]);
    if (random() < 0.4)
      parts.push([ids.crtc, { HISTOGRAM_ENABLE: 1, HISTOGRAM_FD: pick(memfds), HISTOGRAM_FENCE_PTR: word }]);
    if (random() < 0.3) {
      const fence = task.files.add(createSyncFile(kernel, timeline.createFence(++points)));
      parts.push([ids.primary, { IN_FENCE_FD: fence }]);
    }
    return parts;
  };
  for (let step = 0; step < 60; step++) {
    const chance = random();
    if (chance < 0.6) client.startCommit(request(), random() < 0.7 ? NONBLOCK : 0);
    else if (chance < 0.7) {
      const index = Math.floor(random() * buffers.length);
      task.startCall(card, modeIoctls.DRM_IOCTL_MODE_RMFB, { fb_id: buffers[index]!.fb });
      buffers[index] = client.buffer(WIDTH, HEIGHT);
    } else if (chance < 0.8) {
      client.startCommit([[ids.crtc, { ACTIVE: Math.round(random()) }]], ALLOW_MODESET);
    } else if (chance < 0.85) engine!.reset('stress');
    else timeline.increment(Math.ceil(random() * 3));
    machine.advance(BigInt(Math.floor(random() * 2 * Number(FRAME))));
  }
  task.exit();
  machine.advance(FRAME);
  timeline.increment(1000);
  machine.advance(200n * FRAME);
  expect([...kernel.threads].map(thread => thread.describe())).toEqual([]);
  expect(simkms.device.objects.size).toBe(0);
  expect(simkms.device.files.size).toBe(0);
  expect(machine.nextTimer).toBeNull();
  // A CRTC may hold the memory of its last commit's record, and nothing more.
  expect(kept.reduce((sum, file) => sum + file.references - 1, 0)).toBeLessThanOrEqual(1);
  for (const file of kept) file.put();
  return display.statistics();
}

it('writebacks, histograms, removals and resets in any order leave nothing behind', () => {
  const runs = Array.from({ length: 12 }, (_, at) => run(at + 1, at % 2 ? 3 : 12_000));
  const sum = (of: (one: PipeStatistics) => number): number =>
    runs.reduce((total, one) => total + of(one), 0);
  expect(sum(one => one.flips)).toBeGreaterThan(100);
  expect(sum(one => one.framesScanned)).toBeGreaterThan(30);
  expect(sum(one => one.framesLost)).toBeGreaterThan(0);
  expect(sum(one => one.missedFlips)).toBeGreaterThan(0);
});
