import { SIMGPU_GEM_WAIT_WRITE } from '../../../../protocol/uapi/simgpu.ts';
import { usageToWaitFor } from '../../dma-buf/reservation.ts';
import { createObject } from '../../drm/create.ts';
import type { DrmCall } from '../../drm/ioctl.ts';
import { KernelError, require } from '../../task/kernel-error.ts';
import type { Sleeping } from '../../task/kernel-thread.ts';

/** SIMGPU_GEM_CREATE. EINVAL, ENOMEM. */
export function createBuffer({ device, file }: DrmCall, size: bigint, flags: number): number {
  require(size > 0n && flags === 0, 'EINVAL', `a size and no flags are expected, got ${size} and ${flags}`);
  require(size <=
    BigInt(
      device.kernel.memory.size,
    ), 'ENOMEM', `${size} bytes are more than the ${device.kernel.memory.size} of physical memory`);
  return file.objects.adopt(createObject(device, Number(size), 'simgpu buffer'));
}

/** SIMGPU_GEM_MMAP_OFFSET. ENOENT; EINVAL for imported buffers. */
export function mmapOffset({ file }: DrmCall, handle: number, pad: number): bigint {
  require(pad === 0, 'EINVAL', `pad has to be 0, not ${pad}`);
  const object = file.objects.lookup(handle);
  require(object.importedFrom ===
    null, 'EINVAL', 'an imported buffer is mapped through the dma-buf that it came from');
  return object.offset;
}

/** SIMGPU_GEM_WAIT: sleeps until a reader, or with WRITE a writer, need not wait any more. ENOENT, EINVAL, ETIME, EINTR. */
export function* waitForBuffer(
  { file }: DrmCall,
  argument: { readonly handle: number; readonly flags: number; readonly timeout: bigint },
): Sleeping<void> {
  const { flags } = argument;
  require((flags & ~SIMGPU_GEM_WAIT_WRITE) ===
    0, 'EINVAL', `flags are SIMGPU_GEM_WAIT_WRITE or 0, got 0x${flags.toString(16)}`);
  const object = file.objects.lookup(argument.handle);
  const usage = usageToWaitFor(flags !== 0);
  if (object.reservation.testSignalled(usage)) return;
  object.get();
  try {
    if (argument.timeout > 0n && (yield* object.reservation.wait(usage, { until: argument.timeout }))) return;
  } finally {
    object.put();
  }
  throw new KernelError('ETIME', `${object.describe()} is still in use`);
}
