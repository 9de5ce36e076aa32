import { DRM_CLOEXEC, DRM_RDWR, drmIoctls } from '../../../../protocol/uapi/drm.ts';
import * as uapi from '../../../../protocol/uapi/simgpu.ts';
import type { UserValue } from '../../../../protocol/uapi/struct.ts';
import { VirtualMachine, type VirtualMachineOptions } from '../../../machine/virtual-machine.ts';
import type { DrmDevice } from '../../drm/device.ts';
import { XR24 } from '../../engine/formats.ts';
import { VirtualEngine } from '../../engine/virtual-engine.ts';
import { Kernel } from '../../kernel.ts';
import type { Credentials, Task } from '../../task/task.ts';
import { createSimgpu, type SimgpuOptions } from './simgpu.ts';

export type CommandValue = UserValue<typeof uapi.simgpu_command>;
export type SubmitValue = UserValue<typeof uapi.simgpu_submit>;

export interface Image {
  readonly handle: number;
  readonly width: number;
  readonly height: number;
}

/** A process with the render node open and one context. */
export class Client {
  readonly task: Task;
  readonly fd: number;
  readonly context: number;

  constructor(task: Task, priority: number) {
    this.task = task;
    this.fd = task.open('/dev/dri/renderD128');
    this.context = this.createContext(priority);
  }

  createContext(priority: number = uapi.SIMGPU_PRIORITY_NORMAL): number {
    return this.task.call(this.fd, uapi.simgpuIoctls.SIMGPU_CONTEXT_CREATE, { priority }).id!;
  }

  image(width: number, height: number): Image {
    const size = BigInt(width * height * 4);
    const { handle } = this.task.call(this.fd, uapi.simgpuIoctls.SIMGPU_GEM_CREATE, { size });
    return { handle: handle!, width, height };
  }

  submit(commands: readonly CommandValue[], options: SubmitValue = {}) {
    return this.task.call(this.fd, uapi.simgpuIoctls.SIMGPU_SUBMIT, {
      context: this.context,
      commands,
      ...options,
    });
  }

  /** Submits and returns the out-fence. */
  submitForFence(commands: readonly CommandValue[], options: SubmitValue = {}): number {
    const flags = (options.flags ?? 0) | uapi.SIMGPU_SUBMIT_FENCE_OUT;
    return this.submit(commands, { ...options, flags }).out_fence_fd!;
  }

  /** A new mapping of an image's pixels, of the kernel's memory itself. */
  pixels(image: Image): Uint32Array {
    const { offset } = this.task.call(this.fd, uapi.simgpuIoctls.SIMGPU_GEM_MMAP_OFFSET, {
      handle: image.handle,
    });
    const length = image.width * image.height * 4;
    const address = this.task.mmap(this.fd, length, { offset: offset! });
    const bytes = this.task.memory.view(address, length);
    return new Uint32Array(bytes.buffer, bytes.byteOffset, length / 4);
  }

  export({ handle }: Image): number {
    const flags = DRM_RDWR | DRM_CLOEXEC;
    return this.task.call(this.fd, drmIoctls.DRM_IOCTL_PRIME_HANDLE_TO_FD, { handle, flags }).fd!;
  }

  import(fd: number, like: Image): Image {
    const { handle } = this.task.call(this.fd, drmIoctls.DRM_IOCTL_PRIME_FD_TO_HANDLE, { fd });
    return { ...like, handle: handle! };
  }

  resetStatus(): number {
    return this.task.call(this.fd, uapi.simgpuIoctls.SIMGPU_CONTEXT_QUERY, { id: this.context })
      .reset_status!;
  }
}

export interface Rig {
  readonly machine: VirtualMachine;
  readonly kernel: Kernel;
  readonly device: DrmDevice;
  client(name: string, options?: { priority?: number; credentials?: Partial<Credentials> }): Client;
}

/** A kernel with nothing but the render engine, in virtual time. */
export function createRig(
  options: { machine?: VirtualMachineOptions; simgpu?: Partial<SimgpuOptions> } = {},
): Rig {
  const machine = new VirtualMachine(options.machine);
  const kernel = new Kernel({ machine, memoryBytes: 32 << 20 });
  const device = createSimgpu(kernel, {
    engine: (clock, memory) => new VirtualEngine(clock, memory, 'simgpu'),
    ...options.simgpu,
  });
  return {
    machine,
    kernel,
    device,
    client: (name, { priority = uapi.SIMGPU_PRIORITY_NORMAL, credentials } = {}) =>
      new Client(kernel.createTask({ name, ...(credentials && { credentials }) }), priority),
  };
}

export const imageOf = ({ handle, width, height }: Image): NonNullable<CommandValue['target']> => ({
  handle,
  width,
  height,
  format: XR24,
  offsets: [0, 0],
  pitches: [width * 4, 0],
});

const whole = ({ width, height }: Image) => ({ x1: 0, y1: 0, x2: width, y2: height });

export const fill = (target: Image, color: number, more: CommandValue = {}): CommandValue => ({
  opcode: uapi.SIMGPU_OP_FILL,
  target: imageOf(target),
  destination: whole(target),
  clip: whole(target),
  color,
  alpha: 0xffff,
  ...more,
});

export const copy = (target: Image, source: Image, more: CommandValue = {}): CommandValue => ({
  opcode: uapi.SIMGPU_OP_COPY,
  target: imageOf(target),
  source: imageOf(source),
  destination: whole(source),
  clip: whole(target),
  source_rect: { x: 0, y: 0, w: source.width * 65536, h: source.height * 65536 },
  ...more,
});

export const composite = (target: Image, source: Image, more: CommandValue = {}): CommandValue => ({
  ...copy(target, source),
  opcode: uapi.SIMGPU_OP_COMPOSITE,
  destination: whole(target),
  alpha: 0xffff,
  ...more,
});

export const spin = (duration_ns: bigint = uapi.SIMGPU_SPIN_FOREVER): CommandValue => ({
  opcode: uapi.SIMGPU_OP_SPIN,
  duration_ns,
});
