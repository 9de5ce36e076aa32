import { O_ACCMODE, SEEK_END, SEEK_SET } from '../../../protocol/uapi/fcntl.ts';
import type { Kernel } from '../kernel.ts';
import type { Backing, Pin, PinAccess } from '../memory/backing.ts';
import { PAGE_SIZE, type PageKind } from '../task/address-space.ts';
import { KernelError, require } from '../task/kernel-error.ts';
import type { Sleeping } from '../task/kernel-thread.ts';
import type {
  FileCall,
  FileMapping,
  FileOperations,
  FileStatus,
  MapRequest,
  OpenFile,
  PollAnswer,
} from '../task/open-file.ts';
import { Attachment, type Importer } from './attachment.ts';
import { CpuCache } from './coherency.ts';
import { dmaBufIoctl } from './dma-buf-ioctl.ts';
import { DmaBufPoll } from './dma-buf-poll.ts';
import type { MoveListener } from './move.ts';
import { mapMemory } from './move-mapping.ts';
import { Reservation, usageToWaitFor } from './reservation.ts';
import { type Vmap, Vmaps } from './vmap.ts';

/** Which way the CPU, or an importer's device, touches the memory (`enum dma_data_direction`). */
export type AccessDirection = 'read' | 'write' | 'both';

/** What an exporter does for its dma-buf (`struct dma_buf_ops`). Calls that are missing do nothing. */
export interface DmaBufOperations {
  /** The driver's name. */
  readonly exporter: string;
  /** `exp_name`, which fdinfo shows: the module whose code exports it; default: the driver. */
  readonly module?: string;
  /** The memory. The dma-buf does not own it: `release` gives back what the exporter holds. */
  readonly backing: Backing;
  /** An importer comes; throws to refuse it. */
  attach?(attachment: Attachment): void;
  detach?(attachment: Attachment): void;
  /** Pins for an importer's device; default: the backing's own pin. */
  map?(attachment: Attachment, offset: number, length: number, access: PinAccess): Pin;
  /** Checks a process's mapping before it is made (EINVAL for private ones, as udmabuf). */
  mayMap?(request: MapRequest): void;
  /** It has no vmap for the kernel: EINVAL. */
  readonly noVmap?: boolean;
  beginCpuAccess?(direction: AccessDirection): void | Sleeping<void>;
  endCpuAccess?(direction: AccessDirection): void;
  /** A real descriptor with the same bytes; default: the backing's, from its start. */
  hostDescriptor?(): { fd: number; offset: bigint } | null;
  /** What processes' mappings are made of; default 'special'. */
  readonly pages?: PageKind;
  /** The last reference is gone. */
  release(): void;
}

export interface DmaBufOptions {
  /** The exporter's own reservation, where its object has one; default: a new one. */
  reservation?: Reservation;
  /** O_RDWR or O_RDONLY: what a process may map it for. Default O_RDWR. */
  flags?: number;
}

/** A memory object that devices and processes share (`drivers/dma-buf/dma-buf.c`). */
export class DmaBuf implements FileOperations, MoveListener {
  readonly kind = 'dma-buf';
  readonly kernel: Kernel;
  readonly operations: DmaBufOperations;
  readonly reservation: Reservation;
  /** Bytes; fixed when it was exported. */
  readonly size: number;
  readonly inode: bigint;
  /** Set by DMA_BUF_SET_NAME, at most 31 bytes; null until then. */
  name: string | null = null;
  readonly #poll: DmaBufPoll;
  readonly #vmaps = new Vmaps(this);
  /** Only of a kernel with strict coherency. */
  readonly #cache: CpuCache | null;
  readonly #attachments = new Set<Attachment>();
  readonly #holders = new Set<{ readonly label: string }>();
  #file: OpenFile | null = null;
  #pinCount = 0;

