import { describe, expect, it } from 'vitest';
import { DMA_BUF_IOCTL_IMPORT_SYNC_FILE, DMA_BUF_SYNC_WRITE } from '../../../protocol/uapi/dma-buf.ts';
import {
  EFD_NONBLOCK,
  EFD_SEMAPHORE,
  EPOLL_CTL_ADD,
  EPOLL_CTL_DEL,
  EPOLL_CTL_MOD,
  EPOLLET,
  POLLIN,
  POLLOUT,
} from '../../../protocol/uapi/fcntl.ts';
import { MILLISECOND } from '../../machine/machine.ts';
import { epollControl, epollCreate, epollWait, startEpollWait } from './epoll.ts';
import { createDmaBuf, createTimeline, errnoOf, startKernel } from './fixture.ts';

const ONE = new Uint8Array([1, 0, 0, 0, 0, 0, 0, 0]);

function start() {
  const fixture = startKernel();
  const { task } = fixture;
  const epoll = epollCreate(task);
  const event = task.eventfd(0, EFD_NONBLOCK);
  const add = (fd: number, events: number) =>
    epollControl(task, epoll, EPOLL_CTL_ADD, fd, { events, data: BigInt(fd) });
  return { ...fixture, epoll, event, add, wait: () => epollWait(task, epoll) };
}

describe('an epoll set', () => {
  it('reports what holds as long as it holds, or once for each wake-up', () => {
    const { task, event, add, wait } = start();
    add(event, POLLIN);
    expect(wait()).toEqual([]);
    task.write(event, ONE);
    expect([wait(), wait()]).toEqual([
      [{ events: POLLIN, data: BigInt(event) }],
      [{ events: POLLIN, data: BigInt(event) }],
    ]);
    task.read(event, 8);
    expect(wait()).toEqual([]);
    const edge = task.dup(event);
    add(edge, POLLIN | EPOLLET);
    task.write(event, ONE);
    expect(wait()).toHaveLength(2);
    expect(wait()).toEqual([{ events: POLLIN, data: BigInt(event) }]);
  });

  it('sleeps until something is ready, a signal comes, or the time is up', () => {
    const { task, machine, epoll, event, add } = start();
    add(event, POLLIN);
    const waits = startEpollWait(task, epoll, { until: machine.now() + 20n * MILLISECOND });
    machine.advance(10n * MILLISECOND);
    expect(waits.ended).toBe(false);
    task.write(event, ONE);
    machine.settle();
    expect(waits.result()).toHaveLength(1);
    task.read(event, 8);
    const expires = startEpollWait(task, epoll, { until: machine.now() + 20n * MILLISECOND });
    machine.advance(20n * MILLISECOND);
    expect(expires.result()).toEqual([]);
    const interrupted = startEpollWait(task, epoll);
    interrupted.interrupt();
    machine.settle();
    expect(errnoOf(() => interrupted.result())).toBe('EINTR');
  });

  it('is told of a dma-buf that is ready each time it looks, edge or not', () => {
    const fixture = start();
    const { task, add, wait } = fixture;
    const buffer = createDmaBuf(task);
    const { timeline, syncFile } = createTimeline(fixture);
    const pend = (value: number) =>
      task.call(buffer, DMA_BUF_IOCTL_IMPORT_SYNC_FILE, { flags: DMA_BUF_SYNC_WRITE, fd: syncFile(value) });
    pend(1);
    add(buffer, POLLIN | EPOLLET);
    expect(wait()).toEqual([]);
    timeline.increment();
    expect([wait().length, wait().length]).toEqual([1, 1]);
    pend(2);
    expect(wait()).toEqual([]);
    timeline.increment();
    expect(wait()).toHaveLength(1);
  });

  it('forgets what is taken out or closed', () => {
    const { task, kernel, epoll, event, add, wait } = start();
    task.write(event, ONE);
    add(event, POLLIN);
    epollControl(task, epoll, EPOLL_CTL_MOD, event, { events: POLLOUT, data: 9n });
    expect(wait()).toEqual([{ events: POLLOUT, data: 9n }]);
    epollControl(task, epoll, EPOLL_CTL_DEL, event);
    expect(wait()).toEqual([]);
    add(event, POLLIN);
    task.close(event);
    expect(wait()).toEqual([]);
    task.exit();
    expect(kernel.tasks.size).toBe(0);
  });

  it('can be polled itself', () => {
    const { task, epoll, event, add } = start();
    add(event, POLLIN);
    expect(task.poll(epoll, POLLIN)).toBe(0);
    task.write(event, ONE);
    expect(task.poll(epoll, POLLIN)).toBe(POLLIN);
    task.read(event, 8);
    expect(task.poll(epoll, POLLIN)).toBe(0);
  });

  it('forgets what was closed without being taken out, ready or not', () => {
    const { task, event, add } = start();
    const other = task.eventfd(0, EFD_NONBLOCK);
    const { queue } = task.files.get(event).operations.poll!({ task, file: task.files.get(event) }, POLLIN);
    add(event, POLLIN);
    expect(queue.waiting).toBe(1);
    task.close(event);
    add(other, POLLIN);
    expect(queue.waiting).toBe(0);
  });

  it('does not watch a set that watches it, which would be polled without end', () => {
    const { task, epoll, event, add } = start();
    const [middle, outer] = [epollCreate(task), epollCreate(task)];
    const put = (set: number, fd: number) =>
      errnoOf(() => epollControl(task, set, EPOLL_CTL_ADD, fd, { events: POLLIN, data: 0n }));
    add(event, POLLIN);
    expect([put(middle, epoll), put(outer, middle)]).toEqual([null, null]);
    expect([put(epoll, middle), put(epoll, outer), put(epoll, task.dup(epoll))]).toEqual([
      'ELOOP',
      'ELOOP',
      'EINVAL',
    ]);
    task.write(event, ONE);
    expect(task.poll(outer, POLLIN)).toBe(POLLIN);
  });

  it('reports an edge once: reading a part of what is there is none', () => {
    const { task, add, wait } = start();
    const semaphore = task.eventfd(2, EFD_NONBLOCK | EFD_SEMAPHORE);
    add(semaphore, POLLIN | EPOLLET);
    expect(wait()).toHaveLength(1);
    task.read(semaphore, 8);
    expect(wait()).toEqual([]);
  });

  it('refuses with the errnos of epoll_ctl', () => {
    const { task, epoll, event, add } = start();
    add(event, POLLIN);
    const memfd = task.memfdCreate('always ready');
    const control = (set: number, operation: number, fd: number) =>
      errnoOf(() => epollControl(task, set, operation, fd));
    expect(control(epoll, EPOLL_CTL_ADD, event)).toBe('EEXIST');
    expect(control(epoll, EPOLL_CTL_ADD, memfd)).toBe('EPERM');
    expect(control(epoll, EPOLL_CTL_ADD, epoll)).toBe('EINVAL');
    expect(control(epoll, EPOLL_CTL_DEL, task.dup(event))).toBe('ENOENT');
    expect(control(epoll, EPOLL_CTL_ADD, 99)).toBe('EBADF');
    expect(control(epoll, 9, event)).toBe('EINVAL');
    expect(control(event, EPOLL_CTL_ADD, epoll)).toBe('EINVAL');
    expect(errnoOf(() => epollWait(task, epoll, 0))).toBe('EINVAL');
  });
});
