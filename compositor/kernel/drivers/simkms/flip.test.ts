import { describe, expect, it } from 'vitest';
import { DRM_EVENT_FLIP_COMPLETE, drmIoctls } from '../../../../protocol/uapi/drm.ts';
import {
  DRM_MODE_ATOMIC_ALLOW_MODESET as ALLOW_MODESET,
  DRM_MODE_PAGE_FLIP_EVENT as EVENT,
  modeIoctls,
  DRM_MODE_ATOMIC_NONBLOCK as NONBLOCK,
  DRM_MODE_ATOMIC_TEST_ONLY as TEST_ONLY,
} from '../../../../protocol/uapi/drm-mode.ts';
import { MILLISECOND } from '../../../machine/machine.ts';
import { SoftwareTimeline } from '../../sync/software-timeline.ts';
import { createSyncFile, fenceOf } from '../../sync/sync-file.ts';
import { createDisplay, lightUp } from './testing.ts';

const WIDTH = 64;
const HEIGHT = 48;

/** A display that shows a framebuffer, with a second one to flip to. */
function lit(options: Parameters<typeof createDisplay>[0] = {}) {
  const display = createDisplay(options);
  const { client, machine } = display;
  const ids = client.output();
  const front = client.buffer(WIDTH, HEIGHT);
  const back = client.buffer(WIDTH, HEIGHT);
  client.startCommit(lightUp(ids, front.fb, WIDTH, HEIGHT), ALLOW_MODESET);
  machine.advance(40n * MILLISECOND);
  const word = client.task.memory.mapAnonymous(4096);
  const stored = (at = 0) =>
    new DataView(client.task.memory.copyFromUser(word + BigInt(at), 4).buffer).getInt32(0, true);
  const vblank = () =>
    client.task.call(client.fd, drmIoctls.DRM_IOCTL_CRTC_GET_SEQUENCE, { crtc_id: ids.crtc });
  const timeline = new SoftwareTimeline(display.kernel, { name: 'test' });
  const fenceFd = (point: number) =>
    client.task.files.add(createSyncFile(display.kernel, timeline.createFence(point)));
  return { ...display, ids, front, back, word, stored, vblank, timeline, fenceFd };
}

describe('a flip', () => {
  it('happens at the next vblank, with the time and number of that vblank in its event', () => {
    const { client, machine, ids, back, vblank } = lit();
    const { sequence, sequence_ns } = vblank();
    client.commit([[ids.primary, { FB_ID: back.fb }]], NONBLOCK | EVENT, 42n);
    expect(client.events()).toEqual([]);
    machine.advance(17n * MILLISECOND);
    const [event] = client.events();
    expect(event).toMatchObject({
      type: DRM_EVENT_FLIP_COMPLETE,
      userData: 42n,
      crtc: ids.crtc,
      sequence: sequence + 1n,
    });
    expect(vblank().sequence_ns).toBeGreaterThan(sequence_ns);
    expect(event!.time).toBe((vblank().sequence_ns / 1000n) * 1000n);
  });

  it('shows the new framebuffer in the properties before it is on the screen', () => {
    const { client, ids, back } = lit();
    client.commit([[ids.primary, { FB_ID: back.fb }]], NONBLOCK);
    expect(client.value(ids.primary, 'FB_ID')).toBe(BigInt(back.fb));
  });

  it('is refused with EBUSY while the one before is pending, but only where it touches the CRTC', () => {
    const { client, machine, ids, front, back } = lit();
    client.commit([[ids.primary, { FB_ID: back.fb }]], NONBLOCK);
    expect(client.errno([[ids.primary, { FB_ID: front.fb }]], NONBLOCK)).toBe('EBUSY');
    expect(client.errno([[ids.primary, { SRC_W: 65 * 65536 }]], NONBLOCK)).toBe('ENOSPC');
    expect(client.errno([[ids.primary, { FB_ID: front.fb }]], TEST_ONLY | NONBLOCK)).toBeNull();
    expect(client.errno([[ids.overlays[1]!, { CRTC_X: 3 }]], NONBLOCK)).toBeNull();
    expect(client.errno([], NONBLOCK)).toBeNull();
    machine.advance(17n * MILLISECOND);
    expect(client.errno([[ids.primary, { FB_ID: front.fb }]], NONBLOCK)).toBeNull();
  });

  it('blocks the call without NONBLOCK until it is on the screen', () => {
    const { client, machine, ids, back, vblank } = lit();
    const { sequence } = vblank();
    const thread = client.startCommit([[ids.primary, { FB_ID: back.fb }]], 0);
    expect(thread.ended).toBe(false);
    machine.runUntil(() => thread.ended, 20n * MILLISECOND);
    expect(vblank().sequence).toBe(sequence + 1n);
  });

  it('costs event space: the 129th unread event is ENOMEM, commits without events go on', () => {
    const { client, machine, ids } = lit();
    for (let flip = 0; flip < 128; flip++) {
      client.commit([[ids.primary, { CRTC_X: 0 }]], NONBLOCK | EVENT);
      machine.advance(17n * MILLISECOND);
    }
    expect(client.errno([[ids.primary, { CRTC_X: 0 }]], NONBLOCK | EVENT)).toBe('ENOMEM');
    expect(client.errno([[ids.primary, { CRTC_X: 0 }]], NONBLOCK)).toBeNull();
  });
});

