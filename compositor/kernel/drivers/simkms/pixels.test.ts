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
import { DRM_FORMAT_ARGB8888 } from '../../../../protocol/uapi/fourcc.ts';
import { MILLISECOND } from '../../../machine/machine.ts';
import { FRAME, HEIGHT, lit, visible, WIDTH } from './lit-display.ts';
import type { MonitorFrame } from './pipe.ts';
import { planeOf } from './testing.ts';

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

  it('shows a monitor that comes later the picture, and nobody else again', () => {
    const { machine, simkms } = lit();
    const seen: string[] = [];
    const watch = (name: string) => simkms.attachMonitor('Virtual-1', { frame: () => seen.push(name) });
    watch('first');
    machine.advance(3n * FRAME);
    watch('second');
    machine.advance(3n * FRAME);
    expect(seen).toEqual(['first', 'second']);
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
