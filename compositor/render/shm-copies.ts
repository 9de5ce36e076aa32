// wl_shm memory that can't be shared: copies of what one surface shows.
import type { Machine, Nanoseconds, Timer } from '../machine/machine.ts';
import type { BufferUse } from '../scene/buffer-use.ts';
import type { ShmBuffer } from '../scene/client-buffer.ts';
import type { Region } from '../scene/region.ts';
import type { GpuImage, RenderDevice } from './render-device.ts';
import { allRows, countRows, joinRows, NO_ROWS, type RowRanges, rowsOf } from './row-ranges.ts';
import { imageOf } from './shm-source.ts';

interface Copy {
  readonly handle: number;
  readonly address: bigint;
  readonly bytes: number;
  readonly stride: number;
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

/**
 * Copies in the compositor's own memory, so that the client gets its buffer back with the commit. A copy that an earlier
 * commit left is brought up to date: only the rows damaged since are read. A client that commits without end costs a
 * few copies in each period: a commit that is superseded within it is released without one.
 */
export class ShmCopies implements Disposable {
  readonly #device: RenderDevice;
  readonly #machine: Machine;
  readonly #label: string;
  #copies: Copy[] = [];
  /** Buffers whose memory is gone. */
  readonly #faulted = new WeakSet<ShmBuffer>();
  #periodEnd: Nanoseconds = 0n;
  #seenInPeriod = 0;
  /** The newest commit, if it is to be copied at the end of the period. */
  #waiting: { readonly use: BufferUse; readonly buffer: ShmBuffer } | null = null;
  #timer: Timer | null = null;
  #disposed = false;

  /** `label` is for people: whose content it is. */
  constructor(device: RenderDevice, machine: Machine, label: string) {
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
    if (this.#seenInPeriod++ < AT_ONCE) this.image(use, buffer);
    else this.#copyLater(use, buffer);
  }

  /** The surface shows nothing: what comes next has nothing to do with what was. */
  emptied(): void {
    this.#waiting = null;
    for (const copy of this.#copies) {
      if (copy.use === null) this.#forget(copy);
      else copy.stale = allRows(copy.bytes / copy.stride);
    }
  }

  /** The content of a commit, copied now if it is not yet. Null when the client's memory is gone. Throws a KernelError. */
  image(use: BufferUse, buffer: ShmBuffer): GpuImage | null {
    if (this.#faulted.has(buffer)) return null;
    const copy = this.#copies.find(known => known.use === use) ?? this.#make(use, buffer);
    return copy && imageOf(buffer, copy.handle, 0);
  }

  [Symbol.dispose](): void {
    this.#disposed = true;
    this.#timer?.cancel();
    this.emptied();
  }

  #copyLater(use: BufferUse, buffer: ShmBuffer): void {
    this.#waiting = { use, buffer };
    this.#timer ??= this.#machine.at(this.#periodEnd, `copy of ${this.#label}`, () => this.#copyWaiting());
  }

  #copyWaiting(): void {
    this.#timer = null;
    const waiting = this.#waiting;
    this.#waiting = null;
    if (!waiting || waiting.use.released) return;
    try {
      this.image(waiting.use, waiting.buffer);
    } catch {
      // The frame that shows it tries again, and says why it can't.
    }
  }

  #make(use: BufferUse, buffer: ShmBuffer): Copy | null {
    const copy = this.#take(buffer);
    if (!this.#fill(copy, buffer)) return null;
    copy.use = use;
    use.whenEnded(() => this.#retire(copy));
    use.copied();
    return copy;
  }

  /** The copy that needs the least work, of those that no commit and no job needs any more; or a new one. */
  #take({ stride, height }: ShmBuffer): Copy {
    const bytes = stride * height;
    const unused = this.#copies.filter(({ use }) => use === null);
    const fits = (copy: Copy): boolean => copy.bytes === bytes && copy.stride === stride;
    for (const copy of unused) if (!fits(copy)) this.#forget(copy);
    return (
      unused
        .filter(fits)
        .sort((a, b) => countRows(a.stale) - countRows(b.stale))
        .find(({ handle }) => !this.#device.busy(handle)) ?? this.#allocate(stride, height)
    );
  }

  #allocate(stride: number, height: number): Copy {
    const bytes = stride * height;
    const handle = this.#device.createBuffer(bytes);
    try {
      const address = this.#device.map(handle, bytes);
      const copy = { handle, address, bytes, stride, stale: allRows(height), use: null };
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
    for (const { from, to } of copy.stale) {
      const end = Math.min(to * buffer.stride, buffer.byteLength);
      if (!this.#read(target.subarray(from * buffer.stride, end), buffer, from * buffer.stride)) {
        this.#fault(buffer);
        return false;
      }
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
  #fault(buffer: ShmBuffer): void {
    this.#faulted.add(buffer);
    const { label, offset, byteLength, lifetime } = buffer;
    const hold = lifetime.hold('fault');
    this.#machine.post(`fault of ${label}`, () => {
      buffer.fault(
        `the pool's file ends before byte ${offset + byteLength}, where ${label} does; it was cut short`,
      );
      hold[Symbol.dispose]();
    });
  }
}
