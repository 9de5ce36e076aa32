import { describe, expect, it } from 'vitest';
import { EFD_NONBLOCK, POLLERR, POLLIN, POLLOUT } from '../../../protocol/uapi/fcntl.ts';
import { epollCreate } from './epoll.ts';
import { EventFile } from './event-file.ts';
import { errnoOf, startKernel } from './fixture.ts';

const LARGEST = 2n ** 64n - 2n;
const bytesOf = (value: bigint): Uint8Array => new Uint8Array(new BigUint64Array([value]).buffer);
const counted = (bytes: Uint8Array): bigint => new DataView(bytes.buffer).getBigUint64(0, true);

function start() {
  const { task } = startKernel();
  const fd = task.eventfd(0, EFD_NONBLOCK);
  return { task, fd, file: task.files.get(fd).as(EventFile, 'eventfd') };
}

describe('an eventfd', () => {
  it('that the kernel has signalled too often says so to whoever polls it', () => {
    const { task, fd, file } = start();
    task.write(fd, bytesOf(LARGEST));
    expect(task.poll(fd, POLLIN | POLLOUT)).toBe(POLLIN);
    file.signal();
    file.signal();
    expect(task.poll(fd, POLLIN | POLLOUT)).toBe(POLLIN | POLLERR);
    expect(errnoOf(() => task.write(fd, bytesOf(0n)))).toBe('EAGAIN');
    expect(counted(task.read(fd, 8))).toBe(LARGEST + 1n);
    expect(task.poll(fd, POLLIN | POLLOUT)).toBe(POLLOUT);
  });

  it('is none with flags that nobody knows, as an epoll set is none', () => {
    const { task } = start();
    expect(errnoOf(() => task.eventfd(0, 2))).toBe('EINVAL');
    expect(errnoOf(() => epollCreate(task, EFD_NONBLOCK))).toBe('EINVAL');
  });

  it('is empty after a read that could not be copied out', () => {
    const { task, fd } = start();
    task.write(fd, bytesOf(3n));
    expect(errnoOf(() => task.readTo(fd, 0x1000n, 8))).toBe('EFAULT');
    expect(task.poll(fd, POLLIN)).toBe(0);
  });
});
