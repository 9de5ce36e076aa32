// Clients' buffers on the render device: imported on first use, kept until the buffer is gone.
import { DRM_FORMAT_MOD_INVALID, DRM_FORMAT_MOD_LINEAR, fourccText } from '../../protocol/uapi/fourcc.ts';
import { KernelError } from '../kernel/task/index.ts';
import type { Machine } from '../machine/machine.ts';
import type { Trace } from '../observe/trace.ts';
import type { BufferUse } from '../scene/buffer-use.ts';
import type { ClientBuffer, DmabufBuffer, ShmBuffer } from '../scene/client-buffer.ts';
import type { DmabufDescription } from '../scene/kernel-capabilities.ts';
import { isPassing } from './passing.ts';
import { planeCount, RENDER_FORMATS, rowBytes } from './pixel-format.ts';
import type { GpuImage, RenderDevice } from './render-device.ts';
import { CopiedShm, type ShmSource, shareShm, UDMABUF_NODE } from './shm-source.ts';

/** What a layer is drawn from. */
export type Source =
  | {
      readonly kind: 'image';
      readonly image: GpuImage;
      /** When the use may be let go: with the job's fence in its reservation, when the job is done, or now. */
      readonly memory: 'fenced' | 'shared' | 'copied';
    }
  | { readonly kind: 'colour'; readonly argb: number };

/** Frames for which a commit's buffer is tried again that could not be drawn from for lack of something. */
const MOST_ATTEMPTS = 60;

interface Entry extends Disposable {
  source(use: BufferUse): Source | null;
}

export class ImageCache implements Disposable {
  readonly #device: RenderDevice;
  readonly #trace: Trace;
  readonly #machine: Machine;
  /** Descriptor of /dev/udmabuf, lent; null when there is none. */
  readonly udmabuf: number | null;
  readonly #refused = new WeakSet<ClientBuffer>();
  /** How often each commit's buffer could not be drawn from for a reason that may pass. */
  readonly #attempts = new WeakMap<BufferUse, number>();
  readonly #entries = new Map<number, Entry>();

  constructor(device: RenderDevice, trace: Trace, machine: Machine) {
    this.#device = device;
    this.#trace = trace;
    this.#machine = machine;
    this.udmabuf = this.#open();
  }

