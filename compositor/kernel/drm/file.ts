import { Usage } from '../dma-buf/reservation.ts';
import type { Fence } from '../sync/fence.ts';
import { KernelError } from '../task/kernel-error.ts';
import type { Sleeping } from '../task/kernel-thread.ts';
import type {
  FileCall,
  FileMapping,
  FileOperations,
  FileStatus,
  PollAnswer,
  UserSlice,
} from '../task/open-file.ts';
import type { Task } from '../task/task.ts';
import type { DrmDevice, DrmNode, NodeKind } from './device.ts';
import { EventQueue } from './events.ts';
import { GemHandles } from './gem-handles.ts';
import { DrmMaster } from './master.ts';
import { SyncobjHandles } from './syncobj-handles.ts';

/** Character device 226, as `ls -l /dev/dri` shows. */
const DRM_MAJOR = 226n;

/** What SET_CLIENT_CAP has switched on. */
export interface ClientCaps {
  stereo3d: boolean;
  universalPlanes: boolean;
  /** 0, 1 or 2. */
  atomic: number;
  aspectRatio: boolean;
  writebackConnectors: boolean;
  cursorPlaneHotspot: boolean;
  planeColorPipeline: boolean;
}

/** An open of a DRM node (`struct drm_file`). All descriptors that are duplicates of each other share it. */
export class DrmFile implements FileOperations {
  readonly kind = 'drm';
  readonly device: DrmDevice;
  readonly node: NodeKind;
  readonly path: string;
  /** Process that opened it, for SET_MASTER and for people. */
  readonly pid: number;
  readonly owner: string;
  readonly clientCaps: ClientCaps = {
    stereo3d: false,
    universalPlanes: false,
    atomic: 0,
    aspectRatio: false,
    writebackConnectors: false,
    cursorPlaneHotspot: false,
    planeColorPipeline: false,
  };
  /** What SET_CLIENT_NAME said, for debugging. */
  clientName = '';
  readonly objects: GemHandles;
  readonly syncobjs: SyncobjHandles;
  readonly events = new EventQueue();
  authenticated: boolean;
  /** The master this file belongs to: its own, or the one that was current when it was opened. */
  master: DrmMaster | null = null;
  /** Whether `master` is this file's own. */
  isMaster = false;
  wasMaster = false;
  /** What GET_MAGIC gave out. */
  magic = 0;
  readonly #inode: bigint;

  /** `drm_open_helper`: root is authenticated, and whoever opens a primary node that has no master becomes it. */
  constructor(device: DrmDevice, node: DrmNode, task: Task) {
    this.device = device;
    this.node = node.kind;
    this.path = node.path;
    this.pid = task.pid;
    this.owner = task.name;
    this.authenticated = task.credentials.uid === 0;
    this.objects = new GemHandles(this);
    this.syncobjs = new SyncobjHandles(device.kernel.behaviour);
    this.#inode = device.kernel.allocateInode();
    if (node.kind !== 'primary') return;
    if (device.master) this.master = device.master;
    else this.becomeMaster();
  }

  get isCurrentMaster(): boolean {
    return this.isMaster && this.master !== null && this.master.owner === this.device.master;
  }

  /** `drm_lease_held`: whether a lease, if this file is a lessee's, includes the object. */
  holds(id: number): boolean {
    return this.master?.holds(id) ?? true;
  }

  /** `drm_new_set_master`: a master of its own, which is the device's from now on. */
  becomeMaster(): void {
    this.master = new DrmMaster();
    this.isMaster = true;
    this.wasMaster = true;
    this.authenticated = true;
    this.device.master = this.master;
  }

  /** What CREATE_LEASE does with the file that it opens: master of a part of the device. It was never master of it all. */
  becomeLessee(lessee: DrmMaster): void {
    this.master = lessee;
    this.isMaster = true;
    this.authenticated = true;
  }

  describe(): string {
    return `${this.path} of ${this.owner}`;
  }

  status(): FileStatus {
    const minor = BigInt(/\d+$/.exec(this.path)?.[0] ?? 0);
    return { inode: this.#inode, size: 0n, mode: 0o20666, deviceNumber: (DRM_MAJOR << 8n) | minor };
  }

  ioctl(call: FileCall, request: number, argument: bigint): number | Sleeping<number> {
    const { device } = this;
    device.requirePlugged();
    return device.ioctls.dispatch(
      { device, file: this, task: call.task, openFile: call.file },
      request,
      argument,
    );
  }

  /** Those of its sync objects, and of the buffers that it has handles of. */
  *fences(): Iterable<Fence> {
    for (const [, { fence }] of this.syncobjs.entries()) if (fence) yield fence;
    for (const [, { reservation }] of this.objects.entries()) yield* reservation.fences(Usage.BOOKKEEP);
  }

  poll(): PollAnswer {
    return this.events.poll();
  }

  read(call: FileCall, into: UserSlice): number | Sleeping<number> {
    return this.events.read(call, into);
  }

  /** `drm_gem_mmap`: EINVAL where no object begins, where it is too short or the mapping private, EACCES for other files' objects. */
  map(
    _call: FileCall,
    request: { offset: bigint; length: bigint; protection: number; shared: boolean },
  ): FileMapping {
    this.device.requirePlugged();
    const object = this.device.offsets.find(request.offset, request.length);
    if (!object)
      throw new KernelError(
        'EINVAL',
        `no object of at least ${request.length} bytes begins at offset 0x${request.offset.toString(16)}; ask for it with MAP_DUMB or the driver's own call`,
      );
    if (!object.mayBeMappedBy(this))
      throw new KernelError('EACCES', `${this.describe()} has no handle of the object at that offset`);
    if (!request.shared)
      throw new KernelError('EINVAL', 'objects of a DRM device are mapped with MAP_SHARED');
    return { object: object.map(), offset: 0n, pages: 'special' };
  }

  /** Drops sync objects, then GEM handles with what PRIME knows of them. */
  releaseHandles(): void {
    this.syncobjs.takeAll();
    this.objects.closeAll();
  }

  /** `drm_master_release`: whatever a master had leased to others is theirs no more. */
  releaseMaster(): void {
    const { master } = this;
    if (this.magic !== 0) master?.magics.remove(this.magic);
    if (this.isMaster && this.device.master === master) this.device.master = null;
    if (this.isMaster) {
      master?.revoke();
      master?.leaveLessor();
    }
    this.isMaster = false;
    this.master = null;
  }

  release(): Sleeping<void> {
    return this.device.close(this);
  }
}
