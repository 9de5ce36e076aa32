import type { Kernel } from '../kernel.ts';
import type { Fence } from './fence.ts';
import { liveFences } from './live-fences.ts';
import type { SoftwareTimeline } from './software-timeline.ts';

/**
 * The software timelines that there are, in the order of their making: one that is closed lasts as long as its fences
 * (`drivers/dma-buf/sync_debug.c`).
 */
export class TimelineList {
  readonly #kernel: Kernel;
  /** Whether each is open. */
  readonly #timelines = new Map<SoftwareTimeline, boolean>();

  constructor(kernel: Kernel) {
    this.#kernel = kernel;
  }

  opened(timeline: SoftwareTimeline): void {
    this.#forgetDead(liveFences(this.#kernel));
    this.#timelines.set(timeline, true);
  }

  closed(timeline: SoftwareTimeline): void {
    this.#timelines.set(timeline, false);
  }

  /** The text of `sync/info`. Below it, Linux lists sync files that a driver has registered for it; none does. */
  info(): string {
    const live = liveFences(this.#kernel);
    this.#forgetDead(live);
    const lines = ['objs:', '--------------'];
    for (const timeline of this.#timelines.keys()) {
      lines.push(`${timeline.name}: ${timeline.value}`);
      for (const fence of shownFences(timeline, live))
        lines.push(`  fence ${statusOf(fence)}: ${fence.seqno} / ${timeline.value}`);
      lines.push('');
    }
    return `${[...lines, 'fences:', '--------------'].join('\n')}\n`;
  }

  #forgetDead(live: ReadonlySet<Fence>): void {
    const contexts = new Set([...live].map(({ context }) => context));
    for (const [timeline, open] of this.#timelines)
      if (!open && !contexts.has(timeline.context)) this.#timelines.delete(timeline);
  }
}

/** Those that the counter has not reached: what it reaches is taken off the list when it signals. */
function shownFences(timeline: SoftwareTimeline, live: ReadonlySet<Fence>): Fence[] {
  const own = [...live].filter(({ context, status }) => context === timeline.context && status !== 1);
  return own.sort((a, b) => (a.seqno < b.seqno ? -1 : 1));
}

/** What it is, and since when if it has signalled: seconds and nanoseconds. */
function statusOf({ status, timestamp }: Fence): string {
  if (timestamp === null) return 'active';
  const nanoseconds = (timestamp % 1_000_000_000n).toString().padStart(9, '0');
  return `${typeof status === 'string' ? 'error' : 'signaled'}@${timestamp / 1_000_000_000n}.${nanoseconds}`;
}