  /** Null for a buffer that can't be drawn from, for now or for good; the reason is in the trace. */
  source(use: BufferUse): Source | null {
    const { buffer } = use;
    if (this.#refused.has(buffer) || this.#attemptsOf(use) === MOST_ATTEMPTS) return null;
    if (buffer.kind === 'single-pixel') return { kind: 'colour', argb: buffer.argb };
    try {
      return this.#entryOf(buffer).source(use);
    } catch (error) {
      if (!(error instanceof KernelError)) throw error;
      if (isPassing(error)) this.#failed(use, error);
      else this.refuse(buffer, error.message);
      return null;
    }
  }

  /** Whether a commit's buffer that could not be drawn from is worth another try. */
  mayRecover(use: BufferUse): boolean {
    const attempts = this.#attemptsOf(use);
    return attempts > 0 && attempts < MOST_ATTEMPTS && !this.#refused.has(use.buffer);
  }

  /** The device does not take it: it is not drawn from any more. */
  refuse(buffer: ClientBuffer, reason: string): void {
    this.#refused.add(buffer);
    this.#trace.note('fault', `${buffer.label} cannot be drawn from`, { error: reason });
  }

  [Symbol.dispose](): void {
    for (const id of [...this.#entries.keys()]) this.#forget(id);
    if (this.udmabuf !== null && !this.#device.task.exited) this.#device.task.close(this.udmabuf);
  }

  #attemptsOf(use: BufferUse): number {
    return this.#attempts.get(use) ?? 0;
  }

  /** Said once for each commit: it may be tried in every frame of a second. */
  #failed(use: BufferUse, error: KernelError): void {
    const attempts = this.#attemptsOf(use);
    this.#attempts.set(use, attempts + 1);
    if (attempts === 0)
      this.#trace.note('fault', `${use.buffer.label} cannot be drawn from for now`, { error: error.message });
  }

  /** Throws a KernelError. */
  #entryOf(buffer: ShmBuffer | DmabufBuffer): Entry {
    const known = this.#entries.get(buffer.id);
    if (known) return known;
    const entry = buffer.kind === 'shm' ? this.#makeShm(buffer) : this.#makeDmabuf(buffer);
    this.#entries.set(buffer.id, entry);
    buffer.lifetime.whenEnded(() => this.#forget(buffer.id));
    return entry;
  }

  #makeShm(buffer: ShmBuffer): Entry {
    const shared: ShmSource | null =
      this.udmabuf === null ? null : shareShm(this.#device, this.udmabuf, buffer);
    const memory = shared ?? new CopiedShm(this.#device, buffer, this.#machine);
    return {
      source: use => {
        const image = memory.image(use);
        return image && { kind: 'image', image, memory: memory.shared ? 'shared' : 'copied' };
      },
      [Symbol.dispose]: () => memory[Symbol.dispose](),
    };
  }

  #makeDmabuf(buffer: DmabufBuffer): Entry {
    const imported = importImage(this.#device, buffer);
    const source: Source = { kind: 'image', image: imported.image, memory: 'fenced' };
    return { source: () => source, [Symbol.dispose]: () => imported[Symbol.dispose]() };
  }

  #forget(id: number): void {
    const entry = this.#entries.get(id);
    this.#entries.delete(id);
    entry?.[Symbol.dispose]();
  }

  #open(): number | null {
    try {
      return this.#device.task.open(UDMABUF_NODE);
    } catch {
      return null;
    }
  }
}

/** Imports a dma-buf as an image. Throws a KernelError: EINVAL for what the engine can't read. */
export function importImage(
  device: RenderDevice,
  buffer: DmabufDescription,
): Disposable & { readonly image: GpuImage } {
  const planes = planeCount(buffer.format);
  if (!RENDER_FORMATS.includes(buffer.format))
    throw new KernelError('EINVAL', `the render device has no format ${fourccText(buffer.format)}`);
  if (buffer.modifier !== DRM_FORMAT_MOD_LINEAR && buffer.modifier !== DRM_FORMAT_MOD_INVALID)
    throw new KernelError(
      'EINVAL',
      `the render device reads linear buffers, not 0x${buffer.modifier.toString(16)}`,
    );
  if (buffer.planes.length !== planes)
    throw new KernelError(
      'EINVAL',
      `${fourccText(buffer.format)} has ${planes} planes, not ${buffer.planes.length}`,
    );
  for (const [plane, { stride }] of buffer.planes.entries()) {
    const row = rowBytes(buffer.format, plane, buffer.width);
    if (stride < row)
      throw new KernelError(
        'EINVAL',
        `a row of plane ${plane} is ${row} bytes long, but the next begins after ${stride}`,
      );
  }
  const handles: number[] = [];
  const drop = (): void => {
    for (const handle of handles.splice(0)) device.buffers.drop(handle);
  };
  try {
    for (const { fd } of buffer.planes) handles.push(device.buffers.import(fd));
    if (new Set(handles).size > 1)
      throw new KernelError(
        'EINVAL',
        `the render device reads all planes of an image from one dma-buf, but these lie in ${new Set(handles).size}; put them into one, at different offsets`,
      );
  } catch (error) {
    drop();
    throw error;
  }
  const image: GpuImage = {
    handle: handles[0]!,
    format: buffer.format,
    width: buffer.width,
    height: buffer.height,
    offsets: [0, 1].map(plane => buffer.planes[plane]?.offset ?? 0),
    pitches: [0, 1].map(plane => buffer.planes[plane]?.stride ?? 0),
  };
  return { image, [Symbol.dispose]: drop };
}
