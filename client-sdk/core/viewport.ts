import type { ObjectProxy } from '../../protocol/object/proxy.ts';
import type { Client } from './client.ts';
import type { Rect, Size } from './options.ts';

/** Cropping and scaling of a surface. Takes effect with its next commit. */
export class Viewport implements Disposable {
  readonly proxy: ObjectProxy<'wp_viewport'>;

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

  [Symbol.dispose](): void {
    if (!this.proxy.destroyed) this.proxy.destroy();
  }
}
