import type { Nanoseconds } from '../../machine/machine.ts';
import type { Kernel } from '../kernel.ts';
import type { EventFile } from '../task/event-file.ts';
import { KernelError } from '../task/kernel-error.ts';
import type { FileOperations, FileStatus, OpenFile } from '../task/open-file.ts';
import { WaitQueue } from '../task/wait-queue.ts';
import type { Fence } from './fence.ts';
import { FenceChain, type FoundPoint, findPoint } from './fence-chain.ts';
import { createStub } from './stub-fence.ts';

interface EventRegistration {
  readonly target: EventFile;
  readonly point: bigint;
  /** WAIT_AVAILABLE: as soon as the point is there. */
  readonly available: boolean;
}

/**
 * A sync object (`drivers/gpu/drm/drm_syncobj.c`): a place for one fence that can be exchanged, or for a timeline, which
 * is a fence chain. Handles, files and waits share it.
 */
export class Syncobj {
  readonly #kernel: Kernel;
  /** Woken when another fence or point is put in. */
  readonly changed = new WaitQueue();
  readonly #events = new Set<EventRegistration>();
  #fence: Fence | null;

  constructor(kernel: Kernel, options: { signalled?: boolean } = {}) {
    this.#kernel = kernel;
    this.#fence = options.signalled ? createStub(kernel) : null;
  }

  /** What it holds: for a timeline its last point; null when empty. */
  get fence(): Fence | null {
    return this.#fence;
  }

  /** `drm_syncobj_replace_fence`. Waits that have found their fence are not disturbed. */
  replaceFence(fence: Fence | null): void {
    this.#fence = fence;
    this.#announce();
  }

  /**
   * `drm_syncobj_add_point`: a new end of the timeline. A point that is not beyond the last one gets the last one's
   * number, and stands for itself. It cannot fail: the caller has allocated the 'fence chain' before.
   */
  addPoint(fence: Fence, point: bigint): void {
    const allocate = () => this.#kernel.allocateFenceContexts();
    const chain = new FenceChain(this.#kernel.machine, allocate, this.#fence, fence, point);
    this.#fence = chain;
    this.#announce();
    // Walking once drops the points that have signalled.
    chain.walk();
  }

  /** The SIGNAL call: a fence that has signalled now. */
  signal(): void {
    this.replaceFence(createStub(this.#kernel));
  }

  /** The TIMELINE_SIGNAL call; what is pending before the point goes on pending. */
  signalPoint(point: bigint): void {
    this.addPoint(createStub(this.#kernel), point);
  }

  /** The RESET call: empty. */
  reset(): void {
    this.replaceFence(null);
  }

  /** Where a point stands; 0 is the fence itself, whatever it is. */
  find(point: bigint): FoundPoint {
    return this.#fence ? findPoint(this.#fence, point) : { kind: 'missing' };
  }

  /** The fence to wait for, a stub for one that is done, null for a missing one. */
  fenceAt(point: bigint): Fence | null {
    const found = this.find(point);
    if (found.kind === 'missing') return null;
    return found.kind === 'fence' ? found.fence : createStub(this.#kernel);
  }

  /** The QUERY call: the last point that is signalled with all before it, or the last submitted. 0 if it is no timeline. */
  query(lastSubmitted = false): bigint {
    const end = this.#fence;
    if (!(end instanceof FenceChain)) return 0n;
    if (lastSubmitted) return end.seqno;
    let oldest: FenceChain = end;
    for (const node of end.nodes()) {
      if (node.context !== end.context || !(node instanceof FenceChain)) break;
      oldest = node;
    }
    return oldest.signalled ? oldest.seqno : oldest.previousPoint;
  }

  /**
   * The EVENTFD call: signals the eventfd once, when the point's fence signals, or with `available` when it is there.
   * Nothing happens if the sync object goes first.
   */
  addEventfd(target: EventFile, point: bigint, available = false): void {
    const registration = { target, point, available };
    if (!this.#notify(registration)) this.#events.add(registration);
  }

  #announce(): void {
    this.changed.wakeAll();
    for (const registration of [...this.#events])
      if (this.#notify(registration)) this.#events.delete(registration);
  }

  /** Whether the registration has found its point, and is done with this object. */
  #notify({ target, point, available }: EventRegistration): boolean {
    const found = this.find(point);
    if (found.kind === 'missing') return false;
    const signal = () => target.signal();
    if (available || found.kind === 'signalled' || !found.fence.addCallback(signal)) signal();
    return true;
  }
}

/** A sync object as a file, for other processes (`drm_syncobj_file_fops`). */
class SyncobjFile implements FileOperations {
  readonly kind = 'syncobj_file';
  readonly syncobj: Syncobj;
  readonly #inode: bigint;

  constructor(kernel: Kernel, syncobj: Syncobj) {
    this.#inode = kernel.allocateInode();
    this.syncobj = syncobj;
  }

  describe(): string {
    return 'anon_inode:syncobj_file';
  }

  fences(): Iterable<Fence> {
    return this.syncobj.fence ? [this.syncobj.fence] : [];
  }

  status(): FileStatus {
    return { inode: this.#inode, size: 0n, mode: 0o600 };
  }
}

/** The HANDLE_TO_FD call: a new file of the sync object; the caller has its one reference. */
export function createSyncobjFile(kernel: Kernel, syncobj: Syncobj): OpenFile {
  kernel.mayAllocate('syncobj_file');
  return kernel.file(new SyncobjFile(kernel, syncobj));
}

/** The FD_TO_HANDLE call: the sync object of a file. EINVAL when it is something else. */
export function syncobjOf(file: OpenFile | undefined): Syncobj {
  if (file?.operations instanceof SyncobjFile) return file.operations.syncobj;
  throw new KernelError(
    'EINVAL',
    `a ${file ? file.operations.kind : 'closed descriptor'} is not a sync object`,
  );
}

/**
 * The end of a wait from the `timeout_nsec` of the UAPI, a signed absolute CLOCK_MONOTONIC time
 * (`drm_timeout_abs_to_jiffies`): null, a poll, for what is past, which all negative values are.
 */
export function waitLimit(timeout: bigint, now: Nanoseconds): Nanoseconds | null {
  const signed = BigInt.asIntN(64, timeout);
  return signed > now ? signed : null;
}
