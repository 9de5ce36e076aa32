// From the arguments a caller gives to those that travel.
import type { HandlePort } from './handles.ts';
import { isHandle, type WireArgument } from './message.ts';
import type { MessageSignature } from './signature.ts';
import type { Argument } from './table.ts';
import { describe, valueProblem } from './validate.ts';

/** What stands for an object in arguments: a resource or a proxy. */
interface ObjectLike {
  readonly interface: string;
  readonly id: number;
  readonly destroyed: boolean;
}

const isObjectLike = (value: unknown): value is ObjectLike =>
  typeof value === 'object' && value !== null && 'interface' in value && 'id' in value;

function cannotSend(signature: MessageSignature, problem: string): TypeError {
  return new TypeError(`${signature.interface}.${signature.name} was not sent: ${problem}`);
}

/** The id that travels for an object argument, after checking that it is one and lives. */
function idOf(signature: MessageSignature, argument: Argument, value: unknown): number {
  if (argument.kind !== 'object' && argument.kind !== 'new_id')
    throw cannotSend(signature, `${argument.name} is no object`);
  if (value === null && argument.kind === 'object' && argument.nullable) return 0;
  if (!isObjectLike(value))
    throw cannotSend(
      signature,
      `${argument.name} must be a ${argument.interface ?? 'object'}, not ${describe(value)}`,
    );
  if (argument.interface !== undefined && value.interface !== argument.interface)
    throw cannotSend(signature, `${argument.name} must be a ${argument.interface}, not a ${value.interface}`);
  if (value.destroyed)
    throw cannotSend(signature, `${argument.name} is ${value.interface}@${value.id}, which is destroyed`);
  return value.id;
}

/** One argument as it travels. Handles stay the sender's own until `sendHandles`. */
export function encodeArgument(
  signature: MessageSignature,
  argument: Argument,
  value: unknown,
): WireArgument {
  if (argument.kind === 'object' || argument.kind === 'new_id') return idOf(signature, argument, value);
  const problem = valueProblem(argument, value);
  if (problem) throw cannotSend(signature, problem);
  if (argument.kind === 'fixed') return Math.round((value as number) * 256) / 256;
  return value as WireArgument;
}

/** Checks how many arguments were given. */
export function checkCount(signature: MessageSignature, given: number, expected: number): void {
  if (given !== expected) throw cannotSend(signature, `it takes ${expected} arguments, not ${given}`);
}

/** Checks that an object of this version has the message. */
export function checkSince(signature: MessageSignature, object: ObjectLike & { version: number }): void {
  if (signature.since <= object.version) return;
  throw cannotSend(
    signature,
    `it exists since version ${signature.since}, but ${object.interface}@${object.id} has version ${object.version}`,
  );
}

/** Duplicates the handles for the peer, last, when nothing else can fail. Works in place. */
export function sendHandles(port: HandlePort, args: WireArgument[]): void {
  for (let at = 0; at < args.length; at++) {
    const argument = args[at]!;
    if (isHandle(argument)) args[at] = port.send(argument);
  }
}
