import { describe, expect, it } from 'vitest';
import { drmIoctls } from '../../../../protocol/uapi/drm.ts';
import {
  DRM_MODE_ATOMIC_ALLOW_MODESET as ALLOW_MODESET,
  drm_color_lut,
  modeIoctls,
  DRM_MODE_ATOMIC_NONBLOCK as NONBLOCK,
  DRM_MODE_ATOMIC_TEST_ONLY as TEST_ONLY,
} from '../../../../protocol/uapi/drm-mode.ts';
import { F_ADD_SEALS, F_SEAL_GROW, F_SEAL_SHRINK, F_SEAL_WRITE } from '../../../../protocol/uapi/fcntl.ts';
import {
  DRM_CLIENT_CAP_SIMKMS_HISTOGRAM,
  simkms_histogram_record as record,
} from '../../../../protocol/uapi/simkms.ts';
import { MILLISECOND } from '../../../machine/machine.ts';
import type { Engine } from '../../engine/engine.ts';
import { VirtualEngine } from '../../engine/virtual-engine.ts';
import { SoftwareTimeline } from '../../sync/software-timeline.ts';
import { createSyncFile } from '../../sync/sync-file.ts';
import {
  countMaxRgb,
  FRAME,
  HEIGHT,
  type LitDisplay,
  lit,
  readRecord,
  recordMemfd,
  visible,
  WIDTH,
} from './lit-display.ts';
import type { Request } from './testing.ts';

/** What a commit asks the CRTC for to have its frame counted; the fence's number goes to `word`. */
const count = ({ ids, word }: LitDisplay, fd: number): Request[number] => [
  ids.crtc,
  { HISTOGRAM_ENABLE: 1, HISTOGRAM_FD: fd, HISTOGRAM_FENCE_PTR: word },
];

const pixelsOf = (pixels: number, color: number): number[] =>
  countMaxRgb(new Array<number>(pixels).fill(color));

describe('a histogram', () => {
  it('needs a memfd that is sealed against shrinking, may be written, and is long enough', () => {
    const display = lit();
    const { client, ids } = display;
    const ask = (fd: number) =>
      client.errno([[ids.crtc, { HISTOGRAM_ENABLE: 1, HISTOGRAM_FD: fd }]], TEST_ONLY);
    expect(ask(recordMemfd(display))).toBeNull();
    expect(ask(recordMemfd(display, record.size, F_SEAL_GROW))).toBe('EINVAL');
    expect(ask(recordMemfd(display, record.size, F_SEAL_SHRINK | F_SEAL_WRITE))).toBe('EINVAL');
    expect(ask(recordMemfd(display, record.size - 1))).toBe('EINVAL');
    expect(ask(client.fd)).toBe('EINVAL');
    expect(ask(-1)).toBe('EINVAL');
    expect(client.errno([[ids.crtc, { HISTOGRAM_FD: recordMemfd(display) }]], TEST_ONLY)).toBe('EINVAL');
    expect(client.errno([[ids.crtc, { HISTOGRAM_FENCE_PTR: display.word }]], NONBLOCK)).toBe('EINVAL');
    expect(client.value(ids.crtc, 'HISTOGRAM_FD')).toBe(0xffff_ffff_ffff_ffffn);
  });

  it('is for clients that opted in, whoever else guesses its properties', () => {
    const display = lit();
    const { client, ids } = display;
    const request = {
      flags: TEST_ONLY,
      objs_ptr: [ids.crtc],
      count_props_ptr: [2],
      props_ptr: ['HISTOGRAM_ENABLE', 'HISTOGRAM_FD'].map(name => client.property(ids.crtc, name)),
      prop_values_ptr: [1n, BigInt(recordMemfd(display))],
    };
    const ask = () => client.task.call(client.fd, modeIoctls.DRM_IOCTL_MODE_ATOMIC, request);
    ask();
    const capability = DRM_CLIENT_CAP_SIMKMS_HISTOGRAM;
    client.task.call(client.fd, drmIoctls.DRM_IOCTL_SET_CLIENT_CAP, { capability, value: 0n });
    expect(ask).toThrow('EINVAL');
  });

  it('is of one commit: the next counts nothing unless it asks too', () => {
    const display = lit();
    const { client, machine, ids, statistics } = display;
    client.commit([count(display, recordMemfd(display))], NONBLOCK);
    expect(client.value(ids.crtc, 'HISTOGRAM_ENABLE')).toBe(1n);
    machine.advance(2n * FRAME);
    client.commit([[ids.primary, { CRTC_X: 0 }]], NONBLOCK);
    expect(client.value(ids.crtc, 'HISTOGRAM_ENABLE')).toBe(0n);
    machine.advance(2n * FRAME);
    expect(statistics()).toMatchObject({ flips: 3, framesScanned: 1 });
  });
});

