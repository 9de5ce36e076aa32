// The flight recorder: the last decisions of the compositor, with their reasons, always on.
import type { Machine, Nanoseconds } from '../machine/machine.ts';

/** What a note is about; each is a category one can filter by. */
export type TraceKind =
  | 'client' // connected, disconnected, protocol errors, limits
  | 'transaction' // why a commit waited, when it was applied
  | 'repaint' // why a frame was or was not drawn
  | 'plane' // which plane took which surface, and why not
  | 'release' // who held a buffer, when it went back
  | 'capture'
  | 'fault'; // what should not happen

export type TraceValue = string | number | bigint | boolean | null;

export interface TraceNote {
  readonly time: Nanoseconds;
  readonly kind: TraceKind;
  /** One sentence for people; the details are data for tools. */
  readonly text: string;
  readonly details: Readonly<Record<string, TraceValue>>;
}

const NO_DETAILS: Readonly<Record<string, TraceValue>> = {};

/** A ring of notes: the oldest goes when a new one comes. */
export class Trace {
  readonly #machine: Machine;
  readonly #capacity: number;
  readonly #notes: TraceNote[] = [];
  readonly #listeners = new Set<(note: TraceNote) => void>();
  #next = 0;

  constructor(machine: Machine, capacity = 4096) {
    this.#machine = machine;
    this.#capacity = capacity;
  }

  note(kind: TraceKind, text: string, details: Readonly<Record<string, TraceValue>> = NO_DETAILS): void {
    const note: TraceNote = { time: this.#machine.now(), kind, text, details };
    this.#notes[this.#next] = note;
    this.#next = (this.#next + 1) % this.#capacity;
    for (const listener of this.#listeners) listener(note);
  }

  /** The notes kept, oldest first; of one kind if given. */
  notes(kind?: TraceKind): TraceNote[] {
    const full = this.#notes.length === this.#capacity;
    const ordered = full
      ? [...this.#notes.slice(this.#next), ...this.#notes.slice(0, this.#next)]
      : [...this.#notes];
    return kind === undefined ? ordered : ordered.filter(note => note.kind === kind);
  }

  /** Is told every note from now on, until disposed. */
  listen(listener: (note: TraceNote) => void): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) };
  }
}

/** One line, readable by eye and by tool: `12.345678 plane overlay 0 refused ... format=XR24`. */
export function formatNote(note: TraceNote): string {
  const seconds = note.time / 1_000_000_000n;
  const micros = String((note.time % 1_000_000_000n) / 1_000n).padStart(6, '0');
  const details = Object.entries(note.details).map(([key, value]) => `${key}=${String(value)}`);
  return [`${seconds}.${micros}`, note.kind, note.text, ...details].join(' ');
}
