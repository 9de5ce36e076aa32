// The devices that can hold a window: a pointer with a button down, or a finger.
import type { Machine } from '../machine/machine.ts';
import type { Scene } from '../scene/scene.ts';
import { KEY_ESC, type KeyboardGrab, type PointerGrab, type TouchGrab } from './grabs.ts';
import type { Keyboard } from './keyboard.ts';
import type { Pointer } from './pointer.ts';
import type { SeatCursor } from './seat-cursor.ts';
import type { Touch } from './touch.ts';
import type { WindowHold } from './window-hold.ts';

/** What holds that are on their way need of the seat. */
export interface HoldSurroundings {
  readonly machine: Machine;
  readonly scene: Scene;
  readonly pointer: Pointer;
  readonly touch: Touch;
  readonly keyboard: Keyboard;
  readonly cursor: SeatCursor;
}

/** The pointer holds the window until its last button is let go, or Escape is pressed. Clients don't see the pointer meanwhile. */
export function holdWithPointer(around: HoldSurroundings, hold: WindowHold): void {
  const { pointer, cursor } = around;
  const end = (): void => {
    watching[Symbol.dispose]();
    cursor.override(null);
    hold.released();
  };
  const watching = watch(around, hold, () => {
    hold.cancelled();
    end();
    pointer.endGrab(grab);
  });
  const grab: PointerGrab = {
    motion: () => hold.moved(pointer.position),
    button: () => {
      if (pointer.buttons.size > 0) return;
      end();
      pointer.endGrab(grab);
    },
    axis: () => {},
    frame: () => pointer.sendFrame(),
    restacked: () => {
      if (hold.alive) return;
      end();
      pointer.endGrab(grab);
    },
  };
  pointer.startGrab(grab);
  cursor.override({ kind: 'shape', shape: hold.shape });
  pointer.setFocus(null);
  pointer.sendFrame();
}

/** The finger `id` holds the window until it is lifted, or Escape is pressed. Its client is told that its fingers are no longer its own. */
export function holdWithFinger(around: HoldSurroundings, id: number, hold: WindowHold): void {
  const { touch } = around;
  const end = (): void => {
    watching[Symbol.dispose]();
    hold.released();
  };
  const watching = watch(around, hold, () => {
    hold.cancelled();
    end();
    touch.endGrab(grab);
  });
  const grab: TouchGrab = {
    down: () => {},
    motion: (_, finger, position) => {
      if (finger === id && hold.alive) hold.moved(position);
    },
    up: (_, finger) => {
      if (finger !== id) return;
      end();
      touch.endGrab(grab);
    },
    frame: () => {},
    restacked: () => {},
    cancelled: end,
  };
  touch.disown(id);
  touch.startGrab(grab);
}

/**
 * Watches the window's client, and the keyboard for Escape. What a client commits is taken note of in a turn of its own, for
 * the commit is not done yet.
 */
function watch(
  { machine, scene, keyboard }: HoldSurroundings,
  hold: WindowHold,
  cancel: () => void,
): Disposable {
  let over = false;
  const keys: KeyboardGrab = {
    key: (_, code, state) => {
      if (code !== KEY_ESC || state !== 'pressed') return false;
      cancel();
      return true;
    },
  };
  keyboard.startGrab(keys);
  const applied = scene.observe({
    contentApplied: surface => {
      if (surface !== hold.window.surface) return;
      machine.post('the answer of a window in hand', () => {
        if (!over && hold.alive) hold.changed();
      });
    },
  });
  return {
    [Symbol.dispose]: () => {
      over = true;
      keyboard.endGrab(keys);
      applied[Symbol.dispose]();
    },
  };
}
