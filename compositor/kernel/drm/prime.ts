import { DRM_CLOEXEC, DRM_RDWR, drmIoctls } from '../../../protocol/uapi/drm.ts';
import { O_RDONLY, O_RDWR } from '../../../protocol/uapi/fcntl.ts';
import { type DmaBuf, type DmaBufOperations, dmaBufOf, exportDmaBuf } from '../dma-buf/dma-buf.ts';
import { KernelError, require } from '../task/kernel-error.ts';
import type { MapRequest } from '../task/open-file.ts';
import type { DrmDevice } from './device.ts';
import { GemObject } from './gem.ts';
import { ImportedBacking } from './imported-backing.ts';
import { type DrmCall, drmIoctl } from './ioctl.ts';

/** The exporter's side of a GEM object: its memory, its reservation, and a reference until the dma-buf goes. */
class GemExport implements DmaBufOperations {
  readonly object: GemObject;

  constructor(object: GemObject) {
    this.object = object.get();
  }

  get exporter(): string {
    return this.object.device.driver.name;
  }

  get module(): string {
    return this.object.device.driver.exportModule ?? 'drm';
  }

  /** `drm_gem_map_attach`. */
  attach(): void {
    const { attachRefusal, name } = this.object.device.driver;
    if (attachRefusal) throw new KernelError(attachRefusal, `no device but ${name} can use its memory`);
  }

  get backing() {
    return this.object.backing;
  }

  /** `drm_gem_shmem_mmap`: a private copy of a buffer would be of no use to anybody. */
  mayMap(request: MapRequest): void {
    require(request.shared, 'EINVAL', 'a dma-buf of a DRM device is mapped with MAP_SHARED');
  }

  release(): void {
    this.object.put();
  }
}

/** `drm_gem_prime_handle_to_dmabuf`: the dma-buf of a handle, with one reference for the caller. ENOENT, ENOMEM. */
function exportHandle({ file, device }: DrmCall, handle: number, flags: number): DmaBuf {
  const object = file.objects.lookup(handle);
  const known = file.objects.dmaBufOf(handle) ?? object.importedFrom ?? object.dmaBuf;
  if (!file.objects.dmaBufOf(handle)) device.kernel.mayAllocate('PRIME handle');
  if (known) {
    known.file.get();
    if (!file.objects.dmaBufOf(handle)) file.objects.remember(handle, known);
    return known;
  }
  const operations = new GemExport(object);
  try {
    const dmaBuf = exportDmaBuf(device.kernel, operations, {
      reservation: object.reservation,
      flags: flags & DRM_RDWR ? O_RDWR : O_RDONLY,
    });
    object.dmaBuf = dmaBuf;
    dmaBuf.file.get();
    file.objects.remember(handle, dmaBuf);
    return dmaBuf;
  } catch (error) {
    operations.release();
    throw error;
  }
}

/** The descriptor is taken first and given its file last: a full table changes nothing. */
function handleToFd(call: DrmCall, handle: number, flags: number): number {
  require((flags & ~(DRM_CLOEXEC | DRM_RDWR)) ===
    0, 'EINVAL', `flags are DRM_CLOEXEC and DRM_RDWR, got 0x${flags.toString(16)}`);
  const { files } = call.task;
  const fd = files.reserve();
  try {
    return files.install(fd, exportHandle(call, handle, flags).file, (flags & DRM_CLOEXEC) !== 0);
  } catch (error) {
    files.unreserve(fd);
    throw error;
  }
}

/** `drm_gem_prime_import`: an export of this very device is the object itself; anything else is attached to. */
function importDmaBuf(device: DrmDevice, dmaBuf: DmaBuf): GemObject {
  const { operations } = dmaBuf;
  if (operations instanceof GemExport && operations.object.device === device) return operations.object.get();
  const { importRefusal: refusal, name } = device.driver;
  if (refusal?.after === 'nothing') throw new KernelError(refusal.code, `${name} imports nothing`);
  const attachment = dmaBuf.attach({ name });
  if (refusal) {
    attachment[Symbol.dispose]();
    throw new KernelError(refusal.code, `${name} cannot use memory of ${dmaBuf.exporter}`);
  }
  try {
    device.kernel.mayAllocate('GEM object');
  } catch (error) {
    attachment[Symbol.dispose]();
    throw error;
  }
  return new GemObject(device, {
    backing: new ImportedBacking(attachment),
    reservation: dmaBuf.reservation,
    importedFrom: dmaBuf,
    label: `buffer imported from ${dmaBuf.exporter}`,
  });
}

/** `drm_gem_prime_fd_to_handle`: a dma-buf that this file knows has its handle already. EBADF, EINVAL, ENOMEM. */
function fdToHandle({ device, file, task }: DrmCall, fd: number): number {
  const dmaBuf = dmaBufOf(task.files.get(fd));
  const known = file.objects.handleOf(dmaBuf);
  if (known !== undefined) return known;
  const object = importDmaBuf(device, dmaBuf);
  const handle = file.objects.adopt(object);
  try {
    device.kernel.mayAllocate('PRIME handle');
  } catch (error) {
    file.objects.close(handle);
    throw error;
  }
  if (!object.dmaBuf) {
    dmaBuf.file.get();
    object.dmaBuf = dmaBuf;
  }
  file.objects.remember(handle, dmaBuf);
  return handle;
}

/** Buffers as descriptors, between devices and processes (`drivers/gpu/drm/drm_prime.c`). */
export const primeIoctls = [
  drmIoctl(drmIoctls.DRM_IOCTL_PRIME_HANDLE_TO_FD, (call, argument) => {
    call.device.needs('gem');
    argument.fd = handleToFd(call, argument.handle, argument.flags);
  }),
  drmIoctl(drmIoctls.DRM_IOCTL_PRIME_FD_TO_HANDLE, (call, argument) => {
    call.device.needs('gem');
    argument.handle = fdToHandle(call, argument.fd);
  }),
];
