// The computer that a compositor runs on: a kernel with a display, a render engine, vgem, udmabuf and a heap.
import { createSimgpu } from './kernel/drivers/simgpu/index.ts';
import { createSimkms, type OutputOptions, type Simkms } from './kernel/drivers/simkms/index.ts';
import { createVgem } from './kernel/drivers/vgem/index.ts';
import type { Engine } from './kernel/engine/engine.ts';
import { VirtualEngine } from './kernel/engine/virtual-engine.ts';
import { WorkerEngine } from './kernel/engine/worker-engine.ts';
import { Kernel, type KernelOptions } from './kernel/kernel.ts';
import { addSystemHeap } from './kernel/memory/dma-heap.ts';
import { addUdmabufDevice } from './kernel/memory/udmabuf.ts';
import type { Machine } from './machine/machine.ts';

export interface DevicesOptions extends KernelOptions {
  readonly outputs: readonly OutputOptions[];
  /**
   * `worker`: pixels are touched on threads of their own, in real time. `virtual`: at an instant of device time, by the
   * machine's run queue; the same pixels to the bit.
   */
  readonly engines: 'worker' | 'virtual';
}

export interface Devices {
  /** Disposing it ends processes and devices. */
  readonly kernel: Kernel;
  readonly simkms: Simkms;
}

/** Makes a kernel and its devices: simkms, simgpu, vgem, udmabuf and the system heap, at the nodes that `docs/architecture.md` lists. */
export function createDevices({ outputs, engines, ...options }: DevicesOptions): Devices {
  const kernel = new Kernel(options);
  const engine =
    (name: string, warm: boolean) =>
    (machine: Machine, memory: WebAssembly.Memory): Engine => {
      if (engines === 'virtual') return new VirtualEngine(machine, memory, name);
      const worker = new WorkerEngine(machine, memory, name);
      if (warm) worker.warm();
      return worker;
    };
  // Somebody will draw; that somebody looks at the pixels of a scan-out is rare.
  const simkms = createSimkms(kernel, { outputs, engine: engine('display', false) });
  createSimgpu(kernel, { engine: engine('render', true) });
  createVgem(kernel);
  addUdmabufDevice(kernel);
  addSystemHeap(kernel);
  return { kernel, simkms };
}
