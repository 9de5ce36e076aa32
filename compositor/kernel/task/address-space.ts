import { PROT_EXEC, PROT_READ, PROT_WRITE } from '../../../protocol/uapi/fcntl.ts';
import type { Fields, Scalar, Struct, StructValue } from '../../../protocol/uapi/struct.ts';
import { KernelError } from './kernel-error.ts';
import type { OpenFile } from './open-file.ts';

export const PAGE_SIZE = 4096;
export const pageAlign = (bytes: number): number => Math.ceil(bytes / PAGE_SIZE) * PAGE_SIZE;

/** What stands behind a mapping. Its identity is fixed when the object is made; moving or purging it is its own affair. */
export interface MappedObject {
  /**
   * The live bytes from `offset`; no copy. Throws BusError where there is nothing behind the mapping any more (a file
   * that was truncated, a buffer that was purged).
   */
  view(offset: number, length: number, write: boolean): Uint8Array;
  /** A mapping of it was split in two: one more is there to be unmapped. */
  split?(): void;
  /** A mapping of it is gone. */
  unmapped?(): void;
  /** What was written into a range of private pages is forgotten. */
  discard?(offset: number, length: number): void;
}

/** SIGBUS: the address is mapped, but nothing is behind it. */
export class BusError extends Error {
  override readonly name = 'BusError';
}

/** SIGSEGV: the address is not mapped, or not for this access. */
export class SegmentationFault extends Error {
  override readonly name = 'SegmentationFault';
}

/**
 * What a mapping is made of: pages that the memory management may take away and bring back; pages that are somebody
 * else's affair (`VM_PFNMAP`, `VM_DONTEXPAND`); the same, declared as a device's memory (`VM_IO`).
 */
export type PageKind = 'ordinary' | 'special' | 'device';

export interface MappingOptions {
  readonly protection?: number;
  /** What mprotect may make of it (VM_MAYREAD, VM_MAYWRITE, VM_MAYEXEC). */
  readonly allowed?: number;
  readonly offset?: bigint;
  /** The open file that the mapping keeps alive. */
  readonly file?: OpenFile | null;
  /** MAP_SHARED rather than MAP_PRIVATE. */
  readonly shared?: boolean;
  readonly pages?: PageKind;
}

/** A range of addresses with one object behind it (`struct vm_area_struct`). */
export interface Mapping extends Required<MappingOptions> {
  readonly start: bigint;
  readonly end: bigint;
  readonly object: MappedObject;
}

/** Private zeroed memory, as MAP_ANONYMOUS gives. */
class AnonymousMemory implements MappedObject {
  readonly #bytes: Uint8Array;
  /** All of it. */
  readonly data: DataView;
  constructor(length: number) {
    this.#bytes = new Uint8Array(length);
    this.data = new DataView(this.#bytes.buffer);
  }
  view(offset: number, length: number): Uint8Array {
    return this.#bytes.subarray(offset, offset + length);
  }
  discard(offset: number, length: number): void {
    this.#bytes.fill(0, offset, offset + length);
  }
}

const LOWEST = 0x7f00_0000_0000n;
const HIGHEST = 0x7fff_ffff_f000n;

/** A Task's mappings. Addresses are 64-bit and never 0; a guard page lies between two mappings. */
export class AddressSpace {
  readonly #mayFault: () => void;
  #mappings: Mapping[] = [];
  #next = LOWEST;

  /** `mayFault` is called where the kernel is about to touch the process's memory (`might_fault`). */
  constructor(mayFault: () => void = () => {}) {
    this.#mayFault = mayFault;
  }

