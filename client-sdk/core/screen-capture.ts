import { interfaces } from '../../protocol/interfaces/index.ts';
import type { ObjectProxy } from '../../protocol/object/proxy.ts';
import type { Client } from './client.ts';
import { SharedImage } from './image.ts';
import { shmFormatOf } from './layout.ts';
import type { PixelFormat, Rect, Size, WaitOptions } from './options.ts';
import type { Output } from './outputs.ts';
import { Changes } from './wait.ts';

export interface ScreenCaptureOptions extends WaitOptions {
  /** The output's name; by default the first output. */
  readonly output?: string;
  /** Paint the cursor into the pictures. */
  readonly cursor?: boolean;
}

/** One picture of a ScreenCapture. */
export interface CapturedFrame {
  /** What is different from the picture before, in pixels of the image; the first picture is new everywhere. */
  readonly damage: readonly Rect[];
  /** When it was shown: nanoseconds of CLOCK_MONOTONIC. */
  readonly time: bigint;
}

interface Constraints extends Size {
  readonly format: PixelFormat;
}

const FORMATS = ['XRGB8888', 'ARGB8888'] as const;

const reasons = new Map<number, string>(
  Object.entries(interfaces.ext_image_copy_capture_frame_v1.enums.failure_reason).map(([name, value]) => [
    value,
    name,
  ]),
);

/** A capture failed; `reason` is that of ext_image_copy_capture_frame_v1. */
export class CaptureFailed extends Error {
  override readonly name = 'CaptureFailed';
  readonly reason: string;

  constructor(output: string, reason: string) {
    super(`capturing ${output} failed: ${reason}`);
    this.reason = reason;
  }
}

/** Images whose content is known, and rectangles of it that may be out of date. */
const MOST_IMAGES = 4;
const MOST_RECTS = 64;

/**
 * Picture after picture of one output (ext_image_copy_capture), each with what changed since the one before.
 *
 * ```ts
 * const capture = await ScreenCapture.open(client, { cursor: true });
 * const image = await capture.createImage();
 * for (;;) {
 *   const { damage } = await capture.next(image);
 *   // ... `await image.map({ access: 'read' })`, read the rectangles of `damage`, unmap
 * }
 * ```
 */
export class ScreenCapture implements Disposable {
  readonly client: Client;
  readonly output: Output;
  readonly #source: ObjectProxy<'ext_image_capture_source_v1'>;
  readonly #session: ObjectProxy<'ext_image_copy_capture_session_v1'>;
  readonly #changes = new Changes();
  #constraints: Constraints | null = null;
  /** What each of the last images lacks of the newest picture; any other lacks all of it. */
  readonly #lacking = new Map<SharedImage, Rect[]>();
  #stopped = false;
  #disposed = false;

  private constructor(client: Client, output: Output, options: ScreenCaptureOptions) {
    this.client = client;
    this.output = output;
    const { paint_cursors } = interfaces.ext_image_copy_capture_manager_v1.enums.options;
    const manager = client.shared('ext_image_copy_capture_manager_v1');
    const sources = client.shared('ext_output_image_capture_source_manager_v1');
    this.#source = sources.create_source(output.proxy);
    this.#session = manager.create_session(this.#source, options.cursor ? paint_cursors : 0);
    this.#listen();
  }

  /** Throws `MissingGlobal` where captures are not offered, `CaptureFailed` where the output is gone. */
  static async open(client: Client, options: ScreenCaptureOptions = {}): Promise<ScreenCapture> {
    const { outputs } = client;
    await client.roundtrip(options);
    const capture = new ScreenCapture(client, outputs.find(options.output), options);
    try {
      await capture.#constrained(options);
      return capture;
    } catch (error) {
      capture[Symbol.dispose]();
      throw error;
    }
  }

  /** How large pictures are now, in pixels. It changes with the output's mode: images made before fit no more. */
  get size(): Size {
    const { width, height } = this.#constraints!;
    return { width, height };
  }

  /** The output is gone: there will be no more pictures. */
  get stopped(): boolean {
    return this.#stopped;
  }

