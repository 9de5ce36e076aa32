import {
  addUdmabufDevice,
  createSimgpu,
  DMA_BUF_IOCTL_EXPORT_SYNC_FILE,
  F_ADD_SEALS,
  F_SEAL_SHRINK,
  Kernel,
  MFD_ALLOW_SEALING,
  type Task,
  UDMABUF_CREATE,
  VirtualEngine,
  VirtualMachine,
} from '../compositor/kernel/index.ts';

const PAGE = 4096;

export interface Rig {
  readonly machine: VirtualMachine;
  readonly kernel: Kernel;
  readonly task: Task;
  /** A render node, for sync objects. */
  readonly gpu: number;
  /** A dma-buf of one page. */
  buffer(): number;
}

/** A kernel in virtual time, whose processes may have as many descriptors as they like. */
export class BenchKernel {
  readonly #machine = new VirtualMachine();
  readonly #kernel = new Kernel({ machine: this.#machine, memoryBytes: 64 << 20 });

  constructor() {
    addUdmabufDevice(this.#kernel);
    createSimgpu(this.#kernel, { engine: (clock, memory) => new VirtualEngine(clock, memory, 'simgpu') });
  }

  /** A new process. */
  start(): Rig {
    const task = this.#kernel.createTask({ name: 'bench', descriptorLimit: 1_000_000 });
    const udmabuf = task.open('/dev/udmabuf');
    const buffer = (): number => {
      const memfd = task.memfdCreate('bench', MFD_ALLOW_SEALING);
      task.truncate(memfd, BigInt(PAGE));
      task.fcntl(memfd, F_ADD_SEALS, F_SEAL_SHRINK);
      const fd = task.callForNumber(udmabuf, UDMABUF_CREATE, { memfd, size: BigInt(PAGE) });
      task.close(memfd);
      return fd;
    };
    const gpu = task.open('/dev/dri/renderD128');
    return { machine: this.#machine, kernel: this.#kernel, task, gpu, buffer };
  }
}

/** The raw call: its argument is laid out once, as a C program has it on its stack. Exports a sync file of a buffer. */
export function rawExport({ task }: Rig, flags: number): (buffer: number) => number {
  const { number } = DMA_BUF_IOCTL_EXPORT_SYNC_FILE;
  const { address } = task.layOut(DMA_BUF_IOCTL_EXPORT_SYNC_FILE, { flags, fd: -1 });
  const bytes = task.memory.view(address, 8);
  const words = new Int32Array(bytes.buffer, bytes.byteOffset, 2);
  return buffer => {
    task.ioctl(buffer, number, address);
    return words[1]!;
  };
}
