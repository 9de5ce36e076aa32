import { describe, expect, it } from 'vitest';
import type { CompositeCommand, EngineImage } from './command.ts';
import { bytesMoved, costOf } from './cost.ts';
import { AR24, FORMATS, formatInfo, NV12, planeRows, RG16, rowBytes, XR24 } from './formats.ts';
import { BLEND_NONE, BLEND_PREMULTIPLIED, FILTER_NEAREST } from './layout.ts';

const target: EngineImage = { address: 0, stride: 400, width: 100, height: 50, format: XR24 };
const clip = { x: 0, y: 0, width: 100, height: 50 };
const composite: CompositeCommand = {
  op: 'composite',
  target,
  clip,
  destination: clip,
  source: { ...target, format: AR24 },
  sourceRect: { x: 0, y: 0, width: 100 << 16, height: 50 << 16 },
  transform: 0,
  filter: FILTER_NEAREST,
  blend: BLEND_PREMULTIPLIED,
  alpha: 0xffff,
};

describe('the cost model', () => {
  it('counts the bytes that each command reads and writes', () => {
    const pixels = 5000;
    expect(bytesMoved(composite)).toBe(pixels * 12);
    expect(bytesMoved({ ...composite, blend: BLEND_NONE })).toBe(pixels * 8);
    expect(bytesMoved({ ...composite, source: { ...target, format: NV12 } })).toBe(pixels * 5.5);
    expect(bytesMoved({ ...composite, source: { ...target, format: RG16 }, alpha: 0x8000 })).toBe(
      pixels * 10,
    );
    expect(bytesMoved({ op: 'copy', target, clip, source: target, from: { x: 0, y: 0 } })).toBe(pixels * 8);
    expect(bytesMoved({ op: 'fill', target, clip, color: 0, blend: BLEND_NONE, alpha: 0 })).toBe(pixels * 4);
    expect(bytesMoved({ op: 'fill', target, clip, color: 0, blend: BLEND_PREMULTIPLIED, alpha: 0 })).toBe(
      pixels * 8,
    );
    expect(bytesMoved({ op: 'crc', target, clip, table: 0 })).toBe(pixels * 4);
    expect(bytesMoved({ op: 'histogram', target, clip, table: 0 })).toBe(pixels * 4 + 1024);
    expect(bytesMoved({ op: 'spin', table: 0 })).toBe(0);
  });

  it('counts the touched part of a composition only', () => {
    const half = { ...composite, clip: { x: 50, y: 0, width: 50, height: 50 } };
    expect(bytesMoved(half)).toBe(bytesMoved(composite) / 2);
    expect(bytesMoved({ ...composite, destination: { ...clip, x: 100 } })).toBe(0);
  });

  it('adds a set-up for each command and rounds up', () => {
    const speed = { bytesPerMicrosecond: 3000, setupNanoseconds: 100 };
    const zero = { op: 'zero', address: 0, length: 10 } as const;
    expect(costOf([zero, zero], speed)).toBe(208n);
    expect(costOf([], speed)).toBe(0n);
  });
});

describe('the formats', () => {
  it('are named by the characters of their codes', () => {
    for (const { fourcc, name } of FORMATS)
      expect(
        String.fromCharCode(fourcc & 255, (fourcc >> 8) & 255, (fourcc >> 16) & 255, fourcc >> 24).trim(),
      ).toBe(name);
  });

  it('say how much memory an image takes', () => {
    const nv12 = formatInfo(NV12)!;
    expect([
      rowBytes(nv12, 0, 5),
      rowBytes(nv12, 1, 5),
      planeRows(nv12, 0, 5),
      planeRows(nv12, 1, 5),
    ]).toEqual([5, 6, 5, 3]);
    expect(rowBytes(formatInfo(RG16)!, 0, 5)).toBe(10);
    expect(formatInfo(0)).toBeUndefined();
  });
});
