// Serials of events, and which of them tell that a person did something.
import type { Surface } from '../scene/surface.ts';

/** What a serial was given for. */
export type SerialKind = 'pointer-enter' | 'button' | 'keyboard-enter' | 'key' | 'touch';

/** What somebody does on purpose. */
export const ACTIONS = ['button', 'key', 'touch'] as const satisfies readonly SerialKind[];

export const isAction = (kind: SerialKind): boolean => ACTIONS.some(action => action === kind);

/** A serial that went to a client with an input event. */
export interface GivenSerial {
  readonly serial: number;
  readonly kind: SerialKind;
  /** The surface that the event was for; it may be gone by now, as a menu is after the click that chose from it. */
  readonly surface: Surface;
}

/** Serials that are remembered; what is older than this many input events starts nothing any more. */
const REMEMBERED = 1024;

/** Serials grow through all clients and all that has any, skipping 0, which means none. */
export class Serials {
  readonly #given = new Map<number, GivenSerial>();
  #last = 0;

  /** A serial that nobody will ask about. */
  next(): number {
    this.#last = this.#last === 0xffff_ffff ? 1 : this.#last + 1;
    return this.#last;
  }

  /** The newest serial; 0 before the first. */
  get last(): number {
    return this.#last;
  }

  /** A serial for an input event of a surface. */
  give(surface: Surface, kind: SerialKind): number {
    const serial = this.next();
    this.#given.set(serial, { serial, kind, surface });
    if (this.#given.size > REMEMBERED) this.#given.delete(this.#given.keys().next().value!);
    return serial;
  }

  /** The input event that a serial was given for; null for those of other events, forgotten ones and invented ones. */
  find(serial: number): GivenSerial | null {
    return this.#given.get(serial) ?? null;
  }

  /** What was given after an input event that is remembered, oldest first. */
  *since(given: GivenSerial): Iterable<GivenSerial> {
    let later = false;
    for (const other of this.#given.values()) {
      if (later) yield other;
      later ||= other === given;
    }
  }
}

/** Whether serial `a` was given before `b`, across the wrap. */
export const isOlder = (a: number, b: number): boolean => (a - b) >>> 0 > 0x7fff_ffff;
