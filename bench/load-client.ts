import { type Client, Fence, type ObjectProxy, SharedImage, type Size, Window } from '../client-sdk/index.ts';

/** `shm`: wl_buffer.release. `dmabuf`: the release fences of zwp_linux_explicit_synchronization_v1. */
export type Kind = 'shm' | 'dmabuf';

export const isKind = (text: string | undefined): text is Kind => text === 'shm' || text === 'dmabuf';

/** What a client saw of some frames; times in nanoseconds. */
export interface Seen {
  /** From each commit until the vblank that showed it. */
  readonly flips: number[];
  /** From each commit until the client knew that its buffer was free: the release came, and its fence signalled. */
  readonly releases: number[];
  /** Vblanks at which something of this client was shown for the first time. */
  readonly sequences: number[];
}

const IMAGES = 4;
const SECOND = 1_000_000_000n;

const now = (): bigint => process.hrtime.bigint();

/** A window that commits a new buffer right after each frame callback. What the buffers hold was drawn once. */
export class BenchClient {
  readonly #client: Client;
  readonly #window: Window;
  readonly #synchronisation: ObjectProxy<'zwp_linux_surface_synchronization_v1'> | null;
  readonly #free: SharedImage[];
  #freed: () => void = () => {};

  private constructor(client: Client, kind: Kind, window: Window, images: SharedImage[]) {
    this.#client = client;
    this.#window = window;
    this.#free = images;
    this.#synchronisation =
      kind === 'dmabuf'
        ? client.shared('zwp_linux_explicit_synchronization_v1').get_synchronization(window.surface.proxy)
        : null;
  }

  static async create(client: Client, kind: Kind, size: Size): Promise<BenchClient> {
    const window = new Window(client, { title: 'bench', size });
    window.xdgSurface.on('configure', serial => window.xdgSurface.ack_configure(serial));
    await window.configured();
    const images: SharedImage[] = [];
    for (let made = 0; made < IMAGES; made++) {
      const image = await SharedImage.create(client, { kind, ...size });
      const mapping = await image.map();
      mapping.pixels.fill(0xff000000 | (0x203040 * (made + 1)));
      mapping.unmap();
      images.push(image);
    }
    return new BenchClient(client, kind, window, images);
  }

  /** Shows so many frames, each with the frame callback of the one before. */
  async run(frames: number): Promise<Seen> {
    const seen: Seen = { flips: [], releases: [], sequences: [] };
    for (let frame = 0; frame < frames; frame++) await this.#show(await this.#nextImage(), seen);
    return seen;
  }

  async #nextImage(): Promise<SharedImage> {
    for (;;) {
      const image = this.#free.shift();
      if (image) return image;
      await new Promise<void>(resolve => {
        this.#freed = resolve;
      });
    }
  }

  /** Commits an image; resolves with the frame callback. */
  #show(image: SharedImage, seen: Seen): Promise<void> {
    const { proxy } = this.#window.surface;
    const committed = now();
    this.#whenReleased(image, () => {
      seen.releases.push(Number(now() - committed));
      this.#free.push(image);
      this.#freed();
    });
    this.#client
      .shared('wp_presentation')
      .feedback(proxy)
      .on('presented', (high, low, nanoseconds, _refresh, _sequenceHigh, sequence) => {
        const time = ((BigInt(high) << 32n) | BigInt(low)) * SECOND + BigInt(nanoseconds);
        seen.flips.push(Number(time - committed));
        seen.sequences.push(sequence);
      });
    proxy.attach(image.buffer, 0, 0);
    proxy.damage_buffer(0, 0, image.width, image.height);
    const callback = proxy.frame();
    const done = new Promise<void>(resolve => {
      callback.on('done', () => resolve());
    });
    proxy.commit();
    return done;
  }

  #whenReleased(image: SharedImage, released: () => void): void {
    if (this.#synchronisation === null) {
      const listener = image.buffer.on('release', () => {
        listener[Symbol.dispose]();
        released();
      });
      return;
    }
    this.#synchronisation.get_release().listen({
      immediate_release: released,
      fenced_release: ({ fd }) => {
        const fence = new Fence(this.#client.kernel, fd);
        void fence.signalled().then(() => {
          fence[Symbol.dispose]();
          released();
        });
      },
    });
  }
}