  /**
   * Maps `length` bytes of `object` from `offset`; takes a reference to `file`. Returns the address. ENOMEM when full:
   * the object is told that it is not mapped after all.
   */
  map(object: MappedObject, length: number, options: MappingOptions = {}): bigint {
    const size = BigInt(pageAlign(length));
    const place = this.#place(size);
    if (!place) {
      object.unmapped?.();
      throw new KernelError('ENOMEM', 'the address space is full');
    }
    const { start, at } = place;
    this.#next = start + size + BigInt(PAGE_SIZE);
    this.#mappings.splice(at, 0, {
      start,
      end: start + size,
      protection: options.protection ?? PROT_READ | PROT_WRITE,
      allowed: options.allowed ?? PROT_READ | PROT_WRITE | PROT_EXEC,
      object,
      offset: options.offset ?? 0n,
      file: options.file?.get() ?? null,
      shared: options.shared ?? false,
      pages: options.pages ?? 'ordinary',
    });
    return start;
  }

  mapAnonymous(length: number): bigint {
    return this.map(new AnonymousMemory(pageAlign(length)), length);
  }

  /** Unmaps whatever lies in the range, splitting mappings as munmap does. EINVAL for unaligned or empty ranges. */
  unmap(address: bigint, length: number): void {
    if (address % BigInt(PAGE_SIZE) !== 0n || length <= 0)
      throw new KernelError(
        'EINVAL',
        `munmap needs a page-aligned address and a length, got ${address} and ${length}`,
      );
    const end = address + BigInt(pageAlign(length));
    this.#mappings = this.#mappings.flatMap(mapping => {
      const { inside, outside } = carve(mapping, address, end);
      if (inside) drop(inside);
      return outside;
    });
  }

  /**
   * Changes the protection of whatever lies in the range (`mm/mprotect.c`): up to the first that may not have it, EACCES,
   * or the first address that is not mapped, ENOMEM. EINVAL for an unaligned range.
   */
  protect(address: bigint, length: number, protection: number): void {
    if (address % BigInt(PAGE_SIZE) !== 0n || length < 0)
      throw new KernelError('EINVAL', `mprotect needs a page-aligned address, got ${address}`);
    const end = address + BigInt(pageAlign(length));
    for (let at = address; at < end; ) {
      const mapping = this.#mappings[this.#indexOf(at)];
      if (!mapping) throw new KernelError('ENOMEM', `0x${at.toString(16)} is not mapped`);
      if ((protection & ~mapping.allowed) !== 0)
        throw new KernelError(
          'EACCES',
          `the mapping at 0x${at.toString(16)} may not be protected ${protection}`,
        );
      const { inside, outside } = carve(mapping, at, end);
      const parts = inside ? [...outside, { ...inside, protection }] : outside;
      parts.sort((a, b) => (a.start < b.start ? -1 : 1));
      this.#mappings.splice(this.#mappings.indexOf(mapping), 1, ...parts);
      at = mapping.end;
    }
  }

  /** All of them, in order. */
  get mappings(): readonly Mapping[] {
    return this.#mappings;
  }

  /** The mappings that lie in a range, in order; ENOMEM unless they cover it. */
  covering(address: bigint, length: number): readonly Mapping[] {
    const end = address + BigInt(pageAlign(length));
    const found = this.#mappings.filter(mapping => mapping.start < end && mapping.end > address);
    let at = address;
    for (const mapping of found) if (mapping.start <= at) at = mapping.end;
    if (at < end) throw new KernelError('ENOMEM', `0x${at.toString(16)} is not mapped`);
    return found;
  }

  /** The live bytes at an address, as the process itself would touch them. SegmentationFault, BusError. */
  view(address: bigint, length: number, write = true): Uint8Array {
    const mapping = this.#findFor(address, length, neededTo(write));
    if (!mapping)
      throw new SegmentationFault(
        `${length} bytes at 0x${address.toString(16)} are not mapped for ${write ? 'writing' : 'reading'}`,
      );
    return mapping.object.view(Number(address - mapping.start + mapping.offset), length, write);
  }

  /** A copy of the caller's bytes; EFAULT where the caller itself would fault. */
  copyFromUser(address: bigint, length: number): Uint8Array {
    if (length === 0) return new Uint8Array(0);
    return this.#access(address, length, false).slice();
  }

  /** `access_ok`: EFAULT for a range that reaches beyond what belongs to processes. */
  requireUserRange(address: bigint, length: number): void {
    if (address + BigInt(length) > HIGHEST)
      throw new KernelError(
        'EFAULT',
        `${length} bytes at 0x${address.toString(16)} are no memory of a process`,
      );
  }

  /** EFAULT where the caller itself would fault. */
  copyToUser(address: bigint, bytes: Uint8Array): void {
    if (bytes.length > 0) this.#access(address, bytes.length, true).set(bytes);
  }

  /** A struct of the caller's memory. EFAULT. */
  readStruct<F extends Fields>(struct: Struct<F>, address: bigint): StructValue<Struct<F>> {
    const { data, at } = this.#dataAt(address, struct.size, false);
    return struct.read(data, at) as StructValue<Struct<F>>;
  }

  /** EFAULT. */
  writeStruct<F extends Fields>(struct: Struct<F>, address: bigint, value: StructValue<Struct<F>>): void {
    const { data, at } = this.#dataAt(address, struct.size, true);
    struct.write(data, at, value as Parameters<Struct<F>['write']>[2]);
  }

  /** An array of the caller's memory. EFAULT. */
  readArray<T extends number | bigint>(element: Scalar<T>, address: bigint, count: number): T[] {
    if (count === 0) return [];
    const { data, at } = this.#dataAt(address, count * element.size, false);
    const values: T[] = [];
    for (let index = 0; index < count; index++) values.push(element.read(data, at + index * element.size));
    return values;
  }

  /** Text of the caller's memory up to its NUL; EINVAL when that lies beyond `limit` bytes, the NUL counted. EFAULT. */
  readString(address: bigint, limit: number): string {
    const bytes: number[] = [];
    for (let at = 0; at < limit; at++) {
      const [byte] = this.copyFromUser(address + BigInt(at), 1);
      if (byte === 0 || byte === undefined) return new TextDecoder().decode(new Uint8Array(bytes));
      bytes.push(byte);
    }
    throw new KernelError('EINVAL', `a text of at most ${limit - 1} bytes is expected`);
  }

  /** Drops every mapping: the process is gone. */
  clear(): void {
    const mappings = this.#mappings;
    this.#mappings = [];
    for (const mapping of mappings) drop(mapping);
  }

  /** Bytes mapped, for leak checks. */
  get mapped(): bigint {
    return this.#mappings.reduce((sum, mapping) => sum + mapping.end - mapping.start, 0n);
  }

  /** Next fit: the first gap after the last mapping made, then from the bottom, so that addresses are not reused soon. */
  #place(size: bigint): { start: bigint; at: number } | null {
    return this.#gapFrom(this.#next, size) ?? this.#gapFrom(LOWEST, size);
  }

  #gapFrom(from: bigint, size: bigint): { start: bigint; at: number } | null {
    let start = from;
    for (const [at, mapping] of this.#mappings.entries()) {
      if (mapping.end + BigInt(PAGE_SIZE) <= start) continue;
      if (start + size + BigInt(PAGE_SIZE) <= mapping.start) return { start, at };
      start = mapping.end + BigInt(PAGE_SIZE);
    }
    return start + size <= HIGHEST ? { start, at: this.#mappings.length } : null;
  }

  #access(address: bigint, length: number, write: boolean): Uint8Array {
    this.#mayFault();
    try {
      return this.view(address, length, write);
    } catch (error) {
      if (error instanceof SegmentationFault || error instanceof BusError)
        throw new KernelError('EFAULT', error.message);
      throw error;
    }
  }

  /** Where structs are read and written. What a process has for its arguments is looked at as it is: an array of few bytes costs more than the call. */
  #dataAt(address: bigint, length: number, write: boolean): { data: DataView; at: number } {
    const mapping = this.#mappings[this.#indexOf(address)];
    const at = mapping ? Number(address - mapping.start) + Number(mapping.offset) : 0;
    if (!(mapping?.object instanceof AnonymousMemory) || !mayTouch(mapping, address, length, write)) {
      const bytes = this.#access(address, length, write);
      return { data: new DataView(bytes.buffer, bytes.byteOffset), at: 0 };
    }
    this.#mayFault();
    return { data: mapping.object.data, at };
  }

  /** The mapping at an address, if it and the parts of it that follow cover the range, each for one of these protections. */
  #findFor(address: bigint, length: number, needed: number): Mapping | undefined {
    let at = this.#indexOf(address);
    const first = this.#mappings[at];
    const end = address + BigInt(length);
    let mapping: Mapping | undefined = first;
    while (mapping && (mapping.protection & needed) !== 0) {
      if (end <= mapping.end) return first;
      const next: Mapping | undefined = this.#mappings[++at];
      mapping = next && continues(mapping, next) ? next : undefined;
    }
    return undefined;
  }

  /** Where in the list the mapping at an address stands; -1 when there is none. */
  #indexOf(address: bigint): number {
    let low = 0;
    let high = this.#mappings.length - 1;
    while (low <= high) {
      const middle = (low + high) >> 1;
      const mapping = this.#mappings[middle]!;
      if (address < mapping.start) high = middle - 1;
      else if (address >= mapping.end) low = middle + 1;
      else return middle;
    }
    return -1;
  }
}