describe('out-fences', () => {
  it('signal with the flip and carry its vblank as time stamp', () => {
    const { client, machine, ids, back, word, stored, vblank } = lit();
    client.commit(
      [
        [ids.primary, { FB_ID: back.fb }],
        [ids.crtc, { OUT_FENCE_PTR: word }],
      ],
      NONBLOCK,
    );
    const fence = fenceOf(client.task, stored());
    expect(fence.status).toBe(0);
    machine.advance(17n * MILLISECOND);
    expect(fence.status).toBe(1);
    expect(fence.timestamp).toBe(vblank().sequence_ns);
  });

  it('leave -1 behind for TEST_ONLY, EBUSY and requests that fail later, and no descriptor', () => {
    const { client, ids, front, back, word, stored } = lit();
    const open = client.task.files.size;
    const poke = () => client.task.memory.copyToUser(word, new Uint8Array([7, 0, 0, 0]));
    for (const [flags, plane, errno] of [
      [TEST_ONLY, { FB_ID: back.fb }, null],
      [NONBLOCK, { FB_ID: back.fb, SRC_W: 99 * 65536 }, 'ENOSPC'],
    ] as const) {
      poke();
      expect(
        client.errno(
          [
            [ids.crtc, { OUT_FENCE_PTR: word }],
            [ids.primary, plane],
          ],
          flags,
        ),
      ).toBe(errno);
      expect(stored()).toBe(-1);
    }
    client.commit([[ids.primary, { FB_ID: back.fb }]], NONBLOCK);
    poke();
    const busy = client.errno(
      [
        [ids.crtc, { OUT_FENCE_PTR: word }],
        [ids.primary, { FB_ID: front.fb }],
      ],
      NONBLOCK,
    );
    expect([busy, stored()]).toEqual(['EBUSY', -1]);
    expect(client.task.files.size).toBe(open);
  });

  it('that there is no memory for are ENOMEM, and their descriptors free again', () => {
    const { client, kernel, ids, word, stored } = lit();
    const request = [[ids.crtc, { OUT_FENCE_PTR: word }]] as const;
    kernel.failAllocation = what => what === 'sync_file';
    for (let time = 0; time < 3; time++) expect(client.errno(request, NONBLOCK)).toBe('ENOMEM');
    expect(stored()).toBe(-1);
    kernel.failAllocation = null;
    const free = client.task.memfdCreate('lowest');
    client.task.close(free);
    client.commit(request, NONBLOCK);
    expect(stored()).toBe(free);
    expect(free).toBe(client.fd + 1);
  });

  it('are EFAULT where the address cannot be written, for TEST_ONLY too', () => {
    const { client, ids } = lit();
    expect(client.errno([[ids.crtc, { OUT_FENCE_PTR: 1 }]], TEST_ONLY)).toBe('EFAULT');
  });
});

