export { movableOf } from './device.ts';
export { createShmem, type Shmem, type ShmemOptions } from './shmem.ts';
export { createTtm, type Ttm, type TtmOptions } from './ttm.ts';
