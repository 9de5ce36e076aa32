// What the devices of a seat need of it and of each other.
import type { Nanoseconds } from '../machine/machine.ts';
import type { Scene } from '../scene/scene.ts';
import type { Serials } from './serials.ts';
import type { SeatSink } from './sink.ts';

export interface SeatParts {
  readonly scene: Scene;
  readonly serials: Serials;
  readonly sink: SeatSink;
  now(): Nanoseconds;
  /** Somebody did something. Also brings focus up to date with the scene. */
  active(): void;
}
