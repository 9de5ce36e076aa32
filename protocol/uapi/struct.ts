/**
 * C struct layouts as values: a table entry describes a struct of the kernel's UAPI once, and from it follow its
 * size, alignment and offsets (the x86-64 and generic 64-bit ABI, little endian), reading and writing it in memory,
 * and the TypeScript types of both sides of the call: {@link StructValue} for the kernel, which sees addresses, and
 * {@link UserValue} for the caller, who gives arrays and strings.
 */

/** A fixed-width integer of the ABI. */
export interface Scalar<T extends number | bigint = number | bigint> {
  readonly kind: 'scalar';
  readonly name: string;
  readonly size: number;
  readonly align: number;
  readonly zero: T;
  read(view: DataView, offset: number): T;
  write(view: DataView, offset: number, value: T): void;
}

/** A fixed `char[n]`. Read up to the first NUL or the end; written without one when the text fills it, as `strncpy`. */
export interface Chars {
  readonly kind: 'chars';
  readonly size: number;
  readonly align: number;
}

/** A fixed `__u8[n]`. */
export interface Bytes {
  readonly kind: 'bytes';
  readonly size: number;
  readonly align: number;
}

/** A fixed-length array inside the struct. */
export interface ArrayOf<E extends ElementType = ElementType> {
  readonly kind: 'array';
  readonly element: E;
  readonly length: number;
  readonly size: number;
  readonly align: number;
}

/** A C flexible array member: last in the struct, of no size, as long as the field named by `count` says. */
export interface Flexible<E extends ElementType = ElementType> {
  readonly kind: 'flexible';
  readonly element: E;
  readonly count: string;
  readonly size: 0;
  readonly align: number;
}

/** Which way the pointed-to memory is copied, seen from the kernel: it reads `in` and writes `out`. */
export type Direction = 'in' | 'out' | 'inout';

/** The integer fields of a struct as numbers, for computing how many elements a pointer of it points to. */
export type Counts = { readonly [field: string]: number };

/** What a pointer points to: elements of a type, bytes (`void *`), or text (`char *`, counted in bytes). */
export type Pointee = ElementType | 'void' | 'string';

/**
 * A user address stored in a `__u64`. `count` is the name of the field holding the number of elements (which a caller
 * may then leave out), a function of the struct's integers, or absent when the length is found in other memory.
 */
export interface Pointer<P extends Pointee = Pointee> {
  readonly kind: 'pointer';
  readonly pointee: P;
  readonly count: string | ((fields: Counts) => number) | undefined;
  readonly direction: Direction;
  readonly size: 8;
  readonly align: 8;
}

export type ElementType = Scalar | Chars | Bytes | Struct;
export type FieldType = ElementType | ArrayOf | Flexible | Pointer;
export type Fields = { readonly [field: string]: FieldType };

/** A field of a struct and where it is in it. */
export interface Member<T extends FieldType = FieldType> {
  readonly name: string;
  /** With the struct's name before it, for people. */
  readonly path: string;
  readonly type: T;
  readonly offset: number;
}

const isReference = (member: Member): member is Member<Pointer | Flexible> =>
  member.type.kind === 'pointer' || member.type.kind === 'flexible';

export interface Struct<F extends Fields = Fields> {
  readonly kind: 'struct';
  readonly name: string;
  readonly fields: F;
  /** The fields in order. */
  readonly members: readonly Member[];
  /** Those that lead to other memory: pointers, and the flexible array. */
  readonly references: readonly Member<Pointer | Flexible>[];
  /** Every field with a value of its kind: to copy it and fill it in is much faster than to begin with nothing. */
  readonly blank: { readonly [field: string]: unknown };
  readonly size: number;
  readonly align: number;
  /** Byte offset of each field. */
  readonly offsets: { readonly [K in keyof F]: number };
  /** Reads the struct at `offset`; pointers come back as addresses. Throws RangeError when the view is too short. */
  read(view: DataView, offset: number): FieldsValue<F>;
  /** Writes every field, and zeroes into the padding, so that nothing stale leaks to the other side. */
  write(view: DataView, offset: number, value: FieldsValue<F>): void;
}

