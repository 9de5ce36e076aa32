// The seat: one person's pointer, keyboard and touch screen, and what their events mean to the compositor.
import type { Machine } from '../machine/machine.ts';
import type { FrameHit, Hit } from '../scene/hit-test.ts';
import type { Point } from '../scene/region.ts';
import type { Scene } from '../scene/scene.ts';
import type { Surface } from '../scene/surface.ts';
import type { Edges, Window } from '../scene/window.ts';
import { FocusPolicy } from './focus-policy.ts';
import { type HoldSurroundings, holdWithFinger, holdWithPointer } from './hold-grab.ts';
import { IdleClock } from './idle.ts';
import { Keyboard } from './keyboard.ts';
import type { Keymap } from './keymap.ts';
import { MODIFIER } from './modifiers.ts';
import { Pointer } from './pointer.ts';
import { PopupGrab } from './popup-grab.ts';
import { SeatCursor } from './seat-cursor.ts';
import type { SeatParts } from './seat-parts.ts';
import { Selection } from './selection.ts';
import { Serials } from './serials.ts';
import { NO_SINK, type SeatSink } from './sink.ts';
import { TextInput } from './text-input.ts';
import { Touch } from './touch.ts';
import { holdToMove, holdToResize, type WindowHold } from './window-hold.ts';

export interface SeatOptions {
  readonly machine: Machine;
  readonly scene: Scene;
  readonly keymap: Keymap;
}

