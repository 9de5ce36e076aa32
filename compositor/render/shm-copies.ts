// wl_shm memory that can't be shared: copies of what one surface shows.
import type { Machine, Nanoseconds, Timer } from '../machine/machine.ts';
import type { BufferUse } from '../scene/buffer-use.ts';
import type { ShmBuffer } from '../scene/client-buffer.ts';
import type { Region } from '../scene/region.ts';
import type { CopyBudget } from './copy-budget.ts';
import { rowBytes } from './pixel-format.ts';
import type { GpuImage, RenderDevice } from './render-device.ts';
import {
  allRows,
  countRows,
  joinRows,
  NO_ROWS,
  type RowRange,
  type RowRanges,
  rowsOf,
} from './row-ranges.ts';
import { imageOf } from './shm-source.ts';

interface Copy {
  readonly handle: number;
  readonly address: bigint;
  readonly bytes: number;
  /** Bytes from row to row, of the copy. */
  readonly pitch: number;
  /** Rows that are not those of the newest commit. */
  stale: RowRanges;
  /** The commit that it shows; null while none does. */
  use: BufferUse | null;
}

/** Commits that are copied the moment they come, out of those of one period; the newest of the rest is at its end. */
const AT_ONCE = 2;
const PERIOD: Nanoseconds = 8_000_000n;
/** Copies kept: one is written while jobs read others. */
const MOST_KEPT = 3;
/** Pixels of a buffer that is copied, in bytes: those of an 8K screen, and some for a window's shadow. */
export const LARGEST_COPY = 8192 * 4608 * 4;

/**
 * Copies in the compositor's own memory, so that the client gets its buffer back with the commit. A copy that an earlier
 * commit left is brought up to date: only the rows damaged since are read. A client that commits without end costs a
 * few copies in each period: a commit that is superseded within it is released without one.
 */
export class ShmCopies implements Disposable {
  readonly #device: RenderDevice;
  readonly #machine: Machine;
  readonly #label: string;
  readonly #budget: CopyBudget;
  #copies: Copy[] = [];
  /** Buffers whose memory is gone, or larger than can be copied. */
  readonly #faulted = new WeakSet<ShmBuffer>();
  #periodEnd: Nanoseconds = 0n;
  #seenInPeriod = 0;
  /** The newest commit, if it is to be copied at the end of the period. */
  #waiting: { readonly use: BufferUse; readonly buffer: ShmBuffer } | null = null;
  /** The newest that was made, and what it shows. */
  #newest: { readonly copy: Copy; readonly image: GpuImage } | null = null;
  /** A commit that was to be drawn before there was a copy of it. */
  #late: BufferUse | null = null;
  #timer: Timer | null = null;
  #disposed = false;

  /** `label` is for people: whose content it is. */
  constructor(device: RenderDevice, machine: Machine, label: string, budget: CopyBudget) {
    this.#budget = budget;
    this.#device = device;
    this.#machine = machine;
    this.#label = label;
  }

