import { describe, expect, it } from 'vitest';
import {
  DRM_MODE_ATOMIC_ALLOW_MODESET as ALLOW_MODESET,
  DRM_MODE_ATOMIC_NONBLOCK as NONBLOCK,
} from '../../../../protocol/uapi/drm-mode.ts';
import { F_ADD_SEALS, F_SEAL_SHRINK, F_SEAL_WRITE } from '../../../../protocol/uapi/fcntl.ts';
import { simkms_histogram_record as record } from '../../../../protocol/uapi/simkms.ts';
import { SoftwareTimeline } from '../../sync/software-timeline.ts';
import { createSyncFile } from '../../sync/sync-file.ts';
import { countInto, countMaxRgb, FRAME, HEIGHT, lit, readRecord, recordMemfd, WIDTH } from './lit-display.ts';

const pixelsOf = (pixels: number, color: number): number[] =>
  countMaxRgb(new Array<number>(pixels).fill(color));

describe('hist-buffer-destroyed-in-flight', () => {
  it('writes the memory that was pinned, though the client closed and unmapped all it had, and then lets go', () => {
    const display = lit();
    const { client, machine, ids, fenceAt } = display;
    const fd = recordMemfd(display);
    const address = client.task.mmap(fd, 4096);
    const kept = client.task.files.get(fd).get();
    client.commit([countInto(display, fd)], NONBLOCK);
    const ready = fenceAt();
    client.task.close(fd);
    client.task.munmap(address, 4096);
    machine.advance(2n * FRAME);
    expect(ready.status).toBe(1);
    const bytes = new Uint8Array(record.size);
    kept.operations.readAt!(bytes, 0n);
    expect(record.read(new DataView(bytes.buffer), 0)).toMatchObject({ flags: 1, pixels: 3072n });
    client.commit([[ids.crtc, { ACTIVE: 1 }]], NONBLOCK);
    machine.advance(2n * FRAME);
    expect(kept.references).toBe(1);
    kept.put();
  });

  it('outlives the process that asked', () => {
    const display = lit();
    const { client, machine, kernel, simkms } = display;
    const fd = recordMemfd(display);
    const kept = client.task.files.get(fd).get();
    client.commit([countInto(display, fd)], NONBLOCK);
    client.task.exit();
    machine.advance(10n * FRAME);
    expect(kept.references).toBe(1);
    expect([...kernel.threads]).toEqual([]);
    expect(simkms.device.objects.size).toBe(0);
    kept.put();
  });
});

describe('hist-sealed-size', () => {
  it('cannot be shrunk under the device: not while attached, not afterwards', () => {
    const display = lit();
    const { client, machine } = display;
    const fd = recordMemfd(display, record.size, F_SEAL_SHRINK);
    client.commit([countInto(display, fd)], NONBLOCK);
    expect(() => client.task.truncate(fd, 16n)).toThrow('EPERM');
    machine.advance(2n * FRAME);
    expect(readRecord(display, fd).flags).toBe(1);
  });

  it('cannot be sealed against writing while the device may write it', () => {
    const display = lit();
    const { client, machine } = display;
    const fd = recordMemfd(display, record.size, F_SEAL_SHRINK);
    const address = client.task.mmap(fd, 4096);
    client.commit([countInto(display, fd)], NONBLOCK);
    expect(() => client.task.fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE)).toThrow('EBUSY');
    client.task.munmap(address, 4096);
    machine.advance(2n * FRAME);
    expect(readRecord(display, fd).flags).toBe(1);
  });
});

describe('hist-no-fault-in-commit', () => {
  it('touches no memory of the process once the commit is accepted, however late the frame', () => {
    const display = lit();
    const { client, machine, kernel, ids, front, fenceAt } = display;
    const timeline = new SoftwareTimeline(kernel, { name: 'renderer' });
    const inFence = client.task.files.add(createSyncFile(kernel, timeline.createFence(1)));
    const fd = recordMemfd(display);
    client.commit(
      [[ids.primary, { FB_ID: front.fb, IN_FENCE_FD: inFence }], countInto(display, fd)],
      NONBLOCK,
    );
    const ready = fenceAt();
    const { memory } = client.task;
    const touched: string[] = [];
    for (const name of ['copyToUser', 'copyFromUser'] as const)
      Object.defineProperty(memory, name, {
        value: () => {
          touched.push(name);
          throw new Error(`${name} after the commit`);
        },
      });
    machine.advance(2n * FRAME);
    timeline.increment();
    machine.advance(2n * FRAME);
    expect(ready.status).toBe(1);
    expect(touched).toEqual([]);
  });
});

