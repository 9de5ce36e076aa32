import type { Client } from './client.ts';
import type { Fence } from './fence.ts';
import { SharedImage } from './image.ts';
import type { Rect, Size, SwapchainOptions } from './options.ts';

/** Who has an image of a swapchain. */
export type Holding =
  | { readonly kind: 'free' }
  | { readonly kind: 'drawing' }
  /** With the server, since the commit of that frame. */
  | { readonly kind: 'committed'; readonly frame: number }
  /** Given back, but its last readers are not done until the release fence signals. */
  | { readonly kind: 'released'; readonly releaseFence: Fence };

const MAX_IMAGES = 16;
const FREE: Holding = { kind: 'free' };

/** One image of a swapchain and who has it. */
export class Slot {
  readonly index: number;
  readonly image: SharedImage;
  /** The frame that it showed last, 0 if none. */
  lastFrame = 0;
  /** What other images have shown since this one did; null is everything. */
  #behind: readonly Rect[] | null = null;
  #holding: Holding = FREE;
  readonly #changed: () => void;

  constructor(index: number, image: SharedImage, changed: () => void) {
    this.index = index;
    this.image = image;
    this.#changed = changed;
  }

  get holding(): Holding {
    return this.#holding;
  }

  /** Takes the image for drawing: the release fence that must signal first, or null. */
  take(): Fence | null {
    const held = this.#holding;
    this.#holding = { kind: 'drawing' };
    return held.kind === 'released' ? held.releaseFence : null;
  }

  /** What is new in this image when it is presented with `damage`: that, and what it missed. Undefined is everything. */
  renewed(damage: readonly Rect[] | undefined): readonly Rect[] | undefined {
    const behind = this.#behind;
    this.#behind = [];
    return behind === null || damage === undefined ? undefined : [...behind, ...damage];
  }

  /** Another image has shown this. */
  missed(damage: readonly Rect[] | undefined): void {
    this.#behind = (damage && this.#behind && bounds([...this.#behind, ...damage])) ?? null;
  }

  /** Nobody knows what the image shows: a drawing was given up. */
  spoiled(): void {
    this.#behind = null;
  }

  free(): void {
    this.#holding = FREE;
    this.#changed();
  }

  committed(frame: number): void {
    this.lastFrame = frame;
    this.#holding = { kind: 'committed', frame };
  }

  /** The server gives the image back. */
  released(releaseFence: Fence | null): void {
    if (releaseFence === null) {
      this.free();
      return;
    }
    const held: Holding = { kind: 'released', releaseFence };
    this.#holding = held;
    this.#changed();
    const signalled = () => {
      if (this.#holding !== held) return;
      releaseFence[Symbol.dispose]();
      this.free();
    };
    // Only the end of the connection ends the wait early, and that ends all of this.
    releaseFence.signalled().then(signalled, () => {});
  }

  /** Who has the image, for people. */
  async words(): Promise<string[]> {
    const held = this.#holding;
    const image = `image ${this.index}`;
    const withFences = (what: string, fences: readonly string[]) => [
      `${image}: ${what}`,
      ...fences.map(fence => `  ${fence}`),
    ];
    if (held.kind === 'committed') {
      const fences = this.image.memory.dmabuf === null ? [] : await this.image.pendingWords();
      return withFences(`committed as frame ${held.frame}, not released`, fences);
    }
    if (held.kind === 'drawing') return [`${image}: handed out for drawing, not presented or discarded`];
    if (held.kind === 'free') return [`${image}: free`];
    return withFences('released, behind a release fence', await held.releaseFence.pendingWords());
  }
}

/** Images of one size and kind, used in turn. */
export class Swapchain implements Disposable, Size {
  readonly width: number;
  readonly height: number;
  readonly slots: readonly Slot[];
  /** Set when the images are given up: told when the last has gone. */
  #retired: (() => void) | null = null;

  private constructor(size: Size, images: readonly SharedImage[], changed: () => void) {
    this.width = size.width;
    this.height = size.height;
    this.slots = images.map(
      (image, index) =>
        new Slot(index, image, () => {
          if (this.#retired) this.#drop(this.#retired);
          changed();
        }),
    );
  }

  static async create(
    client: Client,
    size: Size,
    options: SwapchainOptions,
    changed: () => void,
  ): Promise<Swapchain> {
    const count = checkedOptions(options);
    const images: SharedImage[] = [];
    try {
      for (let made = 0; made < count; made++)
        images.push(await SharedImage.create(client, { ...options, ...size }));
    } catch (error) {
      for (const image of images) image[Symbol.dispose]();
      throw error;
    }
    return new Swapchain(size, images, changed);
  }

  /** An image to draw: one that is free, the longest unused first, or with `early` one that has a release fence. */
  available(early: boolean): Slot | undefined {
    const usable = (kind: Holding['kind']) =>
      this.slots
        .filter(({ holding }) => holding.kind === kind)
        .sort((one, other) => one.lastFrame - other.lastFrame)[0];
    return usable('free') ?? (early ? usable('released') : undefined);
  }

  /** Gives up the images as they come back; `gone` is told after the last. */
  retire(gone: () => void): void {
    this.#retired = gone;
    this.#drop(gone);
  }

  /** Gives up all images at once: of a surface that is gone. */
  [Symbol.dispose](): void {
    for (const { image, holding } of this.slots) {
      if (holding.kind === 'released') holding.releaseFence[Symbol.dispose]();
      image[Symbol.dispose]();
    }
  }

  #drop(gone: () => void): void {
    const back = this.slots.filter(({ holding }) => holding.kind === 'free');
    for (const { image } of back) image[Symbol.dispose]();
    if (back.length === this.slots.length) gone();
  }
}

/** The rectangle around all of them; none for none. */
function bounds(rects: readonly Rect[]): Rect[] {
  if (rects.length === 0) return [];
  const x = Math.min(...rects.map(rect => rect.x));
  const y = Math.min(...rects.map(rect => rect.y));
  const width = Math.max(...rects.map(rect => rect.x + rect.width)) - x;
  const height = Math.max(...rects.map(rect => rect.y + rect.height)) - y;
  return [{ x, y, width, height }];
}

function checkedOptions({ buffers = 3, kind = 'shm', sync = 'implicit' }: SwapchainOptions): number {
  if (!Number.isInteger(buffers) || buffers < 1 || buffers > MAX_IMAGES)
    throw new RangeError(`a swapchain of ${buffers} images: 1 to ${MAX_IMAGES} are possible`);
  if (sync !== 'implicit' && kind !== 'dmabuf')
    throw new TypeError(`sync ${sync} is for dma-bufs: set kind to dmabuf, or sync to implicit`);
  return buffers;
}
