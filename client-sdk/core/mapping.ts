import type { ImageLayout } from './layout.ts';
import type { Rect } from './options.ts';

export interface MappedPlane {
  readonly data: Uint8Array;
  readonly stride: number;
}

/** The pixels of an image while the CPU has them. Unmapping, or disposal, hands them back. */
export class Mapping implements Disposable {
  readonly width: number;
  readonly height: number;
  readonly #planes: readonly MappedPlane[];
  #end: ((damage: readonly Rect[] | undefined) => void) | null;

  /** See `SharedImage.map`. */
  constructor(layout: ImageLayout, data: Uint8Array, end: (damage: readonly Rect[] | undefined) => void) {
    this.width = layout.width;
    this.height = layout.height;
    this.#planes = layout.planes.map(({ offset, stride, rows }) => ({
      data: data.subarray(offset, offset + stride * rows),
      stride,
    }));
    this.#end = end;
  }

  /**
   * The bytes of the first plane: rows of `stride`; XRGB8888 and ARGB8888 are blue, green, red, alpha. Not to be kept over
   * `unmap`.
   */
  get data(): Uint8Array {
    return this.planes[0]!.data;
  }

  /** Bytes from one row to the next. */
  get stride(): number {
    return this.planes[0]!.stride;
  }

  /**
   * The first plane of XRGB8888 and ARGB8888 as words 0xAARRGGBB, `stride / 4` to a row. Not to be kept over `unmap`.
   */
  get pixels(): Uint32Array {
    const { data } = this;
    return new Uint32Array(data.buffer, data.byteOffset, data.length / 4);
  }

  /** NV12 has two: luma, and chroma of half the rows. */
  get planes(): readonly MappedPlane[] {
    if (this.#end === null) throw new Error('the image is unmapped: map it again');
    return this.#planes;
  }

  /** Ends the access. `damage` is what was drawn; it matters where pixels are copied to the server. */
  unmap(damage?: readonly Rect[]): void {
    const end = this.#end;
    this.#end = null;
    end?.(damage);
  }

  [Symbol.dispose](): void {
    this.unmap();
  }
}
