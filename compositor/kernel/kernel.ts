import { O_RDWR } from '../../protocol/uapi/fcntl.ts';
import type { HostFiles } from '../machine/host-files.ts';
import type { Machine } from '../machine/machine.ts';
import { type Behaviour, behaviourOf, type KernelVersion } from './behaviour.ts';
import type { Coherency } from './dma-buf/coherency.ts';
import type { DmaBuf } from './dma-buf/dma-buf.ts';
import { adoptHostFile } from './memory/adopt-host-file.ts';
import { PhysicalMemory } from './memory/physical-memory.ts';
import { AcquireContext } from './sync/ww-mutex.ts';
import { KernelError } from './task/kernel-error.ts';
import { KernelThread, type Sleeping } from './task/kernel-thread.ts';
import { LockRules } from './task/lock-rules.ts';
import { type FileOperations, OpenFile } from './task/open-file.ts';
import { type Credentials, Task } from './task/task.ts';
import { Warnings } from './task/warnings.ts';

/** Who may open a device node. */
export type NodeAccess = 'everybody' | 'seat' | 'root';

export interface DeviceNode {
  readonly path: string;
  readonly access: NodeAccess;
  /** What an open of the node gives; `flags` are those of open(2). */
  open(task: Task, flags: number): FileOperations;
}

/** What is mounted at a directory. */
export interface FileSystem {
  /** open(2) of a path below it. ENOENT. */
  open(path: string, task: Task, flags: number): FileOperations;
}

export interface KernelOptions {
  machine: Machine;
  /** Bytes of physical memory (reserved address space, resident only where touched). Default 1 GiB. */
  memoryBytes?: number;
  /** Real descriptors and mappings of the host; without it every memory object lives in physical memory alone. */
  host?: HostFiles | null;
  /** Whose answers it gives where Linux's have changed. Default '7.2'. */
  behaves?: KernelVersion;
  /**
   * 'strict': processes see dma-bufs through a cache, as on machines whose devices don't look into it, and every access
   * that is wrong there is warned of. Default 'coherent', which costs nothing.
   */
  coherency?: Coherency;
}

export interface TaskOptions {
  name: string;
  credentials?: Partial<Credentials>;
  /** RLIMIT_NOFILE; default 1024. */
  descriptorLimit?: number;
}

/**
 * One kernel: its devices, its processes and every number it hands out. A process can have many; nothing is shared
 * between them.
 */
export class Kernel implements Disposable {
  readonly machine: Machine;
  readonly memory: PhysicalMemory;
  readonly host: HostFiles | null;
  readonly behaviour: Behaviour;
  readonly coherency: Coherency;
  /** What it found wrong, for observation. */
  readonly warnings: Warnings;
  /** Who holds which lock, and whether that may deadlock. */
  readonly locks: LockRules;
  /** Dma-bufs that live, for observation. */
  readonly dmaBufs = new Set<DmaBuf>();
  /** For tests: says of an allocation, by what is allocated, that it fails with ENOMEM. */
  failAllocation: ((what: string) => boolean) | null = null;
  readonly #nodes = new Map<string, DeviceNode>();
  readonly #mounts = new Map<string, FileSystem>();
  readonly #tasks = new Set<Task>();
  readonly #threads = new Set<KernelThread<unknown>>();
  readonly #disposables: Disposable[] = [];
  #nextFenceContext = 1n;
  #nextInode = 1n;
  #nextDmaBufInode = 1n;
  #nextStamp = 1n;
  #nextPid = 1;

  constructor(options: KernelOptions) {
    this.machine = options.machine;
    this.host = options.host ?? null;
    this.coherency = options.coherency ?? 'coherent';
    this.warnings = new Warnings(options.machine);
    this.locks = new LockRules(this.warnings);
    this.behaviour = behaviourOf(options.behaves ?? '7.2');
    this.memory = new PhysicalMemory({ bytes: options.memoryBytes ?? 1 << 30, host: this.host });
  }

