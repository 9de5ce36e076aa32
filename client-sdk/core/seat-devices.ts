// The events of one device each, with what the wire leaves out: the surface and the place that they are about.
import type { ObjectProxy } from '../../protocol/object/proxy.ts';
import type { KeyboardEvent, PointerEvent, SurfaceProxy, TouchEvent } from './seat-events.ts';

interface At {
  surface: SurfaceProxy;
  x: number;
  y: number;
}

/** Tells of a pointer until it is released. */
export function listenToPointer(
  pointer: ObjectProxy<'wl_pointer'>,
  tell: (event: PointerEvent) => void,
): void {
  let at: At | null = null;
  const told = (event: (place: At) => PointerEvent): void => {
    if (at) tell(event(at));
  };
  pointer.listen({
    enter: (serial, surface, x, y) => {
      at = { surface, x, y };
      tell({ kind: 'enter', serial, ...at });
    },
    leave: () => {
      at = null;
      tell({ kind: 'leave' });
    },
    motion: (time, x, y) => {
      if (at) at = { ...at, x, y };
      told(place => ({ kind: 'motion', time, ...place }));
    },
    button: (serial, time, button, state) =>
      told(place => ({ kind: 'button', serial, time, button, pressed: state === 1, ...place })),
    axis: (time, axis, distance) =>
      told(place => ({
        kind: 'scroll',
        time,
        axis: axis === 0 ? 'vertical' : 'horizontal',
        distance,
        ...place,
      })),
    frame: () => tell({ kind: 'frame' }),
  });
}

/** Tells of a keyboard until it is released. */
export function listenToKeyboard(
  keyboard: ObjectProxy<'wl_keyboard'>,
  tell: (event: KeyboardEvent) => void,
): void {
  let focus: SurfaceProxy | null = null;
  keyboard.listen({
    enter: (serial, surface, keys) => {
      focus = surface;
      tell({ kind: 'enter', serial, surface, keys: wordsOf(keys) });
    },
    leave: () => {
      focus = null;
      tell({ kind: 'leave' });
    },
    key: (serial, time, key, state) => {
      if (focus) tell({ kind: 'key', serial, time, key, pressed: state === 1, surface: focus });
    },
    modifiers: (_, depressed, latched, locked, group) =>
      tell({ kind: 'modifiers', modifiers: { depressed, latched, locked, group } }),
  });
}

/** Tells of a touch screen until it is released. */
export function listenToTouch(touch: ObjectProxy<'wl_touch'>, tell: (event: TouchEvent) => void): void {
  const surfaces = new Map<number, SurfaceProxy>();
  touch.listen({
    down: (serial, time, surface, id, x, y) => {
      surfaces.set(id, surface);
      tell({ kind: 'down', serial, time, id, surface, x, y });
    },
    motion: (time, id, x, y) => {
      const surface = surfaces.get(id);
      if (surface) tell({ kind: 'motion', time, id, surface, x, y });
    },
    up: (_, time, id) => {
      surfaces.delete(id);
      tell({ kind: 'up', time, id });
    },
    frame: () => tell({ kind: 'frame' }),
    cancel: () => {
      surfaces.clear();
      tell({ kind: 'cancel' });
    },
  });
}

function wordsOf(bytes: Uint8Array): number[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Array.from({ length: Math.floor(bytes.length / 4) }, (_, at) => view.getUint32(at * 4, true));
}
