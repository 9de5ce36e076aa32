// The pointer: where it is, which surface has it, who gets its events.
import type { Nanoseconds } from '../machine/machine.ts';
import type { Hit } from '../scene/hit-test.ts';
import type { Point } from '../scene/region.ts';
import type { Surface } from '../scene/surface.ts';
import { DefaultPointerGrab } from './default-pointer-grab.ts';
import { Grabs, type PointerGrab } from './grabs.ts';
import { Listeners } from './listeners.ts';
import { nearestShown } from './outputs-union.ts';
import type { SeatParts } from './seat-parts.ts';
import { isOlder } from './serials.ts';
import type { AxisEvent, ButtonState } from './sink.ts';

export interface PointerFocus {
  readonly surface: Surface;
  /** What the surface is part of. */
  readonly root: Hit['root'];
  /** Of its enter event. */
  readonly serial: number;
}

/** Keeps the pointer where a client wants it; set and taken away by whoever grants that. */
export interface PointerConstraint {
  /** It holds while this surface has the pointer. */
  readonly surface: Surface;
  /** Nothing moves the pointer in the surface's eyes, not even the surface itself. */
  readonly locks: boolean;
  /** Where the pointer comes to on its way from one place to another, in the global space. */
  constrain(from: Point, to: Point): Point;
}

/** What a press means to the compositor itself. Returns true when no client is to learn of it. */
export type PressHandler = (hit: Hit | null, code: number) => boolean;

export class Pointer {
  readonly #parts: SeatParts;
  readonly #grabs = new Grabs<PointerGrab>();
  readonly #default: DefaultPointerGrab;
  readonly #buttons = new Set<number>();
  readonly #focusListeners = new Listeners<[focus: PointerFocus | null]>();
  readonly #moveListeners = new Listeners<[position: Point]>();
  #position: Point = { x: 0, y: 0 };
  /** Where a device that names places last put it, which a constraint may have kept it from. */
  #asked: Point | null = null;
  #focus: PointerFocus | null = null;
  /** What the focus was told last of where the pointer is, in its own coordinates. */
  #told: Point = { x: 0, y: 0 };
  #present = false;
  /** When the first of the buttons that are down went down: serials from before are older than this one. */
  #heldSince = 0;
  constraint: PointerConstraint | null = null;

  constructor(parts: SeatParts, pressed: PressHandler) {
    this.#parts = parts;
    this.#default = new DefaultPointerGrab(this, pressed);
  }

  /** In the global space, on some output; in steps of 1/256 or finer. */
  get position(): Point {
    return this.#position;
  }

  /** Whether any event has come. Before the first one the pointer is nowhere, and over nothing. */
  get present(): boolean {
    return this.#present;
  }

  get focus(): PointerFocus | null {
    return this.#focus;
  }

  /** Evdev codes of the buttons that are down. */
  get buttons(): ReadonlySet<number> {
    return this.#buttons;
  }

  /** Is told of each new focus, after the old one has been left and before the new one is entered. */
  onFocus(listener: (focus: PointerFocus | null) => void): Disposable {
    return this.#focusListeners.add(listener);
  }

  /** Is told of each new position, before any client is. */
  onMove(listener: (position: Point) => void): Disposable {
    return this.#moveListeners.add(listener);
  }

  /** A mouse moved. `delta` is in logical pixels; `unaccelerated`: as the device measured it. */
  motion(time: Nanoseconds, delta: Point, unaccelerated: Point = delta): void {
    this.#asked = null;
    const { x, y } = this.#position;
    this.#move(time, { x: x + delta.x, y: y + delta.y }, delta, unaccelerated);
  }

