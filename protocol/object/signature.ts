// The tables as dispatch and encodings use them: messages by opcode, arguments as they travel.
import { interfaces } from '../interfaces/index.ts';
import type { Argument, InterfaceDefinition, MessageDefinition } from './table.ts';
import { string, uint } from './table.ts';

export interface MessageSignature {
  readonly interface: string;
  readonly name: string;
  readonly opcode: number;
  readonly since: number;
  readonly destructor: boolean;
  /** The arguments as the table has them. */
  readonly args: readonly Argument[];
  /** The arguments as they travel: an untyped new_id is preceded by its interface's name and version. */
  readonly wire: readonly Argument[];
  /** How many arguments a client gives to send it: a new_id is not given but returned. */
  readonly given: number;
  /** Whether it creates an object. */
  readonly creates: boolean;
  /** How many file descriptors go with it. */
  readonly descriptors: number;
}

export interface InterfaceSignature {
  readonly name: string;
  readonly version: number;
  readonly requests: readonly MessageSignature[];
  readonly events: readonly MessageSignature[];
}

const untypedPrefix: readonly Argument[] = [string('interface'), uint('version')];

function onTheWire(argument: Argument): readonly Argument[] {
  return argument.kind === 'new_id' && argument.interface === undefined
    ? [...untypedPrefix, argument]
    : [argument];
}

function signaturesOf(
  interfaceName: string,
  messages: Readonly<Record<string, MessageDefinition>>,
): MessageSignature[] {
  return Object.entries(messages).map(([name, message], opcode) => {
    const wire = message.args.flatMap(onTheWire);
    return {
      interface: interfaceName,
      name,
      opcode,
      since: message.since ?? 1,
      destructor: message.type === 'destructor',
      args: message.args,
      wire,
      given: wire.filter(({ kind }) => kind !== 'new_id').length,
      creates: wire.some(({ kind }) => kind === 'new_id'),
      descriptors: wire.filter(({ kind }) => kind === 'fd').length,
    };
  });
}

const signatures = new Map<string, InterfaceSignature>(
  Object.values<InterfaceDefinition>(interfaces).map(table => [
    table.name,
    {
      name: table.name,
      version: table.version,
      requests: signaturesOf(table.name, table.requests),
      events: signaturesOf(table.name, table.events),
    },
  ]),
);

/** An interface by name, or undefined where there is no table of that name. */
export function findSignature(interfaceName: string): InterfaceSignature | undefined {
  return signatures.get(interfaceName);
}

/** An interface that is known to have a table. */
export function signatureOf(interfaceName: string): InterfaceSignature {
  const signature = signatures.get(interfaceName);
  if (!signature) throw new Error(`there is no table of interface ${interfaceName} in protocol/interfaces`);
  return signature;
}

/** The version of an object made by one of `creator`'s: the same, as far as its own interface goes. */
export function inheritedVersion(signature: InterfaceSignature, creatorVersion: number): number {
  return Math.min(signature.version, creatorVersion);
}
