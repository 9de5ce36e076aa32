import { VirtualMachine } from '../../machine/virtual-machine.ts';
import { Kernel } from '../kernel.ts';
import type { Task } from '../task/task.ts';
import { createDrmDevice } from './core.ts';
import type { DrmDevice, DrmFeature } from './device.ts';

export const CARD = '/dev/dri/card0';
export const RENDER = '/dev/dri/renderD128';

/** A process and its descriptor of a node. */
export interface Opener {
  readonly task: Task;
  readonly fd: number;
}

export interface DrmRig {
  readonly machine: VirtualMachine;
  readonly kernel: Kernel;
  readonly device: DrmDevice;
  open(name: string, path?: string, uid?: number): Opener;
}

/** A device that everybody may open, with the core's calls alone. */
export function createDrmRig(features: readonly DrmFeature[]): DrmRig {
  const machine = new VirtualMachine();
  const kernel = new Kernel({ machine, memoryBytes: 32 << 20 });
  const driver = {
    name: 'testkms',
    description: 'A display for tests',
    date: '0',
    version: [1, 2, 3] as const,
    features: new Set(features),
    modeCaps: { addfb2Modifiers: true, cursorWidth: 512, cursorHeight: 512 },
  };
  const device = createDrmDevice(kernel, driver, [
    { kind: 'primary', path: CARD, access: 'everybody' },
    { kind: 'render', path: RENDER, access: 'everybody' },
  ]);
  const open = (name: string, path = CARD, uid = 1000): Opener => {
    const task = kernel.createTask({ name, credentials: { uid } });
    return { task, fd: task.open(path) };
  };
  return { machine, kernel, device, open };
}

/** The errno of a failed call, or what it returned. */
export function outcome<T>(body: () => T): T | string {
  try {
    return body();
  } catch (error) {
    return (error as { code: string }).code;
  }
}
