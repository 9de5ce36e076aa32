// A client in the compositor's own process sees the memory of its Task as it is: no copy.
import type { LocalMemory } from '../client-sdk/core/memory-ports.ts';
import type { Task } from './kernel/task/index.ts';

export const localMemoryOf = (task: Task): LocalMemory => ({
  view: (fd, length) => {
    const address = task.mmap(fd, length);
    return {
      data: task.memory.view(address, length),
      [Symbol.dispose]: () => {
        if (!task.exited) task.munmap(address, length);
      },
    };
  },
});
