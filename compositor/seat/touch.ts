// Fingers on a screen: each point belongs to the surface that it came down on, until it is lifted.
import type { Nanoseconds } from '../machine/machine.ts';
import type { Hit } from '../scene/hit-test.ts';
import type { Point } from '../scene/region.ts';
import type { Surface } from '../scene/surface.ts';
import { Grabs, type TouchGrab } from './grabs.ts';
import type { SeatParts } from './seat-parts.ts';

export interface TouchPoint {
  /** Null: it came down on nothing, or on what is gone by now. */
  readonly surface: Surface | null;
  /** In the global space. */
  readonly position: Point;
  /** Of its down event. */
  readonly serial: number;
}

/** Fingers that are followed at a time; a further one is not there. */
const MOST_POINTS = 32;

export class Touch {
  readonly #parts: SeatParts;
  readonly #grabs = new Grabs<TouchGrab>();
  readonly #points = new Map<number, TouchPoint>();
  readonly #pressed: (hit: Hit | null) => boolean;

  /** `pressed`: what a finger that comes down means to the compositor itself; true when no client is to learn of it. */
  constructor(parts: SeatParts, pressed: (hit: Hit | null) => boolean) {
    this.#parts = parts;
    this.#pressed = pressed;
  }

  /** The fingers that are down, by their ids. */
  get points(): ReadonlyMap<number, TouchPoint> {
    return this.#points;
  }

  /** A finger comes down. One with an id that is down already is the same finger: it moves. */
  down(time: Nanoseconds, id: number, position: Point): void {
    if (this.#points.has(id)) {
      this.motion(time, id, position);
      return;
    }
    if (this.#points.size >= MOST_POINTS) return;
    this.#parts.active();
    const grab = this.#grabs.current;
    if (grab) {
      this.#points.set(id, { surface: null, position, serial: 0 });
      grab.down(time, id, position);
      return;
    }
    const hit = this.#parts.scene.at(position);
    this.sendDown(time, id, position, this.#pressed(hit) ? null : hit);
  }

  motion(time: Nanoseconds, id: number, position: Point): void {
    const point = this.#points.get(id);
    if (!point) return;
    this.#parts.active();
    this.#points.set(id, { ...point, position });
    const grab = this.#grabs.current;
    if (grab) grab.motion(time, id, position);
    else this.sendMotion(time, id);
  }

  up(time: Nanoseconds, id: number): void {
    if (!this.#points.has(id)) return;
    this.#parts.active();
    const grab = this.#grabs.current;
    if (grab) grab.up(time, id);
    else this.sendUp(time, id);
    this.#points.delete(id);
  }

  frame(): void {
    const grab = this.#grabs.current;
    if (grab) grab.frame();
    else this.#parts.sink.touch.frame();
  }

  /** The hand was no finger: all points are gone as if they had never been. */
  cancel(): void {
    for (const grab of this.#grabs.clear()) grab.cancelled();
    const told: Surface[] = [];
    for (const { surface } of this.#points.values()) {
      if (!surface || told.some(other => this.#parts.sink.sameClient(other, surface))) continue;
      this.#parts.sink.touch.cancel(surface);
      told.push(surface);
    }
    this.#points.clear();
  }

  /** A finger that the compositor uses itself from now on; its client is told that all of them are no longer its own. */
  disown(id: number): void {
    const surface = this.#points.get(id)?.surface;
    if (!surface) return;
    this.#parts.sink.touch.cancel(surface);
    for (const [other, point] of this.#points)
      if (point.surface && this.#parts.sink.sameClient(point.surface, surface))
        this.#points.set(other, { ...point, surface: null });
  }

  /** A grab gets all events until it ends; its points belong to no surface afterwards. */
  startGrab(grab: TouchGrab): void {
    this.#grabs.start(grab);
  }

  get grabbed(): boolean {
    return this.#grabs.current !== null;
  }

  endGrab(grab: TouchGrab): void {
    this.#grabs.end(grab);
  }

  /** Fingers whose surface is not shown any more touch nothing, which its client is told: their ids will come again. */
  restacked(): void {
    const { scene, serials, sink } = this.#parts;
    let lifted = false;
    for (const [id, point] of this.#points) {
      if (!point.surface || scene.placementOf(point.surface)) continue;
      sink.touch.up(point.surface, serials.next(), this.#parts.now(), id);
      this.#points.set(id, { ...point, surface: null });
      lifted = true;
    }
    if (lifted) sink.touch.frame();
    this.#grabs.current?.restacked();
  }

  // What grabs are made of.

  sendDown(time: Nanoseconds, id: number, position: Point, hit: Hit | null): void {
    const { sink, serials } = this.#parts;
    const serial = hit ? serials.give(hit.surface, 'touch') : 0;
    this.#points.set(id, { surface: hit?.surface ?? null, position, serial });
    if (hit) sink.touch.down(hit.surface, serial, time, id, hit.local);
  }

  sendMotion(time: Nanoseconds, id: number): void {
    const point = this.#points.get(id);
    const placement = point?.surface && this.#parts.scene.placementOf(point.surface);
    if (!point || !placement) return;
    const local = { x: point.position.x - placement.x, y: point.position.y - placement.y };
    this.#parts.sink.touch.motion(placement.surface, time, id, local);
  }

  sendFrame(): void {
    this.#parts.sink.touch.frame();
  }

  sendUp(time: Nanoseconds, id: number): void {
    const surface = this.#points.get(id)?.surface;
    if (!surface || surface.destroyed) return;
    const { sink, serials } = this.#parts;
    sink.touch.up(surface, serials.give(surface, 'touch'), time, id);
  }
}
