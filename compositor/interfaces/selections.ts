// The clipboard and the primary selection, as all selection protocols share them.

import type { Surface } from '../scene/surface.ts';
import type { Selection } from '../seat/selection.ts';
import { isOlder } from '../seat/serials.ts';
import type { Client } from '../server/client.ts';
import type { Context } from './context.ts';
import type { ClientSource } from './data-source.ts';
import { SelectionDevices } from './selection-offers.ts';

export type SelectionName = 'clipboard' | 'primary';

export class Selections {
  readonly clipboard: Selection;
  readonly primary: Selection;
  /** Devices that hear of a selection while their client has the keyboard. */
  readonly clipboardDevices: SelectionDevices;
  readonly primaryDevices: SelectionDevices;
  /** Devices that always hear of it. */
  readonly clipboardControl: SelectionDevices;
  readonly primaryControl: SelectionDevices;
  readonly #context: Context;
  readonly #serials: Record<SelectionName, number> = { clipboard: 0, primary: 0 };
  #focused: Client | null = null;
  /** It has the keyboard, and has yet to be told of the primary selection. */
  #primaryOwed = false;

  constructor(context: Context) {
    const { machine, seat } = context.rooms;
    const focused = (client: Client): boolean => client === this.#focused;
    const everybody = (): boolean => true;
    this.#context = context;
    this.clipboard = seat.clipboard;
    this.primary = seat.primarySelection;
    this.clipboardDevices = new SelectionDevices(machine, this.clipboard, focused);
    this.primaryDevices = new SelectionDevices(machine, this.primary, focused);
    this.clipboardControl = new SelectionDevices(machine, this.clipboard, everybody);
    this.primaryControl = new SelectionDevices(machine, this.primary, everybody);
    seat.keyboard.onFocus(surface => this.#focusChanged(surface));
    seat.keyboard.onEntered(() => this.#entered());
  }

  /**
   * A `set_selection` that must follow from input. One with a serial that the client was not given, or that is older
   * than the current selection's, is ignored, and its source told so.
   */
  request(client: Client, name: SelectionName, source: ClientSource | null, serial: number): void {
    if (!this.#maySet(client, name, serial)) {
      source?.cancelled();
      return;
    }
    this.#serials[name] = serial;
    this[name].set(source);
  }

  #maySet(client: Client, name: SelectionName, serial: number): boolean {
    const given = this.#context.rooms.seat.serials.find(serial);
    if (!given || this.#context.clientOf(given.surface) !== client) return false;
    return !isOlder(serial, this.#serials[name]);
  }

  #focusChanged(surface: Surface | null): void {
    const client = (surface && this.#context.clientOf(surface)) ?? null;
    if (client === this.#focused) return;
    this.#focused = client;
    this.#primaryOwed = client !== null;
    if (client) this.clipboardDevices.tell(client);
  }

  /** GTK 3 passes over a primary selection that it is told of before it has the keyboard; the clipboard comes before it. */
  #entered(): void {
    if (!this.#primaryOwed || !this.#focused) return;
    this.#primaryOwed = false;
    this.primaryDevices.tell(this.#focused);
  }
}