type FieldsValue<F extends Fields> = { [K in keyof F]: KernelField<F[K]> };

type KernelField<T> =
  T extends Scalar<infer V>
    ? V
    : T extends Chars
      ? string
      : T extends Bytes
        ? Uint8Array
        : T extends { kind: 'array' | 'flexible'; element: infer E }
          ? readonly KernelField<E>[]
          : T extends { kind: 'pointer' }
            ? bigint
            : T extends Struct<infer F>
              ? FieldsValue<F>
              : never;

type UserField<T> =
  T extends Scalar<infer V>
    ? V
    : T extends Chars
      ? string
      : T extends Bytes
        ? Uint8Array
        : T extends { kind: 'array' | 'flexible'; element: infer E }
          ? ArrayLike<UserField<E>>
          : T extends { kind: 'pointer'; pointee: infer P }
            ? UserPointer<P>
            : T extends Struct<infer F>
              ? FieldsUser<F>
              : never;

type UserPointer<P> =
  | (P extends 'void' ? Uint8Array : P extends 'string' ? string : ArrayLike<UserField<P>>)
  | bigint
  | null;

type FieldsUser<F extends Fields> = { [K in keyof F]?: UserField<F[K]> };

/** The kernel's view of a struct: every field present, pointers as user addresses. */
export type StructValue<S> = S extends Struct<infer F> ? FieldsValue<F> : never;

/**
 * The caller's view: pointers are arrays, bytes, text, null, or a raw address. Fields left out are zero, and counts
 * left out follow from the arrays. A call without an argument takes null. For memory the kernel fills, anything with a `length` reserves that many elements.
 */
export type UserValue<S> = S extends Struct<infer F> ? FieldsUser<F> : null;

type ResultField<T> =
  T extends Scalar<infer V>
    ? V
    : T extends Chars
      ? string
      : T extends Bytes
        ? Uint8Array
        : T extends { kind: 'array' | 'flexible'; element: infer E }
          ? readonly ResultField<E>[]
          : T extends { kind: 'pointer'; pointee: infer P }
            ?
                | (P extends 'void' ? Uint8Array : P extends 'string' ? string : readonly ResultField<P>[])
                | bigint
                | null
            : T extends Struct<infer F>
              ? { [K in keyof F]: ResultField<F[K]> }
              : never;

/** What a caller gets back: as {@link UserValue}, with every field present and arrays as arrays. */
export type UserResult<S> = S extends Struct<infer F> ? { [K in keyof F]: ResultField<F[K]> } : null;

const scalar = <T extends number | bigint>(
  name: string,
  size: number,
  zero: T,
  read: (view: DataView, offset: number) => T,
  write: (view: DataView, offset: number, value: T) => void,
): Scalar<T> => ({ kind: 'scalar', name, size, align: size, zero, read, write });

export const u8: Scalar<number> = scalar(
  'u8',
  1,
  0,
  (v, o) => v.getUint8(o),
  (v, o, x) => v.setUint8(o, x),
);
export const u16: Scalar<number> = scalar(
  'u16',
  2,
  0,
  (v, o) => v.getUint16(o, true),
  (v, o, x) => v.setUint16(o, x, true),
);
export const u32: Scalar<number> = scalar(
  'u32',
  4,
  0,
  (v, o) => v.getUint32(o, true),
  (v, o, x) => v.setUint32(o, x, true),
);
export const s32: Scalar<number> = scalar(
  's32',
  4,
  0,
  (v, o) => v.getInt32(o, true),
  (v, o, x) => v.setInt32(o, x, true),
);
export const u64: Scalar<bigint> = scalar(
  'u64',
  8,
  0n,
  (v, o) => v.getBigUint64(o, true),
  (v, o, x) => v.setBigUint64(o, x, true),
);
export const s64: Scalar<bigint> = scalar(
  's64',
  8,
  0n,
  (v, o) => v.getBigInt64(o, true),
  (v, o, x) => v.setBigInt64(o, x, true),
);

