// One output's pictures, for all pages that look at it.
import {
  type CapturedFrame,
  CaptureFailed,
  type Client,
  type Output,
  ScreenCapture,
  type SharedImage,
} from '../../client-sdk/core/index.ts';
import type { Rect } from '../stream/frame.ts';
import { type EncodedPixels, encodePixels, type Pixels } from './picture.ts';
import { type FrameSink, Subscription } from './subscription.ts';

/** Milliseconds until a capture is tried again that failed for no reason of ours. */
const RETRY = 250;

/** The latest picture and its memory. */
interface Picture extends Pixels {
  readonly image: SharedImage;
}

/**
 * Captures while somebody wants a picture and has taken those before: never ahead, so that nothing queues up. Two images take
 * turns: one is read while the next picture is written to the other.
 */
export class ScreenStream implements Disposable {
  readonly #client: Client;
  readonly #output: Output;
  readonly #subscriptions = new Set<Subscription>();
  #capture: ScreenCapture | null = null;
  #front: Picture | null = null;
  #back: SharedImage | null = null;
  #capturing = false;
  #retry: NodeJS.Timeout | null = null;
  /** What was made of the front picture: pages that lack the same share it. */
  readonly #encoded = new Map<string, Promise<EncodedPixels>>();
  #disposed = false;

  constructor(client: Client, output: Output) {
    this.#client = client;
    this.#output = output;
  }

  /** Sends pictures to a page, as it takes them, until disposed. */
  subscribe(sink: FrameSink): Subscription {
    const subscription = new Subscription(sink, {
      changed: () => this.#advance(),
      ended: () => void this.#subscriptions.delete(subscription),
    });
    this.#subscriptions.add(subscription);
    if (this.#front) subscription.restart(wholeOf(this.#front), 0n);
    return subscription;
  }

  [Symbol.dispose](): void {
    if (this.#disposed) return;
    this.#disposed = true;
    if (this.#retry) clearTimeout(this.#retry);
    this.#dropImages();
    this.#capture?.[Symbol.dispose]();
  }

  /** Sends what can be sent, and captures again if somebody could take it. */
  #advance(): void {
    if (this.#disposed) return;
    for (const subscription of this.#subscriptions) this.#serve(subscription);
    const wanted = [...this.#subscriptions].some(({ isReady }) => isReady);
    if (wanted && !this.#capturing && !this.#retry) void this.#next();
  }

  #serve(subscription: Subscription): void {
    const rects = this.#front && subscription.take();
    if (rects) subscription.send(this.#pixels(rects));
  }

  #pixels(rects: readonly Rect[]): Promise<EncodedPixels> {
    const key = rects.map(({ x, y, width, height }) => `${x},${y},${width},${height}`).join(' ');
    const known = this.#encoded.get(key);
    if (known) return known;
    const encoded = encodePixels(this.#front!, rects);
    this.#encoded.set(key, encoded);
    return encoded;
  }

  async #next(): Promise<void> {
    this.#capturing = true;
    try {
      this.#capture ??= await this.#open();
      this.#back ??= await this.#capture.createImage();
      const image = this.#back;
      const frame = await this.#capture.next(image);
      const mapping = await image.map({ access: 'read' });
      const { data, stride } = mapping;
      mapping.unmap();
      this.#arrived({ image, data, stride }, frame);
    } catch (error) {
      this.#failed(error);
    } finally {
      this.#capturing = false;
      // An image that was made meanwhile is nobody's.
      if (this.#disposed) this.#dropImages();
      this.#advance();
    }
  }

  async #open(): Promise<ScreenCapture> {
    const capture = await ScreenCapture.open(this.#client, { output: this.#output.name, cursor: true });
    if (this.#disposed) capture[Symbol.dispose]();
    return capture;
  }

  #arrived(picture: Picture, { damage, time }: CapturedFrame): void {
    if (this.#disposed) return;
    const first = this.#front === null;
    this.#back = this.#front?.image ?? null;
    this.#front = picture;
    this.#encoded.clear();
    for (const subscription of this.#subscriptions)
      if (first) subscription.restart(wholeOf(picture), time);
      else subscription.damage(damage, time);
  }

  #failed(error: unknown): void {
    if (this.#disposed || this.#client.error !== null) return;
    const isMisfit = error instanceof CaptureFailed && error.reason === 'buffer_constraints';
    const isResized = isMisfit && !this.#fits(this.#back);
    this.#dropImages();
    // Its session has told the new size, and new images will fit.
    if (isResized) return;
    this.#capture?.[Symbol.dispose]();
    this.#capture = null;
    this.#retry = setTimeout(() => {
      this.#retry = null;
      this.#advance();
    }, RETRY);
  }

  #fits(image: SharedImage | null): boolean {
    const size = this.#capture?.size;
    return !image || !size || (image.width === size.width && image.height === size.height);
  }

  #dropImages(): void {
    this.#front?.image[Symbol.dispose]();
    this.#back?.[Symbol.dispose]();
    this.#front = null;
    this.#back = null;
    this.#encoded.clear();
  }
}

const wholeOf = ({ image }: Picture): Rect => ({ x: 0, y: 0, width: image.width, height: image.height });
