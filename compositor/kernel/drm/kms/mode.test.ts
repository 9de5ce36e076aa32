import { describe, expect, it } from 'vitest';
import {
  checkMode,
  framesDuration,
  framesIn,
  type Mode,
  makeMode,
  modeFromBlob,
  modeToBytes,
  sameTimings,
} from './mode.ts';

const good = makeMode(1920, 1080, 60_000);

describe('a mode', () => {
  it('is refused when its timings make no sense', () => {
    const wrong: Partial<Mode>[] = [
      { clock: 0 },
      { clock: 0x80000000 },
      { hdisplay: 0 },
      { vdisplay: 0 },
      { htotal: 0 },
      { htotal: good.hsync_end - 1 },
      { hsync_start: good.hdisplay - 1 },
      { hsync_end: good.hsync_start - 1 },
      { vsync_start: good.vdisplay - 1 },
      { vtotal: good.vsync_end - 1 },
      { flags: 1 << 10 },
      { flags: 1 << 11 },
      { flags: 0x1f << 14 },
      { flags: 15 << 19 },
      { flags: 1 << 23 },
    ];
    for (const change of wrong)
      expect(() => checkMode({ ...good, ...change }), JSON.stringify(change)).toThrow('EINVAL');
  });

  it('is accepted with flags, types and names that say nothing about timing', () => {
    for (const change of [
      { flags: 1 << 13 },
      { flags: 1 << 14 },
      { flags: 1 << 19 },
      { type: 0 },
      { vrefresh: 7 },
      { name: 'x' },
    ])
      expect(() => checkMode({ ...good, ...change }), JSON.stringify(change)).not.toThrow();
  });

  it('comes out of a blob of exactly its size', () => {
    const bytes = modeToBytes(good);
    expect(sameTimings(modeFromBlob(bytes), good)).toBe(true);
    expect(() => modeFromBlob(bytes.subarray(1))).toThrow('EINVAL');
    expect(() => modeFromBlob(new Uint8Array(bytes.length + 1))).toThrow('EINVAL');
  });

  it('is the same as another by its timings alone', () => {
    expect(sameTimings(good, { ...good, name: 'other', type: 0, vrefresh: 1 })).toBe(true);
    expect(sameTimings(good, { ...good, clock: good.clock + 1 })).toBe(false);
    expect(sameTimings(good, null)).toBe(false);
  });

  it('made for a rate meets it', () => {
    for (const [width, height, rate] of [
      [1920, 1080, 60_000],
      [3840, 2160, 143_998],
      [640, 480, 24_000],
    ] as const) {
      const second = framesIn(makeMode(width, height, rate), 1_000_000_000_000n);
      expect(Math.abs(Number(second) - rate)).toBeLessThanOrEqual(rate / 10_000);
    }
  });

  it('has frames whose number follows from the time and the other way round', () => {
    for (const frames of [0n, 1n, 2n, 59n, 100_000n, 10n ** 12n]) {
      const at = framesDuration(good, frames);
      expect(framesIn(good, at)).toBe(frames);
      if (frames > 0n) expect(framesIn(good, at - 1n)).toBe(frames - 1n);
    }
  });
});
