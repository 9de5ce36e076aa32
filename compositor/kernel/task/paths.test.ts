import { describe, expect, it } from 'vitest';
import {
  F_GETFL,
  MFD_CLOEXEC,
  O_ACCMODE,
  O_CREAT,
  O_EXCL,
  O_LARGEFILE,
  O_NONBLOCK,
  O_RDONLY,
  O_RDWR,
  O_TRUNC,
  O_WRONLY,
} from '../../../protocol/uapi/fcntl.ts';
import { addNullDevice } from '../memory/null-device.ts';
import { mountTmpfs } from '../memory/tmpfs.ts';
import { createDmaBuf, createTimeline, errnoOf, startKernel } from './fixture.ts';

describe('a link in /proc/self/fd', () => {
  it('opens the same memfd with other rights', () => {
    const { task } = startKernel();
    const memfd = task.memfdCreate('a');
    const readOnly = task.open(`/proc/self/fd/${memfd}`, O_RDONLY);
    task.write(memfd, new Uint8Array([1, 2, 3]));
    expect([...task.read(readOnly, 8)]).toEqual([1, 2, 3]);
    expect(errnoOf(() => task.write(readOnly, new Uint8Array(1)))).toBe('EBADF');
    const writeOnly = task.open(`/proc/self/fd/${memfd}`, O_WRONLY | O_TRUNC);
    expect(task.status(memfd).size).toBe(0n);
    expect(errnoOf(() => task.mmap(writeOnly, 4096))).toBe('EACCES');
  });

  it('keeps the memory until the last open file of it is closed', () => {
    const { kernel, task } = startKernel();
    const before = kernel.memory.used;
    const memfd = task.memfdCreate('a');
    const again = task.open(`/proc/self/fd/${memfd}`, O_RDWR);
    task.write(memfd, new Uint8Array([7]));
    task.close(memfd);
    expect([...task.read(again, 1)]).toEqual([7]);
    task.close(again);
    expect(kernel.memory.used).toBe(before);
  });

  it('shows where it points to', () => {
    const fixture = startKernel();
    const { task } = fixture;
    const fds = [
      task.memfdCreate('a'),
      createDmaBuf(task),
      createTimeline(fixture).syncFile(1),
      task.open('/dev/udmabuf'),
    ];
    expect(fds.map(fd => task.readlink(`/proc/self/fd/${fd}`))).toEqual([
      '/memfd:a (deleted)',
      '/dmabuf:',
      'anon_inode:sync_file',
      '/dev/udmabuf',
    ]);
    expect(errnoOf(() => task.readlink('/proc/self/fd/99'))).toBe('ENOENT');
    expect(errnoOf(() => task.readlink('/dev/udmabuf'))).toBe('EINVAL');
  });

  it('opens a device anew, and cannot open what has no inode of its own', () => {
    const fixture = startKernel();
    const { task } = fixture;
    const device = task.open('/dev/udmabuf');
    const again = task.open(`/proc/self/fd/${device}`, O_RDWR);
    expect(task.status(again).inode).not.toBe(task.status(device).inode);
    for (const fd of [createDmaBuf(task), createTimeline(fixture).syncFile(1), task.eventfd()])
      expect(errnoOf(() => task.open(`/proc/self/fd/${fd}`, O_RDWR))).toBe('ENXIO');
    expect(errnoOf(() => task.open('/proc/self/fd/99'))).toBe('ENOENT');
  });
});

describe('open', () => {
  it('shows the flags of the file, not those of the call', () => {
    const { task, kernel } = startKernel();
    mountTmpfs(kernel, '/tmp');
    const fd = task.open('/tmp/a', O_RDWR | O_CREAT | O_EXCL | O_NONBLOCK);
    expect(task.fcntl(fd, F_GETFL)).toBe(O_RDWR | O_NONBLOCK | O_LARGEFILE);
    expect(errnoOf(() => task.open('/tmp/a', O_RDWR | O_CREAT | O_EXCL))).toBe('EEXIST');
    expect(errnoOf(() => task.open('/tmp/b', O_RDWR))).toBe('ENOENT');
    expect(task.fcntl(task.open('/tmp/a', O_RDONLY), F_GETFL) & O_ACCMODE).toBe(O_RDONLY);
  });

  it('finds nodes before file systems, and of those the one mounted deepest', () => {
    const { task, kernel } = startKernel();
    addNullDevice(kernel);
    mountTmpfs(kernel, '');
    mountTmpfs(kernel, '/dev');
    task.write(task.open('/dev/a', O_RDWR | O_CREAT), new Uint8Array([5]));
    expect(errnoOf(() => task.open('/a'))).toBe('ENOENT');
    expect(task.read(task.open('/dev/a'), 1)[0]).toBe(5);
    expect(task.read(task.open('/dev/null'), 1)).toHaveLength(0);
  });
});

describe('fdinfo', () => {
  it('tells position, flags and inode of an open file', () => {
    const { task } = startKernel();
    const memfd = task.memfdCreate('a', MFD_CLOEXEC);
    task.write(memfd, new Uint8Array(3));
    const text = new TextDecoder().decode(task.read(task.open(`/proc/self/fdinfo/${memfd}`, O_RDONLY), 1000));
    const { inode } = task.status(memfd);
    expect(text).toMatch(new RegExp(`^pos:\t3\nflags:\t02100002\nmnt_id:\t\\d+\nino:\t${inode}\n`));
  });
});

describe('the mode of a memfd', () => {
  it('decides who may open it again, and how', () => {
    const { task, kernel } = startKernel();
    const other = kernel.createTask({ name: 'other', credentials: { uid: 2000 } });
    const root = kernel.createTask({ name: 'root', credentials: { uid: 0 } });
    const memfd = task.memfdCreate('a');
    task.fchmod(memfd, 0o604);
    const again = (who: typeof task, fd: number, flags: number) =>
      errnoOf(() => who.open(`/proc/self/fd/${fd}`, flags));
    const theirs = task.send(memfd, other);
    expect([again(task, memfd, O_RDWR), again(other, theirs, O_RDONLY)]).toEqual([null, null]);
    expect([again(other, theirs, O_RDWR), again(other, theirs, O_RDONLY | O_TRUNC)]).toEqual([
      'EACCES',
      'EACCES',
    ]);
    expect(again(root, task.send(memfd, root), O_RDWR)).toBeNull();
    task.fchmod(memfd, 0o400);
    expect(again(task, memfd, O_RDWR)).toBe('EACCES');
  });

  it('is changed by its owner and by root', () => {
    const { task, kernel } = startKernel();
    const other = kernel.createTask({ name: 'other', credentials: { uid: 2000 } });
    const memfd = task.memfdCreate('a');
    expect(errnoOf(() => other.fchmod(task.send(memfd, other), 0o600))).toBe('EPERM');
    const root = kernel.createTask({ name: 'root', credentials: { uid: 0 } });
    root.fchmod(task.send(memfd, root), 0o600);
    expect(task.status(memfd).mode & 0o777).toBe(0o600);
  });
});