export const chars = (size: number): Chars => ({ kind: 'chars', size, align: 1 });
export const bytes = (size: number): Bytes => ({ kind: 'bytes', size, align: 1 });

export const array = <E extends ElementType>(element: E, length: number): ArrayOf<E> => ({
  kind: 'array',
  element,
  length,
  size: element.size * length,
  align: element.align,
});

export const flexible = <E extends ElementType>(element: E, count: string): Flexible<E> => ({
  kind: 'flexible',
  element,
  count,
  size: 0,
  align: element.align,
});

export const pointer = <P extends Pointee>(
  pointee: P,
  { count, direction = 'in' }: { count?: string | ((fields: Counts) => number); direction?: Direction } = {},
): Pointer<P> => ({ kind: 'pointer', pointee, count, direction, size: 8, align: 8 });

/** Bytes between two elements of what a pointer points to. */
export const strideOf = (pointee: Pointee): number => (typeof pointee === 'string' ? 1 : pointee.size);

const alignUp = (offset: number, align: number): number => Math.ceil(offset / align) * align;

/** The integer fields of a struct's value as numbers. */
function countsOf({ members }: Struct, value: { readonly [field: string]: unknown }): Counts {
  const counts: { [field: string]: number } = {};
  for (const { name, type } of members) if (type.kind === 'scalar') counts[name] = Number(value[name] ?? 0);
  return counts;
}

/** How many elements a reference of a struct's value leads to, or undefined when the struct itself does not say. */
export function elementCount(
  { count }: Pointer | Flexible,
  struct: Struct,
  value: { readonly [field: string]: unknown },
): number | undefined {
  if (typeof count === 'function') return count(countsOf(struct, value));
  return count === undefined ? undefined : Number(value[count] ?? 0);
}

/** Names are ASCII, for which the encoders of the host cost ten times what they do. */
const ASCII_END = 0x80;
const decoder = new TextDecoder();
const encoder = new TextEncoder();

/** Text up to the first NUL of `length` bytes, or all of them. */
export function readText(view: DataView, offset: number, length: number): string {
  let text = '';
  for (let at = offset; at < offset + length; at++) {
    const byte = view.getUint8(at);
    if (byte === 0) return text;
    if (byte >= ASCII_END) return decodeText(view, offset, length);
    text += String.fromCharCode(byte);
  }
  return text;
}

function decodeText(view: DataView, offset: number, length: number): string {
  const raw = new Uint8Array(view.buffer, view.byteOffset + offset, length);
  const end = raw.indexOf(0);
  return decoder.decode(raw.slice(0, end < 0 ? length : end));
}

/** What follows the text is zero already. */
function writeText(view: DataView, offset: number, length: number, text: string): void {
  const end = Math.min(length, text.length);
  for (let at = 0; at < end; at++) {
    const code = text.charCodeAt(at);
    if (code >= ASCII_END) {
      encodeText(view, offset, length, text);
      return;
    }
    view.setUint8(offset + at, code);
  }
}

function encodeText(view: DataView, offset: number, length: number, text: string): void {
  new Uint8Array(view.buffer, view.byteOffset + offset, length).set(encoder.encode(text).subarray(0, length));
}

function readBytes(view: DataView, offset: number, length: number): Uint8Array {
  return new Uint8Array(view.buffer, view.byteOffset + offset, length).slice();
}

function writeBytes(view: DataView, offset: number, length: number, value: Uint8Array): void {
  new Uint8Array(view.buffer, view.byteOffset + offset, length).set(value.subarray(0, length));
}

function writeSequence(type: ArrayOf, view: DataView, offset: number, value: ArrayLike<unknown>): void {
  for (let index = 0; index < type.length; index++)
    writeField(type.element, view, offset + index * type.element.size, value[index]);
}

function readSequence(element: ElementType, length: number, view: DataView, offset: number): unknown[] {
  // Several times as fast as Array.from.
  const values: unknown[] = [];
  for (let index = 0; index < length; index++)
    values.push(readField(element, view, offset + index * element.size));
  return values;
}

