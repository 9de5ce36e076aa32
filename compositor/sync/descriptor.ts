// Descriptors with an owner.
import type { Task } from '../kernel/task/index.ts';
import type { OwnedDescriptor } from '../scene/synchronisation.ts';

/** Takes `fd` over: the disposal of the result closes it, once. */
export function adoptDescriptor(task: Task, fd: number): OwnedDescriptor {
  let open = true;
  return {
    fd,
    [Symbol.dispose]: () => {
      if (!open) return;
      open = false;
      if (!task.exited) task.close(fd);
    },
  };
}
