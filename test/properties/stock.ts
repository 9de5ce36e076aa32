import * as k from '../../compositor/kernel/index.ts';
import type { Task } from '../../compositor/kernel/task/task.ts';

const PAGE = 4096;
const SIZE = BigInt(PAGE);

/** What a program finds in a process: something of everything, so that short programs do much. */
export function stock(task: Task): void {
  const simgpu = task.open('/dev/dri/renderD128');
  const vgem = task.open('/dev/dri/card1');
  const udmabuf = task.open('/dev/udmabuf');
  const timeline = task.open(k.SW_SYNC_PATH);
  task.eventfd();
  const memfd = task.memfdCreate('pages');
  task.truncate(memfd, SIZE);
  task.fcntl(memfd, k.F_ADD_SEALS, k.F_SEAL_SHRINK);
  task.callForNumber(udmabuf, k.UDMABUF_CREATE, { memfd, size: SIZE });
  task.call(simgpu, k.simgpuIoctls.SIMGPU_CONTEXT_CREATE, {});
  task.call(simgpu, k.simgpuIoctls.SIMGPU_GEM_CREATE, { size: SIZE });
  const { handle } = task.call(vgem, k.modeIoctls.DRM_IOCTL_MODE_CREATE_DUMB, {
    width: 16,
    height: 16,
    bpp: 32,
  });
  task.call(vgem, k.drmIoctls.DRM_IOCTL_PRIME_HANDLE_TO_FD, { handle, flags: k.DRM_RDWR });
  for (const value of [1, 2]) task.call(timeline, k.SW_SYNC_IOC_CREATE_FENCE, { value });
  for (const flags of [0, k.DRM_SYNCOBJ_CREATE_SIGNALED])
    task.call(simgpu, k.syncobjIoctls.DRM_IOCTL_SYNCOBJ_CREATE, { flags });
}
