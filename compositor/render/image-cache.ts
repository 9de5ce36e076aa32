// Clients' buffers on the render device: imported on first use, kept until the buffer is gone.
import { DRM_FORMAT_MOD_INVALID, DRM_FORMAT_MOD_LINEAR, fourccText } from '../../protocol/uapi/fourcc.ts';
import { KernelError } from '../kernel/task/index.ts';
import type { Machine } from '../machine/machine.ts';
import type { Trace } from '../observe/trace.ts';
import type { BufferUse } from '../scene/buffer-use.ts';
import type { ClientBuffer, DmabufBuffer, ShmBuffer, ShmMemory } from '../scene/client-buffer.ts';
import type { DmabufDescription } from '../scene/kernel-capabilities.ts';
import type { Region } from '../scene/region.ts';
import type { Surface } from '../scene/surface.ts';
import { CopyBudget } from './copy-budget.ts';
import { isPassing } from './passing.ts';
import { planeCount, RENDER_FORMATS, rowBytes } from './pixel-format.ts';
import type { GpuImage, RenderDevice } from './render-device.ts';
import { ShmCopies } from './shm-copies.ts';
import { isShareable, shareShm, UDMABUF_NODE } from './shm-source.ts';

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
  /** Null for shared memory that has to be copied. */
  readonly source: Source | null;
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
  /** Whether wl_shm memory can be shared at all, by what was found when it was first committed. */
  readonly #shareable = new WeakMap<ShmMemory, boolean>();
  readonly #copies = new Map<Surface, ShmCopies>();
  readonly #budgets = new WeakMap<object, CopyBudget>();
  /** The copies that a commit belongs to. */
  readonly #copiesOf = new WeakMap<BufferUse, ShmCopies>();

  constructor(device: RenderDevice, trace: Trace, machine: Machine) {
    this.#device = device;
    this.#trace = trace;
    this.#machine = machine;
    this.udmabuf = this.#open();
  }

  /**
   * A commit of `surface` brings other content, or takes it away, which differs by `damage` (in buffer pixels) from what
   * was there. What can't be shared is copied now, seen or not, and the client gets it back.
   */
  latch(surface: Surface, use: BufferUse | null, damage: Region): void {
    const buffer = use?.buffer;
    if (!use || buffer?.kind !== 'shm' || !this.#mustCopy(buffer)) {
      this.#copies.get(surface)?.emptied();
      return;
    }
    const copies = this.#copies.get(surface) ?? this.#copiesMade(surface.label, buffer);
    this.#copies.set(surface, copies);
    this.#copiesOf.set(use, copies);
    try {
      copies.committed(use, buffer, damage);
    } catch (error) {
      // The frame that shows it tries again, and says why it can't.
      if (!(error instanceof KernelError)) throw error;
    }
  }

  /** The surface is gone. */
  forget(surface: Surface): void {
    this.#copies.get(surface)?.[Symbol.dispose]();
    this.#copies.delete(surface);
  }

  /** Null for a buffer that can't be drawn from, for now or for good; the reason is in the trace. */
  source(use: BufferUse): Source | null {
    const { buffer } = use;
    if (this.#refused.has(buffer) || this.#attemptsOf(use) === MOST_ATTEMPTS) return null;
    if (buffer.kind === 'single-pixel') return { kind: 'colour', argb: buffer.argb };
    try {
      const { source } = this.#entryOf(buffer);
      if (source || buffer.kind !== 'shm') return source;
      const image = this.#copiesFor(use, buffer).image(use, buffer);
      return image && { kind: 'image', image, memory: 'copied' };
    } catch (error) {
      if (!(error instanceof KernelError)) throw error;
      if (isPassing(error)) this.#failed(use, error);
      else this.refuse(buffer, error.message);
      return null;
    }
  }

  /** Whether a commit's buffer that could not be drawn from is worth another try. */
  mayRecover(use: BufferUse): boolean {
    if (this.isLate(use)) return true;
    const attempts = this.#attemptsOf(use);
    return attempts > 0 && attempts < MOST_ATTEMPTS && !this.#refused.has(use.buffer);
  }

  /** Whether what was drawn for a commit was not its own content: that is still to be copied. */
  isLate(use: BufferUse): boolean {
    return this.#copiesOf.get(use)?.isLate(use) ?? false;
  }

  /** The device does not take it: it is not drawn from any more. */
  refuse(buffer: ClientBuffer, reason: string): void {
    this.#refused.add(buffer);
    this.#trace.note('fault', `${buffer.label} cannot be drawn from`, { error: reason });
  }

  [Symbol.dispose](): void {
    for (const id of [...this.#entries.keys()]) this.#forget(id);
    for (const surface of [...this.#copies.keys()]) this.forget(surface);
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
    const shared =
      this.udmabuf === null || !this.#isShareable(buffer.memory)
        ? null
        : shareShm(this.#device, this.udmabuf, buffer);
    return {
      source: shared && { kind: 'image', image: shared.image, memory: 'shared' },
      [Symbol.dispose]: () => shared?.[Symbol.dispose](),
    };
  }

  #makeDmabuf(buffer: DmabufBuffer): Entry {
    const imported = importImage(this.#device, buffer);
    return {
      source: { kind: 'image', image: imported.image, memory: 'fenced' },
      [Symbol.dispose]: () => imported[Symbol.dispose](),
    };
  }

  /** Known without making anything of a buffer that may never be shown. */
  #mustCopy(buffer: ShmBuffer): boolean {
    if (this.udmabuf === null || !this.#isShareable(buffer.memory)) return true;
    const known = this.#entries.get(buffer.id);
    return known !== undefined && known.source === null;
  }

  #isShareable(memory: ShmMemory): boolean {
    const known = this.#shareable.get(memory);
    if (known !== undefined) return known;
    const shareable = isShareable(this.#device.task, memory);
    this.#shareable.set(memory, shareable);
    return shareable;
  }

  /** Those of its surface; of its own for a commit that was found to need one only when it was to be drawn. */
  #copiesFor(use: BufferUse, buffer: ShmBuffer): ShmCopies {
    const known = this.#copiesOf.get(use);
    if (known) return known;
    const copies = this.#copiesMade(buffer.label, buffer);
    this.#copiesOf.set(use, copies);
    use.whenEnded(() => copies[Symbol.dispose]());
    return copies;
  }

  #copiesMade(label: string, { memory }: ShmBuffer): ShmCopies {
    const budget = this.#budgets.get(memory.owner) ?? new CopyBudget();
    this.#budgets.set(memory.owner, budget);
    return new ShmCopies(this.#device, this.#machine, label, budget);
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
