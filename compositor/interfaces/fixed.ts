/** The largest 24.8 fixed point number, and the smallest one but for its sign. */
const LARGEST = 0x7fff_ffff / 256;

/** A number that travels as wl_fixed: a surface may lie further away than that can tell. */
export const fixed = (value: number): number => Math.max(-LARGEST, Math.min(value, LARGEST));