describe('hist-and-capture-agree', () => {
  it('counts the pixels that the writeback of the same frame shows, and names its vblank and commit', () => {
    const display = lit();
    const { client, machine, ids, target, word, fenceAt } = display;
    const fd = recordMemfd(display);
    client.commit(
      [
        count(display, fd),
        [ids.writeback, { WRITEBACK_FB_ID: target.fb }],
        [ids.crtc, { OUT_FENCE_PTR: word + 4n }],
      ],
      NONBLOCK,
      77n,
    );
    const [fence, flip] = [fenceAt(0), fenceAt(4)];
    expect(fence.context).not.toBe(flip.context);
    machine.advance(2n * FRAME);
    const answer = readRecord(display, fd);
    expect([...answer.bins]).toEqual(countMaxRgb(visible(target)));
    expect(answer).toMatchObject({ flags: 1, user_data: 77n, time_ns: flip.timestamp, pixels: 3072n });
  });

  it('is both taken after gamma', () => {
    const display = lit();
    const { client, machine, ids, front, target } = display;
    const lut = new Uint8Array(256 * drm_color_lut.size);
    const view = new DataView(lut.buffer);
    for (let index = 0; index < 256; index++) {
      const half = Math.floor(index / 2) * 257;
      drm_color_lut.write(view, index * 8, { red: half, green: half, blue: half, reserved: 0 });
    }
    const fd = recordMemfd(display);
    client.commit(
      [
        [ids.crtc, { GAMMA_LUT: client.blob(lut) }],
        count(display, fd),
        [ids.writeback, { WRITEBACK_FB_ID: target.fb }],
      ],
      NONBLOCK,
    );
    machine.advance(2n * FRAME);
    const bins = [...readRecord(display, fd).bins];
    expect(bins).toEqual(countMaxRgb(visible(target)));
    expect(bins).not.toEqual(countMaxRgb(visible(front)));
    expect(bins.slice(128).every(many => many === 0)).toBe(true);
  });
});

