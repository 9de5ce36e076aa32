import type { ObjectProxy } from '../../protocol/object/proxy.ts';
import type { Frame } from './frame.ts';
import type { FrameOptions, SubsurfaceOptions } from './options.ts';
import { Surface, type SurfaceRole } from './surface.ts';

/** A surface on another. Position and order take effect with the parent's next commit. */
export class Subsurface implements Disposable, SurfaceRole {
  readonly name = 'a subsurface';
  readonly ready = true;
  readonly surface: Surface;
  readonly proxy: ObjectProxy<'wl_subsurface'>;

  /** See `Window.createSubsurface`. */
  constructor(parent: Surface, options: SubsurfaceOptions) {
    const { client } = parent;
    this.surface = new Surface(client, this, options.size, options);
    this.proxy = client.shared('wl_subcompositor').get_subsurface(this.surface.proxy, parent.proxy);
    this.setPosition(options.x ?? 0, options.y ?? 0);
    this.setSynchronised(options.synchronised ?? false);
  }

  /** Of the upper left corner, on the parent. */
  setPosition(x: number, y: number): void {
    this.proxy.set_position(x, y);
  }

  /** Synchronised, its commits take effect with the parent's next one. */
  setSynchronised(synchronised: boolean): void {
    if (synchronised) this.proxy.set_sync();
    else this.proxy.set_desync();
  }

  /** Over a sibling, or the parent. */
  placeAbove(sibling: Surface): void {
    this.proxy.place_above(sibling.proxy);
  }

  /** Under a sibling, or the parent. */
  placeBelow(sibling: Surface): void {
    this.proxy.place_below(sibling.proxy);
  }

  /** As `Window.nextFrame`. */
  async nextFrame(options?: FrameOptions): Promise<Frame> {
    const frame = await this.surface.nextFrame(options);
    if (frame === null) throw new Error('the subsurface is gone');
    return frame;
  }

  frames(options?: FrameOptions): AsyncGenerator<Frame, void> {
    return this.surface.frames(options);
  }

  [Symbol.dispose](): void {
    if (this.surface.client.error === null && !this.proxy.destroyed) this.proxy.destroy();
    this.surface[Symbol.dispose]();
  }
}
