// 64-bit numbers in a protocol of 32-bit words.

export function high(value: bigint | number): number {
  return Number((BigInt(value) >> 32n) & 0xffff_ffffn);
}

export function low(value: bigint | number): number {
  return Number(BigInt(value) & 0xffff_ffffn);
}

export function joined(hi: number, lo: number): bigint {
  return (BigInt(hi) << 32n) | BigInt(lo);
}
