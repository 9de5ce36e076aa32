// zwlr_screencopy_frame_v1: one picture into one buffer.
import type { Resource } from '../../protocol/object/resource.ts';
import type { ClientBuffer } from '../scene/client-buffer.ts';
import type { CaptureResult, Output } from '../scene/outputs.ts';
import { type Rect, Region, type Size } from '../scene/region.ts';
import { startCapture } from './captures.ts';
import { demand } from './errors.ts';
import { isOffered, shmNumber, XRGB8888 } from './shm-format.ts';
import { timestampWords } from './timestamp.ts';
import type { Screencopy } from './zwlr-screencopy.ts';

const DAMAGE_SINCE = 2;
const DMABUF_SINCE = 3;
const BYTES_PER_PIXEL = 4;

export interface ScreencopySource {
  readonly output: Output;
  /** In device pixels; null is all of the output. An empty one cannot be copied. */
  readonly region: Rect | null;
  readonly paintCursors: boolean;
}

export class ScreencopyFrame {
  readonly #manager: Screencopy;
  readonly #resource: Resource<'zwlr_screencopy_frame_v1'>;
  readonly #source: ScreencopySource;
  readonly #size: Size;
  /** DRM fourcc code; null when the output cannot be captured. */
  readonly #format: number | null;
  #used = false;
  #capture: Disposable | null = null;

  constructor(manager: Screencopy, resource: Resource<'zwlr_screencopy_frame_v1'>, source: ScreencopySource) {
    this.#manager = manager;
    this.#resource = resource;
    this.#source = source;
    const { captureConstraints } = source.output;
    this.#size = source.region ?? captureConstraints.size;
    const formats = captureConstraints.shmFormats.filter(isOffered);
    this.#format = formats.includes(XRGB8888) ? XRGB8888 : (formats[0] ?? null);
    resource.onDestroy(() => this.#capture?.[Symbol.dispose]());
    const { buffers } = manager.caller.context;
    resource.setHandlers({
      copy: (_, buffer) => this.#copy(buffers.get(buffer).buffer, false),
      copy_with_damage: (_, buffer) => this.#copy(buffers.get(buffer).buffer, true),
      destroy: () => {},
    });
    this.#announce();
  }

  #announce(): void {
    const { events, version } = this.#resource;
    const { width, height } = this.#size;
    if (this.#format === null || width === 0) {
      events.failed();
      return;
    }
    events.buffer(shmNumber(this.#format), width, height, width * BYTES_PER_PIXEL);
    if (version < DMABUF_SINCE) return;
    if (this.#takesDmabufs) events.linux_dmabuf(this.#format, width, height);
    events.buffer_done();
  }

  get #takesDmabufs(): boolean {
    const { dmabufFormats } = this.#source.output.captureConstraints;
    const known = dmabufFormats.some(({ format }) => format === this.#format);
    return known && this.#manager.caller.client.may('kernel-calls');
  }

  #copy(buffer: ClientBuffer, withDamage: boolean): void {
    const resource = this.#resource;
    demand(
      !this.#used,
      resource,
      'already_used',
      'the frame was copied already; ask the manager for another one',
    );
    this.#used = true;
    if (this.#format === null || this.#size.width === 0) {
      resource.events.failed();
      return;
    }
    const problem = this.#problem(buffer, this.#format);
    demand(problem === null, resource, 'invalid_buffer', `${problem}`);
    const { output, region, paintCursors } = this.#source;
    const since = withDamage ? this.#manager.lastCopy(output, region) : null;
    this.#capture = startCapture(this.#manager.caller, output, {
      buffer,
      // What is in the client's buffer is not known.
      bufferDamage: Region.infinite,
      paintCursors,
      ...(region ? { region } : {}),
      immediate: since === null,
      ...(since === null ? {} : { since }),
      ready: result => this.#ready(result, withDamage),
      failed: () => resource.events.failed(),
    });
  }

  /** Why a buffer is not what the events asked for; null when it is. */
  #problem(buffer: ClientBuffer, format: number): string | null {
    const { width, height } = this.#size;
    if (buffer.width !== width || buffer.height !== height)
      return `the buffer has ${buffer.width}x${buffer.height} pixels, the event "buffer" said ${width}x${height}`;
    if (buffer.format !== format)
      return `the buffer's format is 0x${buffer.format.toString(16)}, the event "buffer" said 0x${format.toString(16)}`;
    if (buffer.kind === 'single-pixel') return 'a single-pixel buffer can not be written';
    const stride = width * BYTES_PER_PIXEL;
    if (buffer.kind === 'shm' && buffer.stride !== stride)
      return `the buffer has ${buffer.stride} bytes a row, the event "buffer" said ${stride}`;
    return null;
  }

  #ready({ damage, time }: CaptureResult, withDamage: boolean): void {
    const { events, version } = this.#resource;
    const { output, region } = this.#source;
    events.flags(0);
    if (withDamage) {
      this.#manager.copied(output, region, time);
      if (version >= DAMAGE_SINCE)
        for (const { x, y, width, height } of damage.rects) events.damage(x, y, width, height);
    }
    events.ready(...timestampWords(time));
  }
}