  /** A commit of `buffer` takes effect, which differs from the one before by `damage`. Throws a KernelError. */
  committed(use: BufferUse, buffer: ShmBuffer, damage: Region): void {
    const rows = rowsOf(damage, buffer.height);
    for (const copy of this.#copies) copy.stale = joinRows(copy.stale, rows);
    const now = this.#machine.now();
    if (now >= this.#periodEnd) {
      this.#periodEnd = now + PERIOD;
      this.#seenInPeriod = 0;
    }
    this.#waiting = null;
    if (this.#seenInPeriod++ < AT_ONCE && this.#budget.allows(now)) this.#imageOf(use, buffer);
    else this.#copyLater(use, buffer);
  }

  /** The surface shows nothing: what comes next has nothing to do with what was. */
  emptied(): void {
    this.#waiting = null;
    this.#newest = null;
    for (const copy of this.#copies) {
      if (copy.use === null) this.#forget(copy);
      else copy.stale = allRows(copy.bytes / copy.pitch);
    }
  }

  /**
   * The content of a commit, copied now if it is not yet and may be; of an earlier one, or null, where it is late
   * (`isLate`). Null when the client's memory is gone. Throws a KernelError.
   */
  image(use: BufferUse, buffer: ShmBuffer): GpuImage | null {
    if (this.#faulted.has(buffer)) return null;
    if (this.#copies.some(copy => copy.use === use)) return this.#imageOf(use, buffer);
    const now = this.#machine.now();
    const earlier = this.#earlier(buffer);
    if (earlier ? this.#budget.allows(now) : this.#budget.lends(now)) return this.#imageOf(use, buffer);
    this.#late = use;
    return earlier;
  }

  /** Whether the newest image of a commit was not its own. */
  isLate(use: BufferUse): boolean {
    return this.#late === use;
  }

  [Symbol.dispose](): void {
    this.#disposed = true;
    this.#timer?.cancel();
    this.emptied();
  }

  #copyLater(use: BufferUse, buffer: ShmBuffer): void {
    this.#waiting = { use, buffer };
    const { allowsAt } = this.#budget;
    const when = allowsAt > this.#periodEnd ? allowsAt : this.#periodEnd;
    this.#timer ??= this.#machine.at(when, `copy of ${this.#label}`, () => this.#copyWaiting());
  }

  #copyWaiting(): void {
    this.#timer = null;
    const waiting = this.#waiting;
    this.#waiting = null;
    if (!waiting || waiting.use.released) return;
    if (!this.#budget.allows(this.#machine.now())) {
      this.#copyLater(waiting.use, waiting.buffer);
      return;
    }
    try {
      this.#imageOf(waiting.use, waiting.buffer);
    } catch {
      // The frame that shows it tries again, and says why it can't.
    }
  }

  #imageOf(use: BufferUse, buffer: ShmBuffer): GpuImage | null {
    this.#late = null;
    if (this.#faulted.has(buffer)) return null;
    const copy = this.#copies.find(known => known.use === use) ?? this.#make(use, buffer);
    if (!copy) return null;
    const image = { ...imageOf(buffer, copy.handle, 0), pitches: [copy.pitch, 0] };
    this.#newest = { copy, image };
    return image;
  }

  /** What the surface showed before, if it looks like this buffer. */
  #earlier({ width, height, format }: ShmBuffer): GpuImage | null {
    if (!this.#newest || !this.#copies.includes(this.#newest.copy)) return null;
    const { image } = this.#newest;
    const fits = image.width === width && image.height === height && image.format === format;
    return fits ? image : null;
  }

  #make(use: BufferUse, buffer: ShmBuffer): Copy | null {
    if (rowBytes(buffer.format, 0, buffer.width) * buffer.height > LARGEST_COPY) {
      this.#fault(buffer, tooLarge(buffer));
      return null;
    }
    const from = this.#machine.now();
    const copy = this.#take(buffer);
    const filled = this.#fill(copy, buffer);
    this.#budget.spent(from, this.#machine.now());
    if (!filled) return null;
    copy.use = use;
    use.whenEnded(() => this.#retire(copy));
    use.copied();
    return copy;
  }

  /** The copy that needs the least work, of those that no commit and no job needs any more; or a new one. */
  #take(buffer: ShmBuffer): Copy {
    const { height } = buffer;
    const pitch = pitchOf(buffer);
    const bytes = pitch * height;
    const unused = this.#copies.filter(({ use }) => use === null);
    const fits = (copy: Copy): boolean => copy.bytes === bytes && copy.pitch === pitch;
    for (const copy of unused) if (!fits(copy)) this.#forget(copy);
    return (
      unused
        .filter(fits)
        .sort((a, b) => countRows(a.stale) - countRows(b.stale))
        .find(({ handle }) => !this.#device.busy(handle)) ?? this.#allocate(pitch, height)
    );
  }

  #allocate(pitch: number, height: number): Copy {
    const bytes = pitch * height;
    const handle = this.#device.createBuffer(bytes);
    try {
      const address = this.#device.map(handle, bytes);
      const copy = { handle, address, bytes, pitch, stale: allRows(height), use: null };
      this.#copies.push(copy);
      return copy;
    } catch (error) {
      this.#device.buffers.drop(handle);
      throw error;
    }
  }

  /** The commit is shown nowhere any more. */
  #retire(copy: Copy): void {
    copy.use = null;
    if (this.#disposed || this.#copies.length > MOST_KEPT) this.#forget(copy);
  }

  /** Jobs that still read it keep its memory. */
  #forget(copy: Copy): void {
    this.#copies = this.#copies.filter(other => other !== copy);
    const { task, buffers } = this.#device;
    if (!task.exited) task.munmap(copy.address, copy.bytes);
    buffers.drop(copy.handle);
  }

  /** Reads the rows that are stale. False when the client's memory is gone. */
  #fill(copy: Copy, buffer: ShmBuffer): boolean {
    const target = this.#device.task.memory.view(copy.address, copy.bytes);
    const row = rowBytes(buffer.format, 0, buffer.width);
    for (const { from, to } of piecesOf(copy, buffer)) {
      const end = (to - 1) * copy.pitch + row;
      if (this.#read(target.subarray(from * copy.pitch, end), buffer, from * buffer.stride)) continue;
      const { label, offset, byteLength } = buffer;
      this.#fault(
        buffer,
        `the pool's file ends before byte ${offset + byteLength}, where ${label} does; it was cut short`,
      );
      return false;
    }
    copy.stale = NO_ROWS;
    return true;
  }

  #read(target: Uint8Array, { memory, offset }: ShmBuffer, from: number): boolean {
    for (let done = 0; done < target.length; ) {
      const count = this.#device.task.pread(memory.fd, target.subarray(done), BigInt(offset + from + done));
      if (count === 0) return false;
      done += count;
    }
    return true;
  }

  /** The client is told in a turn of its own: its surfaces go then, and not in the middle of a frame or a commit. */
  #fault(buffer: ShmBuffer, words: string): void {
    this.#faulted.add(buffer);
    const hold = buffer.lifetime.hold('fault');
    this.#machine.post(`fault of ${buffer.label}`, () => {
      buffer.fault(words);
      hold[Symbol.dispose]();
    });
  }
}

/** The buffer's own, so that many rows are read with one call; the least there can be where most of it is no pixels. */
function pitchOf({ format, width, stride }: ShmBuffer): number {
  const row = rowBytes(format, 0, width);
  return stride > 2 * row ? row : stride;
}

/** What can be read in one piece of what is stale. */
function* piecesOf({ stale, pitch }: Copy, { stride }: ShmBuffer): Iterable<RowRange> {
  for (const range of stale) {
    if (pitch === stride) yield range;
    else for (let row = range.from; row < range.to; row++) yield { from: row, to: row + 1 };
  }
}

const tooLarge = ({ label, width, height }: ShmBuffer): string =>
  `${label} has ${width}x${height} pixels in memory that can't be shared safely, and at most ${LARGEST_COPY} bytes are copied; use a memfd made with MFD_ALLOW_SEALING`;
