// How an interface is written down. A table is the only description of an interface in this tree: the client's
// proxies, the server's resources, the validation of every message and the encodings follow from it.
//
//   export const wl_callback = defineInterface({
//     name: 'wl_callback',
//     version: 1,
//     requests: {},
//     events: { done: { type: 'destructor', args: [uint('callback_data')] } },
//     enums: {},
//   });
//
// The order of the keys of `requests` and `events` is the order of their opcodes, as in Wayland's XML.

/** A signed or unsigned 32-bit integer; `enum` names its meaning: `entry` or `interface.entry`. */
export interface IntegerArgument<K extends 'int' | 'uint' = 'int' | 'uint'> {
  readonly kind: K;
  readonly name: string;
  readonly enum?: string;
}

/** A number in steps of 1/256 (24.8 fixed point on the Wayland wire), an array of bytes, or a file descriptor. */
export interface PlainArgument<K extends 'fixed' | 'array' | 'fd' = 'fixed' | 'array' | 'fd'> {
  readonly kind: K;
  readonly name: string;
}

/** UTF-8 text without NUL. */
export interface StringArgument<Nullable extends boolean = boolean> {
  readonly kind: 'string';
  readonly name: string;
  readonly nullable: Nullable;
}

/** An object that exists already; `interface` is undefined where any interface will do (wl_display.error). */
export interface ObjectArgument<
  Interface extends string | undefined = string | undefined,
  Nullable extends boolean = boolean,
> {
  readonly kind: 'object';
  readonly name: string;
  readonly interface: Interface;
  readonly nullable: Nullable;
}

/**
 * An object that this message creates. Without an interface (wl_registry.bind) the interface's name and the version
 * travel before the id, so one such argument is three on the wire.
 */
export interface NewIdArgument<Interface extends string | undefined = string | undefined> {
  readonly kind: 'new_id';
  readonly name: string;
  readonly interface: Interface;
}

export type Argument = IntegerArgument | PlainArgument | StringArgument | ObjectArgument | NewIdArgument;

/** One request or event. `since` is the first version that has it; a `destructor` ends the object it is sent on. */
export interface MessageDefinition {
  readonly args: readonly Argument[];
  readonly since?: number;
  readonly type?: 'destructor';
}

export interface InterfaceDefinition {
  readonly name: string;
  /** The newest version that the table describes. */
  readonly version: number;
  readonly requests: Readonly<Record<string, MessageDefinition>>;
  readonly events: Readonly<Record<string, MessageDefinition>>;
  readonly enums: Readonly<Record<string, Readonly<Record<string, number>>>>;
  /** Which of `enums` hold bits to be combined. */
  readonly bitfields?: readonly string[];
}

/** Keeps a table's literal types, from which everything else is inferred. */
export function defineInterface<const Definition extends InterfaceDefinition>(
  definition: Definition,
): Definition {
  return definition;
}

interface IntegerOptions {
  readonly enum?: string;
}

export function int(name: string, options: IntegerOptions = {}): IntegerArgument<'int'> {
  return { kind: 'int', name, ...options };
}

export function uint(name: string, options: IntegerOptions = {}): IntegerArgument<'uint'> {
  return { kind: 'uint', name, ...options };
}

export function fixed(name: string): PlainArgument<'fixed'> {
  return { kind: 'fixed', name };
}

export function array(name: string): PlainArgument<'array'> {
  return { kind: 'array', name };
}

export function fd(name: string): PlainArgument<'fd'> {
  return { kind: 'fd', name };
}

export function string(name: string): StringArgument<false>;
export function string(name: string, options: { readonly nullable: true }): StringArgument<true>;
export function string(name: string, options = { nullable: false }): StringArgument {
  return { kind: 'string', name, ...options };
}

export function object<Interface extends string | undefined>(
  name: string,
  interfaceName: Interface,
): ObjectArgument<Interface, false>;
export function object<Interface extends string | undefined>(
  name: string,
  interfaceName: Interface,
  options: { readonly nullable: true },
): ObjectArgument<Interface, true>;
export function object(
  name: string,
  interfaceName: string | undefined,
  options = { nullable: false },
): ObjectArgument {
  return { kind: 'object', name, interface: interfaceName, ...options };
}

export function newId(name: string): NewIdArgument<undefined>;
export function newId<Interface extends string>(
  name: string,
  interfaceName: Interface,
): NewIdArgument<Interface>;
export function newId(name: string, interfaceName?: string): NewIdArgument {
  return { kind: 'new_id', name, interface: interfaceName };
}
