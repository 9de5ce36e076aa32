// The keyboard: who has it, which keys are down, what they mean.
import type { Nanoseconds } from '../machine/machine.ts';
import type { Surface } from '../scene/surface.ts';
import { Grabs, type KeyboardGrab } from './grabs.ts';
import type { Keymap } from './keymap.ts';
import { Listeners } from './listeners.ts';
import { ModifierMachine, type ModifierState, sameModifiers } from './modifiers.ts';
import type { SeatParts } from './seat-parts.ts';
import type { KeyState } from './sink.ts';

/** As wl_keyboard.repeat_info has it: keys a second, and milliseconds before the first. */
export const KEY_REPEAT = { rate: 25, delay: 600 } as const;

export class Keyboard {
  readonly #parts: SeatParts;
  readonly #grabs = new Grabs<KeyboardGrab>();
  readonly #pressed = new Set<number>();
  /** Keys that are down for a grab alone: who has the focus knows of no press, and hears of no release. */
  readonly #used = new Set<number>();
  readonly #modifiers = new ModifierMachine();
  readonly #focusListeners = new Listeners<[surface: Surface | null]>();
  readonly #enterListeners = new Listeners<[surface: Surface]>();
  /** Of the seat's own keys. */
  readonly #own: Keymap;
  #focus: Surface | null = null;
  #keymap: Keymap;

  constructor(parts: SeatParts, keymap: Keymap) {
    this.#parts = parts;
    this.#own = keymap;
    this.#keymap = keymap;
  }

  /** The surface that gets the keys. */
  get focus(): Surface | null {
    return this.#focus;
  }

  get keymap(): Keymap {
    return this.#keymap;
  }

  /** Evdev codes of the keys that are down. */
  get pressed(): ReadonlySet<number> {
    return this.#pressed;
  }

  get modifierState(): ModifierState {
    return this.#modifiers.state;
  }

  /**
   * Is told of each new focus, after the old one has been left and before the new one is entered: a selection is
   * offered at this point.
   */
  onFocus(listener: (surface: Surface | null) => void): Disposable {
    return this.#focusListeners.add(listener);
  }

  /** Is told of each new focus once it has been entered. */
  onEntered(listener: (surface: Surface) => void): Disposable {
    return this.#enterListeners.add(listener);
  }

  /** Who has the keyboard follows from windows, layers and grabs: `Seat` decides it, and calls this. */
  setFocus(surface: Surface | null): void {
    const before = this.#focus;
    if (before === surface) return;
    const { sink, serials } = this.#parts;
    this.#focus = surface;
    if (before && !before.destroyed) sink.keyboard.leave(before, serials.next());
    this.#focusListeners.notify(surface);
    if (!surface) return;
    this.#enter(surface);
    this.#enterListeners.notify(surface);
  }

  /** Keys mean something else from now on; clients are told the keymap before the next key. */
  setKeymap(keymap: Keymap): void {
    if (keymap === this.#keymap) return;
    this.#keymap = keymap;
    this.#parts.sink.keyboard.keymap(this.#focus, keymap);
  }

  /**
   * A key went down or up. A key that is down already does not go down again, and the other way round. `modifiers`: whether they
   * follow from the key, as they do for the seat's own keys with their keymap, or whoever types tells them by `modifiers`.
   */
  key(time: Nanoseconds, code: number, state: KeyState, modifiers: 'follow' | 'told' = 'follow'): void {
    if (this.#pressed.has(code) === (state === 'pressed')) return;
    this.#parts.active();
    if (modifiers === 'follow' && state === 'pressed') this.setKeymap(this.#own);
    if (state === 'pressed') this.#pressed.add(code);
    else this.#pressed.delete(code);
    const before = this.#modifiers.state;
    if (modifiers === 'follow') this.#follow(code, state);
    const used = this.#grabs.current?.key(time, code, state) ?? false;
    if (used && state === 'pressed') this.#used.add(code);
    const known = state === 'pressed' || !this.#used.delete(code);
    if (!used && known) this.#send(time, code, state);
    if (!sameModifiers(before, this.#modifiers.state)) this.#sendModifiers();
  }

  /** What is held and locked, from someone who knows better than the keys. */
  modifiers(state: ModifierState): void {
    if (sameModifiers(state, this.#modifiers.state)) return;
    this.#parts.active();
    this.#modifiers.state = state;
    this.#sendModifiers();
  }

  startGrab(grab: KeyboardGrab): void {
    this.#grabs.start(grab);
  }

  endGrab(grab: KeyboardGrab): void {
    this.#grabs.end(grab);
  }

  #enter(surface: Surface): void {
    const { sink, serials } = this.#parts;
    this.#used.clear();
    sink.keyboard.enter(surface, serials.give(surface, 'keyboard-enter'), this.#pressed);
    sink.keyboard.modifiers(surface, serials.next(), this.#modifiers.state);
  }

  #follow(code: number, state: KeyState): void {
    if (state === 'pressed') this.#modifiers.down(this.#keymap, code);
    else this.#modifiers.up(this.#keymap, code, this.#pressed);
  }

  #send(time: Nanoseconds, code: number, state: KeyState): void {
    const focus = this.#focus;
    if (!focus || focus.destroyed) return;
    const { sink, serials } = this.#parts;
    sink.keyboard.key(focus, serials.give(focus, 'key'), time, code, state);
  }

  #sendModifiers(): void {
    const focus = this.#focus;
    if (!focus || focus.destroyed) return;
    const { sink, serials } = this.#parts;
    sink.keyboard.modifiers(focus, serials.next(), this.#modifiers.state);
  }
}
