// Refusing a request.

import { interfaces } from '../../protocol/interfaces/index.ts';
import { ProtocolError } from '../../protocol/object/error.ts';
import type { Resource } from '../../protocol/object/resource.ts';
import type { InterfaceName } from '../../protocol/object/types.ts';

type Interfaces = typeof interfaces;
type ErrorsOf<N extends InterfaceName> = Interfaces[N]['enums'] extends {
  readonly error: infer E extends Readonly<Record<string, number>>;
}
  ? E
  : never;
/** The names of an interface's errors. */
export type ErrorName<N extends InterfaceName> = keyof ErrorsOf<N> & string;

/** The error `name` of the resource's interface. `words`: what was wrong, what was expected, what to do. */
export function refusal<N extends InterfaceName>(
  resource: Resource<N>,
  name: ErrorName<N>,
  words: string,
): ProtocolError {
  const { enums }: { enums: Readonly<Record<string, Readonly<Record<string, number>>>> } =
    interfaces[resource.interface];
  return new ProtocolError(resource, enums['error']![name]!, words);
}

/** Throws the error `name` unless `condition` holds. */
export function demand<N extends InterfaceName>(
  condition: unknown,
  resource: Resource<N>,
  name: ErrorName<N>,
  words: string,
): asserts condition {
  if (!condition) throw refusal(resource, name, words);
}

/** An error that any interface may give, about wl_display. */
export function displayRefusal(
  name: keyof typeof interfaces.wl_display.enums.error,
  words: string,
): ProtocolError {
  return new ProtocolError(
    { interface: 'wl_display', id: 1 },
    interfaces.wl_display.enums.error[name],
    words,
  );
}
