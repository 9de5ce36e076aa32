// wl_shm: memory that client and compositor share.

import type { Handle } from '../../protocol/object/message.ts';
import type { Resource } from '../../protocol/object/resource.ts';
import { F_ADD_SEALS, F_SEAL_SHRINK } from '../../protocol/uapi/fcntl.ts';
import { KernelError, type Task } from '../kernel/task/index.ts';
import type { Caller } from './context.ts';
import { demand } from './errors.ts';
import { SHM_FORMATS } from './shm-format.ts';
import { ShmPool } from './wl-shm-pool.ts';

export function bindShm(caller: Caller, resource: Resource<'wl_shm'>): void {
  resource.setHandlers({
    create_pool: (_, pool, handle, size) => createPool(caller, resource, pool, handle, size),
    release: () => {},
  });
  for (const { shm } of SHM_FORMATS) resource.events.format(shm);
}

function createPool(
  caller: Caller,
  shm: Resource<'wl_shm'>,
  resource: Resource<'wl_shm_pool'>,
  handle: Handle,
  size: number,
): void {
  const { task } = caller.context.rooms;
  // As libwayland's shm_create_pool: a size that makes no sense is invalid_stride.
  demand(size > 0, shm, 'invalid_stride', `the size of a pool is ${size}; a positive number is expected`);
  const there = sizeOf(task, handle.fd);
  demand(
    there !== null,
    shm,
    'invalid_fd',
    'the descriptor is no memory of a size (a memfd, for example): it can be neither mapped nor read',
  );
  demand(
    there >= BigInt(size),
    shm,
    'invalid_fd',
    `the pool is to have ${size} bytes, but its file has ${there}; grow the file first`,
  );
  sealAgainstShrinking(task, handle.fd);
  new ShmPool(caller, resource, caller.client.claim(handle), size);
}

/** Bytes of a file with readable content, or null. */
export function sizeOf(task: Task, fd: number): bigint | null {
  try {
    task.pread(fd, new Uint8Array(0), 0n);
    return task.status(fd).size;
  } catch (error) {
    if (error instanceof KernelError) return null;
    throw error;
  }
}

/** Memory that can't shrink can be mapped without fear; a refusal (a file without seals, F_SEAL_SEAL) is no harm. */
function sealAgainstShrinking(task: Task, fd: number): void {
  try {
    task.fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK);
  } catch (error) {
    if (!(error instanceof KernelError)) throw error;
  }
}
