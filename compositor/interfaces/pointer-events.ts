// What the seat says of its pointer, as events of each client's wl_pointers.
import { interfaces } from '../../protocol/interfaces/index.ts';
import type { Resource } from '../../protocol/object/resource.ts';
import type { Nanoseconds } from '../machine/machine.ts';
import type { Point } from '../scene/region.ts';
import type { Surface } from '../scene/surface.ts';
import type { AxisEvent, ButtonState, PointerSink } from '../seat/sink.ts';
import type { Client } from '../server/client.ts';
import { ClientResources } from './client-resources.ts';
import type { Context } from './context.ts';
import { fixed } from './fixed.ts';
import { milliseconds } from './input-time.ts';

type PointerResource = Resource<'wl_pointer'>;

const { axis: AXIS, axis_source: SOURCE, button_state: BUTTON } = interfaces.wl_pointer.enums;
const AXES = { vertical: AXIS.vertical_scroll, horizontal: AXIS.horizontal_scroll } as const;
/** The version that has frames, sources, stops and discrete steps. */
const FRAMES_SINCE = 5;
const TILT_SINCE = 6;

export class PointerEvents implements PointerSink {
  readonly resources = new ClientResources('wl_pointer');
  readonly relative = new ClientResources('zwp_relative_pointer_v1');
  readonly #context: Context;
  /** Clients that were told something since the last frame. */
  readonly #unframed = new Set<Client>();
  /** The source of this frame's scrolling has been told: once in a frame is enough. */
  #sourceTold = false;

  constructor(context: Context) {
    this.#context = context;
  }

  enter(surface: Surface, serial: number, local: Point): void {
    for (const pointer of this.#of(surface)) this.#enter(pointer, surface, serial, local);
  }

  /** A wl_pointer that is made while its client has the pointer learns of that at once. */
  introduce(client: Client, pointer: PointerResource): void {
    const { seat, scene } = this.#context.rooms;
    const { focus, position } = seat.pointer;
    if (!focus || this.#context.clientOf(focus.surface) !== client) return;
    const placement = scene.placementOf(focus.surface);
    if (!placement) return;
    const local = { x: position.x - placement.x, y: position.y - placement.y };
    this.#enter(pointer, focus.surface, focus.serial, local);
    if (pointer.version >= FRAMES_SINCE) pointer.events.frame();
  }

  leave(surface: Surface, serial: number): void {
    const resource = this.#context.resourceOf(surface);
    if (!resource) return;
    for (const pointer of this.#of(surface)) pointer.events.leave(serial, resource);
  }

  motion(surface: Surface, time: Nanoseconds, local: Point): void {
    const when = milliseconds(time);
    for (const pointer of this.#of(surface)) pointer.events.motion(when, fixed(local.x), fixed(local.y));
  }

  relativeMotion(surface: Surface, time: Nanoseconds, delta: Point, unaccelerated: Point): void {
    const resources = this.relative.of(this.#context.clientOf(surface));
    if (resources.size === 0) return;
    const microseconds = time / 1000n;
    const high = Number((microseconds >> 32n) & 0xffff_ffffn);
    const low = Number(microseconds & 0xffff_ffffn);
    for (const { events } of resources)
      events.relative_motion(
        high,
        low,
        fixed(delta.x),
        fixed(delta.y),
        fixed(unaccelerated.x),
        fixed(unaccelerated.y),
      );
    this.#of(surface);
  }

  button(surface: Surface, serial: number, time: Nanoseconds, code: number, state: ButtonState): void {
    const when = milliseconds(time);
    for (const pointer of this.#of(surface)) pointer.events.button(serial, when, code, BUTTON[state]);
  }

  axis(surface: Surface, time: Nanoseconds, event: AxisEvent): void {
    const when = milliseconds(time);
    const withSource = !this.#sourceTold && event.source !== undefined;
    for (const pointer of this.#of(surface)) {
      if (withSource) tellSource(pointer, event.source!);
      tellAxis(pointer, when, event);
    }
    if (withSource) this.#sourceTold = true;
  }

  frame(): void {
    this.#sourceTold = false;
    for (const client of this.#unframed)
      for (const pointer of this.resources.of(client))
        if (pointer.version >= FRAMES_SINCE) pointer.events.frame();
    this.#unframed.clear();
  }

  #enter(pointer: PointerResource, surface: Surface, serial: number, local: Point): void {
    const resource = this.#context.resourceOf(surface);
    if (resource) pointer.events.enter(serial, resource, fixed(local.x), fixed(local.y));
  }

  /** Whoever is told something is told the end of the frame, too. */
  #of(surface: Surface): ReadonlySet<PointerResource> {
    const client = this.#context.clientOf(surface);
    if (client) this.#unframed.add(client);
    return this.resources.of(client);
  }
}

function tellSource({ version, events }: PointerResource, source: NonNullable<AxisEvent['source']>): void {
  if (version < FRAMES_SINCE) return;
  events.axis_source(SOURCE[source === 'wheel_tilt' && version < TILT_SINCE ? 'wheel' : source]);
}

function tellAxis({ version, events }: PointerResource, when: number, event: AxisEvent): void {
  const axis = AXES[event.axis];
  if (event.stop) {
    if (version >= FRAMES_SINCE) events.axis_stop(when, axis);
    return;
  }
  if (event.discrete && version >= FRAMES_SINCE) events.axis_discrete(axis, event.discrete);
  events.axis(when, axis, fixed(event.value));
}
