import type { EngineImage } from '../../engine/command.ts';
import type { FormatInfo } from '../../engine/formats.ts';
import type { Pin } from '../../memory/backing.ts';
import type { GemObject } from '../gem.ts';
import { Counted } from './counted.ts';
import type { ModeObject, ObjectTable } from './mode-object.ts';

export interface FramebufferPlane {
  readonly object: GemObject;
  readonly pitch: number;
  readonly offset: number;
}

export interface FramebufferLayout {
  readonly width: number;
  readonly height: number;
  readonly format: FormatInfo;
  readonly modifier: bigint;
  readonly flags: number;
  /** The references to the objects are the framebuffer's from now on. */
  readonly planes: readonly FramebufferPlane[];
}

/**
 * A buffer that planes can show (`struct drm_framebuffer`). The client that made it holds one reference, every state
 * that shows it another; its id is good until the last is gone.
 */
export class Framebuffer extends Counted implements ModeObject {
  readonly kind = 'fb';
  readonly id: number;
  readonly layout: FramebufferLayout;
  readonly #objects: ObjectTable;
  #pins: Pin[] = [];
  #pinned = 0;

  constructor(objects: ObjectTable, layout: FramebufferLayout) {
    super();
    this.id = objects.reserve();
    this.layout = layout;
    this.#objects = objects;
    objects.add(this);
  }

  /** Makes it addressable by the display engine, until `unpin`. ENOMEM. */
  pin(): void {
    if (this.#pinned === 0) this.#pinPlanes();
    this.#pinned++;
  }

  unpin(): void {
    if (this.#pinned === 0) throw new Error(`framebuffer ${this.id} is not pinned`);
    if (--this.#pinned > 0) return;
    for (const pin of this.#pins.splice(0)) pin[Symbol.dispose]();
  }

  /** Where the engine finds its pixels; only while pinned. */
  get image(): EngineImage {
    const { width, height, format, planes } = this.layout;
    const [first, chroma] = planes.map((plane, index) => ({
      address: this.#pins[index]!.address + plane.offset,
      stride: plane.pitch,
    }));
    const image = { ...first!, width, height, format: format.fourcc };
    return chroma ? { ...image, chromaAddress: chroma.address, chromaStride: chroma.stride } : image;
  }

  protected freed(): void {
    this.#objects.remove(this.id);
    for (const { object } of this.layout.planes) object.put();
  }

  #pinPlanes(): void {
    try {
      for (const { object } of this.layout.planes) this.#pins.push(object.pin());
    } catch (error) {
      for (const pin of this.#pins.splice(0)) pin[Symbol.dispose]();
      throw error;
    }
  }
}
