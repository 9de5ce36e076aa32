import { describe, expect, it } from 'vitest';
import { F_ADD_SEALS, F_SEAL_WRITE, O_RDWR, PROT_READ } from '../../../protocol/uapi/fcntl.ts';
import { UDMABUF_CREATE } from '../../../protocol/uapi/udmabuf.ts';
import { VirtualMachine } from '../../machine/virtual-machine.ts';
import { Kernel } from '../kernel.ts';
import { createShmemFile } from './shmem-file.ts';
import { addUdmabufDevice } from './udmabuf.ts';

function installed() {
  const kernel = new Kernel({ machine: new VirtualMachine(), memoryBytes: 16 << 20 });
  const task = kernel.createTask({ name: 'reader' });
  const file = createShmemFile(kernel, 'metadata', 8192);
  const fd = task.files.install(task.files.reserve(), file.open());
  return { kernel, task, file, fd };
}

describe('a shmem file of the kernel', () => {
  it('is seen by its readers as the kernel writes it', () => {
    const { task, file, fd } = installed();
    const mapping = task.mmap(fd, 8192, { protection: PROT_READ });
    file.write(Uint8Array.of(1, 2, 3), 4096);
    const bytes = new Uint8Array(3);
    task.pread(fd, bytes, 4096n);
    expect(bytes).toEqual(Uint8Array.of(1, 2, 3));
    expect(task.memory.copyFromUser(mapping + 4096n, 3)).toEqual(bytes);
  });

  it('can be changed by nobody else, by whatever way', () => {
    const { task, fd } = installed();
    expect(() => task.pwrite(fd, Uint8Array.of(1), 0n)).toThrow('EBADF');
    expect(() => task.mmap(fd, 4096)).toThrow(/EACCES|EPERM/);
    expect(() => task.truncate(fd, 0n)).toThrow('EINVAL');
    expect(() => task.fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE)).toThrow('EPERM');
    expect(() => task.open(`/proc/self/fd/${fd}`, O_RDWR)).toThrow('EACCES');
    const mapping = task.mmap(fd, 4096, { protection: PROT_READ });
    expect(() => task.memory.copyToUser(mapping, Uint8Array.of(1))).toThrow('EFAULT');
  });

  it('is no dma-buf: udmabuf wants memory that is not sealed against writing', () => {
    const { kernel, task, fd } = installed();
    addUdmabufDevice(kernel);
    const device = task.open('/dev/udmabuf');
    expect(() => task.callForNumber(device, UDMABUF_CREATE, { memfd: fd, size: 4096n })).toThrow('EINVAL');
  });

  it('lives as long as its maker or a descriptor', () => {
    const { kernel, task, file, fd } = installed();
    file.write(Uint8Array.of(1), 0);
    file[Symbol.dispose]();
    task.pread(fd, new Uint8Array(1), 0n);
    const { used } = kernel.memory;
    task.close(fd);
    expect(kernel.memory.used).toBeLessThan(used);
  });
});
