import { describe, expect, it } from 'vitest';
import {
  DRM_MODE_ATOMIC_ALLOW_MODESET as ALLOW_MODESET,
  DRM_MODE_REFLECT_X,
  DRM_MODE_ROTATE_0,
  DRM_MODE_ROTATE_90,
  DRM_MODE_ROTATE_180,
  drm_color_lut,
  DRM_MODE_ATOMIC_NONBLOCK as NONBLOCK,
  DRM_MODE_ATOMIC_TEST_ONLY as TEST_ONLY,
} from '../../../../protocol/uapi/drm-mode.ts';
import { F_ADD_SEALS, F_SEAL_GROW, F_SEAL_SHRINK, F_SEAL_WRITE } from '../../../../protocol/uapi/fcntl.ts';
import { DRM_FORMAT_ARGB8888 } from '../../../../protocol/uapi/fourcc.ts';
import { simkms_histogram_record } from '../../../../protocol/uapi/simkms.ts';
import { MILLISECOND } from '../../../machine/machine.ts';
import { fenceOf } from '../../sync/sync-file.ts';
import type { MonitorFrame } from './pipe.ts';
import { createDisplay, lightUp, planeOf, type Request, type TestBuffer } from './testing.ts';

const WIDTH = 64;
const HEIGHT = 48;
const FRAME = 17n * MILLISECOND;

const wordsOf = ({ bytes }: TestBuffer) => new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);

/** Every pixel another colour. */
function paint(buffer: TestBuffer): void {
  const words = wordsOf(buffer);
  for (const index of words.keys()) words[index] = 0xff000000 | (index * 0x10305);
}

/** A display with connector and writeback connector on its CRTC, showing a painted framebuffer. */
function lit(options: Parameters<typeof createDisplay>[0] = {}) {
  const display = createDisplay(options);
  const { client, machine, simkms } = display;
  const ids = client.output();
  const front = client.buffer(WIDTH, HEIGHT);
  paint(front);
  const target = client.buffer(WIDTH, HEIGHT);
  const request: Request = [...lightUp(ids, front.fb, WIDTH, HEIGHT), [ids.writeback, { CRTC_ID: ids.crtc }]];
  client.startCommit(request, ALLOW_MODESET);
  machine.advance(2n * FRAME);
  const word = client.task.memory.mapAnonymous(4096);
  const fenceAt = (offset = 0) => {
    const bytes = client.task.memory.copyFromUser(word + BigInt(offset), 4);
    return fenceOf(client.task, new DataView(bytes.buffer).getInt32(0, true));
  };
  /** Commits and writes the picture back. */
  const shoot = (request: Request = []) => {
    client.commit(
      [...request, [ids.writeback, { WRITEBACK_FB_ID: target.fb, WRITEBACK_OUT_FENCE_PTR: word }]],
      NONBLOCK,
    );
    const fence = fenceAt();
    machine.advance(2n * FRAME);
    expect(fence.status).toBe(1);
    return wordsOf(target).map(pixel => pixel & 0xffffff);
  };
  const statistics = () => simkms.statistics('Virtual-1');
  return { ...display, ids, front, target, word, fenceAt, shoot, statistics };
}

const visible = (buffer: TestBuffer) => wordsOf(buffer).map(pixel => pixel & 0xffffff);

