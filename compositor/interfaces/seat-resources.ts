// The resources by which clients take part in the seat: what the seat says goes to those of the client it is meant for.
import type { Surface } from '../scene/surface.ts';
import type { GivenSerial, SerialKind } from '../seat/serials.ts';
import { isAction, isOlder } from '../seat/serials.ts';
import type { SeatSink } from '../seat/sink.ts';
import type { Client } from '../server/client.ts';
import type { Context } from './context.ts';
import { KeyboardEvents } from './keyboard-events.ts';
import { PointerEvents } from './pointer-events.ts';
import { TouchEvents } from './touch-events.ts';

export class SeatResources implements SeatSink, Disposable {
  readonly pointer: PointerEvents;
  readonly keyboard: KeyboardEvents;
  readonly touch: TouchEvents;
  readonly #context: Context;

  constructor(context: Context) {
    this.#context = context;
    this.pointer = new PointerEvents(context);
    this.keyboard = new KeyboardEvents(context);
    this.touch = new TouchEvents(context);
    context.rooms.seat.sink = this;
  }

  sameClient(a: Surface, b: Surface): boolean {
    const client = this.#context.clientOf(a);
    return client !== undefined && client === this.#context.clientOf(b);
  }

  /** The input event of one of these kinds that this client was given this serial for; null if it was not. */
  given(client: Client, serial: number, kinds: readonly SerialKind[]): GivenSerial | null {
    const given = this.#context.rooms.seat.serials.find(serial);
    if (!given || !kinds.includes(given.kind)) return null;
    return this.#context.clientOf(given.surface) === client ? given : null;
  }

  /** Whether somebody did something with another client since: what this one was given is no reason any more. */
  overtaken(client: Client, given: GivenSerial): boolean {
    for (const { kind, surface } of this.#context.rooms.seat.serials.since(given))
      if (isAction(kind) && this.#context.clientOf(surface) !== client) return true;
    return false;
  }

  /** Whether a client may choose the cursor: it has the pointer, and `serial` is of its enter event or later. */
  mayChooseCursor(client: Client, serial: number): boolean {
    const { pointer, serials } = this.#context.rooms.seat;
    const { focus } = pointer;
    if (!focus || this.#context.clientOf(focus.surface) !== client) return false;
    return !isOlder(serial, focus.serial) && !isOlder(serials.last, serial);
  }

  [Symbol.dispose](): void {
    this.keyboard[Symbol.dispose]();
  }
}
