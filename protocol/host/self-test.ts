import { closeDescriptor, memfdCreate, preadFully, pwriteFully } from './files.ts';
import type { Libc } from './libc.ts';
import { mapFixed, unmapFixed } from './mapping.ts';

/** `(import "e" "m" (memory 1 1 shared)) (func (export "r") (param i32) (result i32) (i32.load (local.get 0)))` */
const reader = new Uint8Array([
  0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00, 0x01, 0x06, 0x01, 0x60, 0x01, 0x7f, 0x01, 0x7f, 0x02, 0x09,
  0x01, 0x01, 0x65, 0x01, 0x6d, 0x02, 0x03, 0x01, 0x01, 0x03, 0x02, 0x01, 0x00, 0x07, 0x05, 0x01, 0x01, 0x72,
  0x00, 0x00, 0x0a, 0x09, 0x01, 0x07, 0x00, 0x20, 0x00, 0x28, 0x02, 0x00, 0x0b,
]);

const FROM_FILE = 0x0badcafe;
const FROM_MEMORY = 0x1234abcd;

/**
 * Why a file cannot be mapped into a WebAssembly memory on this host, or an empty string where it can: a memfd is
 * mapped over a range of a scratch memory, and what either side writes must be seen by the other, by WebAssembly code too.
 */
export function mappingFault(libc: Libc): string {
  let fd = -1;
  try {
    const page = libc.getpagesize();
    fd = memfdCreate(libc, 'fencepost-self-test', page);
    return exchange(libc, fd, page);
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  } finally {
    if (fd >= 0) closeDescriptor(libc, fd);
  }
}

function exchange(libc: Libc, fd: number, page: number): string {
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true });
  if (2 * page > memory.buffer.byteLength) return `the host's pages of ${page} bytes are too large`;
  const word = new Uint32Array(new ArrayBuffer(8), 0, 1);
  const bytes = new Uint8Array(word.buffer, 0, 4);
  mapFixed(libc, memory, page, page, fd, 0);
  word[0] = FROM_FILE;
  pwriteFully(libc, fd, bytes, 0);
  const view = new Uint32Array(memory.buffer, page, 1);
  const instance = new WebAssembly.Instance(new WebAssembly.Module(reader), { e: { m: memory } });
  const read = instance.exports['r'] as (address: number) => number;
  if (view[0] !== FROM_FILE || read(page) !== FROM_FILE)
    return 'what is written to a mapped memfd is not seen in memory';
  view[0] = FROM_MEMORY;
  preadFully(libc, fd, bytes, 0);
  if (word[0] !== FROM_MEMORY) return 'what is written to mapped memory is not seen in the memfd';
  unmapFixed(libc, memory, page, page);
  return read(page) === 0 ? '' : 'unmapped memory still shows the file';
}
