import type { Kernel } from './kernel/kernel.ts';
import type { KernelPort } from './server/kernel-port.ts';

export interface KernelPortOptions {
  /** RLIMIT_NOFILE of a client's process. */
  readonly descriptorLimit: number;
  /** Whether the seat's devices belong to clients. */
  readonly seat: boolean;
}

/** What a server gets of the kernel. */
export const kernelPort = (kernel: Kernel, { descriptorLimit, seat }: KernelPortOptions): KernelPort => ({
  createTask: name => kernel.createTask({ name, descriptorLimit, credentials: { seat } }),
  adopt: (task, descriptor) => kernel.adopt(task, descriptor),
  closeHost: descriptor => kernel.host?.close(descriptor),
  nodes: () => nodesOf(kernel),
  lend: (task, fd) => {
    const { operations } = task.files.get(fd);
    const lent = operations.hostDescriptor?.() ?? null;
    return lent && { ...lent, size: operations.status().size };
  },
});

/** Only a process that may open everything learns of everything. */
function nodesOf(kernel: Kernel): { path: string; access: string }[] {
  const root = kernel.createTask({ name: 'observation', credentials: { uid: 0 } });
  const nodes = kernel.nodes.map(path => ({ path, access: kernel.node(path, root).access }));
  root.exit();
  return nodes;
}
