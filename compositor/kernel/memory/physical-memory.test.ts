import { describe, expect, it } from 'vitest';
import { errnoOf } from '../task/fixture.ts';
import { PhysicalMemory } from './physical-memory.ts';
import { PhysicalPages } from './physical-pages.ts';

const create = (bytes = 65536) => new PhysicalMemory({ bytes, host: null });

describe('physical memory', () => {
  it('hands out whole, zeroed pages, and never address 0', () => {
    const memory = create();
    const first = memory.allocate(1);
    expect([first.address, first.length]).toEqual([4096, 4096]);
    memory.bytes.fill(0xff, first.address, first.address + first.length);
    first[Symbol.dispose]();
    const again = memory.allocate(8192);
    expect(again.address).toBe(4096);
    expect(memory.bytes.subarray(again.address, again.address + again.length).every(byte => byte === 0)).toBe(
      true,
    );
  });

  it('joins what is given back, and counts', () => {
    const memory = create();
    const ranges = Array.from({ length: 15 }, () => memory.allocate(4096));
    expect(errnoOf(() => memory.allocate(1))).toBe('ENOMEM');
    for (const at of [3, 5, 4, 0, 14]) ranges[at]![Symbol.dispose]();
    ranges[3]![Symbol.dispose]();
    expect([memory.used, memory.peak]).toEqual([10 * 4096, 15 * 4096]);
    expect(memory.allocate(3 * 4096).address).toBe(4 * 4096);
    expect(errnoOf(() => memory.allocate(2 * 4096))).toBe('ENOMEM');
  });

  it('extends a range where the pages behind it are free', () => {
    const memory = create();
    const first = memory.allocate(4096);
    const second = memory.allocate(4096);
    expect(first.extend(8192)).toBe(false);
    second[Symbol.dispose]();
    expect(first.extend(8192)).toBe(true);
    expect([first.length, memory.used]).toEqual([8192, 8192]);
  });
});

describe('physical pages', () => {
  it('are taken when they are touched, or at once', () => {
    const memory = create();
    const lazy = new PhysicalPages(memory, 8192);
    expect(memory.used).toBe(0);
    lazy.view(0, 1);
    expect(memory.used).toBe(8192);
    expect(errnoOf(() => new PhysicalPages(memory, 65536, { populate: true }))).toBe('ENOMEM');
  });

  it('move when they grow, unless something knows their address', () => {
    const memory = create();
    const pages = new PhysicalPages(memory, 4096, { populate: true });
    const behind = memory.allocate(4096);
    pages.write(Uint8Array.of(7), 0);
    const pin = pages.pin(0, 4096);
    pages.resize(8192);
    expect(errnoOf(() => pages.pin(4096, 4096))).toBe('ENOMEM');
    expect(memory.bytes[pin.address]).toBe(7);
    pin[Symbol.dispose]();
    const moved = pages.pin(0, 8192);
    expect(moved.address).toBeGreaterThan(behind.address);
    expect(memory.bytes[moved.address]).toBe(7);
    expect(errnoOf(() => pages.resize(4096))).toBe('EBUSY');
  });

  it('outlive their owner for as long as they are pinned', () => {
    const memory = create();
    const pages = new PhysicalPages(memory, 4096);
    const pin = pages.pin(0, 4096);
    pages[Symbol.dispose]();
    expect(memory.used).toBe(4096);
    pin[Symbol.dispose]();
    pin[Symbol.dispose]();
    expect(memory.used).toBe(0);
  });

  it('refuse pins that are no range of theirs', () => {
    const pages = new PhysicalPages(create(), 5000);
    expect(errnoOf(() => pages.pin(0, 8192))).toBeNull();
    for (const [offset, length] of [
      [0, 0],
      [-4096, 4096],
      [8192, 1],
      [0, Number.NaN],
      [0, 2 ** 60],
    ] as const)
      expect(errnoOf(() => pages.pin(offset, length))).toBe('EINVAL');
  });
});
