/**
 * Ioctl arguments as memory. A caller's value becomes one block: the argument struct at offset 0, everything it points
 * to behind it, and in each pointer word the offset of its target. The block is position-independent, so that it can
 * be put at any address of an address space, or sent to a kernel elsewhere, and then be relocated.
 */
import type { Ioctl } from './ioctl.ts';
import {
  type ArrayOf,
  countsOf,
  elementCount,
  type FieldType,
  type Flexible,
  type Pointee,
  type Pointer,
  readField,
  readText,
  type Scalar,
  type Struct,
  strideOf,
  type UserResult,
  type UserValue,
  writeField,
} from './struct.ts';

export interface MarshalledArgument {
  readonly bytes: Uint8Array;
  /** Offsets of the pointer words to which the block's address must be added, ascending. */
  readonly relocations: Uint32Array;
}

type Value = { readonly [field: string]: unknown };

const ALIGN = 8;
const alignUp = (offset: number): number => Math.ceil(offset / ALIGN) * ALIGN;
const encoder = new TextEncoder();

/** A block under construction. */
class Block {
  readonly relocations: number[] = [];
  #bytes = new Uint8Array(256);
  #view = new DataView(this.#bytes.buffer);
  #end = 0;

  /** Not to be kept over a {@link reserve}, which may move the block. */
  get view(): DataView {
    return this.#view;
  }

