import { describe, expect, it } from 'vitest';
import { DRM_CRTC_SEQUENCE_RELATIVE, drmIoctls } from '../../../../protocol/uapi/drm.ts';
import {
  DRM_MODE_ATOMIC_ALLOW_MODESET as ALLOW_MODESET,
  drm_mode_modeinfo,
  modeIoctls,
  DRM_MODE_ATOMIC_NONBLOCK as NONBLOCK,
} from '../../../../protocol/uapi/drm-mode.ts';
import { MILLISECOND } from '../../../machine/machine.ts';
import { SoftwareTimeline } from '../../sync/software-timeline.ts';
import { createSyncFile } from '../../sync/sync-file.ts';
import { FRAME, HEIGHT, type LitDisplay, lit, recordMemfd, visible, WIDTH } from './lit-display.ts';
import type { TestBuffer } from './testing.ts';

/** The client gives up everything that it has of a buffer. */
function abandon({ client: { task, fd } }: LitDisplay, { fb, handle }: TestBuffer): void {
  task.call(fd, modeIoctls.DRM_IOCTL_MODE_CLOSEFB, { fb_id: fb });
  task.call(fd, modeIoctls.DRM_IOCTL_MODE_DESTROY_DUMB, { handle });
}

describe('a buffer that the client gave up', () => {
  it('is not freed before the engine has really finished reading it, however late that is', () => {
    const display = lit({ speed: { bytesPerMicrosecond: 1, setupNanoseconds: 0 } });
    const { client, machine, simkms, ids, front, target, word, fenceAt, statistics } = display;
    const shown = visible(front);
    const next = client.buffer(WIDTH, HEIGHT);
    const { objects } = simkms.device;
    const all = objects.size;
    client.commit([[ids.writeback, { WRITEBACK_FB_ID: target.fb, WRITEBACK_OUT_FENCE_PTR: word }]], NONBLOCK);
    const written = fenceAt();
    machine.advance(FRAME);
    client.commit(
      [
        [ids.primary, { FB_ID: next.fb }],
        [ids.crtc, { OUT_FENCE_PTR: word }],
      ],
      NONBLOCK,
    );
    const replaced = fenceAt();
    client.task.munmap(front.address, front.bytes.length);
    abandon(display, front);
    machine.advance(FRAME);
    expect([written.signalled, replaced.signalled]).toEqual([false, false]);
    expect(objects.size).toBe(all);
    machine.runUntil(() => written.signalled, 1000n * MILLISECOND);
    expect(objects.size).toBe(all);
    expect(visible(target)).toEqual(shown);
    machine.runUntil(() => replaced.signalled, 2n * FRAME);
    machine.settle();
    expect(objects.size).toBe(all - 1);
    expect(statistics().missedFlips).toBeGreaterThan(0);
  });

  it('and that a writeback writes is freed when it is written, not with the next commit', () => {
    const display = lit();
    const { client, machine, simkms, ids, target } = display;
    const { objects } = simkms.device;
    const all = objects.size;
    client.commit([[ids.writeback, { WRITEBACK_FB_ID: target.fb }]], NONBLOCK);
    client.task.munmap(target.address, target.bytes.length);
    abandon(display, target);
    expect(objects.size).toBe(all);
    machine.advance(3n * FRAME);
    expect(objects.size).toBe(all - 1);
  });
});

describe('a process that ends', () => {
  it('with a writeback and a histogram pending leaves nothing behind', () => {
    const display = lit();
    const { client, machine, simkms, kernel, ids, target } = display;
    const memfd = recordMemfd(display);
    const kept = client.task.files.get(memfd).get();
    client.commit(
      [
        [ids.writeback, { WRITEBACK_FB_ID: target.fb }],
        [ids.crtc, { HISTOGRAM_ENABLE: 1, HISTOGRAM_FD: memfd }],
      ],
      NONBLOCK,
    );
    client.task.exit();
    machine.advance(10n * FRAME);
    expect(simkms.device.objects.size).toBe(0);
    expect(kept.references).toBe(1);
    expect([...kernel.threads]).toEqual([]);
    expect(machine.nextTimer).toBeNull();
    kept.put();
  });

  it('with vblank events of a far future asked for leaves no timer running', () => {
    const { client, machine, ids } = lit();
    for (const sequence of [1_000_000n, 2_000_000n])
      client.task.call(client.fd, drmIoctls.DRM_IOCTL_CRTC_QUEUE_SEQUENCE, {
        crtc_id: ids.crtc,
        flags: DRM_CRTC_SEQUENCE_RELATIVE,
        sequence,
      });
    expect(machine.nextTimer).not.toBeNull();
    client.task.exit();
    machine.advance(5n * FRAME);
    expect(machine.nextTimer).toBeNull();
  });
});

