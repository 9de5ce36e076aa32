import type { KernelVersion } from '../../compositor/kernel/behaviour.ts';
import { createShapes, type ShapeName } from '../../compositor/kernel/drivers/shapes/index.ts';
import { createVgem } from '../../compositor/kernel/drivers/vgem/index.ts';
import { Kernel } from '../../compositor/kernel/kernel.ts';
import { addSystemHeap } from '../../compositor/kernel/memory/dma-heap.ts';
import { addNullDevice } from '../../compositor/kernel/memory/null-device.ts';
import { mountTmpfs } from '../../compositor/kernel/memory/tmpfs.ts';
import { addUdmabufDevice } from '../../compositor/kernel/memory/udmabuf.ts';
import { addSwSync } from '../../compositor/kernel/sync/sw-sync.ts';
import type { Task } from '../../compositor/kernel/task/task.ts';
import type { HostFiles } from '../../compositor/machine/host-files.ts';
import { SECOND } from '../../compositor/machine/machine.ts';
import { VirtualMachine } from '../../compositor/machine/virtual-machine.ts';
import { O_CREAT, O_RDWR } from '../../protocol/uapi/fcntl.ts';

/** A machine like the one that was recorded: its devices, and a process of root that has its console open. */
export interface System extends Disposable {
  readonly machine: VirtualMachine;
  readonly kernel: Kernel;
  readonly task: Task;
}

/** In which order what is ready at the same time runs; default: as it was posted. */
interface Schedule {
  readonly order?: 'fifo' | 'random';
  readonly seed?: number;
}

export interface SystemOptions extends Schedule {
  /** Where memfds are real ones; default: all memory is the model's own. */
  readonly host?: HostFiles | null;
}

/** Descriptors of the probe programs: the console, three times and once more, and the file they wrote to. */
const OPEN_AT_START = 5;

/** The devices of either kernel after vgem and virtio_gpu, as their modules were loaded. */
const BOOT_ORDER: { readonly [version in KernelVersion]: readonly ShapeName[] } = {
  '7.2': ['bochs-drm', 'vkms'],
  '6.12': ['vkms', 'bochs-drm'],
};

/** The machine had been up for so long. */
const UPTIME = 28n * SECOND;

export function createSystem(behaves: KernelVersion, options: SystemOptions = {}): System {
  const { host = null, ...schedule } = options;
  const machine = new VirtualMachine({ ...schedule, start: UPTIME });
  const kernel = new Kernel({ machine, memoryBytes: 512 << 20, host, behaves });
  mountTmpfs(kernel, '');
  mountTmpfs(kernel, '/dev/shm');
  addNullDevice(kernel);
  addUdmabufDevice(kernel);
  addSwSync(kernel);
  addSystemHeap(kernel);
  createVgem(kernel, { primaryPath: '/dev/dri/card0', renderPath: '/dev/dri/renderD128' });
  createShapes(kernel, [
    { shape: 'virtio_gpu', card: 1, render: 129 },
    ...BOOT_ORDER[behaves].map((shape, at) => ({ shape, card: 2 + at })),
  ]);
  const task = kernel.createTask({ name: 'init', credentials: { uid: 0, seat: true } });
  task.close(task.open('/init', O_RDWR | O_CREAT));
  for (let fd = 0; fd < OPEN_AT_START; fd++) task.open('/dev/null');
  return { machine, kernel, task, [Symbol.dispose]: () => kernel[Symbol.dispose]() };
}
