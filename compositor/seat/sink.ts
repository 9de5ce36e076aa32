// What the seat says to clients; the interfaces room knows by which resources.
import type { Nanoseconds } from '../machine/machine.ts';
import type { Point } from '../scene/region.ts';
import type { Surface } from '../scene/surface.ts';
import type { Keymap } from './keymap.ts';
import type { ModifierState } from './modifiers.ts';

export type ButtonState = 'pressed' | 'released';
export type KeyState = 'pressed' | 'released';

export interface AxisEvent {
  readonly axis: 'vertical' | 'horizontal';
  /** How far, in logical pixels of a motion; positive is down or to the right. */
  readonly value: number;
  /** Clicks of a wheel, in the direction of `value`. */
  readonly discrete?: number;
  readonly source?: 'wheel' | 'finger' | 'continuous' | 'wheel_tilt';
  /** The fingers were lifted: there is no value any more. */
  readonly stop?: boolean;
}

/** Places are in coordinates of the surface. Nothing is said to a surface that is destroyed. */
export interface PointerSink {
  enter(surface: Surface, serial: number, local: Point): void;
  leave(surface: Surface, serial: number): void;
  motion(surface: Surface, time: Nanoseconds, local: Point): void;
  /** How the device moved, whether or not the pointer could follow. */
  relativeMotion(surface: Surface, time: Nanoseconds, delta: Point, unaccelerated: Point): void;
  button(surface: Surface, serial: number, time: Nanoseconds, code: number, state: ButtonState): void;
  axis(surface: Surface, time: Nanoseconds, event: AxisEvent): void;
  /** What was said since the last frame belongs together. */
  frame(): void;
}

export interface KeyboardSink {
  enter(surface: Surface, serial: number, pressed: ReadonlySet<number>): void;
  leave(surface: Surface, serial: number): void;
  key(surface: Surface, serial: number, time: Nanoseconds, code: number, state: KeyState): void;
  modifiers(surface: Surface, serial: number, state: ModifierState): void;
  /** Keys mean something else from now on: told to the client of the focus now, to others when they get the focus. */
  keymap(focus: Surface | null, keymap: Keymap): void;
}

export interface TouchSink {
  down(surface: Surface, serial: number, time: Nanoseconds, id: number, local: Point): void;
  motion(surface: Surface, time: Nanoseconds, id: number, local: Point): void;
  up(surface: Surface, serial: number, time: Nanoseconds, id: number): void;
  /** What was said since the last frame belongs together. */
  frame(): void;
  /** The points of this surface's client are no longer its own. */
  cancel(surface: Surface): void;
}

export interface SeatSink {
  /** Whether two surfaces, destroyed or not, are of one client. */
  sameClient(a: Surface, b: Surface): boolean;
  readonly pointer: PointerSink;
  readonly keyboard: KeyboardSink;
  readonly touch: TouchSink;
}

const nothing = (): void => {};

/** Nobody listens. */
export const NO_SINK: SeatSink = {
  sameClient: () => false,
  pointer: {
    enter: nothing,
    leave: nothing,
    motion: nothing,
    relativeMotion: nothing,
    button: nothing,
    axis: nothing,
    frame: nothing,
  },
  keyboard: { enter: nothing, leave: nothing, key: nothing, modifiers: nothing, keymap: nothing },
  touch: { down: nothing, motion: nothing, up: nothing, frame: nothing, cancel: nothing },
};
