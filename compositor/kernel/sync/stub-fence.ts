import type { Nanoseconds } from '../../machine/machine.ts';
import type { Kernel } from '../kernel.ts';
import { Fence } from './fence.ts';

/**
 * A fence that has signalled already, at `timestamp` (`dma_fence_allocate_private_stub`). Context and number are 0: it
 * belongs to no timeline.
 */
export function createStub(kernel: Kernel, timestamp: Nanoseconds = kernel.machine.now()): Fence {
  const stub = new Fence(kernel.machine, { driver: 'stub', timeline: 'stub', context: 0n, seqno: 0n });
  stub.signal(timestamp);
  return stub;
}
