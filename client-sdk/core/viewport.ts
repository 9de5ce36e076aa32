import type { ObjectProxy } from '../../protocol/object/proxy.ts';
import type { Client } from './client.ts';
import type { Rect, Size } from './options.ts';

/** Cropping and scaling of a surface. Takes effect with its next commit. */
export class Viewport implements Disposable {
  readonly proxy: ObjectProxy<'wp_viewport'>;
  /** What `fit` asked for last. */
  #fitted = '';

  /** See `Surface.viewport`. */
  constructor(client: Client, surface: ObjectProxy<'wl_surface'>) {
    this.proxy = client.shared('wp_viewporter').get_viewport(surface);
  }

  /** Which part of the buffer is shown, in its pixels, fractions allowed; null is all of it. */
  setSource(rect: Rect | null): void {
    if (rect === null) this.proxy.set_source(-1, -1, -1, -1);
    else this.proxy.set_source(rect.x, rect.y, rect.width, rect.height);
  }

  /** How large it is shown; null is as large as the source. */
  setDestination(size: Size | null): void {
    this.proxy.set_destination(size?.width ?? -1, size?.height ?? -1);
  }

  /**
   * Shows an image of `from` as large as `to`: all of it, or with `crop` as much as keeps its proportions, from its middle.
   * Null is as large as it is.
   */
  fit(from: Size, to: Size | null, crop: boolean): void {
    const wanted = [from.width, from.height, to?.width, to?.height].join();
    if (wanted === this.#fitted) return;
    this.#fitted = wanted;
    this.setSource(crop && to ? middle(from, to) : null);
    this.setDestination(to);
  }

  [Symbol.dispose](): void {
    if (!this.proxy.destroyed) this.proxy.destroy();
  }
}

/** The largest part of `from` in the proportions of `to`; whole pixels, and even ones, which formats with shared chroma need. */
function middle(from: Size, to: Size): Rect {
  const scale = Math.max(to.width / from.width, to.height / from.height);
  const part = (whole: number, wanted: number) => Math.min(whole, Math.max(2, evenly(wanted / scale)));
  const [width, height] = [part(from.width, to.width), part(from.height, to.height)];
  return { x: evenly((from.width - width) / 2), y: evenly((from.height - height) / 2), width, height };
}

function evenly(value: number): number {
  return 2 * Math.floor(value / 2);
}
