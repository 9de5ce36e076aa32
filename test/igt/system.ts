import type { KernelVersion } from '../../compositor/kernel/behaviour.ts';
import { createSimgpu } from '../../compositor/kernel/drivers/simgpu/index.ts';
import { createSimkms } from '../../compositor/kernel/drivers/simkms/index.ts';
import { createVgem } from '../../compositor/kernel/drivers/vgem/index.ts';
import { VirtualEngine } from '../../compositor/kernel/engine/virtual-engine.ts';
import { Kernel } from '../../compositor/kernel/kernel.ts';
import { addNullDevice } from '../../compositor/kernel/memory/null-device.ts';
import { addUdmabufDevice } from '../../compositor/kernel/memory/udmabuf.ts';
import { addSwSync } from '../../compositor/kernel/sync/sw-sync.ts';
import { VirtualMachine, type VirtualMachineOptions } from '../../compositor/machine/virtual-machine.ts';
import type { System } from '../conformance/system.ts';

/** The display, with a panel of {@link WIDTH} x {@link HEIGHT}. */
export const DISPLAY = '/dev/dri/card0';
export const VGEM = '/dev/dri/card1';
/** The render engine. */
export const GPU = '/dev/dri/renderD128';
export const WIDTH = 64;
export const HEIGHT = 48;

/** Reserved, not used: the largest buffer that a subtest makes has 2 GiB. */
const MEMORY = 3 * 1024 ** 3;

export interface SystemOptions extends VirtualMachineOptions {
  /** Default '7.2'. */
  behaves?: KernelVersion;
}

/** A machine with all devices, and a process of root: the suite runs as root. */
export function createSystem({ behaves = '7.2', ...options }: SystemOptions = {}): System {
  const machine = new VirtualMachine(options);
  const kernel = new Kernel({ machine, memoryBytes: MEMORY, behaves });
  addNullDevice(kernel);
  addUdmabufDevice(kernel);
  addSwSync(kernel);
  createSimkms(kernel, {
    outputs: [{ width: WIDTH, height: HEIGHT, refresh: 60_000 }],
    engine: (clock, memory) => new VirtualEngine(clock, memory, 'display'),
  });
  createSimgpu(kernel, { engine: (clock, memory) => new VirtualEngine(clock, memory, 'render') });
  createVgem(kernel);
  const task = kernel.createTask({ name: 'igt', credentials: { uid: 0, seat: true } });
  return { machine, kernel, task, [Symbol.dispose]: () => kernel[Symbol.dispose]() };
}