/** The processor has no pages that can be written and not read. */
const neededTo = (write: boolean): number => (write ? PROT_WRITE : PROT_READ | PROT_WRITE | PROT_EXEC);

const mayTouch = ({ end, protection }: Mapping, address: bigint, length: number, write: boolean): boolean =>
  address + BigInt(length) <= end && (protection & neededTo(write)) !== 0;

const continues = (first: Mapping, second: Mapping): boolean =>
  first.end === second.start &&
  first.object === second.object &&
  first.offset + (first.end - first.start) === second.offset;

/** Splits a mapping at the borders of a range; each part stands for itself afterwards. */
function carve(mapping: Mapping, from: bigint, to: bigint): { inside: Mapping | null; outside: Mapping[] } {
  if (mapping.end <= from || mapping.start >= to) return { inside: null, outside: [mapping] };
  const part = (start: bigint, end: bigint): Mapping => ({
    ...mapping,
    start,
    end,
    offset: mapping.offset + (start - mapping.start),
  });
  const outside: Mapping[] = [];
  if (mapping.start < from) outside.push(part(mapping.start, from));
  if (mapping.end > to) outside.push(part(to, mapping.end));
  for (const _ of outside) {
    mapping.file?.get();
    mapping.object.split?.();
  }
  const start = from > mapping.start ? from : mapping.start;
  const end = to < mapping.end ? to : mapping.end;
  return { inside: part(start, end), outside };
}

function drop(mapping: Mapping): void {
  mapping.object.unmapped?.();
  mapping.file?.put();
}
