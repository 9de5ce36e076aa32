// What the seat says of fingers, as events of each client's wl_touches.
import type { Resource } from '../../protocol/object/resource.ts';
import type { Nanoseconds } from '../machine/machine.ts';
import type { Point } from '../scene/region.ts';
import type { Surface } from '../scene/surface.ts';
import type { TouchSink } from '../seat/sink.ts';
import type { Client } from '../server/client.ts';
import { ClientResources } from './client-resources.ts';
import type { Context } from './context.ts';
import { fixed } from './fixed.ts';
import { milliseconds } from './input-time.ts';

export class TouchEvents implements TouchSink {
  readonly resources = new ClientResources('wl_touch');
  readonly #context: Context;
  /** Clients that were told something since the last frame. */
  readonly #unframed = new Set<Client>();

  constructor(context: Context) {
    this.#context = context;
  }

  down(surface: Surface, serial: number, time: Nanoseconds, id: number, local: Point): void {
    const resource = this.#context.resourceOf(surface);
    if (!resource) return;
    for (const { events } of this.#of(surface))
      events.down(serial, milliseconds(time), resource, id, fixed(local.x), fixed(local.y));
  }

  motion(surface: Surface, time: Nanoseconds, id: number, local: Point): void {
    for (const { events } of this.#of(surface))
      events.motion(milliseconds(time), id, fixed(local.x), fixed(local.y));
  }

  up(surface: Surface, serial: number, time: Nanoseconds, id: number): void {
    for (const { events } of this.#of(surface)) events.up(serial, milliseconds(time), id);
  }

  frame(): void {
    for (const client of this.#unframed) for (const { events } of this.resources.of(client)) events.frame();
    this.#unframed.clear();
  }

  cancel(surface: Surface): void {
    const client = this.#context.clientOf(surface);
    if (client) this.#unframed.delete(client);
    for (const { events } of this.resources.of(client)) events.cancel();
  }

  /** Whoever is told something is told the end of the frame, too. */
  #of(surface: Surface): ReadonlySet<Resource<'wl_touch'>> {
    const client = this.#context.clientOf(surface);
    if (client) this.#unframed.add(client);
    return this.resources.of(client);
  }
}
