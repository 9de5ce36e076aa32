// What must not grow while programs come and go.
import { readdirSync } from 'node:fs';
import type { Compositor } from '../../compositor/compositor.ts';

/** Figures of one moment at which the same programs run and nobody does anything. */
export interface Health {
  /** Of this process. */
  readonly hostDescriptors: number;
  /** Files in the compositor's own table. */
  readonly descriptors: number;
  /** Processes that the kernel knows. */
  readonly tasks: number;
  readonly threads: number;
  /** Buffers that clients have not got back. */
  readonly holdings: number;
  readonly dmaBufs: number;
  /** Physical memory of the simulated machine in use, in MiB. */
  readonly memory: number;
  /** Resident pages of this process, in MiB. */
  readonly resident: number;
  /** JavaScript objects, in MiB. */
  readonly heap: number;
}

const MIB = 1 << 20;

export function healthOf({ kernel, task, holdings }: Compositor): Health {
  const { rss, heapUsed } = process.memoryUsage();
  return {
    hostDescriptors: readdirSync('/proc/self/fd').length,
    descriptors: task.files.size,
    tasks: kernel.tasks.size,
    threads: kernel.threads.size,
    holdings: holdings.list.length,
    dmaBufs: kernel.dmaBufs.size,
    memory: kernel.memory.used / MIB,
    resident: rss / MIB,
    heap: heapUsed / MIB,
  };
}

/** How far a figure may go up between two quiet moments: programs keep some buffers more or fewer, V8 some garbage. */
const SLACK: Health = {
  hostDescriptors: 32,
  descriptors: 32,
  tasks: 2,
  threads: 4,
  holdings: 6,
  dmaBufs: 24,
  memory: 48,
  resident: 96,
  heap: 48,
};

/** The figures that grew by more than programs explain, in words. */
export function growth(before: Health, after: Health): string[] {
  const names = Object.keys(SLACK) as (keyof Health)[];
  return names
    .filter(name => after[name] - before[name] > SLACK[name])
    .map(name => `${name} grew from ${before[name].toFixed(0)} to ${after[name].toFixed(0)}`);
}

export const healthLine = (health: Health): string =>
  Object.entries(health)
    .map(([name, value]) => `${name} ${(value as number).toFixed(0)}`)
    .join(', ');
