import { simgpuIoctls } from '../../../../protocol/uapi/simgpu.ts';
import { type Machine, type Nanoseconds, SECOND } from '../../../machine/machine.ts';
import { createDrmDevice } from '../../drm/core.ts';
import type { DrmDevice, DrmDriver, DrmFeature } from '../../drm/device.ts';
import { drmIoctl } from '../../drm/ioctl.ts';
import { DEFAULT_DEVICE_SPEED, type DeviceSpeed } from '../../engine/cost.ts';
import type { Engine } from '../../engine/engine.ts';
import type { Kernel } from '../../kernel.ts';
import { Budget } from './budget.ts';
import { createBuffer, mmapOffset, waitForBuffer } from './buffers.ts';
import { Contexts } from './contexts.ts';
import { Scheduler } from './scheduler.ts';
import { submit } from './submit.ts';

export interface SimgpuOptions {
  /** The hardware: a `VirtualEngine` in tests, a `WorkerEngine` in real time. The kernel disposes of it. */
  engine(machine: Machine, memory: WebAssembly.Memory): Engine;
  /** Cost model; default `DEFAULT_DEVICE_SPEED`. */
  speed?: DeviceSpeed;
  /** Device time after which a job counts as hung, in nanoseconds; default 2 s. */
  timeout?: Nanoseconds;
  /** Default /dev/dri/renderD128. */
  path?: string;
}

/** Commands that the jobs of one process may have waiting, over all of its files and contexts. */
const WAITING_COMMANDS = 65_536;

const features: ReadonlySet<DrmFeature> = new Set(['gem', 'render', 'syncobj', 'syncobj-timeline']);

const driver: DrmDriver = {
  name: 'simgpu',
  description: 'Simulated render engine',
  date: '0',
  version: [1, 0, 0],
  features,
};

/** The render engine: a render node for everybody, whose calls `protocol/uapi/simgpu.ts` describes. */
export function createSimgpu(kernel: Kernel, options: SimgpuOptions): DrmDevice {
  const timeout = options.timeout ?? 2n * SECOND;
  const engine = kernel.own(options.engine(kernel.machine, kernel.memory.memory));
  const speed = options.speed ?? DEFAULT_DEVICE_SPEED;
  const scheduler = kernel.own(new Scheduler(kernel, engine, { speed, timeout }));
  const contexts = new Contexts(kernel, scheduler);
  const budget = new Budget('commands waiting', WAITING_COMMANDS, 'EAGAIN');
  const path = options.path ?? '/dev/dri/renderD128';
  const device = createDrmDevice(kernel, driver, [{ kind: 'render', path, access: 'everybody' }]);
  device.ioctls.add(
    drmIoctl(simgpuIoctls.SIMGPU_GEM_CREATE, (call, argument) => {
      argument.handle = createBuffer(call, argument.size, argument.flags);
    }),
    drmIoctl(simgpuIoctls.SIMGPU_GEM_MMAP_OFFSET, (call, argument) => {
      argument.offset = mmapOffset(call, argument.handle, argument.pad);
    }),
    drmIoctl(simgpuIoctls.SIMGPU_GEM_WAIT, waitForBuffer),
    drmIoctl(simgpuIoctls.SIMGPU_CONTEXT_CREATE, (call, argument) => {
      argument.id = contexts.create(call, argument.flags, argument.priority);
    }),
    drmIoctl(simgpuIoctls.SIMGPU_CONTEXT_DESTROY, ({ file }, { id }) => contexts.destroy(file, id)),
    drmIoctl(simgpuIoctls.SIMGPU_CONTEXT_QUERY, ({ file }, argument) => {
      argument.reset_status = contexts.query(file, argument.id);
    }),
    drmIoctl(simgpuIoctls.SIMGPU_SUBMIT, (call, argument) =>
      submit({ contexts, scheduler, budget, timeout }, call, argument),
    ),
  );
  device.onPostclose(file => contexts.close(file));
  return device;
}
