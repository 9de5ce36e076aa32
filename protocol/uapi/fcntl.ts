/**
 * Flags of the calls on descriptors and memory, as x86-64 has them: `include/uapi/asm-generic/fcntl.h`,
 * `linux/fcntl.h`, `linux/memfd.h`, `linux/eventfd.h`, `asm-generic/poll.h`, `asm-generic/mman-common.h`.
 */

export const O_RDONLY = 0o0;
export const O_WRONLY = 0o1;
export const O_RDWR = 0o2;
export const O_ACCMODE = 0o3;
export const O_CREAT = 0o100;
export const O_EXCL = 0o200;
export const O_TRUNC = 0o1000;
export const O_APPEND = 0o2000;
export const O_NONBLOCK = 0o4000;
/** Set by the kernel on what may be larger than 2 GiB, memfds among them. */
export const O_LARGEFILE = 0o100000;
export const O_CLOEXEC = 0o2000000;

export const FD_CLOEXEC = 1;

export const F_DUPFD = 0;
export const F_GETFD = 1;
export const F_SETFD = 2;
export const F_GETFL = 3;
export const F_SETFL = 4;
export const F_DUPFD_CLOEXEC = 1030;
export const F_ADD_SEALS = 1033;
export const F_GET_SEALS = 1034;

/** No further seals (EPERM from F_ADD_SEALS). */
export const F_SEAL_SEAL = 0x1;
export const F_SEAL_SHRINK = 0x2;
export const F_SEAL_GROW = 0x4;
/** No writes; refused with EBUSY while a writable shared mapping exists. */
export const F_SEAL_WRITE = 0x8;
/** No new writers; mappings that exist may go on. */
export const F_SEAL_FUTURE_WRITE = 0x10;
export const F_SEAL_EXEC = 0x20;

export const MFD_CLOEXEC = 0x1;
/** Without it a memfd is born with F_SEAL_SEAL. */
export const MFD_ALLOW_SEALING = 0x2;
export const MFD_HUGETLB = 0x4;
export const MFD_NOEXEC_SEAL = 0x8;
export const MFD_EXEC = 0x10;

export const EFD_SEMAPHORE = 1;
export const EFD_NONBLOCK = O_NONBLOCK;
export const EFD_CLOEXEC = O_CLOEXEC;

export const POLLIN = 0x1;
export const POLLPRI = 0x2;
export const POLLOUT = 0x4;
/** POLLERR, POLLHUP and POLLNVAL are reported whether asked for or not. */
export const POLLERR = 0x8;
export const POLLHUP = 0x10;
export const POLLNVAL = 0x20;
export const POLLRDNORM = 0x40;
export const POLLWRNORM = 0x100;

export const PROT_NONE = 0;
export const PROT_READ = 1;
export const PROT_WRITE = 2;
export const PROT_EXEC = 4;

export const MAP_SHARED = 0x1;
export const MAP_PRIVATE = 0x2;
/** As MAP_SHARED, but flags that the file does not know are refused. */
export const MAP_SHARED_VALIDATE = 0x3;
export const MAP_TYPE = 0xf;
export const MAP_FIXED = 0x10;
export const MAP_ANONYMOUS = 0x20;
export const MAP_LOCKED = 0x2000;
export const MAP_POPULATE = 0x8000;
export const MAP_SYNC = 0x80000;

export const MREMAP_MAYMOVE = 1;

export const MS_ASYNC = 1;
export const MS_INVALIDATE = 2;
export const MS_SYNC = 4;

/** 0 to 3 (NORMAL, RANDOM, SEQUENTIAL, WILLNEED) only say what is going to happen. */
export const MADV_WILLNEED = 3;
export const MADV_DONTNEED = 4;
export const MADV_REMOVE = 9;
export const MADV_DONTFORK = 10;
export const MADV_DOFORK = 11;

export const EPOLL_CTL_ADD = 1;
export const EPOLL_CTL_DEL = 2;
export const EPOLL_CTL_MOD = 3;
/** Reported once for each wake-up, rather than for as long as it holds. */
export const EPOLLET = 0x8000_0000;

export const SEEK_SET = 0;
export const SEEK_CUR = 1;
export const SEEK_END = 2;
/** The next place where there is data; ENXIO when there is none. */
export const SEEK_DATA = 3;
/** The next hole; the end counts as one. */
export const SEEK_HOLE = 4;

/** Allocates without changing the size. */
export const FALLOC_FL_KEEP_SIZE = 0x1;
/** Gives pages back: they read as zeros. Goes with KEEP_SIZE. */
export const FALLOC_FL_PUNCH_HOLE = 0x2;
