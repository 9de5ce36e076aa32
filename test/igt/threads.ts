import type { KernelThread, Sleeping } from '../../compositor/kernel/task/kernel-thread.ts';
import { POLLIN } from '../../protocol/uapi/fcntl.ts';
import type { Probe } from '../conformance/probe.ts';

/** poll(2) of a thread of the program: sleeps until the descriptor can be read. */
export function* untilReadable({ task }: Probe, fd: number): Sleeping<void> {
  if (task.poll(fd, POLLIN) !== 0) return;
  yield {
    what: `descriptor ${fd} to be readable`,
    interruptible: true,
    arm: resume => {
      const watch = task.watch(fd, POLLIN, resume);
      return () => watch.cancel();
    },
  };
}

/** Starts a thread of the program. */
export const startThread = <T>({ task }: Probe, name: string, body: Sleeping<T>): KernelThread<T> =>
  task.start(name, body);
