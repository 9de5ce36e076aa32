import { Usage } from '../dma-buf/reservation.ts';
import type { Kernel } from '../kernel.ts';
import type { Fence } from './fence.ts';
import { FenceArray } from './fence-array.ts';
import { FenceChain } from './fence-chain.ts';

/**
 * The fences that somebody has: open files of processes, and buffers. Linux counts references; here they are looked
 * for, which is for observation only. Files that are on their way between two processes are not seen.
 */
export function liveFences(kernel: Kernel): Set<Fence> {
  const live = new Set<Fence>();
  for (const task of kernel.tasks)
    for (const [, { operations }] of task.files.entries())
      for (const fence of operations.fences?.() ?? []) reach(fence, live);
  for (const { reservation } of kernel.dmaBufs)
    for (const fence of reservation.fences(Usage.BOOKKEEP)) reach(fence, live);
  return live;
}

/** A container has its members. */
function reach(fence: Fence, live: Set<Fence>): void {
  const nodes = fence instanceof FenceChain ? fence.nodes() : [fence];
  for (const node of nodes) {
    if (live.has(node)) return;
    live.add(node);
    const own = node instanceof FenceChain ? node.fence : node;
    live.add(own);
    if (own instanceof FenceArray) for (const member of own.fences) live.add(member);
  }
}
