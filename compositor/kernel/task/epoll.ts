import {
  EPOLL_CTL_ADD,
  EPOLL_CTL_DEL,
  EPOLL_CTL_MOD,
  EPOLLET,
  O_CLOEXEC,
  POLLERR,
  POLLHUP,
  POLLIN,
} from '../../../protocol/uapi/fcntl.ts';
import type { Nanoseconds } from '../../machine/machine.ts';
import { KernelError, require } from './kernel-error.ts';
import { type KernelThread, type Sleeping, waitUntil } from './kernel-thread.ts';
import type { FileCall, FileOperations, FileStatus, OpenFile, PollAnswer } from './open-file.ts';
import { holding, naming } from './system-call.ts';
import type { Task } from './task.ts';
import { WaitQueue } from './wait-queue.ts';

/** `struct epoll_event`. */
export interface EpollEvent {
  /** POLLIN, POLLOUT, ...; EPOLLET in what is asked for. */
  readonly events: number;
  /** The caller's own. */
  readonly data: bigint;
}

interface Item {
  readonly file: OpenFile;
  readonly fd: number;
  event: EpollEvent;
  stop(): void;
}

/**
 * epoll(7) (`fs/eventpoll.c`): files that may be ready stand in a list, put there by the wake-ups of their wait queues;
 * looking at the list polls them again. Level-triggered ones that are ready stay in it. It holds no reference to what it
 * watches.
 */
class EpollFile implements FileOperations {
  readonly kind = 'eventpoll';
  readonly #inode: bigint;
  readonly #items = new Set<Item>();
  readonly #ready = new Set<Item>();
  readonly #queue = new WaitQueue();

  constructor(inode: bigint) {
    this.#inode = inode;
  }

  describe(): string {
    return 'anon_inode:[eventpoll]';
  }