describe('hist-two-frames-one-object', () => {
  it('leaves the record of the second frame, which says so: vblank and commit are its own', () => {
    const display = lit();
    const { client, machine, ids, fenceAt } = display;
    const fd = recordMemfd(display);
    const white = client.buffer(WIDTH, HEIGHT, 0xffffffff);
    client.commit([countInto(display, fd)], NONBLOCK, 1n);
    const first = fenceAt();
    machine.advance(FRAME);
    client.commit([[ids.primary, { FB_ID: white.fb }], countInto(display, fd)], NONBLOCK, 2n);
    const second = fenceAt();
    machine.runUntil(() => first.signalled, FRAME);
    const early = readRecord(display, fd);
    expect(early).toMatchObject({ flags: 1, user_data: 1n });
    expect(second.signalled).toBe(false);
    machine.runUntil(() => second.signalled, 3n * FRAME);
    const late = readRecord(display, fd);
    expect(late).toMatchObject({ flags: 1, user_data: 2n, pixels: 3072n });
    expect(late.sequence).toBeGreaterThan(early.sequence);
    expect([...late.bins]).toEqual(pixelsOf(WIDTH * HEIGHT, 0xffffff));
  });

  it('keeps both records when each commit has memory of its own', () => {
    const display = lit();
    const { client, machine } = display;
    const [a, b] = [recordMemfd(display), recordMemfd(display)];
    client.commit([countInto(display, a)], NONBLOCK, 1n);
    machine.advance(FRAME);
    client.commit([countInto(display, b)], NONBLOCK, 2n);
    machine.advance(3n * FRAME);
    expect([a, b].map(fd => readRecord(display, fd).user_data)).toEqual([1n, 2n]);
  });
});

describe('hist-during-modeset', () => {
  const outputs = [{ width: 800, height: 600, refresh: 60_000 }];

  it('counts the first frame of the new mode, and every pixel of it', () => {
    const display = lit({ outputs });
    const { client, machine, ids, fenceAt } = display;
    const smaller = client.modeBlob(ids.modes.at(-1)!);
    const fd = recordMemfd(display);
    client.commit([[ids.crtc, { MODE_ID: smaller }], countInto(display, fd)], ALLOW_MODESET | NONBLOCK, 5n);
    const ready = fenceAt();
    machine.advance(4n * FRAME);
    expect(ready.status).toBe(1);
    expect(readRecord(display, fd)).toMatchObject({ flags: 1, pixels: 640n * 480n, user_data: 5n });
  });

  it('finishes the frame that is being counted before the mode changes under it', () => {
    const display = lit({ outputs });
    const { client, machine, ids, fenceAt, word } = display;
    const fd = recordMemfd(display);
    client.commit([countInto(display, fd), [ids.crtc, { OUT_FENCE_PTR: word + 4n }]], NONBLOCK);
    const [ready, flip] = [fenceAt(0), fenceAt(4)];
    machine.runUntil(() => flip.signalled, FRAME);
    client.startCommit([[ids.crtc, { ACTIVE: 0 }]], ALLOW_MODESET);
    expect(ready.signalled).toBe(false);
    machine.advance(2n * FRAME);
    expect(ready.status).toBe(1);
    expect(readRecord(display, fd)).toMatchObject({ flags: 1, pixels: 800n * 600n });
  });

  it('is refused on a CRTC that is off, or goes off with the commit', () => {
    const display = lit();
    const { client, ids } = display;
    const off = client.errno(
      [[ids.crtc, { ACTIVE: 0 }], countInto(display, recordMemfd(display))],
      ALLOW_MODESET | NONBLOCK,
    );
    expect(off).toBe('EINVAL');
  });
});