describe('in-fences', () => {
  it('hold the flip back to the vblank after they signal, and learn of the deadline', () => {
    const { client, machine, ids, back, vblank, timeline, fenceFd } = lit();
    const { sequence } = vblank();
    const fd = fenceFd(1);
    client.commit([[ids.primary, { FB_ID: back.fb, IN_FENCE_FD: fd }]], NONBLOCK | EVENT);
    expect(fenceOf(client.task, fd).deadline).toBeGreaterThan(machine.now());
    client.task.close(fd);
    machine.advance(40n * MILLISECOND);
    expect(client.events()).toEqual([]);
    timeline.increment();
    machine.advance(17n * MILLISECOND);
    expect(client.events()[0]!.sequence).toBe(sequence + 3n);
  });

  it('are EINVAL when they are no sync file or set twice, and read back as -1', () => {
    const { client, ids, back } = lit();
    expect(client.errno([[ids.primary, { FB_ID: back.fb, IN_FENCE_FD: 999 }]], TEST_ONLY)).toBe('EINVAL');
    expect(client.errno([[ids.primary, { FB_ID: back.fb, IN_FENCE_FD: client.fd }]], TEST_ONLY)).toBe(
      'EINVAL',
    );
    expect(client.value(ids.primary, 'IN_FENCE_FD')).toBe(0xffff_ffff_ffff_ffffn);
  });

  it('let a blocking commit be interrupted with nothing changed', () => {
    const { client, machine, ids, front, back, fenceFd } = lit();
    const thread = client.startCommit([[ids.primary, { FB_ID: back.fb, IN_FENCE_FD: fenceFd(1) }]], 0);
    thread.interrupt();
    machine.settle();
    expect(() => thread.result()).toThrow('EINTR');
    expect(client.value(ids.primary, 'FB_ID')).toBe(BigInt(front.fb));
  });

  it('of a process that exits with its commit pending keep the close waiting', () => {
    const { client, machine, kernel, ids, back, timeline, fenceFd } = lit();
    client.commit([[ids.primary, { FB_ID: back.fb, IN_FENCE_FD: fenceFd(1) }]], NONBLOCK | EVENT);
    client.task.exit();
    machine.advance(50n * MILLISECOND);
    expect([...kernel.threads].length).toBeGreaterThan(0);
    timeline.increment();
    machine.advance(50n * MILLISECOND);
    expect([...kernel.threads]).toEqual([]);
  });
});

describe('removing a framebuffer', () => {
  it('switches its plane off and leaves the CRTC lit; CLOSEFB changes nothing', () => {
    const { client, machine, ids, front } = lit();
    client.task.call(client.fd, modeIoctls.DRM_IOCTL_MODE_CLOSEFB, { fb_id: front.fb });
    expect(client.value(ids.primary, 'FB_ID')).toBe(BigInt(front.fb));
    const next = client.buffer(WIDTH, HEIGHT);
    client.commit([[ids.primary, { FB_ID: next.fb }]], NONBLOCK);
    machine.advance(17n * MILLISECOND);
    expect(client.errno([[ids.primary, { FB_ID: front.fb }]], TEST_ONLY)).toBe('EINVAL');
    client.task.startCall(client.fd, modeIoctls.DRM_IOCTL_MODE_RMFB, { fb_id: next.fb });
    machine.advance(17n * MILLISECOND);
    expect(client.value(ids.primary, 'FB_ID')).toBe(0n);
    expect(client.value(ids.crtc, 'ACTIVE')).toBe(1n);
  });
});

describe('vblanks', () => {
  it('are exact after 100000 frames, and cost nothing in between', () => {
    const { machine, vblank, ids } = lit();
    const { htotal, vtotal, clock } = ids.modes[0]!;
    const first = vblank();
    expect(machine.nextTimer).toBeNull();
    machine.advance(100_000n * 16_666_667n);
    const later = vblank();
    const frames = later.sequence - first.sequence;
    expect(frames).toBeGreaterThan(99_000n);
    const exact = (frames * BigInt(htotal * vtotal) * 1_000_000n) / BigInt(clock);
    expect([0n, 1n]).toContain(later.sequence_ns - first.sequence_ns - exact);
    expect(machine.nextTimer).toBeNull();
  });

  it('run at each output with its own rate', () => {
    const outputs = [
      { width: WIDTH, height: HEIGHT, refresh: 60_000 },
      { width: WIDTH, height: HEIGHT, refresh: 144_000 },
    ];
    const { client, machine } = createDisplay({ outputs });
    const ids = [client.output(0), client.output(1)];
    for (const output of ids) {
      const { fb } = client.buffer(WIDTH, HEIGHT);
      client.commit(lightUp(output, fb, WIDTH, HEIGHT), ALLOW_MODESET | NONBLOCK);
    }
    const count = (index: number) =>
      client.task.call(client.fd, drmIoctls.DRM_IOCTL_CRTC_GET_SEQUENCE, { crtc_id: ids[index]!.crtc })
        .sequence;
    const before = [count(0), count(1)];
    machine.advance(1000n * MILLISECOND);
    const rates = ids.map((output, index) => [
      Number(count(index) - before[index]!),
      output.modes[0]!.vrefresh,
    ]);
    for (const [frames, rate] of rates) expect(Math.abs(frames! - rate!)).toBeLessThanOrEqual(1);
    expect(rates.map(([, rate]) => rate)).toEqual([60, 144]);
  });
});
