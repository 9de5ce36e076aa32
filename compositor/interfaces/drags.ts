// Drag and drop between clients: who may start one, and who hears of it.

import type { Resource } from '../../protocol/object/resource.ts';
import type { Nanoseconds } from '../machine/machine.ts';
import type { CursorShape } from '../scene/cursor.ts';
import type { Point } from '../scene/region.ts';
import type { Surface } from '../scene/surface.ts';
import { Drag, type DragDestination } from '../seat/drag.ts';
import { DragAction, heldAction } from '../seat/drag-actions.ts';
import { type DragCarrier, startPointerDrag, startTouchDrag, watchKeys } from '../seat/drag-grab.ts';
import { DragOffer } from '../seat/drag-offer.ts';
import type { DataSource } from '../seat/selection.ts';
import type { Client } from '../server/client.ts';
import type { Context } from './context.ts';
import { fixed } from './fixed.ts';
import { milliseconds } from './input-time.ts';
import { PerClient } from './per-client.ts';
import { introduceOffer, type OfferCount } from './selection-offers.ts';
import { serveDragOffer } from './wl-data-offer.ts';
import type { DataSourceObject } from './wl-data-source.ts';
import type { SurfaceObject } from './wl-surface.ts';

/** A wl_data_device. */
export interface DragDevice {
  readonly client: Client;
  readonly resource: Resource<'wl_data_device'>;
  readonly count: OfferCount;
}

export interface DragRequest {
  readonly source: DataSourceObject | null;
  readonly origin: SurfaceObject;
  readonly icon: SurfaceObject | null;
  readonly serial: number;
}

type DragCause = { readonly device: 'pointer' } | { readonly device: 'touch'; readonly id: number };

/** What the cursor looks like while letting go would do this. */
const SHAPES: Readonly<Record<number, CursorShape>> = {
  [DragAction.copy]: 'copy',
  [DragAction.move]: 'move',
  [DragAction.ask]: 'context_menu',
};

/** One seat drags one thing at a time. */
export class Drags {
  readonly #context: Context;
  readonly #devices = new PerClient<DragDevice>('data devices');
  #current: Drag | null = null;

  constructor(context: Context) {
    this.#context = context;
  }

  addDevice(device: DragDevice): Disposable {
    return this.#devices.add(device.client, device);
  }

  /** Ignored, and the source told so, unless a button or finger of that serial is still down on the client's surface. */
  start(request: DragRequest): void {
    const { source, icon } = request;
    const cause = this.#current ? null : this.#cause(request);
    if (!cause) {
      source?.cancelled();
      return;
    }
    if (icon) {
      icon.roleName = 'drag-icon';
      icon.surface.role = { kind: 'drag-icon' };
    }
    this.#start(request, cause);
  }

  /** The source of a drag is destroyed: there is nothing to drop any more. */
  sourceGone(source: DataSource): void {
    if (this.#current?.source === source) this.#current.cancel();
  }

  #cause({ origin, serial }: DragRequest): DragCause | null {
    const { serials, pointer, touch } = this.#context.rooms.seat;
    const given = serials.find(serial);
    if (!given || this.#context.clientOf(given.surface) !== origin.client) return null;
    if (given.kind === 'button') return pointer.mayHold(serial) ? { device: 'pointer' } : null;
    if (touch.grabbed) return null;
    for (const [id, point] of touch.points)
      if (point.surface && point.serial === serial) return { device: 'touch', id };
    return null;
  }

  #start({ source, origin, icon }: DragRequest, cause: DragCause): void {
    const { seat, scene, machine } = this.#context.rooms;
    const held: Disposable[] = [];
    const drag = new Drag({
      source,
      at: position => scene.at(position),
      enter: (surface, local) => this.#enter({ drag, changed }, origin.client, surface, local),
      ended: () => {
        this.#current = null;
        scene.dragIcon = null;
        seat.cursor.override(null);
        for (const device of held.splice(0)) device[Symbol.dispose]();
      },
    });
    this.#current = drag;
    const moved = (position: Point): void => {
      if (icon && !icon.surface.destroyed)
        scene.dragIcon = { kind: 'drag-icon', surface: icon.surface, position };
    };
    if (!source) held.push(this.#whenGone(origin.surface, drag));
    // A finger has no cursor.
    const changed = (): void => {
      if (cause.device === 'pointer') this.#showCursor();
    };
    const carrier = { drag, moved, changed };
    const now = (): Nanoseconds => machine.now();
    const grab =
      cause.device === 'pointer'
        ? startPointerDrag(seat, now, carrier)
        : startTouchDrag(seat, cause.id, now, carrier);
    held.push(grab, watchKeys(seat, carrier));
    moved(grab.position);
    drag.move(machine.now(), grab.position);
    changed();
  }

  /**
   * Without a source nobody else says that the drag's client is gone. It ends in a turn of its own: the scene is in the
   * middle of a change.
   */
  #whenGone(origin: Surface, drag: Drag): Disposable {
    const { scene, machine } = this.#context.rooms;
    return scene.observe({
      surfaceDestroyed: surface => {
        if (surface === origin) machine.post('a drag without its origin', () => drag.cancel());
      },
    });
  }