/** Evdev codes of the buttons that, with Super, move and resize windows. */
const BTN_LEFT = 0x110;
const BTN_RIGHT = 0x111;

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
  /** Menus that go when something else is clicked. */
  readonly popups: PopupGrab;
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
  /** The scene changed, and the focus has not been looked at since. */
  #stale = false;
  /** The window that came last, until the focus has been looked at. */
  #newest: Window | null = null;

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
      now: () => machine.now(),
      active: () => this.#active(),
    };
    const sameClient = (a: Surface, b: Surface): boolean => this.sink.sameClient(a, b);
    this.pointer = new Pointer(parts, (hit, code) => this.#pressed(hit, code));
    this.keyboard = new Keyboard(parts, keymap);
    this.touch = new Touch(parts, hit => this.#touched(hit));
    this.cursor = new SeatCursor(scene, this.pointer, sameClient);
    const changed = (): void => this.#changed();
    this.popups = new PopupGrab({ scene, pointer: this.pointer, sameClient, changed });
    this.#policy = new FocusPolicy(scene, () => this.popups.popups);
    scene.observe({
      restacked: changed,
      activated: changed,
      layersChanged: changed,
      windowMapped: window => {
        this.#newest = window;
        changed();
      },
    });
  }

  /** Gives a window the keyboard and raises it, as a click does. One that is not mapped is left alone. */
  activate(window: Window): void {
    if (!window.mapped || !window.slot) return;
    this.#policy.clicked = null;
    const menu = this.popups.popups.at(-1);
    if (menu && this.#scene.rootOf(menu.surface) !== window) this.popups.dismiss();
    if (this.#scene.activated !== window) this.#scene.activate(window);
    else this.#scene.raise(window);
    this.#focusKeyboard();
  }

  /** The surface is about to be destroyed: that it is left can be told now, and not later. */
  surfaceGoes(surface: Surface): void {
    this.pointer.forget(surface);
    if (this.keyboard.focus === surface) this.keyboard.setFocus(null);
  }

  /**
   * Moves a window with what was pressed or touched with this serial, until it is let go. Ignored when that is over, or
   * used for something else already.
   */
  move(window: Window, serial: number): void {
    this.#hold(serial, start => holdToMove(this.#scene, window, start));
  }

  /** The same for the window's edges. */
  resize(window: Window, serial: number, edges: Edges): void {
    const { serials } = this;
    this.#hold(serial, start => holdToResize({ scene: this.#scene, serials, window, edges, start }));
  }

  #hold(serial: number, begin: (start: Point) => WindowHold | null): void {
    const { pointer, touch } = this;
    const kind = this.serials.find(serial)?.kind;
    if (kind === 'button' && pointer.mayHold(serial)) this.#holdWithPointer(begin(pointer.position));
    if (kind !== 'touch') return;
    for (const [id, point] of touch.points) {
      if (!point.surface || point.serial !== serial || touch.grabbed) continue;
      const hold = begin(point.position);
      if (hold) holdWithFinger(this.#around, id, hold);
      return;
    }
  }

  get #around(): HoldSurroundings {
    const { pointer, touch, keyboard, cursor } = this;
    return { machine: this.#machine, scene: this.#scene, pointer, touch, keyboard, cursor };
  }

  #holdWithPointer(hold: WindowHold | null): void {
    if (hold) holdWithPointer(this.#around, hold);
  }

  /** A click is for the window that it meets; with Super it is for the compositor. */
  #pressed(hit: Hit | null, code: number): boolean {
    const frame = hit ? null : this.#scene.frameAt(this.pointer.position);
    if (frame) return this.#pressedFrame(frame, code);
    this.#choose(hit);
    const withSuper = (this.keyboard.modifierState.depressed & MODIFIER.mod4) !== 0;
    if (!withSuper || this.shortcutsInhibited || hit?.root.kind !== 'window') return false;
    const { position } = this.pointer;
    if (code === BTN_LEFT) this.#holdWithPointer(holdToMove(this.#scene, hit.root, position));
    else if (code === BTN_RIGHT) this.#holdWithPointer(this.#holdNearest(hit.root, position));
    else return false;
    return this.pointer.grabbed;
  }

  /** The title and the edges of a floating window's frame are there to be taken. */
  #pressedFrame({ window, edges }: FrameHit, code: number): boolean {
    this.activate(window);
    if (code !== BTN_LEFT || window.slot?.mode !== 'floating') return true;
    const { position } = this.pointer;
    const scene = this.#scene;
    this.#holdWithPointer(
      edges.x === 0 && edges.y === 0
        ? holdToMove(scene, window, position)
        : holdToResize({ scene, serials: this.serials, window, edges, start: position }),
    );
    return true;
  }

  /** A finger outside of the menus takes them away, and does nothing else. */
  #touched(hit: Hit | null): boolean {
    const menu = this.popups.popups.at(-1);
    if (menu) {
      if (hit && this.sink.sameClient(hit.surface, menu.surface)) return false;
      this.popups.dismiss();
      return true;
    }
    this.#choose(hit);
    return false;
  }

  #choose(hit: Hit | null): void {
    if (hit?.root.kind === 'window') this.activate(hit.root);
    // One that never takes the keyboard does not take it from others either.
    if (hit?.root.kind !== 'layer' || hit.root.state.keyboard === 'none') return;
    this.#policy.clicked = hit.root;
    this.#focusKeyboard();
  }

  /** By the corner that is nearest to the pointer. */
  #holdNearest(window: Window, start: Point): WindowHold | null {
    const scene = this.#scene;
    const place = scene.placeOf(window);
    if (!place) return null;
    const edges: Edges = {
      x: start.x < place.x + place.width / 2 ? -1 : 1,
      y: start.y < place.y + place.height / 2 ? -1 : 1,
    };
    return holdToResize({ scene, serials: this.serials, window, edges, start });
  }

  /** Looks at the focus now, if the scene has changed since it was looked at last. */
  settle(): void {
    this.#refresh();
  }

  #active(): void {
    this.#refresh();
    this.idle.activity();
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
    this.#meetNewest();
    this.#policy.meetLayers();
    this.#focusKeyboard();
    this.touch.restacked();
    this.pointer.restacked();
  }

  /** A window that comes and becomes the active one ends what was going on elsewhere, as a click into it would. */
  #meetNewest(): void {
    const window = this.#newest;
    this.#newest = null;
    if (!window || this.#scene.activated !== window) return;
    this.#policy.clicked = null;
    const menu = this.popups.popups.at(-1);
    if (menu && this.#scene.rootOf(menu.surface) !== window) this.popups.dismiss();
  }

  #focusKeyboard(): void {
    this.keyboard.setFocus(this.#policy.surface);
  }
}