  reserve(size: number): number {
    const offset = alignUp(this.#end);
    this.#end = offset + size;
    if (this.#end > this.#bytes.length) {
      const grown = new Uint8Array(Math.max(this.#end, this.#bytes.length * 2));
      grown.set(this.#bytes);
      this.#bytes = grown;
      this.#view = new DataView(grown.buffer);
    }
    return offset;
  }

  put(offset: number, bytes: Uint8Array): void {
    this.#bytes.set(bytes, offset);
  }

  finish(): MarshalledArgument {
    return {
      bytes: this.#bytes.slice(0, this.#end),
      relocations: Uint32Array.from(this.relocations).sort(),
    };
  }
}

const lengthOf = (value: unknown): number =>
  typeof value === 'string' ? encoder.encode(value).length : (value as ArrayLike<unknown>).length;

const isTarget = (value: unknown): boolean =>
  value !== undefined && value !== null && typeof value !== 'bigint';

function checkScalar(where: string, type: Scalar, value: unknown): void {
  if (typeof value !== typeof type.zero)
    throw new TypeError(
      `${where} is ${type.name} and takes a ${typeof type.zero}, not ${typeof value} (${String(value)})`,
    );
  const bits = type.size * 8;
  const fits =
    typeof value === 'bigint'
      ? value < 1n << 64n && value >= -(1n << 63n)
      : Number.isInteger(value) && (value as number) < 2 ** bits && (value as number) >= -(2 ** (bits - 1));
  if (!fits)
    throw new RangeError(`${where} is ${type.name}: ${String(value)} is not an integer of ${bits} bits`);
}

/** Counts that the caller left out, from the arrays they count. */
function deriveCounts(struct: Struct, value: Value): { [field: string]: unknown } {
  const complete: { [field: string]: unknown } = { ...value };
  const derived = new Map<string, string>();
  for (const [field, type] of Object.entries(struct.fields)) {
    if ((type.kind !== 'pointer' && type.kind !== 'flexible') || typeof type.count !== 'string') continue;
    if (value[type.count] !== undefined || !isTarget(value[field])) continue;
    const length = lengthOf(value[field]);
    const first = derived.get(type.count);
    if (first !== undefined && Number(complete[type.count]) !== length)
      throw new TypeError(
        `${struct.name}: ${first} has ${String(complete[type.count])} elements and ${field} has ${length}, but ${type.count} counts both`,
      );
    derived.set(type.count, field);
    const counter = struct.fields[type.count] as Scalar;
    complete[type.count] = typeof counter.zero === 'bigint' ? BigInt(length) : length;
  }
  return complete;
}

function encodePointer(block: Block, where: string, type: Pointer, offset: number, value: unknown): void {
  if (typeof value === 'bigint') block.view.setBigUint64(offset, value, true);
  if (!isTarget(value)) return;
  const target = encodeTarget(block, where, type.pointee, value);
  if (target === undefined) return;
  block.view.setBigUint64(offset, BigInt(target), true);
  block.relocations.push(offset);
}

/** Lays out pointed-to memory and gives its offset, or undefined when it is empty and the pointer stays null. */
function encodeTarget(block: Block, where: string, pointee: Pointee, value: unknown): number | undefined {
  const length = lengthOf(value);
  if (length === 0) return undefined;
  const stride = strideOf(pointee);
  const target = block.reserve(length * stride);
  if (pointee === 'void') block.put(target, value as Uint8Array);
  else if (pointee === 'string') block.put(target, encoder.encode(value as string));
  else encodeSequence(block, where, pointee, length, target, value as ArrayLike<unknown>);
  return target;
}

function encodeSequence(
  block: Block,
  where: string,
  element: ArrayOf['element'],
  length: number,
  offset: number,
  value: ArrayLike<unknown>,
): void {
  for (let index = 0; index < length; index++)
    encodeField(block, `${where}[${index}]`, element, offset + index * element.size, value[index]);
}

function encodeField(block: Block, where: string, type: FieldType, offset: number, value: unknown): void {
  if (value === undefined) return;
  if (type.kind === 'pointer') encodePointer(block, where, type, offset, value);
  else if (type.kind === 'struct') encodeStruct(block, type, offset, value as Value);
  else if (type.kind === 'array')
    encodeSequence(block, where, type.element, type.length, offset, value as ArrayLike<unknown>);
  else if (type.kind === 'flexible')
    encodeSequence(block, where, type.element, lengthOf(value), offset, value as ArrayLike<unknown>);
  else {
    if (type.kind === 'scalar') checkScalar(where, type, value);
    writeField(type, block.view, offset, value);
  }
}

function encodeStruct(block: Block, struct: Struct, offset: number, value: Value): void {
  const unknown = Object.keys(value).find(field => !(field in struct.fields));
  if (unknown !== undefined)
    throw new TypeError(
      `${struct.name} has no field ${unknown}; it has ${Object.keys(struct.fields).join(', ')}`,
    );
  const complete = deriveCounts(struct, value);
  for (const [field, type] of Object.entries(struct.fields))
    encodeField(block, `${struct.name}.${field}`, type, offset + struct.offsets[field]!, complete[field]);
}

/** Bytes of a flexible array at the end of the argument. */
function flexibleSize(struct: Struct, value: Value): number {
  for (const [field, type] of Object.entries(struct.fields))
    if (type.kind === 'flexible' && value[field] !== undefined)
      return type.element.size * lengthOf(value[field]);
  return 0;
}

/**
 * Lays out an argument and all it points to. Null, missing and empty pointers stay 0; a bigint is put as the raw
 * address it is. Throws TypeError or RangeError, naming the field, for a value that does not fit its type.
 */
export function marshal<S extends Struct | null>(ioctl: Ioctl<S>, value: UserValue<S>): MarshalledArgument {
  const block = new Block();
  const struct: Struct | null = ioctl.struct;
  if (struct !== null) {
    const fields = (value ?? {}) as Value;
    encodeStruct(block, struct, block.reserve(struct.size + flexibleSize(struct, fields)), fields);
  }
  return block.finish();
}

/**
 * Adds the block's address to its pointer words. Throws RangeError for relocations that are not ascending offsets of
 * aligned words inside the block, or whose target is not: a block may come from a client that lies.
 */
export function relocate(bytes: Uint8Array, relocations: Uint32Array, base: bigint): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let last = -1;
  for (const offset of relocations) {
    if (offset <= last || offset % ALIGN !== 0 || offset + ALIGN > bytes.length)
      throw new RangeError(
        `relocation at ${offset} after ${last} in a block of ${bytes.length} bytes: ascending multiples of 8 inside it are expected`,
      );
    if (view.getBigUint64(offset, true) >= BigInt(bytes.length))
      throw new RangeError(`the pointer at ${offset} leads outside its block of ${bytes.length} bytes`);
    last = offset;
  }
  for (const offset of relocations) view.setBigUint64(offset, view.getBigUint64(offset, true) + base, true);
}

interface Reading {
  readonly view: DataView;
  readonly base: bigint;
}

const inBlock = (reading: Reading, address: bigint): number | undefined => {
  const offset = address - reading.base;
  return address !== 0n && offset >= 0n && offset < BigInt(reading.view.byteLength)
    ? Number(offset)
    : undefined;
};

function decodePointer(
  reading: Reading,
  type: Pointer,
  at: number,
  count: number | undefined,
  sent: unknown,
): unknown {
  const address = reading.view.getBigUint64(at, true);
  if (sent !== undefined && (typeof sent === 'bigint' || type.direction === 'in')) return sent;
  if (address === 0n) return sent === undefined || sent === null ? null : sent;
  const offset = inBlock(reading, address);
  if (offset === undefined) return address;
  const fits = Math.floor((reading.view.byteLength - offset) / strideOf(type.pointee));
  const length = Math.min(isTarget(sent) ? lengthOf(sent) : (count ?? 0), fits);
  if (type.pointee === 'string') return readText(reading.view, offset, length);
  if (type.pointee === 'void')
    return new Uint8Array(reading.view.buffer, reading.view.byteOffset + offset, length).slice();
  return decodeSequence(reading, type.pointee, length, offset, sent);
}

function decodeSequence(
  reading: Reading,
  element: ArrayOf['element'],
  length: number,
  offset: number,
  sent: unknown,
): unknown[] {
  const given = sent as ArrayLike<unknown> | undefined | null;
  return Array.from({ length }, (_, index) =>
    element.kind === 'struct'
      ? decodeStruct(reading, element, offset + index * element.size, given?.[index])
      : readField(element, reading.view, offset + index * element.size),
  );
}

function decodeFlexible(
  reading: Reading,
  type: Flexible,
  at: number,
  count: number | undefined,
  sent: unknown,
): unknown {
  const fits = Math.floor((reading.view.byteLength - at) / type.element.size);
  return decodeSequence(
    reading,
    type.element,
    Math.min(isTarget(sent) ? lengthOf(sent) : (count ?? 0), fits),
    at,
    sent,
  );
}

function decodeStruct(
  reading: Reading,
  struct: Struct,
  at: number,
  sent: unknown,
): { [field: string]: unknown } {
  const given = (sent ?? {}) as Value;
  const result: { [field: string]: unknown } = {};
  for (const [field, type] of Object.entries(struct.fields)) {
    const offset = at + struct.offsets[field]!;
    if (type.kind === 'pointer' || type.kind === 'flexible') continue;
    if (type.kind === 'struct') result[field] = decodeStruct(reading, type, offset, given[field]);
    else if (type.kind === 'array')
      result[field] = decodeSequence(reading, type.element, type.length, offset, given[field]);
    else result[field] = readField(type, reading.view, offset);
  }
  const counts = countsOf(struct.fields, result);
  for (const [field, type] of Object.entries(struct.fields)) {
    const offset = at + struct.offsets[field]!;
    if (type.kind === 'pointer')
      result[field] = decodePointer(reading, type, offset, elementCount(type, counts), given[field]);
    else if (type.kind === 'flexible')
      result[field] = decodeFlexible(reading, type, offset, elementCount(type, counts), given[field]);
  }
  return result;
}

/**
 * Reads an argument back after the call: scalars as they are now, memory of `out` and `inout` pointers again, as many
 * elements as were given in `sent`; `in` memory is returned as sent. Without `sent` the counts in the struct decide,
 * and a pointer out of the block comes back as the address it is. `base` is the address the block was relocated to.
 */
export function unmarshal<S extends Struct | null>(
  ioctl: Ioctl<S>,
  bytes: Uint8Array,
  base: bigint,
  sent?: UserValue<S>,
): UserResult<S> {
  const struct: Struct | null = ioctl.struct;
  if (struct === null) return null as UserResult<S>;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return decodeStruct({ view, base }, struct, 0, sent) as UserResult<S>;
}
