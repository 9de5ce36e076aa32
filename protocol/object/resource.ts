// The server's end of an object.
import type { EventSenders, InterfaceName, RequestHandlers } from './types.ts';

export interface Resource<N extends InterfaceName> {
  readonly interface: N;
  readonly id: number;
  readonly version: number;
  readonly destroyed: boolean;
  /**
   * Sends events: `resource.events.done(serial)`. An event that the resource's version does not have is a programming
   * error and throws; on a destroyed resource, or after the client was sent an error, nothing is sent.
   */
  readonly events: EventSenders<N>;
  /** Who answers the requests. A request without handlers is answered with `implementation`. */
  setHandlers(handlers: RequestHandlers<N>): void;
  /** Called once when the object ends: destructor request or event, `destroy`, or the client's disconnect. */
  onDestroy(callback: () => void): void;
  /** Ends the object from the server's side. The client learns by `delete_id`. */
  destroy(): void;
  /**
   * Sends the fatal `wl_display.error` about this object: `code` is of the interface's `error` enum. The client's
   * further messages are ignored, and the connection closes once the error is flushed.
   */
  postError(code: number, message: string): void;
}