  /** Made by `exportDmaBuf`. */
  constructor(kernel: Kernel, operations: DmaBufOperations, reservation: Reservation | undefined) {
    this.kernel = kernel;
    this.operations = operations;
    this.size = operations.backing.size;
    this.inode = kernel.allocateDmaBufInode();
    this.reservation =
      reservation ?? new Reservation(kernel, `dma-buf ${this.inode} of ${operations.exporter}`);
    this.#poll = new DmaBufPoll(this);
    this.#cache = kernel.coherency === 'strict' ? new CpuCache(this) : null;
    operations.backing.movable?.listeners.add(this);
    kernel.dmaBufs.add(this);
  }

  /** Its open file. Whoever keeps the dma-buf beyond a call keeps a reference to this. */
  get file(): OpenFile {
    if (!this.#file) throw new Error('the dma-buf has no file yet');
    return this.#file;
  }

  /** Called once, by `exportDmaBuf`. */
  bind(file: OpenFile): void {
    this.#file = file;
  }

  get exporter(): string {
    return this.operations.exporter;
  }

  describe(): string {
    return `/dmabuf:${this.name ?? ''}`;
  }

  status(): FileStatus {
    const size = BigInt(this.size);
    return { inode: this.inode, size, mode: 0o600, blocks: size / 512n };
  }

  /** `dma_buf_show_fdinfo`. */
  fdInfo(): string[] {
    const { module, exporter } = this.operations;
    return [
      `size:\t${this.size}`,
      `count:\t${this.file.references}`,
      `exp_name:\t${module ?? exporter}`,
      ...(this.name === null ? [] : [`name:\t${this.name}`]),
    ];
  }

  /** Its file system is none to execute programs from. */
  get noExec(): boolean {
    return !this.kernel.behaviour.dmaBufsMapForExecution;
  }

  /** `dma_buf_attach`: a device wants to use it; takes the lock. The attachment keeps the dma-buf until it is disposed. ENOMEM. */
  attach(importer: Importer): Attachment {
    this.kernel.mayAllocate('attachment');
    this.kernel.locks.mightLock(this.reservation.lock);
    const attachment = new Attachment(this, importer, () => this.#attachments.delete(attachment));
    this.operations.attach?.(attachment);
    this.#attachments.add(attachment);
    this.file.get();
    return attachment;
  }

  get attachments(): ReadonlySet<Attachment> {
    return this.#attachments;
  }

  /** Notes for people that somebody ('framebuffer 7 on simkms') has it in use, until disposed. */
  hold(label: string): Disposable {
    const holder = { label };
    this.#holders.add(holder);
    return { [Symbol.dispose]: () => void this.#holders.delete(holder) };
  }

  /** Who has it in use: attachments, mappings, and whatever else has called `hold`. */
  get holders(): string[] {
    const attached = [...this.#attachments].map(attachment => attachment.describe());
    return [...attached, ...[...this.#holders].map(holder => holder.label)];
  }

  /** For the kernel's own reading and writing, pinned until its `vunmap`; takes the lock (`dma_buf_vmap_unlocked`). EINTR, ENOMEM. */
  vmap(access: PinAccess = 'write'): Sleeping<Vmap> {
    return this.#vmaps.pinned(access);
  }

  /**
   * The same without a pin, with the lock held (`dma_buf_vmap`): good while it is held, or until `moved` is called. ENOMEM.
   */
  vmapLocked(access: PinAccess = 'write', moved: (() => void) | null = null): Vmap {
    return this.#vmaps.locked(access, moved);
  }

  /** Who keeps it where it is, maps of devices and of the kernel included. */
  get pinCount(): number {
    return this.#pinCount;
  }

  /** Keeps it where it is (`dma_buf_ops.pin`). The lock has to be held, unless a fence of the caller's keeps it there. EFAULT. */
  pin(): void {
    this.operations.backing.movable?.pin();
    this.#pinCount++;
  }

  unpin(): void {
    if (this.#pinCount === 0) throw new Error(`${this.describe()} is not pinned`);
    this.#pinCount--;
    this.operations.backing.movable?.unpin();
  }

  /** `dma_buf_move_notify`: the exporter moves it, with the lock held. */
  moveNotify(): void {
    this.reservation.lock.assertHeld('a move');
    for (const { importer } of this.#attachments) importer.moveNotify?.();
    this.#vmaps.moveNotify();
  }

  /**
   * `dma_buf_begin_cpu_access`: tells the exporter, then waits for the fences that this access has to wait for. `by` is
   * who opens the bracket. EINTR.
   */
  *beginCpuAccess(direction: AccessDirection, by: object, interruptible = true): Sleeping<void> {
    const told = this.operations.beginCpuAccess?.(direction);
    if (told) yield* told;
    yield* this.reservation.wait(usageToWaitFor(direction !== 'read'), { interruptible });
    this.#cache?.begin(by, direction);
  }

  endCpuAccess(direction: AccessDirection, by: object): void {
    this.operations.endCpuAccess?.(direction);
    this.#cache?.end(by, direction);
  }

  ioctl(call: FileCall, request: number, argument: bigint): number | Sleeping<number> {
    return dmaBufIoctl(this, call.task, request, argument);
  }

  poll(_call: FileCall, events: number): PollAnswer {
    return this.#poll.answer(events);
  }

  /** Only the size can be asked for: SEEK_END with 0, and SEEK_SET with 0 to go back. EINVAL. */
  seek(_call: FileCall, offset: bigint, whence: number): bigint {
    require((whence === SEEK_END || whence === SEEK_SET) &&
      offset ===
        0n, 'EINVAL', `lseek of a dma-buf is SEEK_END or SEEK_SET with offset 0, got ${offset} and whence ${whence}`);
    return whence === SEEK_END ? BigInt(this.size) : 0n;
  }

  map(call: FileCall, request: MapRequest): FileMapping {
    require(request.offset + request.length <=
      BigInt(
        Math.ceil(this.size / PAGE_SIZE) * PAGE_SIZE,
      ), 'EINVAL', `bytes ${request.offset} to ${request.offset + request.length} of a dma-buf of ${this.size}`);
    this.operations.mayMap?.(request);
    const holder = this.hold(`mapping by ${call.task.name}`);
    const object = mapMemory(this.operations.backing, {
      offset: Number(request.offset),
      length: Number(request.length),
      unmapped: () => holder[Symbol.dispose](),
    });
    return {
      object: this.#cache?.map(object, call.task, call.task.name) ?? object,
      offset: request.offset,
      pages: this.operations.pages ?? 'special',
    };
  }

  hostDescriptor(): { fd: number; offset: bigint } | null {
    if (this.operations.hostDescriptor) return this.operations.hostDescriptor();
    const fd = this.operations.backing.hostDescriptor;
    return fd === null ? null : { fd, offset: 0n };
  }

  release(): void {
    this.kernel.dmaBufs.delete(this);
    this.#vmaps.release();
    this.operations.backing.movable?.listeners.delete(this);
    this.operations.release();
  }

  /** Everything about it, for people. */
  report(): {
    name: string;
    exporter: string;
    size: number;
    references: number;
    holders: string[];
    fences: string[];
  } {
    const usages = ['KERNEL', 'WRITE', 'READ', 'BOOKKEEP'];
    return {
      name: this.name ?? '',
      exporter: this.exporter,
      size: this.size,
      references: this.file.references,
      holders: this.holders,
      fences: [...this.reservation.entries()].map(
        ({ fence, usage }) => `${usages[usage]} ${fence.describe()}`,
      ),
    };
  }
}

/** `dma_buf_export`: a dma-buf whose `file` has one reference, the caller's. ENOMEM. */
export function exportDmaBuf(
  kernel: Kernel,
  operations: DmaBufOperations,
  options: DmaBufOptions = {},
): DmaBuf {
  kernel.mayAllocate('dma-buf');
  const buffer = new DmaBuf(kernel, operations, options.reservation);
  const flags = options.flags === undefined ? undefined : options.flags & O_ACCMODE;
  buffer.bind(kernel.file(buffer, flags));
  return buffer;
}

/** `dma_buf_get`: the dma-buf behind an open file, borrowed. EINVAL when it is something else. */
export function dmaBufOf(file: OpenFile): DmaBuf {
  if (file.operations instanceof DmaBuf) return file.operations;
  throw new KernelError('EINVAL', `the descriptor is a ${file.operations.kind}, expected a dma-buf`);
}
