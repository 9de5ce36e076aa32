// The seat: one person's pointer, keyboard and touch screen, and what their events mean to the compositor.
import type { Machine } from '../machine/machine.ts';
import type { Hit } from '../scene/hit-test.ts';
import type { Scene } from '../scene/scene.ts';
import type { Window } from '../scene/window.ts';
import { FocusPolicy } from './focus-policy.ts';
import { IdleClock } from './idle.ts';
import { Keyboard } from './keyboard.ts';
import type { Keymap } from './keymap.ts';
import { Listeners } from './listeners.ts';
import { Pointer } from './pointer.ts';
import { SeatCursor } from './seat-cursor.ts';
import type { SeatParts } from './seat-parts.ts';
import { Selection } from './selection.ts';
import { Serials } from './serials.ts';
import { NO_SINK, type SeatSink } from './sink.ts';
import { TextInput } from './text-input.ts';
import { Touch } from './touch.ts';

export interface SeatOptions {
  readonly machine: Machine;
  readonly scene: Scene;
  readonly keymap: Keymap;
}

/**
 * Events enter by the devices and leave by the sink.
 *
 * ```ts
 * seat.pointer.moveTo(machine.now(), { x: 10, y: 20 });
 * seat.pointer.button(machine.now(), 0x110, 'pressed');
 * seat.pointer.frame();
 * ```
 */
export class Seat {
  readonly name = 'seat0';
  readonly serials = new Serials();
  readonly pointer: Pointer;
  readonly keyboard: Keyboard;
  readonly touch: Touch;
  readonly cursor: SeatCursor;
  /** What is pasted, and what the middle button pastes. */
  readonly clipboard = new Selection();
  readonly primarySelection = new Selection();
  /** Text that no key types. */
  readonly textInput = new TextInput();
  /** When nobody uses the seat. */
  readonly idle: IdleClock;
  /** The program that has the keyboard wants every key: the compositor's own bindings are off. */
  shortcutsInhibited = false;
  /** Who tells clients; set once, by the interfaces room. */
  sink: SeatSink = NO_SINK;
  readonly #machine: Machine;
  readonly #scene: Scene;
  readonly #policy: FocusPolicy;
  readonly #activity = new Listeners<[]>();
  /** The scene changed, and the focus has not been looked at since. */
  #stale = false;

  constructor({ machine, scene, keymap }: SeatOptions) {
    this.#machine = machine;
    this.#scene = scene;
    this.idle = new IdleClock(machine);
    const seat = this;
    const parts: SeatParts = {
      scene,
      serials: this.serials,
      get sink() {
        return seat.sink;
      },
      active: () => this.#active(),
    };
    this.pointer = new Pointer(parts, hit => this.#pressed(hit));
    this.keyboard = new Keyboard(parts, keymap);
    this.touch = new Touch(parts, hit => void this.#pressed(hit));
    this.cursor = new SeatCursor(scene, this.pointer, (a, b) => this.sink.sameClient(a, b));
    this.#policy = new FocusPolicy(scene);
    scene.observe({
      restacked: () => this.#changed(),
      activated: () => this.#changed(),
      keyboardClaimed: () => this.#changed(),
    });
  }

  /** Is told of every input event: for those who wait for a person to go away or to come back. */
  onActivity(listener: () => void): Disposable {
    return this.#activity.add(listener);
  }

  /** Gives a window the keyboard and raises it, as a click does. One that is not mapped is left alone. */
  activate(window: Window): void {
    if (!window.mapped || !window.slot) return;
    this.#policy.clicked = null;
    if (this.#scene.activated !== window) this.#scene.activate(window);
    else this.#scene.raise(window);
    this.#focusKeyboard();
  }

  #pressed(hit: Hit | null): boolean {
    if (hit?.root.kind === 'window') this.activate(hit.root);
    if (hit?.root.kind === 'layer') {
      this.#policy.clicked = hit.root;
      this.#focusKeyboard();
    }
    return false;
  }

  #active(): void {
    this.#refresh();
    this.idle.activity();
    this.#activity.notify();
  }

  /** In the middle of a change of the scene: what follows from it comes in a turn of its own, or with the next event. */
  #changed(): void {
    if (this.#stale) return;
    this.#stale = true;
    this.#machine.post('focus', () => this.#refresh());
  }

  #refresh(): void {
    if (!this.#stale) return;
    this.#stale = false;
    this.#focusKeyboard();
    this.touch.restacked();
    this.pointer.restacked();
  }

  #focusKeyboard(): void {
    this.keyboard.setFocus(this.#policy.surface);
  }
}
