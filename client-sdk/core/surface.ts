import type { ObjectProxy } from '../../protocol/object/proxy.ts';
import type { Client } from './client.ts';
import { presentationFeedback } from './feedback.ts';
import { Frame, type FrameOwner } from './frame.ts';
import { SurfaceHdrMetadata } from './hdr-metadata.ts';
import type {
  FrameOptions,
  PresentationFeedback,
  PresentOptions,
  Rect,
  Size,
  SwapchainOptions,
} from './options.ts';
import { withRegion } from './region.ts';
import { type Slot, Swapchain } from './swapchain.ts';
import { type Synchronisation, synchronise } from './synchronisation.ts';
import { Viewport } from './viewport.ts';
import { Changes, type Explanation } from './wait.ts';

/** The version of wl_surface that has damage_buffer. */
const DAMAGES_BUFFERS = 4;
const EVERYTHING = 0x7fff_ffff;

/** What a surface's role has to do with its commits. */
export interface SurfaceRole {
  /** For people: `window 'photos'`. */
  readonly name: string;
  /** Whether pixels may be committed now. */
  readonly ready: boolean;
  /** A frame is handed out: what has been configured until now is what it will answer. */
  drawing?(frame: Frame): void;
  /** Requests that go before the frame's commit. */
  committing?(frame: Frame): void;
}

type Images =
  | { readonly kind: 'none' }
  | { readonly kind: 'building' }
  | { readonly kind: 'ready'; readonly swapchain: Swapchain; readonly synchronisation: Synchronisation }
  | { readonly kind: 'failed'; readonly error: unknown };

/** A wl_surface with a swapchain: what windows and subsurfaces have in common. */
export class Surface implements Disposable, FrameOwner {
  readonly client: Client;
  readonly proxy: ObjectProxy<'wl_surface'>;
  readonly options: SwapchainOptions;
  /** Outputs that show it, of those that the client has bound. */
  readonly outputs: ReadonlySet<ObjectProxy<'wl_output'>>;
  readonly #outputs = new Set<ObjectProxy<'wl_output'>>();
  readonly #changes = new Changes();
  readonly #role: SurfaceRole;
  /** Of sizes past, with images that the server has not given back. */
  readonly #retired = new Set<Swapchain>();
  #size: Size;
  #images: Images = { kind: 'none' };
  #synchronisation: Synchronisation | null = null;
  #viewport: Viewport | null = null;
  #hdrMetadata: SurfaceHdrMetadata | null = null;
  #frameCallback = false;
  /** Told when the next frame callback comes. */
  #untilShown: (() => void)[] = [];
  #number = 0;
  #ended = false;

  constructor(client: Client, role: SurfaceRole, size: Size, options: SwapchainOptions) {
    this.client = client;
    this.outputs = this.#outputs;
    this.options = options;
    this.#role = role;
    this.#size = size;
    this.proxy = client.shared('wl_compositor').create_surface();
    this.proxy.listen({
      enter: output => this.#outputs.add(output),
      leave: output => this.#outputs.delete(output),
    });
  }

  /** Of the images to come. */
  get size(): Size {
    return this.#size;
  }

  set size(size: Size) {
    this.#size = size;
    this.changed();
  }

  /** True once no more frames come. */
  get ended(): boolean {
    return this.#ended;
  }

  /** Cropping and scaling of what is committed (wp_viewporter). */
  get viewport(): Viewport {
    this.#viewport ??= new Viewport(this.client, this.proxy);
    return this.#viewport;
  }

  /** Which part hides what is below: rectangles, or null for none. Takes effect with the next commit. */
  setOpaqueRegion(rects: readonly Rect[] | null): void {
    withRegion(this.client, rects, region => this.proxy.set_opaque_region(region));
  }

  /** Which part takes input: rectangles, or null for all of it. Takes effect with the next commit. */
  setInputRegion(rects: readonly Rect[] | null): void {
    withRegion(this.client, rects, region => this.proxy.set_input_region(region));
  }