describe('writeback', () => {
  it('gives the pixels of the framebuffer that is shown', () => {
    const { shoot, front } = lit();
    expect(shoot()).toEqual(visible(front));
  });

  it('blends overlays in the order of zpos, under the cursor', () => {
    const { client, ids, shoot } = lit();
    const red = client.buffer(16, 16, 0xffff0000);
    const green = client.buffer(16, 16, 0xff00ff00);
    const half = client.buffer(64, 64, 0x80000080, DRM_FORMAT_ARGB8888);
    const [first, second] = ids.overlays as [number, number];
    const at = { width: 16, height: 16 };
    const below = shoot([
      [first, { ...planeOf(ids.crtc, red.fb, at), zpos: 1 }],
      [second, { ...planeOf(ids.crtc, green.fb, { ...at, x: 8 }), zpos: 2 }],
    ]);
    expect([below[0], below[8]]).toEqual([0xff0000, 0x00ff00]);
    const above = shoot([
      [first, { zpos: 2 }],
      [second, { zpos: 1 }],
      [ids.cursor, planeOf(ids.crtc, half.fb, { width: 64, height: 64, x: -60 })],
    ]);
    expect([above[0], above[8], above[16]]).toEqual([0x7f0080, 0xff0000, 0x00ff00]);
  });

  it('rotates counter-clockwise, after reflecting', () => {
    const { client, ids, front, shoot } = lit();
    const source = visible(front);
    const pixel = (x: number, y: number) => source[y * WIDTH + x];
    const turned = shoot([[ids.primary, { rotation: DRM_MODE_ROTATE_180 }]]);
    expect(turned[0]).toBe(pixel(WIDTH - 1, HEIGHT - 1));
    const mirrored = shoot([[ids.primary, { rotation: DRM_MODE_ROTATE_0 | DRM_MODE_REFLECT_X }]]);
    expect(mirrored[0]).toBe(pixel(WIDTH - 1, 0));
    const quarter = shoot([
      [
        ids.primary,
        {
          ...planeOf(ids.crtc, front.fb, { width: 32, height: 16 }),
          CRTC_W: 16,
          CRTC_H: 32,
          rotation: DRM_MODE_ROTATE_90,
        },
      ],
    ]);
    expect([quarter[0], quarter[31 * WIDTH]]).toEqual([pixel(31, 0), pixel(0, 0)]);
    const both = shoot([[ids.primary, { rotation: DRM_MODE_ROTATE_90 | DRM_MODE_REFLECT_X }]]);
    expect([both[0], both[31 * WIDTH]]).toEqual([pixel(0, 0), pixel(31, 0)]);
    expect(client.value(ids.primary, 'rotation')).toBe(BigInt(DRM_MODE_ROTATE_90 | DRM_MODE_REFLECT_X));
  });

  it('is taken after gamma, over the background colour', () => {
    const { client, ids, shoot } = lit();
    const lut = new Uint8Array(256 * drm_color_lut.size);
    const view = new DataView(lut.buffer);
    for (let index = 0; index < 256; index++) {
      const inverted = (255 - index) * 257;
      drm_color_lut.write(view, index * 8, { red: inverted, green: inverted, blue: inverted, reserved: 0 });
    }
    const pixels = shoot([
      [ids.crtc, { GAMMA_LUT: client.blob(lut), BACKGROUND_COLOR: 0xffff_1111_2222_3333n }],
      [ids.primary, { FB_ID: 0, CRTC_ID: 0 }],
    ]);
    expect(new Set(pixels)).toEqual(new Set([0xeeddcc]));
  });

  it('follows the rules of its properties', () => {
    const { client, ids, target, word } = lit();
    const small = client.buffer(32, 32);
    const wb = ids.writeback;
    expect(client.value(wb, 'WRITEBACK_FB_ID')).toBe(0n);
    expect(client.errno([[wb, { WRITEBACK_FB_ID: small.fb }]], TEST_ONLY)).toBe('EINVAL');
    expect(client.errno([[wb, { WRITEBACK_OUT_FENCE_PTR: word }]], NONBLOCK)).toBeNull();
    expect(client.errno([[wb, { WRITEBACK_FB_ID: 0, WRITEBACK_OUT_FENCE_PTR: word }]], 0)).toBe('EINVAL');
    expect(client.errno([[wb, { WRITEBACK_FB_ID: target.fb, CRTC_ID: 0 }]], TEST_ONLY | ALLOW_MODESET)).toBe(
      'EINVAL',
    );
  });

  it('signals after the flip, at the end of the scan', () => {
    const { client, machine, ids, target, word, fenceAt } = lit();
    client.commit(
      [
        [ids.crtc, { OUT_FENCE_PTR: word + 4n }],
        [ids.writeback, { WRITEBACK_FB_ID: target.fb, WRITEBACK_OUT_FENCE_PTR: word }],
      ],
      NONBLOCK,
    );
    const [written, flipped] = [fenceAt(0), fenceAt(4)];
    machine.advance(2n * FRAME);
    const { vdisplay, htotal, clock } = ids.modes[0]!;
    const active = (BigInt(vdisplay * htotal) * 1_000_000n) / BigInt(clock);
    const late = written.timestamp! - flipped.timestamp! - active;
    expect(late).toBeGreaterThanOrEqual(-1n);
    expect(late).toBeLessThan(MILLISECOND);
  });
});