  /** Starts a process. */
  createTask(options: TaskOptions): Task {
    const credentials: Credentials = { uid: 1000, seat: false, ...options.credentials };
    const task = new Task(this, this.#nextPid++, options.name, credentials, options.descriptorLimit ?? 1024);
    this.#tasks.add(task);
    return task;
  }

  /** Adds a device node; removing it is the disposal of what is returned. */
  addNode(node: DeviceNode): Disposable {
    if (this.#nodes.has(node.path)) throw new Error(`${node.path} exists already`);
    this.#nodes.set(node.path, node);
    return { [Symbol.dispose]: () => void this.#nodes.delete(node.path) };
  }

  /** The node behind a path. ENOENT when there is none, EACCES when this Task may not open it. */
  node(path: string, task: Task): DeviceNode {
    const node = this.#nodes.get(path);
    if (!node)
      throw new KernelError('ENOENT', `there is no ${path}; there are ${[...this.#nodes.keys()].join(', ')}`);
    if (!mayOpen(node.access, task.credentials))
      throw new KernelError(
        'EACCES',
        `${path} is for ${node.access}, ${task.name} has uid ${task.credentials.uid}`,
      );
    return node;
  }

  /** Mounts a file system at a directory; the empty path is the root. Of several, the longest path counts. */
  mount(directory: string, fileSystem: FileSystem): void {
    this.#mounts.set(directory, fileSystem);
  }

  /** What open(2) of a path gives. ENOENT, EACCES. */
  open(path: string, task: Task, flags: number): FileOperations {
    const below = [...this.#mounts.keys()].filter(mount => path.startsWith(`${mount}/`));
    const directory = below.sort((one, other) => other.length - one.length)[0];
    if (directory === undefined || this.#nodes.has(path)) return this.node(path, task).open(task, flags);
    return this.#mounts.get(directory)!.open(path.slice(directory.length + 1), task, flags);
  }

  /** Paths of all device nodes. */
  get nodes(): string[] {
    return [...this.#nodes.keys()];
  }

  get tasks(): ReadonlySet<Task> {
    return this.#tasks;
  }

  /** Called by a Task that has exited. */
  forget(task: Task): void {
    this.#tasks.delete(task);
  }

  /** A new open file over `operations`, with one reference: the caller's. */
  file(operations: FileOperations, flags = O_RDWR): OpenFile {
    return new OpenFile(operations, flags, (body, what) => this.thread(what, body));
  }

  /**
   * Gives a process a file over a real descriptor of the host, which the kernel owns from here on, even when this fails.
   * EMFILE.
   */
  adopt(task: Task, hostDescriptor: number): number {
    return task.files.add(adoptHostFile(this, hostDescriptor));
  }

  /** Passes every allocation that a system call can fail on. ENOMEM when a test wants it to fail. */
  mayAllocate(what: string): void {
    this.locks.mayReclaim(what);
    if (this.failAllocation?.(what)) throw new KernelError('ENOMEM', `no memory for a ${what}`);
  }

  /** Starts a kernel thread. It belongs to the kernel: it is listed until it ends. */
  thread<T>(label: string, body: Sleeping<T>): KernelThread<T> {
    const thread = new KernelThread<T>(this.machine, label, body, this.locks);
    if (!thread.ended) {
      this.#threads.add(thread);
      thread.whenEnded(() => this.#threads.delete(thread));
    }
    return thread;
  }

  /** Kernel threads that have not ended. */
  get threads(): ReadonlySet<KernelThread<unknown>> {
    return this.#threads;
  }

  /** `dma_fence_context_alloc`: numbers that no other timeline of this kernel has. */
  allocateFenceContexts(count = 1): bigint {
    const first = this.#nextFenceContext;
    this.#nextFenceContext += BigInt(count);
    return first;
  }

  /** Somebody who is going to take several wound/wait locks. */
  acquireContext(): AcquireContext {
    return new AcquireContext(this.#nextStamp++);
  }

  /** Dma-bufs have a file system of their own, which counts them. */
  allocateDmaBufInode(): bigint {
    return this.#nextDmaBufInode++;
  }

  allocateInode(): bigint {
    return this.#nextInode++;
  }

  /** Has `resource` disposed with the kernel: engines, timers. */
  own<T extends Disposable>(resource: T): T {
    this.#disposables.push(resource);
    return resource;
  }

  /** Ends every process, then the hardware. */
  [Symbol.dispose](): void {
    for (const task of [...this.#tasks]) task.exit();
    for (const resource of this.#disposables.splice(0).reverse()) resource[Symbol.dispose]();
    this.memory[Symbol.dispose]();
  }
}

function mayOpen(access: NodeAccess, credentials: Credentials): boolean {
  if (credentials.uid === 0 || access === 'everybody') return true;
  return access === 'seat' && credentials.seat;
}