describe('removing a framebuffer', () => {
  it('whose flip still waits for a fence waits too, and takes it off the plane', () => {
    const { client, machine, kernel, simkms, ids } = lit();
    const timeline = new SoftwareTimeline(kernel, { name: 'renderer' });
    const inFence = client.task.files.add(createSyncFile(kernel, timeline.createFence(1)));
    const next = client.buffer(WIDTH, HEIGHT);
    const all = simkms.device.objects.size;
    client.commit([[ids.primary, { FB_ID: next.fb, IN_FENCE_FD: inFence }]], NONBLOCK);
    const removal = client.task.startCall(client.fd, modeIoctls.DRM_IOCTL_MODE_RMFB, { fb_id: next.fb });
    machine.advance(2n * FRAME);
    expect(removal.ended).toBe(false);
    timeline.increment();
    machine.advance(4n * FRAME);
    expect(removal.ended).toBe(true);
    expect(client.value(ids.primary, 'FB_ID')).toBe(0n);
    client.task.munmap(next.address, next.bytes.length);
    client.task.call(client.fd, modeIoctls.DRM_IOCTL_MODE_DESTROY_DUMB, { handle: next.handle });
    expect(simkms.device.objects.size).toBe(all - 1);
  });
});

describe('a process that is killed', () => {
  it('while it removes a framebuffer leaves none on the screen', () => {
    const { client, machine, kernel, simkms, ids } = lit();
    const timeline = new SoftwareTimeline(kernel, { name: 'renderer' });
    const inFence = client.task.files.add(createSyncFile(kernel, timeline.createFence(1)));
    const next = client.buffer(WIDTH, HEIGHT);
    client.commit([[ids.primary, { FB_ID: next.fb, IN_FENCE_FD: inFence }]], NONBLOCK);
    client.task.startCall(client.fd, modeIoctls.DRM_IOCTL_MODE_RMFB, { fb_id: next.fb });
    client.task.exit();
    machine.advance(2n * FRAME);
    timeline.increment();
    machine.advance(10n * FRAME);
    expect(simkms.device.objects.size).toBe(0);
    expect([...kernel.threads]).toEqual([]);
  });

  it('in a blocking commit, before or after its fence has signalled, leaves nothing', () => {
    for (const signalled of [false, true]) {
      const { client, machine, kernel, simkms, ids } = lit();
      const timeline = new SoftwareTimeline(kernel, { name: 'renderer' });
      const inFence = client.task.files.add(createSyncFile(kernel, timeline.createFence(1)));
      const next = client.buffer(WIDTH, HEIGHT);
      const call = client.startCommit([[ids.primary, { FB_ID: next.fb, IN_FENCE_FD: inFence }]], 0);
      if (signalled) timeline.increment();
      machine.settle();
      client.task.exit();
      machine.advance(10n * FRAME);
      expect(call.ended).toBe(true);
      expect(simkms.device.objects.size).toBe(0);
      expect([...kernel.threads]).toEqual([]);
    }
  });

  it('while its modeset waits for another commit leaves nothing', () => {
    const { client, machine, kernel, simkms, ids } = lit();
    const timeline = new SoftwareTimeline(kernel, { name: 'renderer' });
    const inFence = client.task.files.add(createSyncFile(kernel, timeline.createFence(1)));
    client.commit([[ids.primary, { IN_FENCE_FD: inFence }]], NONBLOCK);
    client.startCommit([[ids.crtc, { ACTIVE: 0 }]], ALLOW_MODESET);
    client.startCommit([[ids.crtc, { ACTIVE: 1 }]], ALLOW_MODESET);
    client.task.exit();
    machine.advance(5n * FRAME);
    timeline.increment();
    machine.advance(10n * FRAME);
    expect(simkms.device.objects.size).toBe(0);
    expect([...kernel.threads]).toEqual([]);
  });
});

describe('a mode', () => {
  it('that no display could show is refused, and does not keep the machine busy', () => {
    const { client, ids } = lit();
    const mode = (clock: number, total: number) => {
      const bytes = new Uint8Array(drm_mode_modeinfo.size);
      const [display, start, end] = [1, 1, 1];
      drm_mode_modeinfo.write(new DataView(bytes.buffer), 0, {
        ...ids.modes[0]!,
        ...{ clock, hdisplay: display, hsync_start: start, hsync_end: end, htotal: total },
        ...{ vdisplay: display, vsync_start: start, vsync_end: end, vtotal: total },
      });
      return client.blob(bytes);
    };
    const errno = (blob: number) => client.errno([[ids.crtc, { MODE_ID: blob }]], ALLOW_MODESET | NONBLOCK);
    expect(errno(mode(0x7fffffff, 1))).toBe('EINVAL');
    expect(errno(mode(1, 65535))).toBe('EINVAL');
  });
});
