import type { Nanoseconds, Timer } from './machine.ts';

export interface HeapTimer extends Timer {
  readonly when: Nanoseconds;
  readonly label: string;
  readonly run: () => void;
  /** True once it was cancelled, be it after it was taken: it must not run then. */
  readonly cancelled: boolean;
}

interface Slot extends HeapTimer {
  order: number;
  queued: boolean;
  cancelled: boolean;
}

const before = (a: Slot, b: Slot) => a.when < b.when || (a.when === b.when && a.order < b.order);

/** A binary heap of timers: earliest first, and in the order of their making where times are equal. */
export class TimerHeap {
  #slots: Slot[] = [];
  #made = 0;
  #cancelled = 0;

  add(when: Nanoseconds, label: string, run: () => void): Timer {
    const slot: Slot = {
      when,
      label,
      run,
      order: this.#made++,
      queued: true,
      cancelled: false,
      cancel: () => this.#cancel(slot),
    };
    this.#slots.push(slot);
    this.#up(this.#slots.length - 1);
    return slot;
  }

  /** When the earliest timer is due, or null when there is none. */
  get next(): Nanoseconds | null {
    this.#dropCancelled();
    return this.#slots[0]?.when ?? null;
  }

  /** Removes and returns the earliest timer due at `now`. */
  takeDue(now: Nanoseconds): HeapTimer | null {
    this.#dropCancelled();
    const first = this.#slots[0];
    if (!first || first.when > now) return null;
    this.#removeFirst();
    first.queued = false;
    return first;
  }

  get size(): number {
    return this.#slots.length - this.#cancelled;
  }

  #cancel(slot: Slot): void {
    if (slot.cancelled) return;
    slot.cancelled = true;
    if (!slot.queued) return;
    this.#cancelled++;
    // A timer that is always replaced before it is due would otherwise fill the heap with its corpses.
    if (this.#cancelled > 64 && this.#cancelled * 2 > this.#slots.length) this.#rebuild();
  }

  #rebuild(): void {
    this.#slots = this.#slots.filter(slot => !slot.cancelled).sort((a, b) => (before(a, b) ? -1 : 1));
    this.#cancelled = 0;
  }

  #dropCancelled(): void {
    while (this.#slots[0]?.cancelled) {
      this.#removeFirst();
      this.#cancelled--;
    }
  }

  #removeFirst(): void {
    const last = this.#slots.pop()!;
    if (this.#slots.length === 0) return;
    this.#slots[0] = last;
    this.#down(0);
  }

  #up(at: number): void {
    const slots = this.#slots;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!before(slots[at]!, slots[parent]!)) return;
      [slots[at], slots[parent]] = [slots[parent]!, slots[at]!];
      at = parent;
    }
  }

  #down(at: number): void {
    const slots = this.#slots;
    for (;;) {
      const left = 2 * at + 1;
      if (left >= slots.length) return;
      const right = left + 1;
      const child = right < slots.length && before(slots[right]!, slots[left]!) ? right : left;
      if (!before(slots[child]!, slots[at]!)) return;
      [slots[at], slots[child]] = [slots[child]!, slots[at]!];
      at = child;
    }
  }
}
