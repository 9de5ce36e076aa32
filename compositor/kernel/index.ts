/**
 * A userspace model of the Linux kernel objects that buffers and fences live in. A `Kernel` owns devices and processes;
 * everything is reached through the system calls of a `Task`.
 *
 * ```ts
 * import {
 *   addUdmabufDevice, DMA_BUF_IOCTL_EXPORT_SYNC_FILE, DMA_BUF_SYNC_WRITE, F_ADD_SEALS, F_SEAL_SHRINK,
 *   Kernel, POLLIN, UDMABUF_CREATE, VirtualMachine,
 * } from 'fencepost/kernel';
 *
 * const machine = new VirtualMachine();
 * const kernel = new Kernel({ machine });
 * addUdmabufDevice(kernel);
 *
 * const task = kernel.createTask({ name: 'example' });
 * const memfd = task.memfdCreate('pixels');
 * task.truncate(memfd, 4096n);
 * task.fcntl(memfd, F_ADD_SEALS, F_SEAL_SHRINK);
 * const device = task.open('/dev/udmabuf');
 * const buffer = task.callForNumber(device, UDMABUF_CREATE, { memfd, size: 4096n });
 *
 * const address = task.mmap(buffer, 4096);
 * task.memory.view(address, 4).set([1, 2, 3, 4]);
 * const { fd } = task.call(buffer, DMA_BUF_IOCTL_EXPORT_SYNC_FILE, { flags: DMA_BUF_SYNC_WRITE, fd: -1 });
 * console.log(task.poll(fd, POLLIN) === POLLIN); // true: nobody uses the buffer
 *
 * kernel[Symbol.dispose]();
 * ```
 *
 * Failed calls throw a `KernelError` with Linux's `code` and `errno`. Calls that sleep have a form that returns a
 * `KernelThread` (`startCall`, `startRead`); under a `VirtualMachine` time moves only when a test says so.
 */

export * from '../../protocol/uapi/dma-buf.ts';
export * from '../../protocol/uapi/dma-heap.ts';
export * from '../../protocol/uapi/drm.ts';
export * from '../../protocol/uapi/drm-mode.ts';
export * from '../../protocol/uapi/fcntl.ts';
export * from '../../protocol/uapi/fourcc.ts';
export * from '../../protocol/uapi/simgpu.ts';
export * from '../../protocol/uapi/simkms.ts';
export * from '../../protocol/uapi/sw-sync.ts';
export * from '../../protocol/uapi/sync-file.ts';
export * from '../../protocol/uapi/syncobj.ts';
export * from '../../protocol/uapi/udmabuf.ts';
export * from '../../protocol/uapi/vgem.ts';
export { openHostFiles } from '../machine/host-files.ts';
export { type Machine, MILLISECOND, type Nanoseconds, SECOND } from '../machine/machine.ts';
export { RealMachine } from '../machine/real-machine.ts';
export { VirtualMachine } from '../machine/virtual-machine.ts';
export type { Behaviour, KernelVersion } from './behaviour.ts';
export type { Importer } from './dma-buf/attachment.ts';
export type { Coherency, CoherencyTrap } from './dma-buf/coherency.ts';
export { DmaBuf, type DmaBufOperations, dmaBufOf, exportDmaBuf } from './dma-buf/dma-buf.ts';
export { lockAll } from './dma-buf/lock-all.ts';
export { Reservation, Usage, usageToWaitFor } from './dma-buf/reservation.ts';
export {
  createShmem,
  createTtm,
  movableOf,
  type Shmem,
  type ShmemOptions,
  type Ttm,
  type TtmOptions,
} from './drivers/movable/index.ts';
export { createShapes, type ShapeName, type ShapeOptions } from './drivers/shapes/index.ts';
export { createSimgpu, type SimgpuOptions } from './drivers/simgpu/index.ts';
export {
  createSimkms,
  type MissedFlip,
  type Monitor,
  type MonitorFrame,
  type OutputOptions,
  type PipeStatistics,
  Simkms,
  type SimkmsOptions,
} from './drivers/simkms/index.ts';
export { createVgem, type VgemOptions } from './drivers/vgem/index.ts';
export { DEFAULT_DEVICE_SPEED, type DeviceSpeed } from './engine/cost.ts';
export type { Engine, EngineJob, JobResult } from './engine/engine.ts';
export { VirtualEngine } from './engine/virtual-engine.ts';
export { WorkerEngine } from './engine/worker-engine.ts';
export {
  type DeviceNode,
  type FileSystem,
  Kernel,
  type KernelOptions,
  type NodeAccess,
  type TaskOptions,
} from './kernel.ts';
export type { Backing, Pin } from './memory/backing.ts';
export { createBacking } from './memory/create-backing.ts';
export { addSystemHeap } from './memory/dma-heap.ts';
export { addNullDevice } from './memory/null-device.ts';
export { PhysicalMemory } from './memory/physical-memory.ts';
export { createShmemFile, type ShmemFile } from './memory/shmem-file.ts';
export { mountTmpfs } from './memory/tmpfs.ts';
export { addUdmabufDevice } from './memory/udmabuf.ts';
export { Fence } from './sync/fence.ts';
export { ExpiringFence } from './sync/promised-fence.ts';
export { SoftwareTimeline } from './sync/software-timeline.ts';
export { addSwSync, SW_SYNC_PATH } from './sync/sw-sync.ts';
export { createSyncFile, SyncFile } from './sync/sync-file.ts';
export { Syncobj } from './sync/syncobj.ts';
export { type AcquireContext, WwMutex } from './sync/ww-mutex.ts';
export * from './task/index.ts';
export { type LockRule, LockRuleBroken } from './task/lock-rules.ts';
export type { Warning, Warnings } from './task/warnings.ts';
