import type { AtomicRequest } from './atomic-request.ts';
import type { Property } from './property.ts';

/**
 * A property on one object: how its value is read out of a state, and what setting it does to the draft of one. The
 * value was found good for the property's type before; what else can be wrong with it is found in `write`.
 */
export interface PropertyBinding<D> {
  readonly property: Property;
  read(state: Readonly<D>): bigint;
  /** Missing for immutable properties. */
  write?(draft: D, value: bigint, request: AtomicRequest): void;
}