/** Reads one field as the kernel sees it. A flexible array is not read here: its elements lie behind the struct. */
export function readField(type: FieldType, view: DataView, offset: number): unknown {
  switch (type.kind) {
    case 'scalar':
      return type.read(view, offset);
    case 'chars':
      return readText(view, offset, type.size);
    case 'bytes':
      return readBytes(view, offset, type.size);
    case 'array':
      return readSequence(type.element, type.length, view, offset);
    case 'flexible':
      return [];
    case 'pointer':
      return view.getBigUint64(offset, true);
    case 'struct':
      return type.read(view, offset);
  }
}

/** Writes one field; the memory is expected to be zero. Undefined leaves it so. */
export function writeField(type: FieldType, view: DataView, offset: number, value: unknown): void {
  if (value === undefined || type.kind === 'flexible') return;
  if (type.kind === 'scalar') type.write(view, offset, value as number & bigint);
  else if (type.kind === 'chars') writeText(view, offset, type.size, value as string);
  else if (type.kind === 'bytes') writeBytes(view, offset, type.size, value as Uint8Array);
  else if (type.kind === 'array') writeSequence(type, view, offset, value as ArrayLike<unknown>);
  else if (type.kind === 'pointer') view.setBigUint64(offset, value as bigint, true);
  else type.write(view, offset, value as FieldsValue<Fields>);
}

/** A value of the kind that the field has. */
const blankOf = (type: FieldType): unknown =>
  type.kind === 'scalar' ? type.zero : type.kind === 'pointer' ? 0n : null;

/** Zeroes memory; most structs are a few words, for which an array over them costs more than they do. */
function clear(view: DataView, offset: number, size: number): void {
  if (size > 64) {
    new Uint8Array(view.buffer, view.byteOffset + offset, size).fill(0);
    return;
  }
  for (let at = offset; at < offset + size; at++) view.setUint8(at, 0);
}

const layoutStruct = (fields: Fields): { offsets: { [field: string]: number }; end: number } => {
  const offsets: { [field: string]: number } = {};
  let end = 0;
  for (const [field, type] of Object.entries(fields)) {
    offsets[field] = alignUp(end, type.align);
    end = offsets[field]! + type.size;
  }
  return { offsets, end };
};

const layoutUnion = (fields: Fields): { offsets: { [field: string]: number }; end: number } => ({
  offsets: Object.fromEntries(Object.keys(fields).map(field => [field, 0])),
  end: Math.max(...Object.values(fields).map(type => type.size)),
});

function compose<F extends Fields>(name: string, fields: F, layout: typeof layoutStruct): Struct<F> {
  const { offsets, end } = layout(fields);
  const members = Object.entries(fields).map(([field, type]) => ({
    name: field,
    path: `${name}.${field}`,
    type,
    offset: offsets[field]!,
  }));
  const align = Math.max(1, ...members.map(({ type }) => type.align));
  const size = alignUp(end, align);
  const blank = Object.fromEntries(members.map(({ name: field, type }) => [field, blankOf(type)]));
  return {
    kind: 'struct',
    name,
    fields,
    members,
    references: members.filter(isReference),
    blank,
    size,
    align,
    offsets: offsets as { [K in keyof F]: number },
    read(view, offset) {
      const value: { [field: string]: unknown } = { ...blank };
      for (const member of members) value[member.name] = readField(member.type, view, offset + member.offset);
      return value as FieldsValue<F>;
    },
    write(view, offset, value) {
      clear(view, offset, size);
      const given = value as { [field: string]: unknown };
      for (const member of members) writeField(member.type, view, offset + member.offset, given[member.name]);
    },
  };
}

/** Lays the fields out as a C compiler does: natural alignment, the struct's size a multiple of its alignment. */
export const struct = <const F extends Fields>(name: string, fields: F): Struct<F> =>
  compose(name, fields, layoutStruct);

/**
 * A C union: all members at offset 0. Reading gives every member's view of the bytes; writing a whole value leaves the
 * last member's, so a side that means one member writes that member's struct alone (or leaves the others out).
 */
export const union = <const F extends Fields>(name: string, fields: F): Struct<F> =>
  compose(name, fields, layoutUnion);