  /** A device that names places, such as a tablet or the page of a viewer. */
  moveTo(time: Nanoseconds, position: Point): void {
    const from = this.#asked ?? this.#position;
    const to = nearestShown(this.#parts.scene, position);
    const delta = { x: to.x - from.x, y: to.y - from.y };
    this.#asked = to;
    this.#move(time, to, delta, delta);
  }

  /** `code` is that of evdev: BTN_LEFT is 0x110. A button that is down already does not go down again, and the other way round. */
  button(time: Nanoseconds, code: number, state: ButtonState): void {
    if (this.#buttons.has(code) === (state === 'pressed')) return;
    this.#parts.active();
    this.#appear();
    if (state === 'pressed') {
      if (this.#buttons.size === 0) this.#heldSince = this.#parts.serials.last;
      this.#buttons.add(code);
    } else this.#buttons.delete(code);
    this.#grab.button(time, code, state);
  }

  axis(time: Nanoseconds, event: AxisEvent): void {
    this.#parts.active();
    this.#grab.axis(time, event);
  }

  /** The events since the last frame belong together. Every source of events says so at the end of each group. */
  frame(): void {
    this.#grab.frame();
  }

  /** The pointer appears elsewhere, by no device's motion: where a lock's hint says. */
  warp(position: Point): void {
    this.#appear();
    this.#place(position);
    this.#grab.restacked();
    this.#parts.sink.pointer.frame();
  }

  /** A grab gets all events until it ends. The focus stays as it is until the grab changes it. */
  startGrab(grab: PointerGrab): void {
    this.#grabs.start(grab);
  }

  /** Ends one's own grab; the one before it gets the events again. Does nothing when it has ended already. */
  endGrab(grab: PointerGrab): void {
    const wasCurrent = this.#grabs.current === grab;
    if (!this.#grabs.end(grab) || !wasCurrent) return;
    this.#grab.restacked();
    this.#parts.sink.pointer.frame();
  }

  /** Whether the compositor itself, or a drag, uses the pointer: no grab of another kind may start. */
  get grabbed(): boolean {
    const { current } = this.#grabs;
    return current !== null && !current.passive;
  }

  /**
   * Whether what a client asks for with the serial of a button (a move, a resize, a drag) may have the pointer: the button
   * has not been let go since, and nobody else uses the pointer.
   */
  mayHold(serial: number): boolean {
    return this.#buttons.size > 0 && !this.grabbed && isOlder(this.#heldSince, serial);
  }

  /** The scene is another: what lies under the pointer may be, too. */
  restacked(): void {
    const focus = this.#focus;
    if (focus && !this.#parts.scene.placementOf(focus.surface)) this.setFocus(null);
    this.#place(this.#position);
    this.#grab.restacked();
    this.#followFocus();
    this.#parts.sink.pointer.frame();
  }

  /** The surface is about to be destroyed: that it is left can be told now, and not later. */
  forget(surface: Surface): void {
    if (this.#focus?.surface !== surface) return;
    this.setFocus(null);
    this.#parts.sink.pointer.frame();
  }

  // What grabs are made of.

  /** What lies under the pointer. */
  hit(): Hit | null {
    return this.#present ? this.#parts.scene.at(this.#position) : null;
  }

  /** Leaves one surface and enters another. Returns whether anything changed. */
  setFocus(hit: Hit | null): boolean {
    const before = this.#focus;
    if (before?.surface === hit?.surface) return false;
    const { sink, serials } = this.#parts;
    this.#focus = null;
    if (before && !before.surface.destroyed) sink.pointer.leave(before.surface, serials.next());
    const now = hit && {
      surface: hit.surface,
      root: hit.root,
      serial: serials.give(hit.surface, 'pointer-enter'),
    };
    this.#focus = now;
    this.#focusListeners.notify(now);
    if (hit) this.#told = hit.local;
    if (now && hit) sink.pointer.enter(now.surface, now.serial, hit.local);
    return true;
  }

  sendMotion(time: Nanoseconds): void {
    const surface = this.#focus?.surface;
    const local = this.#inFocus();
    if (!surface || !local) return;
    this.#told = local;
    this.#parts.sink.pointer.motion(surface, time, local);
  }

  sendButton(time: Nanoseconds, code: number, state: ButtonState): void {
    const surface = this.#focus?.surface;
    if (!surface || surface.destroyed) return;
    const { sink, serials } = this.#parts;
    sink.pointer.button(surface, serials.give(surface, 'button'), time, code, state);
  }

  sendAxis(time: Nanoseconds, event: AxisEvent): void {
    const surface = this.#focus?.surface;
    if (surface && !surface.destroyed) this.#parts.sink.pointer.axis(surface, time, event);
  }

  sendFrame(): void {
    this.#parts.sink.pointer.frame();
  }

  get #grab(): PointerGrab {
    return this.#grabs.current ?? this.#default;
  }

  #move(time: Nanoseconds, to: Point, delta: Point, unaccelerated: Point): void {
    this.#parts.active();
    const surface = this.#focus?.surface;
    if (surface && !surface.destroyed && (delta.x !== 0 || delta.y !== 0))
      this.#parts.sink.pointer.relativeMotion(surface, time, delta, unaccelerated);
    const { constraint } = this;
    const holds = constraint && constraint.surface === surface && !this.grabbed;
    const before = this.#position;
    const appeared = this.#appear();
    this.#place(holds ? constraint.constrain(before, to) : to);
    const { x, y } = this.#position;
    if (appeared || x !== before.x || y !== before.y) this.#grab.motion(time);
  }

  /** Where the pointer is in its focus; null when that is not shown. */
  #inFocus(): Point | null {
    const placement = this.#focus && this.#parts.scene.placementOf(this.#focus.surface);
    return placement && { x: this.#position.x - placement.x, y: this.#position.y - placement.y };
  }

  /** The focus moved under the pointer: without a word of it the next press would be taken for one elsewhere. */
  #followFocus(): void {
    const local = this.#inFocus();
    if (!local || (local.x === this.#told.x && local.y === this.#told.y)) return;
    const { constraint } = this;
    if (constraint?.locks && constraint.surface === this.#focus?.surface) return;
    this.sendMotion(this.#parts.now());
  }

  #appear(): boolean {
    if (this.#present) return false;
    this.#present = true;
    this.#moveListeners.notify(this.#position);
    return true;
  }

  #place(to: Point): void {
    const position = nearestShown(this.#parts.scene, to, this.#position);
    const { x, y } = this.#position;
    if (position.x === x && position.y === y) return;
    this.#position = position;
    this.#moveListeners.notify(position);
  }
}
