// The kernel's calls as a global: all that `fencepost kernel serve` offers, and a part of what a compositor does.
import type { Task } from '../kernel/task/index.ts';
import type { Globals } from '../server/globals.ts';
import type { KernelPort } from '../server/kernel-port.ts';
import { DescriptorsInFlight } from './descriptors-in-flight.ts';
import { KernelCalls } from './fencepost-kernel.ts';

export interface KernelHost {
  /** The server's own process. */
  readonly task: Task;
  readonly kernel: KernelPort;
}

/** Offers fencepost_kernel_v1, and fencepost_descriptors_v1 to those whose connection carries real descriptors. */
export function offerKernel(globals: Globals, { task, kernel }: KernelHost): Disposable {
  const inFlight = new DescriptorsInFlight(task);
  const calls = globals.add({
    interface: 'fencepost_kernel_v1',
    version: 1,
    offeredTo: client => client.may('kernel-calls'),
    bind: (client, resource) => void new KernelCalls(client, { task, kernel, inFlight }, resource),
  });
  const descriptors = globals.add({
    interface: 'fencepost_descriptors_v1',
    version: { native: 1, wayland: 0 },
    offeredTo: client => client.connection.passesDescriptors,
    bind: (_, resource) => resource.setHandlers({ destroy: () => {} }),
  });
  return {
    [Symbol.dispose]: () => {
      calls[Symbol.dispose]();
      descriptors[Symbol.dispose]();
    },
  };
}
