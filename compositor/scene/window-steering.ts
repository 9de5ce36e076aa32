// Windows that are moved and resized from outside: by a hand, or by who steers a session.
import { alignmentOf } from './layout.ts';
import type { Point, Rect } from './region.ts';
import { shownPlaceOf } from './stack.ts';
import { type Edges, LOWER_RIGHT, type Window } from './window.ts';
import type { Windows } from './windows.ts';

/** What follows from a new place. */
export interface SteeringHost {
  /** Everything gets its place anew. */
  arrange(): void;
  /** One window lies elsewhere, or has another size, and no other one for that. */
  moved(window: Window): void;
}

/** The methods are those of Scene that speak of it. */
export class WindowSteering {
  readonly #windows: Windows;
  readonly #host: SteeringHost;

  constructor(windows: Windows, host: SteeringHost) {
    this.#windows = windows;
    this.#host = host;
  }

  move(window: Window, { x, y }: Point): void {
    if (!this.#windows.float(window)) return;
    // A client that drew another size than it was asked for is at the corner now, whichever edges were dragged before.
    window.dragged = LOWER_RIGHT;
    this.#replace(window, { ...window.wishes.place!, x: Math.round(x), y: Math.round(y) });
  }

  beginResize(window: Window, edges: Edges): Rect | null {
    const place = shownPlaceOf(window);
    if (!place || !this.#windows.float(window)) return null;
    window.resizing = edges;
    window.dragged = { x: edges.x || 1, y: edges.y || 1 };
    window.wishes.place = place;
    this.#windows.rehome(window);
    this.#host.arrange();
    return place;
  }

  resize(window: Window, from: Rect, by: Point): void {
    if (window.resizing) this.#replace(window, resized(window, window.resizing, from, by));
  }

  endResize(window: Window): void {
    if (!window.resizing) return;
    window.resizing = null;
    this.#windows.configureOne(window);
  }

  /** A new place for a window that floats. Where nothing else depends on it, nothing else is looked at. */
  #replace(window: Window, place: Rect): void {
    window.wishes.place = place;
    const output = this.#windows.rehome(window);
    const { slot } = window;
    if (slot?.mode !== 'floating' || slot.within || this.#windows.haveDialogs(new Set([window]))) {
      this.#host.arrange();
      return;
    }
    window.slot = { ...slot, rect: place, align: alignmentOf(window), output: output ?? slot.output };
    this.#windows.configureOne(window);
    this.#host.moved(window);
  }
}

/** The place of a window that is being resized after its edges were dragged: the others stay, and its limits hold. */
function resized(window: Window, edges: Edges, from: Rect, by: Point): Rect {
  const { width, height } = window.fit({
    width: Math.max(1, Math.round(from.width + edges.x * by.x)),
    height: Math.max(1, Math.round(from.height + edges.y * by.y)),
  });
  return {
    x: edges.x < 0 ? from.x + from.width - width : from.x,
    y: edges.y < 0 ? from.y + from.height - height : from.y,
    width,
    height,
  };
}