  /** Shows a buffer that is not of the swapchain, such as a single pixel, or with null nothing. */
  presentBuffer(buffer: ObjectProxy<'wl_buffer'> | null, { width, height }: Size): void {
    this.proxy.attach(buffer, 0, 0);
    this.#damage([{ x: 0, y: 0, width, height }]);
    this.proxy.commit();
  }

  /** The next image to draw, or null when there will be none: see `Window.nextFrame`. */
  nextFrame(options: FrameOptions = {}): Promise<Frame | null> {
    return this.client.until<Frame | null>(
      {
        start: (resolve, reject) => {
          const attempt = () => {
            try {
              const frame = this.#ended ? null : this.#tryFrame(options);
              if (frame === undefined) return;
              watching[Symbol.dispose]();
              resolve(frame);
            } catch (error) {
              watching[Symbol.dispose]();
              reject(error);
            }
          };
          const watching = this.#changes.on(attempt);
          attempt();
          return () => watching[Symbol.dispose]();
        },
        explain: () => this.#explain(options),
      },
      options,
    );
  }

  /** Frame after frame until there will be none. One that is neither presented nor discarded is discarded. */
  async *frames(options?: FrameOptions): AsyncGenerator<Frame, void> {
    for (;;) {
      const frame = await this.nextFrame(options);
      if (frame === null) return;
      try {
        yield frame;
      } finally {
        frame.discard();
      }
    }
  }

  present(frame: Frame, options: PresentOptions): void {
    this.#stage(frame, options);
    this.#commit(frame);
  }

