import type { Scalar } from '../../../../protocol/uapi/struct.ts';
import type { Task } from '../../task/task.ts';

/**
 * The way lists are given out by mode calls: as much as the caller's count has room for, and the whole length is
 * reported in any case. EFAULT.
 */
export function giveArray<T extends number | bigint>(
  task: Task,
  type: Scalar<T>,
  list: readonly T[],
  room: number,
  address: bigint,
): number {
  const given = list.slice(0, room);
  const bytes = new Uint8Array(given.length * type.size);
  const view = new DataView(bytes.buffer);
  for (const [index, value] of given.entries()) type.write(view, index * type.size, value);
  if (given.length > 0) task.memory.copyToUser(address, bytes);
  return list.length;
}
