import type { Kernel } from '../kernel.ts';
import type { Backing } from './backing.ts';
import { onHost } from './host-error.ts';
import { HostMemory } from './host-memory.ts';
import { PhysicalPages } from './physical-pages.ts';

export interface BackingOptions {
  /** Whether a client of another process may want to map it; then it is a host memfd of its own, where that works. */
  shareable?: boolean;
  /** For people who look at the host's descriptors. */
  name?: string;
}

/** Zeroed memory for an object of `bytes` bytes, owned by the caller. ENOMEM. */
export function createBacking(kernel: Kernel, bytes: number, options: BackingOptions = {}): Backing {
  kernel.mayAllocate('backing');
  if (options.shareable && kernel.host?.canMap)
    return createHostMemory(kernel, bytes, options.name ?? 'fencepost');
  return new PhysicalPages(kernel.memory, bytes, { populate: true });
}

/** Memory that grows: pages are taken when they are touched. */
export function createFileBacking(kernel: Kernel, name: string, shareable: boolean): Backing {
  if (shareable && kernel.host?.canMap) return createHostMemory(kernel, 0, name);
  return new PhysicalPages(kernel.memory, 0);
}

function createHostMemory(kernel: Kernel, bytes: number, name: string): HostMemory {
  const host = kernel.host!;
  const fd = onHost(() => host.memfd(name, bytes));
  try {
    return new HostMemory({ memory: kernel.memory, host, fd, origin: 'made' });
  } catch (error) {
    host.close(fd);
    throw error;
  }
}