  presentWithFeedback(frame: Frame, options: PresentOptions): Promise<PresentationFeedback> {
    this.#stage(frame, options);
    const feedback = presentationFeedback(this.client, this.proxy, told => this.#untilShown.push(told));
    this.#commit(frame);
    return feedback;
  }

  discard({ slot, image, releaseFence }: Frame): void {
    image.unmap([]);
    slot.spoiled();
    slot.released(releaseFence);
  }

  /** Looks again whether those who wait can go on. */
  changed(): void {
    this.#changes.notify();
  }

  /** No more frames: those who wait for one get null. */
  end(): void {
    this.#ended = true;
    this.changed();
  }

  [Symbol.dispose](): void {
    this.end();
    if (this.client.error === null && !this.proxy.destroyed) {
      this.#viewport?.[Symbol.dispose]();
      this.#hdrMetadata?.[Symbol.dispose]();
      this.#synchronisation?.[Symbol.dispose]();
      this.proxy.destroy();
    }
    if (this.#images.kind === 'ready') this.#images.swapchain[Symbol.dispose]();
    for (const swapchain of this.#retired) swapchain[Symbol.dispose]();
    this.#retired.clear();
    this.#images = { kind: 'none' };
  }

  /** A frame if there can be one now, undefined if not yet. */
  #tryFrame(options: FrameOptions): Frame | undefined {
    if (!this.#role.ready) return undefined;
    const images = this.#images;
    if (images.kind === 'failed') {
      // Whoever asks again has it tried again.
      this.#images = { kind: 'none' };
      throw images.error;
    }
    if (images.kind === 'building') return undefined;
    if (images.kind === 'none' || !sameSize(images.swapchain, this.#size)) {
      this.#rebuild();
      return undefined;
    }
    if (this.#frameCallback && !options.unthrottled) return undefined;
    const slot = images.swapchain.available(options.withReleaseFence ?? false);
    return slot && this.#hand(slot);
  }

  #hand(slot: Slot): Frame {
    const frame = new Frame(this, slot, ++this.#number, slot.take());
    this.#role.drawing?.(frame);
    return frame;
  }

  #retire(swapchain: Swapchain): void {
    this.#retired.add(swapchain);
    swapchain.retire(() => this.#retired.delete(swapchain));
  }

  #rebuild(): void {
    if (this.#images.kind === 'ready') this.#retire(this.#images.swapchain);
    this.#images = { kind: 'building' };
    this.#build().then(
      images => this.#built(images),
      (error: unknown) => this.#built({ kind: 'failed', error }),
    );
  }

  async #build(): Promise<Images> {
    const { client, options } = this;
    const swapchain = await Swapchain.create(client, this.#size, options, () => this.changed());
    try {
      this.#synchronisation ??= await synchronise(client, this.proxy, options.sync ?? 'implicit');
    } catch (error) {
      swapchain[Symbol.dispose]();
      throw error;
    }
    return { kind: 'ready', swapchain, synchronisation: this.#synchronisation };
  }

  #built(images: Images): void {
    if (this.#ended && images.kind === 'ready') images.swapchain[Symbol.dispose]();
    else this.#images = images;
    this.changed();
  }

  /** The requests that make up the state of a commit. */
  #stage(frame: Frame, { damage, acquire, hdrMetadata }: PresentOptions): void {
    if (this.proxy.destroyed) throw new Error(`${this.#role.name} is closed`);
    if (this.client.error) throw this.client.error;
    const { slot, image } = frame;
    image.throwFailure();
    if (hdrMetadata !== undefined) {
      this.#hdrMetadata ??= new SurfaceHdrMetadata(this.client, this.proxy);
      this.#hdrMetadata.set(hdrMetadata);
    }
    image.unmap(slot.renewed(damage));
    if (this.#images.kind === 'ready')
      for (const other of this.#images.swapchain.slots) if (other !== slot) other.missed(damage);
    this.#synchronisation!.prepare(image, acquire ?? frame.acquireFence, fence => slot.released(fence));
    this.proxy.attach(image.buffer, 0, 0);
    this.#damage(damage ?? [{ x: 0, y: 0, width: image.width, height: image.height }]);
    this.#role.committing?.(frame);
  }

  /** In pixels of the buffer. Old servers know the surface's coordinates alone: under a viewport that is everything. */
  #damage(rects: readonly Rect[]): void {
    if (this.proxy.version < DAMAGES_BUFFERS && this.#viewport !== null)
      this.proxy.damage(0, 0, EVERYTHING, EVERYTHING);
    else
      for (const { x, y, width, height } of rects)
        if (this.proxy.version < DAMAGES_BUFFERS) this.proxy.damage(x, y, width, height);
        else this.proxy.damage_buffer(x, y, width, height);
  }

  #commit({ slot, number }: Frame): void {
    this.#askForCallback();
    this.proxy.commit();
    slot.committed(number);
  }

  #askForCallback(): void {
    if (this.#frameCallback) return;
    this.#frameCallback = true;
    this.proxy.frame().on('done', () => {
      this.#frameCallback = false;
      const untilShown = this.#untilShown;
      this.#untilShown = [];
      for (const told of untilShown) told();
      this.changed();
    });
  }

  async #explain(options: FrameOptions): Promise<Explanation> {
    const images = this.#images;
    const waitedFor = `the next frame of ${this.#role.name}`;
    if (!this.#role.ready) return { waitedFor, holders: ['the server has not configured it'] };
    if (images.kind !== 'ready') return { waitedFor, holders: ['its images are being made'] };
    const holders = (await Promise.all(images.swapchain.slots.map(slot => slot.words()))).flat();
    if (this.#frameCallback && !options.unthrottled)
      holders.push(`no frame callback since frame ${this.#number}: nothing shows it, or the output waits`);
    const names = [...this.#outputs].map(output => this.client.outputs.nameOf(output));
    holders.push(`it is on ${names.length === 0 ? 'no output' : names.join(', ')}`);
    return { waitedFor, holders };
  }
}

function sameSize(one: Size, other: Size): boolean {
  return one.width === other.width && one.height === other.height;
}