  status(): FileStatus {
    return { inode: this.#inode, size: 0n, mode: 0o600 };
  }

  /** Readable when something in the list is still ready; what is not leaves it (`__ep_eventpoll_poll`). */
  poll({ task }: FileCall): PollAnswer {
    for (const item of [...this.#ready]) {
      if (item.file.references > 0 && poll(task, item).mask !== 0)
        return { mask: POLLIN, queue: this.#queue };
      this.#ready.delete(item);
    }
    return { mask: 0, queue: this.#queue };
  }

  /** EPOLL_CTL_ADD: EEXIST, ELOOP. */
  add(task: Task, fd: number, file: OpenFile, event: EpollEvent): void {
    require(!this.#find(fd, file), 'EEXIST', `descriptor ${fd} is in the set already`);
    require(!watches(file, this), 'ELOOP', 'the epoll sets would watch each other');
    this.#dropReleased();
    const item: Item = { file, fd, event, stop: () => {} };
    const { mask, queue } = poll(task, item);
    this.#items.add(item);
    item.stop = queue.add(events => this.#wake(item, events));
    if (mask !== 0) this.#wake(item, mask);
  }

  /** EPOLL_CTL_MOD: ENOENT. */
  modify(task: Task, fd: number, file: OpenFile, event: EpollEvent): void {
    const item = this.#require(fd, file);
    item.event = event;
    const { mask } = poll(task, item);
    if (mask !== 0) this.#wake(item, mask);
  }

  /** EPOLL_CTL_DEL: ENOENT. */
  delete(fd: number, file: OpenFile): void {
    this.#drop(this.#require(fd, file));
  }

  /** What is ready now, at most `maximum` (`ep_send_events`). */
  collect(task: Task, maximum: number): EpollEvent[] {
    const events: EpollEvent[] = [];
    for (const item of [...this.#ready]) {
      if (events.length === maximum) break;
      this.#ready.delete(item);
      if (item.file.references === 0) {
        this.#drop(item);
        continue;
      }
      const { mask } = poll(task, item);
      if (mask === 0) continue;
      events.push({ events: mask, data: item.event.data });
      if ((item.event.events & EPOLLET) === 0) this.#ready.add(item);
    }
    return events;
  }

  /** Sleeps until something is ready; nothing when `until` passes first. EINTR. */
  *wait(task: Task, maximum: number, until: Nanoseconds | undefined): Sleeping<EpollEvent[]> {
    for (;;) {
      const events = this.collect(task, maximum);
      if (events.length > 0) return events;
      const options = { what: 'an event of an epoll set', until };
      if (!(yield* waitUntil(this.#queue, () => this.#ready.size > 0, options))) return [];
    }
  }

  release(): void {
    for (const item of [...this.#items]) this.#drop(item);
  }

  /** The files that it watches. */
  *files(): Generator<OpenFile> {
    for (const { file } of this.#items) yield file;
  }

  /** What was closed without being taken out (`eventpoll_release`). */
  #dropReleased(): void {
    for (const item of [...this.#items]) if (item.file.references === 0) this.#drop(item);
  }

  /** `ep_poll_callback`. */
  #wake(item: Item, events: number): void {
    if (events !== 0 && (events & wanted(item)) === 0) return;
    this.#ready.add(item);
    this.#queue.wakeAll(POLLIN);
  }

  #drop(item: Item): void {
    item.stop();
    this.#items.delete(item);
    this.#ready.delete(item);
  }

  #find(fd: number, file: OpenFile): Item | undefined {
    return [...this.#items].find(item => item.fd === fd && item.file === file);
  }

  #require(fd: number, file: OpenFile): Item {
    const item = this.#find(fd, file);
    if (!item) throw new KernelError('ENOENT', `descriptor ${fd} is not in the set`);
    return item;
  }
}

/** Whether a file is a set that watches `top`, itself or through others (`ep_loop_check`). */
function watches({ operations }: OpenFile, top: EpollFile): boolean {
  if (!(operations instanceof EpollFile)) return false;
  return operations === top || [...operations.files()].some(file => watches(file, top));
}

const wanted = ({ event }: Item): number => (event.events & ~EPOLLET) | POLLERR | POLLHUP;

function poll(task: Task, item: Item): PollAnswer {
  const { operations } = item.file;
  const answer = operations.poll?.({ task, file: item.file }, wanted(item));
  if (!answer) throw new KernelError('EPERM', `a ${operations.kind} is always ready and cannot be watched`);
  return { mask: answer.mask & wanted(item), queue: answer.queue };
}

/** epoll_create1(2). EINVAL, EMFILE. */
export function epollCreate(task: Task, flags = O_CLOEXEC): number {
  return naming('epoll_create1', () => {
    require((flags & ~O_CLOEXEC) === 0, 'EINVAL', `epoll_create1 flags 0x${(flags >>> 0).toString(16)}`);
    const file = task.kernel.file(new EpollFile(task.kernel.allocateInode()));
    return task.files.add(file, (flags & O_CLOEXEC) !== 0);
  });
}

/** epoll_ctl(2). EBADF, EINVAL, EPERM, EEXIST, ENOENT. */
export function epollControl(
  task: Task,
  epoll: number,
  operation: number,
  fd: number,
  event: EpollEvent = { events: 0, data: 0n },
): void {
  naming('epoll_ctl', () => {
    const set = task.files.get(epoll);
    const file = task.files.get(fd);
    require(file.operations.poll, 'EPERM', `a ${file.operations.kind} is always ready and cannot be watched`);
    require(set !== file, 'EINVAL', 'an epoll set does not watch itself');
    const operations = set.as(EpollFile, 'epoll set');
    if (operation === EPOLL_CTL_ADD) operations.add(task, fd, file, event);
    else if (operation === EPOLL_CTL_MOD) operations.modify(task, fd, file, event);
    else if (operation === EPOLL_CTL_DEL) operations.delete(fd, file);
    else throw new KernelError('EINVAL', `epoll_ctl has no operation ${operation}`);
  });
}

/** epoll_wait(2) with a time-out of 0. EBADF, EINVAL. */
export function epollWait(task: Task, epoll: number, maximum = 64): EpollEvent[] {
  return naming('epoll_wait', () => setOf(task, epoll, maximum).collect(task, maximum));
}

/** epoll_wait(2) that sleeps until the absolute time `until`, without one for ever. EINTR. */
export function startEpollWait(
  task: Task,
  epoll: number,
  options: { maximum?: number; until?: Nanoseconds } = {},
): KernelThread<EpollEvent[]> {
  const { maximum = 64, until } = options;
  const set = naming('epoll_wait', () => setOf(task, epoll, maximum));
  return task.start('epoll_wait', holding(task.files.get(epoll), set.wait(task, maximum, until)));
}

function setOf(task: Task, epoll: number, maximum: number): EpollFile {
  require(maximum > 0, 'EINVAL', `epoll_wait wants at least one event, not ${maximum}`);
  return task.files.get(epoll).as(EpollFile, 'epoll set');
}