describe('a histogram', () => {
  const record = simkms_histogram_record;
  function memfd(
    { client }: ReturnType<typeof lit>,
    size = record.size,
    seals = F_SEAL_SHRINK | F_SEAL_GROW,
  ): number {
    const fd = client.task.memfdCreate('histogram');
    client.task.truncate(fd, BigInt(size));
    client.task.fcntl(fd, F_ADD_SEALS, seals);
    return fd;
  }
  const read = (display: ReturnType<typeof lit>, fd: number) => {
    const bytes = new Uint8Array(record.size);
    display.client.task.pread(fd, bytes, 0n);
    return record.read(new DataView(bytes.buffer), 0);
  };

  it('counts the pixels that the writeback of the same frame shows, and names its vblank and commit', () => {
    const display = lit();
    const { client, machine, ids, target, word, fenceAt } = display;
    const fd = memfd(display);
    client.commit(
      [
        [ids.crtc, { HISTOGRAM_ENABLE: 1, HISTOGRAM_FD: fd, HISTOGRAM_FENCE_PTR: word }],
        [ids.writeback, { WRITEBACK_FB_ID: target.fb }],
        [ids.crtc, { OUT_FENCE_PTR: word + 4n }],
      ],
      NONBLOCK,
      77n,
    );
    const [fence, flip] = [fenceAt(0), fenceAt(4)];
    expect(fence.context).not.toBe(flip.context);
    machine.advance(2n * FRAME);
    expect(fence.status).toBe(1);
    const answer = read(display, fd);
    const bins = new Array<number>(256).fill(0);
    for (const pixel of visible(target)) bins[Math.max(pixel >>> 16, (pixel >>> 8) & 255, pixel & 255)]!++;
    expect([...answer.bins]).toEqual(bins);
    expect(answer).toMatchObject({ flags: 1, user_data: 77n, time_ns: flip.timestamp, pixels: 3072n });
  });

  it('needs a memfd that is sealed against shrinking, may be written, and is long enough', () => {
    const display = lit();
    const { client, ids } = display;
    const ask = (fd: number) =>
      client.errno([[ids.crtc, { HISTOGRAM_ENABLE: 1, HISTOGRAM_FD: fd }]], TEST_ONLY);
    expect(ask(memfd(display))).toBeNull();
    expect(ask(memfd(display, record.size, F_SEAL_GROW))).toBe('EINVAL');
    expect(ask(memfd(display, record.size, F_SEAL_SHRINK | F_SEAL_WRITE))).toBe('EINVAL');
    expect(ask(memfd(display, record.size - 1))).toBe('EINVAL');
    expect(ask(client.fd)).toBe('EINVAL');
    expect(ask(-1)).toBe('EINVAL');
    expect(client.errno([[ids.crtc, { HISTOGRAM_FD: memfd(display) }]], TEST_ONLY)).toBe('EINVAL');
    expect(client.errno([[ids.crtc, { HISTOGRAM_FENCE_PTR: display.word }]], NONBLOCK)).toBe('EINVAL');
    expect(client.value(ids.crtc, 'HISTOGRAM_FD')).toBe(0xffff_ffff_ffff_ffffn);
  });

  it('keeps its memory when the client closes the descriptor, and lets go of it with the next commit', () => {
    const display = lit();
    const { client, machine, ids } = display;
    const fd = memfd(display);
    const kept = client.task.files.get(fd).get();
    client.commit([[ids.crtc, { HISTOGRAM_ENABLE: 1, HISTOGRAM_FD: fd }]], NONBLOCK);
    client.task.close(fd);
    expect(kept.references).toBe(2);
    machine.advance(2n * FRAME);
    expect(kept.references).toBe(2);
    client.commit([[ids.crtc, { ACTIVE: 1 }]], NONBLOCK);
    machine.advance(2n * FRAME);
    expect(kept.references).toBe(1);
    const bytes = new Uint8Array(record.size);
    kept.operations.readAt!(bytes, 0n);
    expect(record.read(new DataView(bytes.buffer), 0).flags).toBe(1);
    kept.put();
  });
});

