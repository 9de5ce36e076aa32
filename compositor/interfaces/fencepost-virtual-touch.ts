// fencepost_virtual_touch_manager_v1: touch screens that programs put fingers on.
import type { Resource } from '../../protocol/object/resource.ts';
import type { Output } from '../scene/outputs.ts';
import type { Point } from '../scene/region.ts';
import type { Caller, Context } from './context.ts';
import { demand } from './errors.ts';

const LAST_FINGER = 15;

/** What binds the global. */
export function virtualTouch(
  context: Context,
): (caller: Caller, resource: Resource<'fencepost_virtual_touch_manager_v1'>) => void {
  const fingers = new Fingers();
  return (_, resource) =>
    resource.setHandlers({
      destroy: () => {},
      create_virtual_touch: (__, id, ___, output) =>
        void new VirtualTouch(context, id, context.outputs.get(output), fingers),
    });
}

/** The seat's numbers for the fingers of all virtual touch screens: small ones, as a real screen has. */
class Fingers {
  readonly #taken = new Set<number>();

  take(): number {
    let id = 0;
    while (this.#taken.has(id)) id++;
    this.#taken.add(id);
    return id;
  }

  free(id: number): void {
    this.#taken.delete(id);
  }
}

class VirtualTouch {
  readonly #context: Context;
  readonly #resource: Resource<'fencepost_virtual_touch_v1'>;
  readonly #output: Output;
  readonly #fingers: Fingers;
  /** The fingers that are down, by their ids here: their ids on the seat. */
  readonly #down = new Map<number, number>();

  constructor(
    context: Context,
    resource: Resource<'fencepost_virtual_touch_v1'>,
    output: Output,
    fingers: Fingers,
  ) {
    this.#context = context;
    this.#resource = resource;
    this.#output = output;
    this.#fingers = fingers;
    resource.onDestroy(() => {
      for (const id of [...this.#down.keys()]) this.#up(id);
      this.#touch.frame();
    });
    resource.setHandlers({
      destroy: () => {},
      down: (_, __, id, ...place) => this.#putDown(id, this.#global(...place)),
      motion: (_, __, id, ...place) => this.#move(id, this.#global(...place)),
      up: (_, __, id) => this.#up(id),
      frame: () => this.#touch.frame(),
      cancel: () => {
        this.#touch.cancel();
        this.#forget();
      },
    });
  }

  get #touch() {
    return this.#context.rooms.seat.touch;
  }

  get #now() {
    return this.#context.rooms.machine.now();
  }

  #putDown(id: number, place: Point | null): void {
    demand(
      id >= 0 && id <= LAST_FINGER,
      this.#resource,
      'invalid_id',
      `${id} is no finger; there are 0 to ${LAST_FINGER}`,
    );
    if (!place || this.#down.has(id)) return;
    const finger = this.#fingers.take();
    this.#down.set(id, finger);
    this.#touch.down(this.#now, finger, place);
  }

  #move(id: number, place: Point | null): void {
    const finger = this.#down.get(id);
    if (place && finger !== undefined) this.#touch.motion(this.#now, finger, place);
  }

  #up(id: number): void {
    const finger = this.#down.get(id);
    if (finger === undefined) return;
    this.#down.delete(id);
    this.#fingers.free(finger);
    this.#touch.up(this.#now, finger);
  }

  #forget(): void {
    for (const finger of this.#down.values()) this.#fingers.free(finger);
    this.#down.clear();
  }

  /** Null: a place on nothing. */
  #global(x: number, y: number, width: number, height: number): Point | null {
    if (width === 0 || height === 0) return null;
    const { geometry } = this.#output.info;
    return {
      x: geometry.x + (x / width) * geometry.width,
      y: geometry.y + (y / height) * geometry.height,
    };
  }
}
