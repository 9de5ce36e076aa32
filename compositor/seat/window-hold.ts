// A window in somebody's hand: it follows the pointer or a finger, or its edges do.
import type { CursorShape } from '../scene/cursor.ts';
import type { Point, Rect } from '../scene/region.ts';
import type { Scene } from '../scene/scene.ts';
import type { Edges, Window, WindowWishes } from '../scene/window.ts';
import { isOlder, type Serials } from './serials.ts';

export interface WindowHold {
  readonly window: Window;
  /** Shown while the hand is a pointer. */
  readonly shape: CursorShape;
  /** The window can still be held. */
  readonly alive: boolean;
  /** The hand is there now. */
  moved(position: Point): void;
  /** The client has committed something. */
  changed(): void;
  /** The hand thought better of it: the window is as it was. `released` follows. */
  cancelled(): void;
  /** The hand has let go. */
  released(): void;
}

/** What a window was when it was taken: a tile of some output, for example, which it left in the hand. */
interface Before {
  readonly wishes: WindowWishes;
  readonly home: string | null;
}

const asItIs = ({ wishes, home }: Window): Before => ({ wishes: { ...wishes }, home });

function putBack(scene: Scene, window: Window, { wishes, home }: Before): void {
  Object.assign(window.wishes, wishes);
  window.home = home;
  scene.arrange();
}

/** Moves a window. Null when it is not shown, or fills an output. */
export function holdToMove(scene: Scene, window: Window, start: Point): WindowHold | null {
  const place = scene.placeOf(window);
  if (!place || window.slot?.mode === 'fullscreen') return null;
  const grip = gripOf(window, place, start);
  const before = asItIs(window);
  return {
    window,
    shape: 'grabbing',
    get alive() {
      return window.mapped && window.slot !== null && window.slot.mode !== 'fullscreen';
    },
    moved: ({ x, y }) => scene.moveWindow(window, { x: x - grip.x, y: y - grip.y }),
    changed: () => {},
    cancelled: () => putBack(scene, window, before),
    released: () => {},
  };
}

/** Where in the window the hand is. One that was maximised and gets smaller is held at the same part of its width. */
function gripOf(window: Window, place: Rect, { x, y }: Point): Point {
  const restored = window.slot?.mode === 'maximised' ? (window.wishes.place?.width ?? 0) : 0;
  const across = x - place.x;
  return {
    x: restored > 0 ? Math.round((across * restored) / Math.max(1, place.width)) : across,
    y: y - place.y,
  };
}

export interface ResizeOptions {
  readonly scene: Scene;
  readonly serials: Serials;
  readonly window: Window;
  readonly edges: Edges;
  readonly start: Point;
}

/** Resizes a window. Null when that can't be. */
export function holdToResize(options: ResizeOptions): WindowHold | null {
  const before = asItIs(options.window);
  const from = options.scene.beginResize(options.window, options.edges);
  return from && new ResizeHold(options, from, before);
}

/**
 * Asks the client for one size at a time: the next one when it has committed the answer to the last, so that a slow client
 * is as far behind as one frame of its own.
 */
class ResizeHold implements WindowHold {
  readonly window: Window;
  readonly shape: CursorShape;
  readonly #scene: Scene;
  readonly #serials: Serials;
  readonly #start: Point;
  readonly #from: Rect;
  readonly #before: Before;
  /** What the hand asks for and the client does not know yet. */
  #wanted: Point | null = null;
  /** Serials up to this one were given before the size that the client has yet to answer. */
  #askedAfter: number | null = null;

  constructor(options: ResizeOptions, from: Rect, before: Before) {
    this.#scene = options.scene;
    this.#serials = options.serials;
    this.window = options.window;
    this.#start = options.start;
    this.#from = from;
    this.#before = before;
    this.shape = shapeOf(options.edges);
  }

  get alive(): boolean {
    return this.window.mapped && this.window.resizing !== null;
  }

  moved({ x, y }: Point): void {
    this.#wanted = { x: x - this.#start.x, y: y - this.#start.y };
    this.changed();
  }

  changed(): void {
    if (this.#wanted && this.#answered) this.#ask(this.#wanted);
  }

  cancelled(): void {
    this.#wanted = null;
    // One that floated before is asked for the size that it had: its wish may have been to choose for itself.
    const { place, maximised } = this.#before.wishes;
    if (place && !maximised) this.#ask({ x: 0, y: 0 });
    else putBack(this.#scene, this.window, this.#before);
  }

  released(): void {
    if (this.#wanted && this.alive) this.#ask(this.#wanted);
    this.#scene.endResize(this.window);
  }

  get #answered(): boolean {
    const { role } = this.window.surface.state;
    if (this.#askedAfter === null || role.kind !== 'xdg') return true;
    return role.acknowledged !== null && isOlder(this.#askedAfter, role.acknowledged);
  }

  #ask(by: Point): void {
    this.#wanted = null;
    const before = this.#serials.last;
    const told = this.window.configuration;
    this.#scene.resizeWindow(this.window, this.#from, by);
    if (this.window.configuration !== told) this.#askedAfter = before;
  }
}

/** `se_resize` for the lower right corner. */
function shapeOf({ x, y }: Edges): CursorShape {
  const vertical = y < 0 ? 'n' : y > 0 ? 's' : '';
  const horizontal = x < 0 ? 'w' : x > 0 ? 'e' : '';
  return vertical || horizontal ? (`${vertical}${horizontal}_resize` as CursorShape) : 'all_scroll';
}