  /** Tells the person what letting go would do. */
  #showCursor(): void {
    const drag = this.#current;
    if (!drag) return;
    const shape = drag.offer?.droppable ? SHAPES[drag.offer.action] : drag.source ? 'no_drop' : 'grabbing';
    this.#context.rooms.seat.cursor.override({ kind: 'shape', shape: shape ?? 'grabbing' });
  }

  #enter(
    { drag, changed }: Pick<DragCarrier, 'drag' | 'changed'>,
    origin: Client,
    surface: Surface,
    local: Point,
  ): DragDestination | null {
    const client = this.#context.clientOf(surface);
    const object = this.#context.surfaceObject(surface);
    if (!client || !object || (!drag.source && client !== origin)) return null;
    const devices = this.#devices.of(client);
    if (devices.size === 0) return null;
    const destination = new Destination([...devices], drag, {
      held: heldAction(this.#context.rooms.seat.keyboard.modifierState.depressed),
      changed,
    });
    destination.enter(object, this.#context.rooms.seat.serials.next(), local);
    return destination;
  }
}

/** The devices of the client under the drag: one in nearly all programs, which then have one offer each. */
class Destination implements DragDestination {
  readonly offer: DragOffer | null;
  readonly #devices: readonly DragDevice[];
  readonly #offers = new Map<DragDevice, Resource<'wl_data_offer'>>();

  constructor(
    devices: readonly DragDevice[],
    { source }: Drag,
    { held, changed }: { readonly held: number; readonly changed: () => void },
  ) {
    this.#devices = devices;
    this.offer =
      source &&
      new DragOffer(
        source,
        {
          negotiates: devices.some(({ resource }) => resource.version >= 3),
          action: action => this.#forNew(offer => offer.events.action(action)),
          changed,
        },
        held,
      );
  }

  enter(object: SurfaceObject, serial: number, { x, y }: Point): void {
    for (const device of this.#devices) {
      const offer = this.offer && this.#introduce(device, this.offer);
      device.resource.events.enter(serial, object.resource, fixed(x), fixed(y), offer);
    }
    if (this.offer && this.offer.action !== DragAction.none)
      this.#forNew(offer => offer.events.action(this.offer!.action));
  }

  motion(time: Nanoseconds, { x, y }: Point): void {
    for (const { resource } of this.#devices) resource.events.motion(milliseconds(time), fixed(x), fixed(y));
  }

  leave(): void {
    for (const { resource } of this.#devices) resource.events.leave();
  }

  drop(): void {
    for (const { resource } of this.#devices) resource.events.drop();
  }

  #introduce(device: DragDevice, drag: DragOffer): Resource<'wl_data_offer'> {
    const { resource, client } = device;
    const offer = introduceOffer(
      {
        create: () => {
          const created = client.create('wl_data_offer', resource.version);
          serveDragOffer(created, drag);
          return created;
        },
        introduce: created => resource.events.data_offer(created),
      },
      drag.source,
      device.count,
    );
    if (offer.version >= 3) offer.events.source_actions(drag.source.actions);
    this.#offers.set(device, offer);
    offer.onDestroy(() => {
      this.#offers.delete(device);
      if (this.#offers.size === 0) drag.destroyed();
    });
    return offer;
  }

  #forNew(tell: (offer: Resource<'wl_data_offer'>) => void): void {
    for (const offer of this.#offers.values()) if (offer.version >= 3) tell(offer);
  }
}
