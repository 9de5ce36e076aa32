import type { Scalar } from '../../../../protocol/uapi/struct.ts';
import type { Task } from '../../task/task.ts';

/**
 * The way lists are given out by mode calls: filled when the caller's count has room for all of it, and the whole
 * length is reported in any case. EFAULT.
 */
export function giveArray<T extends number | bigint>(
  task: Task,
  type: Scalar<T>,
  list: readonly T[],
  room: number,
  address: bigint,
): number {
  if (list.length > 0 && room >= list.length) {
    const bytes = new Uint8Array(list.length * type.size);
    const view = new DataView(bytes.buffer);
    for (const [index, value] of list.entries()) type.write(view, index * type.size, value);
    task.memory.copyToUser(address, bytes);
  }
  return list.length;
}
