import { median } from './figure.ts';

/** A module of one function, (target, source, length) => memory.copy, over an imported shared memory. */
const copyModule = new Uint8Array([
  ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
  // Types: (i32, i32, i32) -> nothing.
  ...[0x01, 0x07, 0x01, 0x60, 0x03, 0x7f, 0x7f, 0x7f, 0x00],
  // Imports: env.memory, shared, 1 to 65536 pages.
  ...[
    0x02, 0x12, 0x01, 0x03, 0x65, 0x6e, 0x76, 0x06, 0x6d, 0x65, 0x6d, 0x6f, 0x72, 0x79, 0x02, 0x03, 0x01,
    0x80, 0x80, 0x04,
  ],
  // Functions, and the export named copy.
  ...[0x03, 0x02, 0x01, 0x00, 0x07, 0x08, 0x01, 0x04, 0x63, 0x6f, 0x70, 0x79, 0x00, 0x00],
  // Code: the three arguments, memory.copy, end.
  ...[0x0a, 0x0e, 0x01, 0x0c, 0x00, 0x20, 0x00, 0x20, 0x01, 0x20, 0x02, 0xfc, 0x0a, 0x00, 0x00, 0x0b],
]);

/** `memory.copy` within a shared memory of at most 4 GiB. */
export function plainCopy(
  memory: WebAssembly.Memory,
): (target: number, source: number, length: number) => void {
  const instance = new WebAssembly.Instance(new WebAssembly.Module(copyModule), { env: { memory } });
  return instance.exports['copy'] as (target: number, source: number, length: number) => void;
}

/** Nanoseconds that a copy of so many bytes takes, the median of several. */
export function copyTime(bytes: number): number {
  const pages = Math.ceil((2 * bytes) / 65536);
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true });
  new Uint8Array(memory.buffer).fill(1);
  const copy = plainCopy(memory);
  const times: number[] = [];
  for (let round = 0; round < 31; round++) {
    const start = process.hrtime.bigint();
    copy(0, bytes, bytes);
    times.push(Number(process.hrtime.bigint() - start));
  }
  return median(times);
}
