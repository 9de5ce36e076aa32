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
import { require } from '../task/kernel-error.ts';
import type { OpenFile } from '../task/open-file.ts';
import type { Task } from '../task/task.ts';
import { createFileBacking } from './create-backing.ts';
import { HugePages } from './huge-pages.ts';
import { MemFile } from './memfd.ts';

const FLAGS = MFD_CLOEXEC | MFD_ALLOW_SEALING | MFD_NOEXEC_SEAL | MFD_EXEC;
/** The size of the huge pages, in the upper bits. */
const HUGE_SHIFT = 26;
const HUGE_MASK = 0x3f;
/** 2 MiB and 1 GiB, as x86-64 has them. */
const HUGE_SHIFTS = [21, 30];
const DEFAULT_HUGE_SHIFT = 21;
/** NAME_MAX without the prefix "memfd:". */
const NAME_LIMIT = 249;

/**
 * What memfd_create(2) asks before it looks for a descriptor: EINVAL for unknown or contradictory flags and for names of
 * 250 bytes and more, EFAULT. Returns the name.
 */
export function checkMemfd({ memory }: Task, name: string | bigint, flags: number): string {
  const allowed = flags & MFD_HUGETLB ? FLAGS | MFD_HUGETLB | (HUGE_MASK << HUGE_SHIFT) : FLAGS;
  require((flags & ~allowed) === 0, 'EINVAL', `memfd_create flags 0x${(flags >>> 0).toString(16)}`);
  require((flags & (MFD_EXEC | MFD_NOEXEC_SEAL)) !==
    (MFD_EXEC | MFD_NOEXEC_SEAL), 'EINVAL', 'MFD_EXEC and MFD_NOEXEC_SEAL contradict each other');
  if (typeof name === 'bigint') return memory.readString(name, NAME_LIMIT + 1);
  const bytes = new TextEncoder().encode(name).length;
  require(bytes <= NAME_LIMIT, 'EINVAL', `a memfd's name has at most ${NAME_LIMIT} bytes, got ${bytes}`);
  return name;
}

/** A memfd, whose name and flags are sound. ENODEV, ENOMEM. */
export function createMemfd({ kernel, credentials }: Task, name: string, flags: number): OpenFile {
  kernel.mayAllocate('memfd');
  const noExec = (flags & MFD_NOEXEC_SEAL) !== 0;
  const sealable = noExec || (flags & MFD_ALLOW_SEALING) !== 0;
  return kernel.file(
    new MemFile({
      kernel,
      path: `/memfd:${name} (deleted)`,
      name,
      backing: flags & MFD_HUGETLB ? hugePages(flags) : createFileBacking(kernel, name, true),
      seals: noExec ? F_SEAL_EXEC : sealable ? 0 : F_SEAL_SEAL,
      owner: credentials.uid,
      mode: noExec ? 0o666 : 0o777,
    }),
    O_RDWR | O_LARGEFILE,
  );
}

/** ENODEV for a size that this machine's pages do not have. */
function hugePages(flags: number): HugePages {
  const shift = (flags >>> HUGE_SHIFT) & HUGE_MASK || DEFAULT_HUGE_SHIFT;
  require(HUGE_SHIFTS.includes(shift), 'ENODEV', `there are no pages of 2^${shift} bytes`);
  return new HugePages(2 ** shift);
}
