// Buffers that the compositor draws to.
import type { GpuImage, RenderDevice } from './render-device.ts';

/** Rows begin at multiples of this many bytes. */
const PITCH_ALIGN = 64;

export class RenderTarget implements Disposable {
  readonly width: number;
  readonly height: number;
  readonly format: number;
  readonly stride: number;
  readonly handle: number;
  readonly #device: RenderDevice;

  /** `format` has 32 bits a pixel. Throws a KernelError. */
  constructor(device: RenderDevice, size: { width: number; height: number }, format: number) {
    this.#device = device;
    this.width = size.width;
    this.height = size.height;
    this.format = format;
    this.stride = Math.ceil((size.width * 4) / PITCH_ALIGN) * PITCH_ALIGN;
    this.handle = device.createBuffer(this.stride * size.height);
  }

  get image(): GpuImage {
    const { handle, format, width, height } = this;
    return { handle, format, width, height, offsets: [0, 0], pitches: [this.stride, 0] };
  }

  /** A new descriptor of it as a dma-buf; the caller's. */
  export(): number {
    return this.#device.buffers.export(this.handle);
  }

  [Symbol.dispose](): void {
    this.#device.buffers.drop(this.handle);
  }
}