describe('hist-ready-fence', () => {
  it('is not signalled before the last line of the frame has gone out, and the record is whole then', () => {
    const display = lit();
    const { client, machine, ids, word, fenceAt } = display;
    const fd = recordMemfd(display);
    client.commit([count(display, fd), [ids.crtc, { OUT_FENCE_PTR: word + 4n }]], NONBLOCK);
    const [ready, flip] = [fenceAt(0), fenceAt(4)];
    machine.runUntil(() => flip.signalled, FRAME);
    expect(ready.signalled).toBe(false);
    expect(readRecord(display, fd).flags).toBe(0);
    let flags = -1;
    ready.addCallback(() => {
      flags = readRecord(display, fd).flags;
    });
    machine.advance(FRAME);
    expect(flags).toBe(1);
    const { vdisplay, htotal, clock } = ids.modes[0]!;
    const active = (BigInt(vdisplay * htotal) * 1_000_000n) / BigInt(clock);
    expect(ready.timestamp! - flip.timestamp!).toBeGreaterThanOrEqual(active - 1n);
  });

  it('ends in error, and the record stays incomplete, when the engine is reset in the middle of the frame', () => {
    let engine: Engine | undefined;
    const display = lit({
      engine: (machine, memory) => {
        engine = new VirtualEngine(machine, memory, 'display');
        return engine;
      },
      speed: { bytesPerMicrosecond: 2, setupNanoseconds: 0 },
    });
    const { client, machine, ids, word, fenceAt, statistics } = display;
    const fd = recordMemfd(display);
    client.commit([count(display, fd), [ids.crtc, { OUT_FENCE_PTR: word + 4n }]], NONBLOCK);
    const [ready, flip] = [fenceAt(0), fenceAt(4)];
    machine.runUntil(() => flip.signalled, FRAME);
    machine.advance(5n * MILLISECOND);
    engine!.reset('test');
    machine.advance(FRAME);
    expect(ready.status).toBe('EIO');
    expect(readRecord(display, fd).flags).toBe(0);
    expect(statistics()).toMatchObject({ framesLost: 1, framesScanned: 0 });
    client.commit([count(display, fd)], NONBLOCK);
    machine.advance(3n * FRAME);
    expect(readRecord(display, fd).flags).toBe(1);
  });
});

describe('hist-buffer-destroyed-in-flight', () => {
  it('writes the memory that was pinned, though the client closed and unmapped all it had, and then lets go', () => {
    const display = lit();
    const { client, machine, ids, fenceAt } = display;
    const fd = recordMemfd(display);
    const address = client.task.mmap(fd, 4096);
    const kept = client.task.files.get(fd).get();
    client.commit([count(display, fd)], NONBLOCK);
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
    client.commit([count(display, fd)], NONBLOCK);
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
    client.commit([count(display, fd)], NONBLOCK);
    expect(() => client.task.truncate(fd, 16n)).toThrow('EPERM');
    machine.advance(2n * FRAME);
    expect(readRecord(display, fd).flags).toBe(1);
  });

  it('cannot be sealed against writing while the device may write it', () => {
    const display = lit();
    const { client, machine } = display;
    const fd = recordMemfd(display, record.size, F_SEAL_SHRINK);
    const address = client.task.mmap(fd, 4096);
    client.commit([count(display, fd)], NONBLOCK);
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
    client.commit([[ids.primary, { FB_ID: front.fb, IN_FENCE_FD: inFence }], count(display, fd)], NONBLOCK);
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
    client.commit([count(display, fd)], NONBLOCK, 1n);
    const first = fenceAt();
    machine.advance(FRAME);
    client.commit([[ids.primary, { FB_ID: white.fb }], count(display, fd)], NONBLOCK, 2n);
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
    client.commit([count(display, a)], NONBLOCK, 1n);
    machine.advance(FRAME);
    client.commit([count(display, b)], NONBLOCK, 2n);
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
    client.commit([[ids.crtc, { MODE_ID: smaller }], count(display, fd)], ALLOW_MODESET | NONBLOCK, 5n);
    const ready = fenceAt();
    machine.advance(4n * FRAME);
    expect(ready.status).toBe(1);
    expect(readRecord(display, fd)).toMatchObject({ flags: 1, pixels: 640n * 480n, user_data: 5n });
  });

  it('finishes the frame that is being counted before the mode changes under it', () => {
    const display = lit({ outputs });
    const { client, machine, ids, fenceAt, word } = display;
    const fd = recordMemfd(display);
    client.commit([count(display, fd), [ids.crtc, { OUT_FENCE_PTR: word + 4n }]], NONBLOCK);
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
      [[ids.crtc, { ACTIVE: 0 }], count(display, recordMemfd(display))],
      ALLOW_MODESET | NONBLOCK,
    );
    expect(off).toBe('EINVAL');
  });
});
