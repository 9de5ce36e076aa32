import type { Kernel } from '../kernel.ts';
import type { Fence } from './fence.ts';

/**
 * What a fence tells userspace of its driver and timeline (`dma_fence_driver_name`, `dma_fence_timeline_name`). One that
 * has signalled may outlive its driver, so it no longer tells; Linux 6.12 went on to.
 */
export function namesOf(
  kernel: Kernel,
  fence: Fence,
): { readonly driver: string; readonly timeline: string } {
  if (fence.signalled && kernel.behaviour.signalledFencesAreNameless)
    return { driver: 'detached-driver', timeline: 'signaled-timeline' };
  return { driver: fence.driver, timeline: fence.timeline };
}
