// Discs on a plain ground, drawn with the CPU.
import type { Mapping } from '../../client-sdk/index.ts';

export interface Disc {
  readonly x: number;
  readonly y: number;
  readonly radius: number;
  /** 0xRRGGBB. */
  readonly colour: number;
}

const GROUND = 0xff10141c;

export function drawDiscs(target: Mapping, discs: Iterable<Disc>): void {
  target.pixels.fill(GROUND);
  for (const disc of discs) drawDisc(target, disc);
}

function drawDisc({ pixels, stride, width, height }: Mapping, { x, y, radius, colour }: Disc): void {
  const first = Math.max(0, Math.ceil(y - radius));
  const last = Math.min(height - 1, Math.floor(y + radius));
  for (let row = first; row <= last; row++) {
    const half = Math.sqrt(radius * radius - (row - y) * (row - y));
    const from = Math.max(0, Math.ceil(x - half));
    const to = Math.min(width - 1, Math.floor(x + half));
    const start = (row * stride) / 4;
    if (from <= to) pixels.fill(0xff000000 | colour, start + from, start + to + 1);
  }
}
