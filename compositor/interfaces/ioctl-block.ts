// A client's ioctl argument: a block that is put into the client's own memory, with its pointers made addresses.
import { relocate } from '../../protocol/uapi/marshal.ts';
import { KernelError, type KernelThread, PAGE_SIZE, type Task } from '../kernel/task/index.ts';

export interface IoctlBlockCall {
  readonly thread: KernelThread<number>;
  /** The return value and the block as the call left it; its pointers are addresses in the client's memory. */
  readonly answer: (result: number) => { result: number; data: Uint8Array };
  /** Unmaps the block: nobody uses it once the call has returned. */
  readonly release: () => void;
}

/**
 * Lays the block out, relocates it and starts the call. A word that is not in `relocations` stays what it is: an address
 * that is not mapped gives EFAULT, as it would anywhere. EINVAL for relocations that make no sense.
 */
export function startIoctlBlock(
  task: Task,
  fd: number,
  request: number,
  block: Uint8Array,
  relocations: Uint8Array,
): IoctlBlockCall {
  const length = Math.max(block.length, 1);
  const address = task.memory.mapAnonymous(length);
  const release = (): void => {
    if (!task.exited) task.memory.unmap(address, Math.ceil(length / PAGE_SIZE) * PAGE_SIZE);
  };
  try {
    const bytes = Uint8Array.from(block);
    relocate(bytes, wordsOf(relocations), address);
    task.memory.copyToUser(address, bytes);
    return {
      thread: task.startIoctl(fd, request, address),
      answer: result => ({ result, data: task.memory.copyFromUser(address, block.length) }),
      release,
    };
  } catch (error) {
    release();
    if (error instanceof RangeError) throw new KernelError('EINVAL', error.message);
    throw error;
  }
}

function wordsOf(bytes: Uint8Array): Uint32Array {
  if (bytes.length % 4 !== 0)
    throw new RangeError(`relocations are 32-bit words, but there are ${bytes.length} bytes of them`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Uint32Array.from({ length: bytes.length / 4 }, (_, at) => view.getUint32(at * 4, true));
}