  /** Shared memory that a picture of this output fits in. */
  createImage(): Promise<SharedImage> {
    return SharedImage.create(this.client, { kind: 'shm', ...this.#constraints! });
  }

  /**
   * The next picture. The first comes at once; later ones as soon as anything differs from the one before, so on a screen
   * that stands still this waits. An image that had a picture a few pictures ago is brought up to date, so leave it as it is;
   * any other is filled. Rejects with `CaptureFailed`: `buffer_constraints` when the output has another size by
   * now, `stopped` when it is gone. One at a time.
   */
  async next(image: SharedImage, options?: WaitOptions): Promise<CapturedFrame> {
    if (this.#stopped) throw new CaptureFailed(this.output.name, 'stopped');
    const frame = this.#session.create_frame();
    const lacking = this.#lacking.get(image) ?? [{ x: 0, y: 0, width: image.width, height: image.height }];
    try {
      const captured = await this.client.until<CapturedFrame>(
        {
          start: (resolve, reject) => {
            const listener = this.#listenTo(frame, resolve, reject);
            frame.attach_buffer(image.buffer);
            for (const { x, y, width, height } of lacking) frame.damage_buffer(x, y, width, height);
            frame.capture();
            return () => listener[Symbol.dispose]();
          },
          explain: () => ({
            waitedFor: `a capture of ${this.output.name}`,
            holders: ['the output has not composed a frame'],
          }),
        },
        options,
      );
      this.#filled(image, captured.damage);
      return captured;
    } catch (error) {
      // Nobody knows how far the image, and what changed, got.
      this.#lacking.clear();
      throw error;
    } finally {
      if (this.client.error === null) frame.destroy();
    }
  }

  [Symbol.dispose](): void {
    if (this.#disposed) return;
    this.#disposed = true;
    if (this.client.error !== null) return;
    this.#session.destroy();
    this.#source.destroy();
  }

  #filled(image: SharedImage, damage: readonly Rect[]): void {
    for (const [other, rects] of this.#lacking)
      if (rects.push(...damage) > MOST_RECTS) this.#lacking.delete(other);
    this.#lacking.delete(image);
    this.#lacking.set(image, []);
    if (this.#lacking.size > MOST_IMAGES) this.#lacking.delete(this.#lacking.keys().next().value!);
  }

  #listenTo(
    frame: ObjectProxy<'ext_image_copy_capture_frame_v1'>,
    resolve: (frame: CapturedFrame) => void,
    reject: (error: unknown) => void,
  ): Disposable {
    const damage: Rect[] = [];
    let time = 0n;
    return frame.listen({
      damage: (x, y, width, height) => damage.push({ x, y, width, height }),
      presentation_time: (hi, lo, nanoseconds) => {
        time = ((BigInt(hi) << 32n) | BigInt(lo)) * 1_000_000_000n + BigInt(nanoseconds);
      },
      ready: () => resolve({ damage, time }),
      failed: reason =>
        reject(new CaptureFailed(this.output.name, reasons.get(reason) ?? `reason ${reason}`)),
    });
  }

  #listen(): void {
    let size: Size | null = null;
    const formats = new Set<number>();
    this.#session.listen({
      buffer_size: (width, height) => {
        size = { width, height };
      },
      shm_format: format => formats.add(format),
      done: () => {
        const format = FORMATS.find(known => formats.has(shmFormatOf(known)));
        this.#constraints = size && format ? { ...size, format } : null;
        formats.clear();
        this.#changes.notify();
      },
      stopped: () => {
        this.#stopped = true;
        this.#changes.notify();
      },
    });
  }

  #constrained(options: WaitOptions): Promise<void> {
    const { name } = this.output;
    return this.client.until<void>(
      {
        start: (resolve, reject) => {
          const told = () => {
            if (this.#stopped) reject(new CaptureFailed(name, 'stopped'));
            else if (this.#constraints) resolve();
            else reject(new CaptureFailed(name, 'it offers no wl_shm buffers of 8 bits a channel'));
          };
          const listener = this.#changes.on(told);
          return () => listener[Symbol.dispose]();
        },
        explain: () => ({ waitedFor: `what captures of ${name} look like`, holders: [] }),
      },
      options,
    );
  }
}
