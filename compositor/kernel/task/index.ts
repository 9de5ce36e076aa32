/** What userspace sees of the kernel: a Task and what its calls give and throw. */
export { AddressSpace, BusError, PAGE_SIZE, SegmentationFault } from './address-space.ts';
export { type EpollEvent, epollControl, epollCreate, epollWait, startEpollWait } from './epoll.ts';
export { type ErrnoName, KernelError } from './kernel-error.ts';
export type { KernelThread, ThreadState } from './kernel-thread.ts';
export { fsync, madvise, mlock, mremap, msync } from './memory-calls.ts';
export type { FileStatus, OpenFile } from './open-file.ts';
export { type Credentials, Task } from './task.ts';
export type { Watch } from './watches.ts';
