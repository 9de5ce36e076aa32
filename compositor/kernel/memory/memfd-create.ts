import {
  F_SEAL_EXEC,
  F_SEAL_SEAL,
  MFD_ALLOW_SEALING,
  MFD_CLOEXEC,
  MFD_EXEC,
  MFD_HUGETLB,
  MFD_NOEXEC_SEAL,
  O_LARGEFILE,
  O_RDWR,
} from '../../../protocol/uapi/fcntl.ts';
import type { Kernel } from '../kernel.ts';
import { require } from '../task/kernel-error.ts';
import type { OpenFile } from '../task/open-file.ts';
import { createFileBacking } from './create-backing.ts';
import { onHost } from './host-error.ts';
import { HostMemory } from './host-memory.ts';
import { MemFile } from './memfd.ts';

const FLAGS = MFD_CLOEXEC | MFD_ALLOW_SEALING | MFD_NOEXEC_SEAL | MFD_EXEC;
/** The size of the huge pages, in the upper bits. */
const HUGE_SHIFT = 26;
/** NAME_MAX without the prefix "memfd:". */
const NAME_LIMIT = 249;

/** memfd_create(2): EINVAL for unknown or contradictory flags and for names of 250 bytes and more. */
export function createMemfd(kernel: Kernel, name: string, flags: number): OpenFile {
  const allowed = flags & MFD_HUGETLB ? FLAGS | MFD_HUGETLB | (0x3f << HUGE_SHIFT) : FLAGS;
  require((flags & ~allowed) === 0, 'EINVAL', `memfd_create flags 0x${(flags >>> 0).toString(16)}`);
  require((flags & (MFD_EXEC | MFD_NOEXEC_SEAL)) !==
    (MFD_EXEC | MFD_NOEXEC_SEAL), 'EINVAL', 'MFD_EXEC and MFD_NOEXEC_SEAL contradict each other');
  const bytes = new TextEncoder().encode(name).length;
  require(bytes <= NAME_LIMIT, 'EINVAL', `a memfd's name has at most ${NAME_LIMIT} bytes, got ${bytes}`);
  kernel.mayAllocate('memfd');
  const noExec = (flags & MFD_NOEXEC_SEAL) !== 0;
  const sealable = noExec || (flags & MFD_ALLOW_SEALING) !== 0;
  return kernel.file(
    new MemFile({
      inode: kernel.allocateInode(),
      name,
      backing: createFileBacking(kernel, name, true),
      seals: noExec ? F_SEAL_EXEC : sealable ? 0 : F_SEAL_SEAL,
      mode: noExec ? 0o666 : 0o777,
    }),
    O_RDWR | O_LARGEFILE,
  );
}

/**
 * A file over a real descriptor of the host, which it owns from here on: a memfd keeps its seals, size and pages; any
 * other regular file is one that cannot be sealed, and is read with pread.
 */
export function adoptHostFile(kernel: Kernel, fd: number): OpenFile {
  const { host } = kernel;
  if (!host) throw new Error('there are no host descriptors here');
  host.adopt(fd);
  try {
    kernel.mayAllocate('memfd');
    const backing = new HostMemory({ memory: kernel.memory, host, fd, origin: 'adopted' });
    const seals = onHost(() => host.seals(fd)) ?? F_SEAL_SEAL;
    const name = `host file ${fd}`;
    const inode = kernel.allocateInode();
    return kernel.file(new MemFile({ inode, name, backing, seals, mode: 0o666, adopted: true }));
  } catch (error) {
    host.close(fd);
    throw error;
  }
}
