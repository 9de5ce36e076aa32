/**
 * Ioctl arguments as memory. A caller's value becomes one block: the argument struct at offset 0, everything it points
 * to behind it, and in each pointer word the offset of its target. The block is position-independent, so that it can
 * be put at any address of an address space, or sent to a kernel elsewhere, and then be relocated.
 */
import type { Ioctl } from './ioctl.ts';
import {
  type ArrayOf,
  elementCount,
  type Flexible,
  type Member,
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

const NO_RELOCATIONS = new Uint32Array(0);

/** Where blocks are laid out, one after the other and never two at a time. */
let scratch = new Uint8Array(16 << 10);
let scratchView = new DataView(scratch.buffer);

/** A block under construction. */
class Block {
  readonly relocations: number[] = [];
  #end = 0;

  /** Not to be kept over a {@link reserve}, which may move the block. */
  get view(): DataView {
    return scratchView;
  }

  reserve(size: number): number {
    const offset = alignUp(this.#end);
    const end = offset + size;
    if (end > scratch.length) {
      const grown = new Uint8Array(Math.max(end, scratch.length * 2));
      grown.set(scratch.subarray(0, this.#end));
      scratch = grown;
      scratchView = new DataView(grown.buffer);
    } else scratch.fill(0, this.#end, end);
    this.#end = end;
    return offset;
  }

  put(offset: number, bytes: Uint8Array): void {
    scratch.set(bytes, offset);
  }

  finish(): MarshalledArgument {
    const { relocations } = this;
    return {
      bytes: scratch.slice(0, this.#end),
      relocations: relocations.length === 0 ? NO_RELOCATIONS : Uint32Array.from(relocations).sort(),
    };
  }

  /** The block as it is at an address; lent until the next one is begun. */
  at(place: (length: number) => bigint): Uint8Array {
    const base = place(this.#end);
    for (const offset of this.relocations)
      scratchView.setBigUint64(offset, scratchView.getBigUint64(offset, true) + base, true);
    return scratch.subarray(0, this.#end);
  }
}

const lengthOf = (value: unknown): number =>
  typeof value === 'string' ? encoder.encode(value).length : (value as ArrayLike<unknown>).length;

const isTarget = (value: unknown): boolean =>
  value !== undefined && value !== null && typeof value !== 'bigint';

const I64_LEAST = -(1n << 63n);
const U64_END = 1n << 64n;
/** By size in bytes: the first number that is too great for an integer of either sign, and the least signed one. */
const END = [0, 2 ** 8, 2 ** 16, 0, 2 ** 32];
const LEAST = [0, -(2 ** 7), -(2 ** 15), 0, -(2 ** 31)];

function fitsScalar(type: Scalar, value: unknown): boolean {
  if (typeof value === 'bigint')
    return typeof type.zero === 'bigint' && value < U64_END && value >= I64_LEAST;
  return (
    typeof value === 'number' &&
    typeof type.zero === 'number' &&
    Number.isInteger(value) &&
    value < END[type.size]! &&
    value >= LEAST[type.size]!
  );
}

function misfit({ path }: Member, index: number, type: Scalar, value: unknown): Error {
  const where = index < 0 ? path : `${path}[${index}]`;
  if (typeof value !== typeof type.zero)
    return new TypeError(
      `${where} is ${type.name} and takes a ${typeof type.zero}, not ${typeof value} (${String(value)})`,
    );
  return new RangeError(
    `${where} is ${type.name}: ${String(value)} is not an integer of ${type.size * 8} bits`,
  );
}

/** The counts that the caller left out, from the arrays they count; null when there are none. */
function derivedCounts(struct: Struct, value: Value): Value | null {
  let counts: { [field: string]: unknown } | null = null;
  for (const { name, type } of struct.references) {
    const { count } = type;
    if (typeof count !== 'string' || value[count] !== undefined || !isTarget(value[name])) continue;
    const length = lengthOf(value[name]);
    const known = counts?.[count];
    if (known !== undefined && Number(known) !== length) throw unequal(struct, count, value);
    counts ??= {};
    counts[count] = typeof (struct.fields[count] as Scalar).zero === 'bigint' ? BigInt(length) : length;
  }
  return counts;
}

function unequal({ name, references }: Struct, count: string, value: Value): TypeError {
  const arrays = references
    .filter(({ name, type }) => type.count === count && isTarget(value[name]))
    .map(({ name }) => ({ name, length: lengthOf(value[name]) }));
  const [first] = arrays;
  const other = arrays.find(({ length }) => length !== first!.length);
  return new TypeError(
    `${name}: ${first!.name} has ${first!.length} elements and ${other!.name} has ${other!.length}, but ${count} counts both`,
  );
}

function encodePointer(block: Block, member: Member, type: Pointer, offset: number, value: unknown): void {
  if (typeof value === 'bigint') block.view.setBigUint64(offset, value, true);
  if (!isTarget(value)) return;
  const target = encodeTarget(block, member, type.pointee, value);
  if (target === undefined) return;
  block.view.setBigUint64(offset, BigInt(target), true);
  block.relocations.push(offset);
}

/** Lays out pointed-to memory and gives its offset, or undefined when it is empty and the pointer stays null. */
function encodeTarget(block: Block, member: Member, pointee: Pointee, value: unknown): number | undefined {
  const length = lengthOf(value);
  if (length === 0) return undefined;
  const stride = strideOf(pointee);
  const target = block.reserve(length * stride);
  if (pointee === 'void') block.put(target, value as Uint8Array);
  else if (pointee === 'string') block.put(target, encoder.encode(value as string));
  else encodeSequence(block, member, pointee, length, target, value as ArrayLike<unknown>);
  return target;
}

function encodeSequence(
  block: Block,
  member: Member,
  element: ArrayOf['element'],
  length: number,
  offset: number,
  value: ArrayLike<unknown>,
): void {
  for (let index = 0; index < length; index++)
    encodeElement(block, member, index, element, offset + index * element.size, value[index]);
}

function encodeElement(
  block: Block,
  member: Member,
  index: number,
  type: ArrayOf['element'],
  offset: number,
  value: unknown,
): void {
  if (value === undefined) return;
  if (type.kind === 'struct') {
    encodeStruct(block, type, offset, value as Value);
    return;
  }
  if (type.kind === 'scalar' && !fitsScalar(type, value)) throw misfit(member, index, type, value);
  writeField(type, block.view, offset, value);
}

function encodeMember(block: Block, member: Member, offset: number, value: unknown): void {
  const { type } = member;
  if (value === undefined) return;
  if (type.kind === 'pointer') encodePointer(block, member, type, offset, value);
  else if (type.kind === 'array') {
    if (lengthOf(value) > type.length)
      throw new RangeError(`${member.path} has room for ${type.length} values, not ${lengthOf(value)}`);
    encodeSequence(block, member, type.element, type.length, offset, value as ArrayLike<unknown>);
  } else if (type.kind === 'flexible')
    encodeSequence(block, member, type.element, lengthOf(value), offset, value as ArrayLike<unknown>);
  else encodeElement(block, member, -1, type, offset, value);
}

function encodeStruct(block: Block, struct: Struct, offset: number, value: Value): void {
  const counts = struct.references.length === 0 ? null : derivedCounts(struct, value);
  let known = 0;
  for (const member of struct.members) {
    const given = value[member.name];
    if (given !== undefined) known++;
    encodeMember(block, member, offset + member.offset, given ?? counts?.[member.name]);
  }
  for (const _ in value) known--;
  if (known < 0) checkNames(struct, value);
}

/** Asked when there is more in a value than was understood; what is undefined was left out, and may be. */
function checkNames(struct: Struct, value: Value): void {
  for (const field in value)
    if (!Object.hasOwn(struct.fields, field))
      throw new TypeError(
        `${struct.name} has no field ${field}; it has ${Object.keys(struct.fields).join(', ')}`,
      );
}

/** Bytes of a flexible array at the end of the argument. */
function flexibleSize(struct: Struct, value: Value): number {
  for (const { name, type } of struct.references)
    if (type.kind === 'flexible' && value[name] !== undefined)
      return type.element.size * lengthOf(value[name]);
  return 0;
}

/**
 * Lays out an argument and all it points to. Null, missing and empty pointers stay 0; a bigint is put as the raw
 * address it is. Throws TypeError or RangeError, naming the field, for a value that does not fit its type.
 */
export function marshal<S extends Struct | null>(ioctl: Ioctl<S>, value: UserValue<S>): MarshalledArgument {
  return encode(ioctl, value).finish();
}

/**
 * The same for a block that stays here: at the address that `place` gives when it is told the length. The bytes are
 * lent, until the next argument is laid out.
 */
export function marshalAt<S extends Struct | null>(
  ioctl: Ioctl<S>,
  value: UserValue<S>,
  place: (length: number) => bigint,
): Uint8Array {
  return encode(ioctl, value).at(place);
}

function encode<S extends Struct | null>(ioctl: Ioctl<S>, value: UserValue<S>): Block {
  const block = new Block();
  const struct: Struct | null = ioctl.struct;
  if (struct !== null) {
    const fields = (value ?? {}) as Value;
    encodeStruct(block, struct, block.reserve(struct.size + flexibleSize(struct, fields)), fields);
  }
  return block;
}

/**
 * Adds the block's address to its pointer words. Throws RangeError for relocations that are not ascending offsets of
 * aligned words inside the block, or whose target is not: a block may come from a client that lies.
 */
export function relocate(bytes: Uint8Array, relocations: Uint32Array, base: bigint): void {
  if (relocations.length === 0) return;
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
  const values: unknown[] = [];
  for (let index = 0; index < length; index++) {
    const at = offset + index * element.size;
    values.push(
      element.kind === 'struct'
        ? decodeStruct(reading, element, at, given?.[index])
        : readField(element, reading.view, at),
    );
  }
  return values;
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
  const result: { [field: string]: unknown } = { ...struct.blank };
  for (const { name, type, offset } of struct.members) {
    if (type.kind === 'pointer' || type.kind === 'flexible') continue;
    if (type.kind === 'struct') result[name] = decodeStruct(reading, type, at + offset, given[name]);
    else if (type.kind === 'array')
      result[name] = decodeSequence(reading, type.element, type.length, at + offset, given[name]);
    else result[name] = readField(type, reading.view, at + offset);
  }
  if (struct.references.length === 0) return result;
  for (const { name, type, offset } of struct.references) {
    const count = elementCount(type, struct, result);
    result[name] =
      type.kind === 'pointer'
        ? decodePointer(reading, type, at + offset, count, given[name])
        : decodeFlexible(reading, type, at + offset, count, given[name]);
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
