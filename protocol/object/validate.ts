// Whether the arguments of a message are what its table says. The same rules hold for what arrives and for what is
// sent: a peer is never trusted, and a mistake of ours should show where it is made.
import { MAX_ARRAY, MAX_STRING } from './limits.ts';
import type { WireArgument } from './message.ts';
import { isHandle } from './message.ts';
import { findSignature, type MessageSignature } from './signature.ts';
import type { Argument } from './table.ts';

/** What validation must know of the objects on this side. */
export interface ObjectDirectory {
  /** The interface of a live object. */
  interfaceOf(id: number): string | undefined;
  /** Why the peer may not create an object of this id now, or undefined if it may. */
  newIdProblem(id: number): string | undefined;
}

const isUint = (value: unknown): value is number =>
  typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= 0xffffffff;
const isInt = (value: unknown): value is number =>
  typeof value === 'number' && Number.isInteger(value) && value >= -0x80000000 && value <= 0x7fffffff;
const isFixed = (value: unknown): value is number =>
  typeof value === 'number' && value >= -0x800000 && value <= 0x7fffff + 255 / 256;

const loneSurrogate = /\p{Surrogate}/u;
const utf8 = new TextEncoder();

/** Bytes of a text in UTF-8. */
function utf8Length(text: string): number {
  return utf8.encode(text).length;
}

function stringProblem(value: string): string | undefined {
  if (value.includes('\0')) return 'contains NUL, which ends a string on the Wayland wire';
  if (loneSurrogate.test(value)) return 'is not valid Unicode (a lone surrogate), so it has no UTF-8 form';
  if (value.length * 3 <= MAX_STRING) return undefined;
  const length = utf8Length(value);
  return length > MAX_STRING ? `is ${length} bytes of UTF-8; at most ${MAX_STRING} are allowed` : undefined;
}

/** A value in the words of an error: its kind, and itself where it is short. */
export function describe(value: unknown): string {
  if (value === null) return 'null';
  if (value instanceof Uint8Array) return `${value.length} bytes`;
  if (typeof value === 'number' || typeof value === 'bigint' || typeof value === 'boolean')
    return `${typeof value} ${value}`;
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}

const mustBe = (what: string, value: unknown) => `must be ${what}, not ${describe(value)}`;

function kindProblem(argument: Argument, value: unknown): string | undefined {
  switch (argument.kind) {
    case 'int':
      return isInt(value) ? undefined : mustBe('an int (32 bits, signed)', value);
    case 'uint':
      return isUint(value) ? undefined : mustBe('a uint (32 bits, unsigned)', value);
    case 'fixed':
      return isFixed(value) ? undefined : mustBe('a fixed (a number from -2^23 to 2^23)', value);
    case 'object':
      return isUint(value) ? undefined : mustBe('the id of an object', value);
    case 'new_id':
      return isUint(value) ? undefined : mustBe('the id of a new object', value);
    case 'string':
      if (typeof value === 'string') return stringProblem(value);
      return value === null && argument.nullable ? undefined : mustBe('a string', value);
    case 'array':
      if (!(value instanceof Uint8Array)) return mustBe('an array of bytes', value);
      return value.length > MAX_ARRAY
        ? `is ${value.length} bytes; at most ${MAX_ARRAY} are allowed`
        : undefined;
    case 'fd':
      return isHandle(value) ? undefined : mustBe('a file descriptor', value);
  }
}

/** Why a value cannot travel as this argument, or undefined if it can. Objects are judged by their ids alone. */
export function valueProblem(argument: Argument, value: unknown): string | undefined {
  const problem = kindProblem(argument, value);
  return problem && `${argument.name} ${problem}`;
}

function objectProblem(argument: Argument, id: number, directory: ObjectDirectory): string | undefined {
  if (argument.kind === 'new_id') {
    const problem = directory.newIdProblem(id);
    return problem && `${argument.name} ${problem}`;
  }
  if (argument.kind !== 'object') return undefined;
  if (id === 0)
    return argument.nullable ? undefined : `${argument.name} must be ${nameOf(argument)}, not null`;
  const actual = directory.interfaceOf(id);
  if (actual === undefined) return `${argument.name} is object ${id}, which does not exist`;
  if (argument.interface !== undefined && actual !== argument.interface)
    return `${argument.name} must be ${nameOf(argument)}, but object ${id} is a ${actual}`;
  return undefined;
}

const nameOf = (argument: { readonly interface: string | undefined }) =>
  argument.interface === undefined ? 'an object' : `a ${argument.interface}`;

/** Why the arguments of a message that arrived are not those of its table, or undefined if they are. */
export function argumentsProblem(
  signature: MessageSignature,
  args: readonly WireArgument[],
  directory: ObjectDirectory,
): string | undefined {
  const { wire } = signature;
  if (args.length !== wire.length) return `takes ${wire.length} arguments, not ${args.length}`;
  for (let at = 0; at < wire.length; at++) {
    const argument = wire[at]!;
    const value = args[at];
    const problem =
      valueProblem(argument, value) ??
      (typeof value === 'number' ? objectProblem(argument, value, directory) : undefined);
    if (problem) return problem;
  }
  return undefined;
}

/** Why an interface cannot be bound at a version, judged by the tables alone, or undefined if it can. */
export function bindProblem(interfaceName: string, version: number): string | undefined {
  const signature = findSignature(interfaceName);
  if (!signature) return `interface ${interfaceName} is not known here`;
  if (version < 1 || version > signature.version)
    return `version ${version} of ${interfaceName} does not exist; there are 1 to ${signature.version}`;
  return undefined;
}
