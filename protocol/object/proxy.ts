// The client's end of an object.
import type {
  ClientEventArguments,
  ClientRequests,
  EventListeners,
  EventName,
  InterfaceName,
} from './types.ts';

interface ProxyBase<N extends InterfaceName> {
  readonly interface: N;
  readonly id: number;
  readonly version: number;
  /** True after a destructor request was sent or a destructor event came. Its requests throw from then on. */
  readonly destroyed: boolean;
  /** Adds a listener and returns what removes it. Listeners run in the order they were added. */
  on<E extends EventName<N>>(event: E, listener: (...args: ClientEventArguments<N, E>) => void): () => void;
  /** Adds a listener for each of the events given and returns what removes them. */
  listen(listeners: EventListeners<N>): () => void;
}

/** A request is a method named as in the table; one with a new_id returns the proxy that it creates. */
export type ObjectProxy<N extends InterfaceName> = ProxyBase<N> & ClientRequests<N>;
