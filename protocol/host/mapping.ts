import { Errno, HostError } from './error.ts';
import { sizeOf } from './files.ts';
import type { Libc } from './libc.ts';

const PROT_READ = 0x1;
const PROT_WRITE = 0x2;
const MAP_SHARED = 0x01;
const MAP_PRIVATE = 0x02;
const MAP_FIXED = 0x10;
const MAP_ANONYMOUS = 0x20;
const MAP_NORESERVE = 0x4000;

/** Maps pages of a file over a range of a WebAssembly memory: shared, readable and writable. */
export function mapFixed(
  libc: Libc,
  memory: WebAssembly.Memory,
  address: number,
  length: number,
  fd: number,
  offset: number,
): void {
  const at = rangeAddress(libc, memory, address, length);
  const page = libc.getpagesize();
  requirePages('offset', offset, page);
  const size = Math.ceil(sizeOf(fd) / page) * page;
  if (offset + length > size)
    throw new HostError('mmap', Errno.EINVAL, `bytes ${offset} to ${offset + length} of a file of ${size}`);
  place(libc, at, length, MAP_SHARED | MAP_FIXED, fd, offset);
}

/** Puts private zero pages over the range. The range stays mapped at every instant: WebAssembly code may be using it. */
export function unmapFixed(libc: Libc, memory: WebAssembly.Memory, address: number, length: number): void {
  const at = rangeAddress(libc, memory, address, length);
  place(libc, at, length, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | MAP_NORESERVE, -1, 0);
}

function place(libc: Libc, at: bigint, length: number, flags: number, fd: number, offset: number): void {
  const result = libc.mmap(at, length, PROT_READ | PROT_WRITE, flags, fd, offset);
  if (BigInt(result) !== at)
    throw new HostError('mmap', libc.errno(), `fd ${fd}, ${length} bytes at offset ${offset}`);
}

function rangeAddress(libc: Libc, memory: WebAssembly.Memory, address: number, length: number): bigint {
  const page = libc.getpagesize();
  requirePages('address', address, page);
  requirePages('length', length, page);
  const bytes = new Uint8Array(memory.buffer);
  if (length === 0 || address + length > bytes.length)
    throw new HostError(
      'mmap',
      Errno.EINVAL,
      `range ${address}+${length} of a memory of ${bytes.length} bytes`,
    );
  return libc.address(bytes) + BigInt(address);
}

function requirePages(what: string, value: number, page: number): void {
  if (!Number.isSafeInteger(value) || value < 0 || value % page !== 0)
    throw new HostError('mmap', Errno.EINVAL, `${what} ${value} is not a multiple of the page size, ${page}`);
}
