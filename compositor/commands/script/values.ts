import type { ElementType, FieldType, Pointer, Struct } from '../../../protocol/uapi/struct.ts';

/** What a script computes with. Records are structs before they are laid out, and after they are read back. */
export type Value = bigint | string | Uint8Array | readonly Value[] | ValueRecord | Answer;
export type ValueRecord = { readonly [field: string]: Value };

/** What a call returned: a number, and what it wrote back. */
export class Answer {
  readonly returned: bigint;
  readonly fields: ValueRecord;
  /** Those of the fields that are worth showing. */
  readonly news: ValueRecord;

  constructor(returned: bigint, fields: ValueRecord = {}, news = fields) {
    this.returned = returned;
    this.fields = fields;
    this.news = news;
  }
}

export const isList = (value: Value): value is readonly Value[] => Array.isArray(value);
export const isRecord = (value: Value): value is ValueRecord =>
  typeof value === 'object' && !isList(value) && !(value instanceof Uint8Array) && !(value instanceof Answer);

/** What a value is, for people. */
export function kindOf(value: Value): string {
  if (typeof value === 'bigint') return 'a number';
  if (typeof value === 'string') return 'a text';
  if (value instanceof Uint8Array) return 'bytes';
  if (isList(value)) return 'a list';
  return value instanceof Answer ? 'an answer' : 'a record';
}

/** A number, or what a call returned. Throws a TypeError. */
export function asNumber(value: Value): bigint {
  if (value instanceof Answer) return value.returned;
  if (typeof value === 'bigint') return value;
  throw new TypeError(`a number is expected, not ${kindOf(value)}`);
}

/** Bytes, a text or a list of numbers. Throws a TypeError. */
export function asBytes(value: Value): Uint8Array {
  if (value instanceof Uint8Array) return value;
  if (typeof value === 'string') return new TextEncoder().encode(value);
  if (isList(value)) return Uint8Array.from(value, byte => Number(asNumber(byte)));
  throw new TypeError(`bytes, a text or a list of numbers are expected, not ${kindOf(value)}`);
}

/** A record as the argument of a call whose struct is known. Throws a TypeError that names the field. */
export function toStruct(struct: Struct, value: Value): { [field: string]: unknown } {
  if (!isRecord(value)) throw new TypeError(`${struct.name} is a record { ... }, not ${kindOf(value)}`);
  return Object.fromEntries(
    Object.entries(value).map(([name, field]) => {
      const type = struct.fields[name];
      if (!type)
        throw new TypeError(
          `${struct.name} has no field ${name}; it has ${Object.keys(struct.fields).join(', ')}`,
        );
      return [name, toField(type, field, `${struct.name}.${name}`)];
    }),
  );
}

/** A record as the bytes of the struct in memory, and the other way round; pointers in it are addresses. */
export function cast(struct: Struct, value: Value): Value {
  if (value instanceof Uint8Array) {
    const view = new DataView(value.buffer, value.byteOffset, value.byteLength);
    return fromResult(struct.read(view, 0));
  }
  const bytes = new Uint8Array(struct.size);
  struct.write(new DataView(bytes.buffer), 0, toStruct(struct, value) as Parameters<Struct['write']>[2]);
  return bytes;
}

function toField(type: FieldType, value: Value, where: string): unknown {
  try {
    return convert(type, value, where);
  } catch (error) {
    if (error instanceof TypeError && !error.message.includes('.'))
      throw new TypeError(`${where}: ${error.message}`);
    throw error;
  }
}

function convert(type: FieldType, value: Value, where: string): unknown {
  switch (type.kind) {
    case 'scalar':
      return toScalar(type, asNumber(value));
    case 'chars':
      return new TextDecoder().decode(asBytes(value));
    case 'bytes':
      return asBytes(value);
    case 'struct':
      return toStruct(type, value);
    case 'pointer':
      return toTarget(type, value, where);
    default:
      return toElements(type.element, value, where);
  }
}

/** -1 is all ones in an unsigned field, as in C. */
function toScalar(type: FieldType & { kind: 'scalar' }, value: bigint): number | bigint {
  const bits = type.size * 8;
  const cut = type.name.startsWith('s') ? BigInt.asIntN(bits, value) : BigInt.asUintN(bits, value);
  return typeof type.zero === 'bigint' ? cut : Number(cut);
}

function toElements(element: ElementType, value: Value, where: string): unknown[] {
  if (!isList(value)) throw new TypeError(`a list [ ... ] is expected, not ${kindOf(value)}`);
  return value.map((item, index) => toField(element, item, `${where}[${index}]`));
}

/** What a pointer leads to; a number is an address. */
function toTarget({ pointee }: Pointer, value: Value, where: string): unknown {
  if (typeof value === 'bigint' || value instanceof Answer) return asNumber(value);
  if (pointee === 'void') return asBytes(value);
  if (pointee === 'string') return new TextDecoder().decode(asBytes(value));
  return toElements(pointee, value, where);
}

/** What was read back, as values of the script. */
export function fromResult(result: unknown): Value {
  if (typeof result === 'number') return BigInt(result);
  if (typeof result === 'bigint' || typeof result === 'string' || result instanceof Uint8Array) return result;
  if (Array.isArray(result)) return result.map(fromResult);
  if (typeof result !== 'object' || result === null) return 0n;
  return Object.fromEntries(Object.entries(result).map(([name, field]) => [name, fromResult(field)]));
}

const LONGEST_LIST = 16;
const LONGEST_BYTES = 32;

/** A value as it would be written; long ones are cut. */
export function show(value: Value): string {
  if (typeof value === 'bigint') return value > 0xffffn ? `0x${value.toString(16)}` : value.toString();
  if (typeof value === 'string') return JSON.stringify(value);
  if (value instanceof Answer) return show(value.returned);
  if (value instanceof Uint8Array) {
    const hex = Array.from(value.subarray(0, LONGEST_BYTES), byte => byte.toString(16).padStart(2, '0'));
    return `<${hex.join(' ')}${value.length > LONGEST_BYTES ? ` ... ${value.length} bytes` : ''}>`;
  }
  if (isList(value)) {
    const items = value.slice(0, LONGEST_LIST).map(show);
    return `[${items.join(', ')}${value.length > LONGEST_LIST ? `, ... ${value.length} in all` : ''}]`;
  }
  const fields = Object.entries(value).map(([name, field]) => `${name}: ${show(field)}`);
  return fields.length > 0 ? `{ ${fields.join(', ')} }` : '{}';
}
