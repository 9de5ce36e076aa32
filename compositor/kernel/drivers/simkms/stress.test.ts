import { describe, expect, it } from 'vitest';
import {
  DRM_MODE_ATOMIC_ALLOW_MODESET as ALLOW_MODESET,
  DRM_MODE_PAGE_FLIP_EVENT as EVENT,
  DRM_MODE_ATOMIC_NONBLOCK as NONBLOCK,
} from '../../../../protocol/uapi/drm-mode.ts';
import { MILLISECOND } from '../../../machine/machine.ts';
import { seededRandom } from '../../../machine/random.ts';
import { SoftwareTimeline } from '../../sync/software-timeline.ts';
import { createSyncFile } from '../../sync/sync-file.ts';
import { createDisplay, type DisplayClient, lightUp, type OutputIds, type Request } from './testing.ts';

const WIDTH = 64;
const HEIGHT = 48;
const OUTPUTS = [
  { width: WIDTH, height: HEIGHT, refresh: 60_000 },
  { width: WIDTH, height: HEIGHT, refresh: 75_000 },
];

/** Two outputs, lit by one commit. */
function lit(seed: number) {
  const display = createDisplay({ outputs: OUTPUTS, machine: { seed, order: 'random' } });
  const { client, machine } = display;
  const ids = [client.output(0), client.output(1)] as const;
  const buffers = [client.buffer(WIDTH, HEIGHT), client.buffer(WIDTH, HEIGHT), client.buffer(WIDTH, HEIGHT)];
  const request = ids.flatMap(output => lightUp(output, buffers[0]!.fb, WIDTH, HEIGHT));
  client.commit(request, ALLOW_MODESET | NONBLOCK | EVENT, 1n);
  machine.advance(40n * MILLISECOND);
  return { ...display, ids, buffers };
}

describe('two outputs', () => {
  it('lit by one commit have an event each, at vblanks of their own', () => {
    const { client, ids } = lit(1);
    const events = client.events();
    expect(new Set(events.map(event => event.crtc))).toEqual(new Set(ids.map(output => output.crtc)));
    expect(events.map(event => event.userData)).toEqual([1n, 1n]);
    expect(events[0]!.time).not.toBe(events[1]!.time);
  });
});

/** Commits whatever may be committed, with fences that signal at some time, and counts what was promised. */
function run(seed: number) {
  const display = lit(seed);
  const { client, machine, kernel, simkms, ids, buffers } = display;
  const random = seededRandom(seed);
  const choose = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)]!;
  const timeline = new SoftwareTimeline(kernel, { name: 'renderer' });
  const received = client.events();
  const promised: bigint[] = [1n, 1n];
  const monitor = simkms.attachMonitor('Virtual-1', { frame: () => {} });
  let point = 0;
  const request = (output: OutputIds): Request => {
    const plane = choose([output.primary, output.primary, output.overlays[0]!]);
    if (plane === output.primary && random() < 0.5) {
      const fd = client.task.files.add(createSyncFile(kernel, timeline.createFence(++point)));
      machine.at(machine.now() + BigInt(Math.floor(random() * 4e7)), 'render', () => timeline.increment());
      machine.at(machine.now(), 'close', () => client.task.close(fd));
      return [[plane, { FB_ID: choose(buffers).fb, IN_FENCE_FD: fd }]];
    }
    return [
      [plane, plane === output.primary ? { FB_ID: choose(buffers).fb } : { FB_ID: 0, CRTC_ID: 0, CRTC_X: 1 }],
    ];
  };
  for (let step = 0; step < 150; step++) {
    const userData = BigInt(step + 2);
    const thread = client.startCommit(request(choose(ids)), NONBLOCK | EVENT, userData);
    thread.whenEnded(() => {
      if (thread.state.kind === 'done') promised.push(userData);
    });
    if (random() < 0.1) restart(client, choose(ids));
    machine.advance(BigInt(Math.floor(random() * 2e7)));
    received.push(...client.events());
  }
  monitor[Symbol.dispose]();
  timeline.increment(1000);
  machine.advance(200n * MILLISECOND);
  received.push(...client.events());
  return { ...display, promised, received };
}

/** Off and on again, which may be refused while a flip is pending. */
function restart(client: DisplayClient, output: OutputIds): void {
  client.startCommit([[output.crtc, { ACTIVE: 0 }]], ALLOW_MODESET | NONBLOCK);
  client.startCommit([[output.crtc, { ACTIVE: 1 }]], ALLOW_MODESET);
}

describe('any order of things', () => {
  it('gives each promised event once, in the order of each CRTC, and all memory back', () => {
    for (const seed of [1, 2, 3, 4]) {
      const { client, machine, kernel, simkms, ids, promised, received } = run(seed);
      expect(promised.length).toBeGreaterThan(30);
      const sorted = (list: readonly bigint[]) => [...list].sort((a, b) => Number(a - b));
      expect(sorted(received.map(event => event.userData))).toEqual(sorted(promised));
      for (const { crtc } of ids) {
        const own = received.filter(event => event.crtc === crtc);
        for (const [index, event] of own.entries())
          if (index > 0) {
            expect(event.userData).toBeGreaterThan(own[index - 1]!.userData);
            expect(event.sequence).toBeGreaterThanOrEqual(own[index - 1]!.sequence);
            expect(event.time).toBeGreaterThanOrEqual(own[index - 1]!.time);
          }
      }
      expect(machine.nextTimer).toBeNull();
      client.task.exit();
      machine.advance(100n * MILLISECOND);
      expect([...kernel.threads]).toEqual([]);
      expect(simkms.device.objects.size).toBe(0);
    }
  });
});
