import type { Fence } from './fence.ts';
import type { MapOptions, SharedImage } from './image.ts';
import type { Mapping } from './mapping.ts';
import type { PresentationFeedback, PresentOptions, Size } from './options.ts';
import type { Slot } from './swapchain.ts';

/** What a frame needs of the surface that it is for. */
export interface FrameOwner {
  present(frame: Frame, options: PresentOptions): void;
  presentWithFeedback(frame: Frame, options: PresentOptions): Promise<PresentationFeedback>;
  discard(frame: Frame): void;
}

/** An image of a swapchain, to be drawn and presented or discarded. */
export class Frame implements Disposable, Size {
  readonly slot: Slot;
  /** 1 for the first frame of the surface; those that are discarded count. */
  readonly number: number;
  /** How many frames ago the image was shown last: its pixels are of then. 0 when they are of no frame. */
  readonly age: number;
  /** The fence of the image's last readers, where it was asked for and is pending: wait for it before drawing. */
  readonly releaseFence: Fence | null;
  /** The fence of the drawing; `present` takes it over. The other way to give it is the option of `present`. */
  acquireFence: Fence | null = null;
  readonly #owner: FrameOwner;
  #open = true;

  constructor(owner: FrameOwner, slot: Slot, number: number, releaseFence: Fence | null) {
    this.#owner = owner;
    this.slot = slot;
    this.number = number;
    this.age = slot.lastFrame === 0 ? 0 : number - slot.lastFrame;
    this.releaseFence = releaseFence;
  }

  get image(): SharedImage {
    return this.slot.image;
  }

  get width(): number {
    return this.image.width;
  }

  get height(): number {
    return this.image.height;
  }

  /** False once it was presented or discarded. */
  get open(): boolean {
    return this.#open;
  }

  /** The pixels, for the CPU; `present` unmaps them. */
  map(options?: MapOptions): Promise<Mapping> {
    this.#check();
    return this.image.map(options);
  }

  /** Commits the image to the surface. */
  present(options: PresentOptions = {}): void {
    this.#check();
    this.#owner.present(this, options);
    this.#presented();
  }

  /** `present`, and a promise for what becomes of it. It may be left alone. */
  presentWithFeedback(options: PresentOptions = {}): Promise<PresentationFeedback> {
    this.#check();
    const feedback = this.#owner.presentWithFeedback(this, options);
    this.#presented();
    return feedback;
  }

  /** Gives the image back to the swapchain unused, with its release fence. */
  discard(): void {
    if (!this.#open) return;
    this.#open = false;
    this.acquireFence?.[Symbol.dispose]();
    this.#owner.discard(this);
  }

  [Symbol.dispose](): void {
    this.discard();
  }

  #presented(): void {
    this.#open = false;
    this.releaseFence?.[Symbol.dispose]();
  }

  #check(): void {
    if (!this.#open) throw new Error(`frame ${this.number} was presented or discarded already`);
  }
}
