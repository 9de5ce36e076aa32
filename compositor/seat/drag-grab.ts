// The devices that can carry a drag: a pointer with a button down, or a finger.
import type { Nanoseconds } from '../machine/machine.ts';
import type { Point } from '../scene/region.ts';
import type { Drag } from './drag.ts';
import { heldAction } from './drag-actions.ts';
import { KEY_ESC, type KeyboardGrab, type PointerGrab, type TouchGrab } from './grabs.ts';
import type { Seat } from './seat.ts';

/** What a drag hangs on. Disposed when the drag is over, it gives the device back. */
export interface DragGrab extends Disposable {
  readonly position: Point;
}

/** How the drag is told of its device, which also moves whatever follows it. */
export interface DragCarrier {
  readonly drag: Drag;
  moved(position: Point): void;
  /** What lies under the drag may be something else. */
  changed(): void;
}

/** The pointer carries the drag until its last button is let go. Clients don't see the pointer meanwhile. */
export function startPointerDrag(seat: Seat, now: () => Nanoseconds, carrier: DragCarrier): DragGrab {
  const { pointer } = seat;
  const { drag } = carrier;
  const grab: PointerGrab = {
    motion: time => {
      carrier.moved(pointer.position);
      drag.move(time, pointer.position);
      carrier.changed();
    },
    button: () => {
      if (pointer.buttons.size === 0) drag.drop();
    },
    axis: () => {},
    frame: () => pointer.sendFrame(),
    restacked: () => {
      drag.move(now(), pointer.position);
      carrier.changed();
    },
  };
  pointer.startGrab(grab);
  pointer.setFocus(null);
  pointer.sendFrame();
  return {
    get position() {
      return pointer.position;
    },
    [Symbol.dispose]: () => pointer.endGrab(grab),
  };
}

/** The finger `id` carries the drag until it is lifted. Other fingers do nothing. */
export function startTouchDrag(
  { touch }: Seat,
  id: number,
  now: () => Nanoseconds,
  carrier: DragCarrier,
): DragGrab {
  const { drag } = carrier;
  let position = touch.points.get(id)!.position;
  const grab: TouchGrab = {
    down: () => {},
    motion: (time, finger, to) => {
      if (finger !== id) return;
      position = to;
      carrier.moved(to);
      drag.move(time, to);
      carrier.changed();
    },
    up: (time, finger) => {
      touch.sendUp(time, finger);
      if (finger === id) drag.drop();
    },
    // Other fingers are lifted, too.
    frame: () => touch.sendFrame(),
    restacked: () => {
      drag.move(now(), position);
      carrier.changed();
    },
    cancelled: () => drag.cancel(),
  };
  touch.startGrab(grab);
  return {
    get position() {
      return position;
    },
    [Symbol.dispose]: () => touch.endGrab(grab),
  };
}

/** Escape ends the drag, and modifiers choose what it does. Other keys go where they always go. */
export function watchKeys({ keyboard }: Seat, { drag }: DragCarrier): Disposable {
  const grab: KeyboardGrab = {
    key: (_, code, state) => {
      if (code === KEY_ESC && state === 'pressed') {
        drag.cancel();
        return true;
      }
      drag.offer?.hold(heldAction(keyboard.modifierState.depressed));
      return false;
    },
  };
  keyboard.startGrab(grab);
  return { [Symbol.dispose]: () => keyboard.endGrab(grab) };
}