describe('scan-out', () => {
  it('touches no pixel and runs no timer when nobody looks', () => {
    const { client, machine, ids, statistics } = lit();
    client.commit([[ids.primary, { CRTC_X: 0 }]], NONBLOCK);
    machine.advance(10n * FRAME);
    expect(statistics()).toMatchObject({ flips: 2, framesScanned: 0, missedFlips: 0 });
    expect(machine.nextTimer).toBeNull();
  });

  it('shows a monitor each new picture once, or every frame, until it stops looking', () => {
    const { client, machine, simkms, kernel, ids, front, statistics } = lit();
    const seen: MonitorFrame[] = [];
    const pictures: Uint32Array[] = [];
    const monitor = simkms.attachMonitor('Virtual-1', {
      crc: true,
      frame: frame => {
        seen.push(frame);
        pictures.push(new Uint32Array(kernel.memory.memory.buffer, frame.address, WIDTH * HEIGHT).slice());
      },
    });
    machine.advance(5n * FRAME);
    expect(seen).toHaveLength(1);
    expect(machine.nextTimer).toBeNull();
    expect(pictures[0]!.map(pixel => pixel & 0xffffff)).toEqual(visible(front));
    client.commit([[ids.primary, { rotation: DRM_MODE_ROTATE_180 }]], NONBLOCK);
    machine.advance(5n * FRAME);
    expect(seen).toHaveLength(2);
    expect(seen[1]!.crc).not.toBe(seen[0]!.crc);
    monitor[Symbol.dispose]();
    const every = simkms.attachMonitor('Virtual-1', { everyFrame: true, frame: frame => seen.push(frame) });
    machine.advance(5n * FRAME);
    expect(seen.length).toBeGreaterThanOrEqual(6);
    every[Symbol.dispose]();
    const [told, scanned] = [seen.length, statistics().framesScanned];
    machine.advance(5n * FRAME);
    expect(machine.nextTimer).toBeNull();
    expect(seen).toHaveLength(told);
    expect(statistics().framesScanned - scanned).toBeLessThanOrEqual(1);
  });

  it('misses the flip, and says so, while the engine still reads the frame before', () => {
    const { client, machine, ids, word, fenceAt, statistics, target } = lit({
      speed: { bytesPerMicrosecond: 1, setupNanoseconds: 0 },
    });
    client.commit([[ids.writeback, { WRITEBACK_FB_ID: target.fb, WRITEBACK_OUT_FENCE_PTR: word }]], NONBLOCK);
    const written = fenceAt();
    machine.advance(FRAME);
    client.commit([[ids.crtc, { OUT_FENCE_PTR: word }]], NONBLOCK);
    const flip = fenceAt();
    machine.runUntil(() => flip.signalled, 1000n * MILLISECOND);
    expect(written.timestamp!).toBeLessThanOrEqual(flip.timestamp!);
    const { missedFlips, misses } = statistics();
    expect(missedFlips).toBeGreaterThan(0);
    expect(misses[0]!.reason).toContain('still reads');
  });

  it('gives the same pixels whatever order the machine chooses', () => {
    const shots = [1, 2, 3].map(seed => lit({ machine: { seed, order: 'random' } }).shoot());
    expect(shots[1]).toEqual(shots[0]);
    expect(shots[2]).toEqual(shots[0]);
  });

  it('ends with the kernel, in the middle of a frame too', () => {
    const { machine, kernel, simkms } = lit();
    const seen: MonitorFrame[] = [];
    simkms.attachMonitor('Virtual-1', { everyFrame: true, frame: frame => seen.push(frame) });
    machine.advance(3n * FRAME + 5n * MILLISECOND);
    const before = seen.length;
    expect(before).toBeGreaterThan(0);
    kernel[Symbol.dispose]();
    machine.advance(10n * FRAME);
    expect(seen).toHaveLength(before);
    expect(machine.nextTimer).toBeNull();
  });
});
