import { describe, expect, it } from 'vitest';
import { Region } from '../scene/region.ts';
import { DamageLog } from './damage-log.ts';
import { FrameClock, REPAINT_MARGIN, RenderEstimate } from './frame-clock.ts';

const REFRESH = 16_666_667n;

describe('the estimate of render time', () => {
  it('is enough for nine frames in ten', () => {
    const estimate = new RenderEstimate(REFRESH);
    for (let frame = 0; frame < 100; frame++) estimate.measured(frame % 12 === 0 ? 8_000_000n : 3_000_000n);
    expect(estimate.value).toBe(3_000_000n);
    for (let frame = 0; frame < 100; frame++) estimate.measured(frame % 4 === 0 ? 8_000_000n : 3_000_000n);
    expect(estimate.value).toBe(8_000_000n);
    expect(estimate.typical).toBe(3_000_000n);
  });

  it('learns nothing from frames that no deadline could have saved, unless there are no others', () => {
    const estimate = new RenderEstimate(REFRESH);
    for (let frame = 0; frame < 100; frame++) estimate.measured(frame % 2 === 0 ? 40_000_000n : 3_000_000n);
    expect(estimate.value).toBe(3_000_000n);
    for (let frame = 0; frame < 100; frame++) estimate.measured(40_000_000n);
    expect(estimate.value).toBe(REFRESH - REPAINT_MARGIN);
  });
});

describe('the frame clock', () => {
  it('knows no vblank before the first', () => {
    expect(new FrameClock(REFRESH).nextVblank(5n)).toBeNull();
  });

  it('predicts vblanks without drifting, strictly after the time asked', () => {
    const clock = new FrameClock(REFRESH);
    clock.flipped(1_000n, 7);
    expect(clock.nextVblank(1_000n)).toBe(1_000n + REFRESH);
    expect(clock.nextVblank(1_000n + 600n * REFRESH - 1n)).toBe(1_000n + 600n * REFRESH);
  });

  it('counts on when the counter of events wraps', () => {
    const clock = new FrameClock(REFRESH);
    clock.synchronise({ time: 0n, sequence: 0x2_ffff_fffen });
    expect(clock.flipped(1n, 0xffff_ffff)).toBe(0x2_ffff_ffffn);
    expect(clock.flipped(2n, 1)).toBe(0x3_0000_0001n);
  });

  it('begins as late as the measurements allow, and never more than a refresh early', () => {
    const clock = new FrameClock(REFRESH);
    for (let frame = 0; frame < 1000; frame++) clock.measured(0n);
    const deadline = clock.deadlineOf(100_000_000n);
    expect(100_000_000n - deadline).toBeLessThan(REPAINT_MARGIN + 100_000n);
    for (let frame = 0; frame < 1000; frame++) clock.measured(2_000_000_000n);
    expect(clock.deadlineOf(100_000_000n)).toBe(100_000_000n - REFRESH);
  });

  it('gives a vblank up when it would be missed anyway and the next one would not', () => {
    const clock = new FrameClock(REFRESH);
    const vblank = 100_000_000n;
    for (let frame = 0; frame < 100; frame++) clock.measured(5_000_000n);
    expect(clock.worthTrying(vblank, 94_000_000n)).toBe(vblank);
    expect(clock.worthTrying(vblank, 96_000_000n)).toBe(vblank + REFRESH);
    for (let frame = 0; frame < 100; frame++) clock.measured(20_000_000n);
    expect(clock.worthTrying(vblank, 96_000_000n)).toBe(vblank);
  });
});

it('a damage log says what is new, and everything when it has forgotten', () => {
  const whole = Region.of({ x: 0, y: 0, width: 64, height: 48 });
  const pixel = (x: number): Region => Region.of({ x, y: 0, width: 1, height: 1 });
  const log = new DamageLog(whole);
  const none = Region.empty;
  log.add(1n, pixel(1), none);
  log.add(2n, pixel(2), pixel(9));
  expect(log.since(2n, true).isEmpty).toBe(true);
  expect(log.since(1n, false).equals(pixel(2))).toBe(true);
  // What the cursor alone changed is for those who look at it.
  expect(log.since(1n, true).equals(pixel(2).union(pixel(9)))).toBe(true);
  for (let time = 3n; time < 100n; time++) log.add(time, pixel(3), none);
  expect(log.since(1n, false).equals(whole)).toBe(true);
  expect(log.since(90n, true).equals(pixel(3))).toBe(true);
});
