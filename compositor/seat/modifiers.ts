// What is held and what is locked, from keys that go down and up.
import type { Keymap } from './keymap.ts';

/** The real modifiers of X, which every keymap has under these bits. */
export const MODIFIER = {
  shift: 1 << 0,
  lock: 1 << 1,
  control: 1 << 2,
  mod1: 1 << 3,
  mod2: 1 << 4,
  mod3: 1 << 5,
  mod4: 1 << 6,
  mod5: 1 << 7,
} as const;

/** As wl_keyboard.modifiers has them. */
export interface ModifierState {
  readonly depressed: number;
  readonly latched: number;
  readonly locked: number;
  /** The layout of the keymap that is in use, from 0. */
  readonly group: number;
}

export const NO_MODIFIERS: ModifierState = { depressed: 0, latched: 0, locked: 0, group: 0 };

export const sameModifiers = (a: ModifierState, b: ModifierState): boolean =>
  a.depressed === b.depressed && a.latched === b.latched && a.locked === b.locked && a.group === b.group;

/**
 * Follows keys as the actions SetMods and LockMods of XKB do: a locking key locks when it goes down and, if it was
 * locked before, unlocks when it comes up. Nothing latches.
 */
export class ModifierMachine {
  #state = NO_MODIFIERS;
  /** Locking keys that were pressed while their modifier was locked. */
  readonly #unlocking = new Set<number>();

  get state(): ModifierState {
    return this.#state;
  }

  /** Whoever sends keys knows better. */
  set state(state: ModifierState) {
    this.#state = state;
  }

  /** `pressed` are the keys that are down after this one went down. */
  down(keymap: Keymap, code: number): void {
    const modifier = keymap.modifierOf(code);
    if (!modifier) return;
    const { depressed, locked } = this.#state;
    if (modifier.locks && (locked & modifier.mask) !== 0) this.#unlocking.add(code);
    this.#state = {
      ...this.#state,
      depressed: depressed | modifier.mask,
      locked: modifier.locks ? locked | modifier.mask : locked,
    };
  }

  /** `pressed` are the keys that are still down. */
  up(keymap: Keymap, code: number, pressed: ReadonlySet<number>): void {
    const modifier = keymap.modifierOf(code);
    if (!modifier) return;
    let held = 0;
    for (const other of pressed) held |= keymap.modifierOf(other)?.mask ?? 0;
    const { depressed, locked } = this.#state;
    this.#state = {
      ...this.#state,
      depressed: depressed & ~(modifier.mask & ~held),
      locked: this.#unlocking.delete(code) ? locked & ~modifier.mask : locked,
    };
  }
}
