import type { Nanoseconds } from '../../machine/machine.ts';
import type { Kernel } from '../kernel.ts';
import type { Fence } from './fence.ts';
import { FenceArray } from './fence-array.ts';
import { FenceChain } from './fence-chain.ts';
import { createStub } from './stub-fence.ts';

/** The fences inside containers (`dma_fence_unwrap_for_each`): arrays inside the nodes of a chain, or the fence itself. */
export function* unwrap(fence: Fence): Generator<Fence> {
  const nodes = fence instanceof FenceChain ? fence.nodes() : [fence];
  for (const node of nodes) {
    const own = node instanceof FenceChain ? node.fence : node;
    if (own instanceof FenceArray) yield* own.fences;
    else yield own;
  }
}

/**
 * `dma_fence_unwrap_merge`: one fence for all of these. Signalled members are dropped (their errors with them), of each
 * context only the latest stays, and they are sorted by context. One left is returned as it is; for none left, a
 * signalled stub with the newest time stamp. ENOMEM.
 */
export function mergeFences(kernel: Kernel, ...fences: Fence[]): Fence {
  const pending: Fence[] = [];
  let newest: Nanoseconds | null = null;
  for (const fence of fences)
    for (const member of unwrap(fence)) {
      const { timestamp } = member;
      if (!member.signalled) pending.push(member);
      else if (timestamp !== null && (newest === null || timestamp > newest)) newest = timestamp;
    }
  const left = latestPerContext(pending);
  if (left.length === 0) return createStub(kernel, newest ?? kernel.machine.now());
  if (left.length === 1) return left[0]!;
  kernel.mayAllocate('fence array');
  return new FenceArray(kernel.machine, kernel.allocateFenceContexts(), left);
}

function latestPerContext(fences: readonly Fence[]): Fence[] {
  const byContext = new Map<bigint, Fence>();
  for (const fence of fences) {
    const other = byContext.get(fence.context);
    if (!other || fence.isLaterThan(other)) byContext.set(fence.context, fence);
  }
  return [...byContext.values()].sort((a, b) => (a.context < b.context ? -1 : 1));
}
