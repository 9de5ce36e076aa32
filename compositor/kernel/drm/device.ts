import type { Reservation } from '../dma-buf/reservation.ts';
import type { Kernel, NodeAccess } from '../kernel.ts';
import type { Backing } from '../memory/backing.ts';
import { type ErrnoName, KernelError } from '../task/kernel-error.ts';
import type { Sleeping } from '../task/kernel-thread.ts';
import type { Task } from '../task/task.ts';
import { capability, type ModeCaps } from './caps.ts';
import { DrmFile } from './file.ts';
import type { GemObject } from './gem.ts';
import { HandleTable } from './handle-table.ts';
import { IoctlTable } from './ioctl.ts';
import type { DrmMaster } from './master.ts';
import { OffsetManager } from './offset-manager.ts';

/** `DRIVER_GEM`, `DRIVER_RENDER`, ... of `include/drm/drm_drv.h`; what is absent answers EOPNOTSUPP. */
export type DrmFeature =
  | 'gem'
  | 'dumb'
  | 'render'
  | 'modeset'
  | 'atomic'
  | 'syncobj'
  | 'syncobj-timeline'
  | 'cursor-hotspot'
  | 'color-pipeline';

/** What makes one device differ from another as far as the core is concerned (`struct drm_driver`). */
export interface DrmDriver {
  readonly name: string;
  readonly description: string;
  readonly date: string;
  /** Major, minor, patch level. */
  readonly version: readonly [number, number, number];
  readonly features: ReadonlySet<DrmFeature>;
  /** What GET_CAP says of a device with modes. */
  readonly modeCaps?: ModeCaps;
  /** Takes a client capability of the driver's own; false when it is none. EINVAL. */
  readonly setClientCap?: (file: DrmFile, capability: bigint, value: bigint) => boolean;
  /** Bus id that GET_UNIQUE gives after SET_VERSION; the driver's name when left out. */
  readonly unique?: string;
  /** What the driver asks of the bits per pixel of dumb buffers beyond the core's checks; EINVAL. */
  readonly dumbBitsPerPixel?: number;
  /** The module whose code exports the driver's objects (`exp_name`); default `drm`, which does it for most. */
  readonly exportModule?: string;
  /** Where others cannot attach to an exported object (no `get_sg_table`): the errno. */
  readonly attachRefusal?: ErrnoName;
  /** An object's place in the node's address space is free when the host has confirmed that it is gone. */
  readonly freedByHost?: boolean;
  /** Where its objects have memory of another kind than pages that stay where they are. ENOMEM. */
  readonly createBacking?: (bytes: number, reservation: Reservation) => Backing;
  /** Where the driver cannot use other exporters' memory. */
  readonly importRefusal?: ImportRefusal;
}

/** How an import of a foreign dma-buf fails: without looking at it, or when it has been attached to and mapped. */
export interface ImportRefusal {
  readonly code: ErrnoName;
  readonly after: 'nothing' | 'mapping';
}

export type NodeKind = 'primary' | 'render';

export interface DrmNode {
  readonly kind: NodeKind;
  readonly path: string;
  readonly access: NodeAccess;
}

/** Runs when a file of the device is closed. */
export type CloseHook = (file: DrmFile) => void | Sleeping<void>;

/** A DRM device: its nodes, its calls, and the files open on it (`struct drm_device`). */
export class DrmDevice implements Disposable {
  readonly kernel: Kernel;
  readonly driver: DrmDriver;
  readonly nodes: readonly DrmNode[];
  /** Calls of the core and of the driver. */
  readonly ioctls = new IoctlTable();
  readonly files = new Set<DrmFile>();
  /** Flink names. */
  readonly names = new HandleTable<GemObject>();
  /** Where GEM objects lie in the address space of the device's nodes. */
  readonly offsets = new OffsetManager();
  /** Objects that have not been freed, for leak checks and "who holds". */
  readonly objects = new Set<GemObject>();
  master: DrmMaster | null = null;
  readonly #closeHooks: CloseHook[] = [];
  readonly #postcloseHooks: CloseHook[] = [];
  readonly #registrations: Disposable[];
  #unplugged = false;

  constructor(kernel: Kernel, driver: DrmDriver, nodes: readonly DrmNode[]) {
    this.kernel = kernel;
    this.driver = driver;
    this.nodes = nodes;
    this.#registrations = nodes.map(node =>
      kernel.addNode({
        path: node.path,
        access: node.access,
        open: task => this.#open(node, task),
      }),
    );
  }

  has(feature: DrmFeature): boolean {
    return this.driver.features.has(feature);
  }

  /** EOPNOTSUPP unless the driver has the feature. */
  needs(feature: DrmFeature): void {
    if (!this.has(feature))
      throw new KernelError('EOPNOTSUPP', `${this.driver.name} is a device without ${feature}`);
  }

  /** `drm_dev_is_unplugged`: ENODEV when the device is gone. */
  requirePlugged(): void {
    if (this.#unplugged)
      throw new KernelError('ENODEV', `${this.driver.name} has been removed; close the file`);
  }

  /** `drm_getcap`: the value of a DRM_CAP_*; EOPNOTSUPP, EINVAL. */
  cap(number: bigint): bigint {
    return capability(this, number);
  }

  /** Runs first when a file is closed, before its handles go: framebuffers and blobs. May sleep. */
  onClose(hook: CloseHook): void {
    this.#closeHooks.push(hook);
  }

  /** Runs when handles, sync objects and mastership of a closed file are gone (`postclose`). */
  onPostclose(hook: CloseHook): void {
    this.#postcloseHooks.push(hook);
  }

  /** `drm_file_free`. */
  *close(file: DrmFile): Sleeping<void> {
    this.files.delete(file);
    file.events.close();
    yield* runHooks(this.#closeHooks, file);
    file.releaseHandles();
    file.releaseMaster();
    yield* runHooks(this.#postcloseHooks, file);
  }

  /** `file_clone_open`: the same node once more, as an open file of its own. */
  reopen(file: DrmFile, task: Task): DrmFile {
    return this.#open(this.nodes.find(({ path }) => path === file.path)!, task);
  }

  /** `drm_dev_unplug`: removes the nodes. Files that are open can be closed, read and polled, and no more. */
  [Symbol.dispose](): void {
    this.#unplugged = true;
    for (const registration of this.#registrations.splice(0)) registration[Symbol.dispose]();
  }

  #open(node: DrmNode, task: Task): DrmFile {
    const file = new DrmFile(this, node, task);
    this.files.add(file);
    return file;
  }
}

function* runHooks(hooks: readonly CloseHook[], file: DrmFile): Sleeping<void> {
  for (const hook of hooks) {
    const rest = hook(file);
    if (rest) yield* rest;
  }
}
