import { F_SEAL_SEAL } from '../../../protocol/uapi/fcntl.ts';
import type { HostFiles } from '../../machine/host-files.ts';
import type { Kernel } from '../kernel.ts';
import type { OpenFile } from '../task/open-file.ts';
import { onHost } from './host-error.ts';
import { HostMemory } from './host-memory.ts';
import { HostStream } from './host-stream.ts';
import { MemFile } from './memfd.ts';

/**
 * A file over a real descriptor of the host, which it owns from here on, also when this fails: a memfd keeps its seals,
 * size and pages; any other regular file is one that cannot be sealed, and is read with pread; what has no size (a pipe, a
 * socket) is a stream.
 */
export function adoptHostFile(kernel: Kernel, fd: number): OpenFile {
  const { host } = kernel;
  if (!host) throw new Error('there are no host descriptors here');
  host.adopt(fd);
  try {
    kernel.mayAllocate('host file');
    return onHost(() => host.streams?.isStream(fd))
      ? HostStream.open(kernel, host, fd)
      : openMemory(kernel, host, fd);
  } catch (error) {
    host.close(fd);
    throw error;
  }
}

function openMemory(kernel: Kernel, host: HostFiles, fd: number): OpenFile {
  const backing = new HostMemory({ memory: kernel.memory, host, fd, origin: 'adopted' });
  const seals = onHost(() => host.seals(fd)) ?? F_SEAL_SEAL;
  const name = `host file ${fd}`;
  const path = `/memfd:${name} (deleted)`;
  return kernel.file(
    new MemFile({ kernel, path, name, backing, seals, owner: null, mode: 0o666, adopted: true }),
  );
}
