import { describe, expect, it } from 'vitest';
import { ERRNO, errnoMeaning, errnoName } from './errno.ts';
import {
  array,
  bytes,
  chars,
  pointer,
  type StructValue,
  s32,
  s64,
  struct,
  u8,
  u16,
  u32,
  u64,
  union,
} from './struct.ts';

const inner = struct('inner', { a: u8, b: u16 });
const mixed = struct('mixed', {
  flag: u8,
  wide: u64,
  small: u16,
  list: array(inner, 3),
  text: chars(5),
  raw: bytes(3),
  below: s32,
  past: s64,
  where: pointer('void'),
  end: u8,
});

describe('layout', () => {
  it('aligns naturally and pads to the largest alignment', () => {
    expect(mixed.offsets).toEqual({
      flag: 0,
      wide: 8,
      small: 16,
      list: 18,
      text: 30,
      raw: 35,
      below: 40,
      past: 48,
      where: 56,
      end: 64,
    });
    expect([mixed.size, mixed.align, inner.size, inner.align]).toEqual([72, 8, 4, 2]);
  });

  it('puts the members of a union at its start', () => {
    const either = union('either', { small: u32, pair: struct('pair', { x: u64, y: u8 }) });
    expect([either.size, either.align, either.offsets]).toEqual([16, 8, { small: 0, pair: 0 }]);
  });
});

describe('values', () => {
  const value: StructValue<typeof mixed> = {
    flag: 255,
    wide: 0xffff_ffff_ffff_ffffn,
    small: 0x1234,
    list: [
      { a: 1, b: 2 },
      { a: 3, b: 4 },
      { a: 5, b: 6 },
    ],
    text: 'héy',
    raw: Uint8Array.of(9, 8, 7),
    below: -2,
    past: -(1n << 63n),
    where: 0x7fff_0000n,
    end: 1,
  };

  it('come back as written, at any offset, little endian', () => {
    const view = new DataView(new ArrayBuffer(100), 4);
    mixed.write(view, 12, value);
    expect(mixed.read(view, 12)).toEqual(value);
    expect([view.getUint8(12 + 16), view.getUint8(12 + 17)]).toEqual([0x34, 0x12]);
  });

  it('leave nothing of the old memory in the padding', () => {
    const memory = new Uint8Array(72).fill(0xaa);
    mixed.write(new DataView(memory.buffer), 0, value);
    expect([...memory.slice(1, 8), ...memory.slice(65)].every(byte => byte === 0)).toBe(true);
  });

  it('keep text to its field, with a NUL only where there is room', () => {
    const name = struct('name', { name: chars(4), next: u8 });
    const view = new DataView(new ArrayBuffer(5));
    name.write(view, 0, { name: 'abcdef', next: 7 });
    expect(name.read(view, 0)).toEqual({ name: 'abcd', next: 7 });
    name.write(view, 0, { name: 'ab', next: 0 });
    expect(name.read(view, 0).name).toBe('ab');
  });

  it('refuse a view that is too short', () => {
    expect(() => mixed.read(new DataView(new ArrayBuffer(71)), 0)).not.toThrow();
    expect(() => mixed.read(new DataView(new ArrayBuffer(64)), 0)).toThrow(RangeError);
    expect(() => mixed.write(new DataView(new ArrayBuffer(64)), 0, value)).toThrow(RangeError);
  });
});

describe('errno', () => {
  it('has the numbers of Linux both ways', () => {
    expect([ERRNO.EPERM, ERRNO.EINVAL, ERRNO.ENOTTY, ERRNO.ETIME, ERRNO.EOPNOTSUPP, ERRNO.ECANCELED]).toEqual(
      [1, 22, 25, 62, 95, 125],
    );
    expect([errnoName(22), errnoName(-110), errnoName(9999)]).toEqual(['EINVAL', 'ETIMEDOUT', undefined]);
    expect(errnoMeaning('EBADF')).toBe('bad file descriptor');
  });
});
