import { interfaces } from '../../protocol/interfaces/index.ts';
import type { ObjectProxy } from '../../protocol/object/proxy.ts';
import type { Client } from './client.ts';
import { Emitter } from './emitter.ts';
import { listenToKeyboard, listenToPointer, listenToTouch } from './seat-devices.ts';
import type { KeyboardEvent, PointerEvent, TouchEvent } from './seat-events.ts';

type SeatEvents = {
  pointer: [event: PointerEvent];
  keyboard: [event: KeyboardEvent];
  touch: [event: TouchEvent];
};

const { capability } = interfaces.wl_seat.enums;
/** The version of wl_pointer, wl_keyboard and wl_touch that can be given up. */
const RELEASES = 3;

/**
 * The pointer, keyboard and touch screen of the person at the server (wl_seat), of those that there are.
 *
 *     client.seat.on('pointer', event => {
 *       if (event.kind === 'motion' && event.surface === window.surface.proxy) console.log(event.x, event.y);
 *     });
 */
export class Seat {
  readonly proxy: ObjectProxy<'wl_seat'>;
  readonly #events = new Emitter<SeatEvents>();
  #pointer: ObjectProxy<'wl_pointer'> | null = null;
  #keyboard: ObjectProxy<'wl_keyboard'> | null = null;
  #touch: ObjectProxy<'wl_touch'> | null = null;
  /** Of the pointer's last entry. */
  #entered: number | null = null;

  /** See `Client.seat`. */
  constructor(client: Client) {
    this.proxy = client.shared('wl_seat');
    this.proxy.on('capabilities', bits => this.#changed(bits));
  }

  on<E extends keyof SeatEvents>(event: E, listener: (...args: SeatEvents[E]) => void): Disposable {
    return this.#events.on(event, listener);
  }

  /** What there is, as far as the server has said. */
  get devices(): { readonly pointer: boolean; readonly keyboard: boolean; readonly touch: boolean } {
    return {
      pointer: this.#pointer !== null,
      keyboard: this.#keyboard !== null,
      touch: this.#touch !== null,
    };
  }

  /** Shows `surface` as the pointer, or with null nothing, until it enters again. Nothing happens where it has never entered. */
  setCursor(surface: ObjectProxy<'wl_surface'> | null, hotspot = { x: 0, y: 0 }): void {
    if (this.#entered !== null) this.#pointer?.set_cursor(this.#entered, surface, hotspot.x, hotspot.y);
  }

  #changed(bits: number): void {
    this.#pointer = (bits & capability.pointer) === 0 ? released(this.#pointer) : this.#findPointer();
    this.#keyboard = (bits & capability.keyboard) === 0 ? released(this.#keyboard) : this.#findKeyboard();
    this.#touch = (bits & capability.touch) === 0 ? released(this.#touch) : this.#findTouch();
  }

  #findPointer(): ObjectProxy<'wl_pointer'> {
    if (this.#pointer) return this.#pointer;
    const pointer = this.proxy.get_pointer();
    listenToPointer(pointer, event => {
      if (event.kind === 'enter') this.#entered = event.serial;
      this.#events.emit('pointer', event);
    });
    return pointer;
  }

  #findKeyboard(): ObjectProxy<'wl_keyboard'> {
    if (this.#keyboard) return this.#keyboard;
    const keyboard = this.proxy.get_keyboard();
    listenToKeyboard(keyboard, event => this.#events.emit('keyboard', event));
    return keyboard;
  }

  #findTouch(): ObjectProxy<'wl_touch'> {
    if (this.#touch) return this.#touch;
    const touch = this.proxy.get_touch();
    listenToTouch(touch, event => this.#events.emit('touch', event));
    return touch;
  }
}

function released(device: { readonly version: number; release(): void } | null): null {
  if (device && device.version >= RELEASES) device.release();
  return null;
}
