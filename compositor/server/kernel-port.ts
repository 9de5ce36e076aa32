// What the server needs of the kernel beside a Task's own calls. Given by the assembly, which alone knows the Kernel.
import type { Task } from '../kernel/task/index.ts';

export interface KernelPort {
  /** Starts the process that stands for a client. */
  createTask(name: string): Task;
  /**
   * Makes a real descriptor of this process a file of `task`: its number there. Takes the descriptor over, also when it
   * fails (EMFILE, or a kind of file that the kernel can't stand for).
   */
  adopt(task: Task, hostDescriptor: number): number;
  /** Closes a real descriptor that arrived for nobody. */
  closeHost(hostDescriptor: number): void;
  /** The device nodes there are, and who may open them: everybody, the seat, or root. */
  nodes(): readonly { readonly path: string; readonly access: string }[];
  /** The real descriptor behind a file, lent, and which of its bytes are the file's; null when there is none. */
  lend(
    task: Task,
    fd: number,
  ): { readonly fd: number; readonly offset: bigint; readonly size: bigint } | null;
}
