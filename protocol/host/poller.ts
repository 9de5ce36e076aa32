import { closeDescriptor } from './files.ts';
import { checked, type Libc } from './libc.ts';

const EPOLL_CTL_ADD = 1;
const EPOLL_CTL_DEL = 2;
const EPOLL_CTL_MOD = 3;
const EPOLL_CLOEXEC = 0o2000000;
const EFD_NONBLOCK_CLOEXEC = 0o2004000;
const MAX_EVENTS = 64;
/** `struct epoll_event` is packed on x86-64 only. */
const EVENT_BYTES = process.arch === 'x64' ? 12 : 16;
const DATA_AT = process.arch === 'x64' ? 4 : 8;

export const EPOLLIN = 0x1;
export const EPOLLOUT = 0x4;
export const EPOLLERR = 0x8;
export const EPOLLHUP = 0x10;

/** Called with the events of a descriptor. It may watch and unwatch anything. */
export type Ready = (events: number) => void;

/**
 * Waits for any number of descriptors on one thread of libuv's pool, through one epoll descriptor. While something is
 * watched the process stays alive, as with Node's own sockets; with the last descriptor gone the wait ends and the epoll
 * descriptor is closed. Leaving the process wakes the thread first, or `exit(3)` would wait for it for ever.
 */
export class Poller {
  readonly #libc: Libc;
  readonly #watched = new Map<number, { interest: number; ready: Ready }>();
  readonly #events = new Uint8Array(new ArrayBuffer(MAX_EVENTS * EVENT_BYTES));
  readonly #view = new DataView(this.#events.buffer);
  readonly #event = new DataView(new ArrayBuffer(16));
  #state: { epoll: number; wake: number; waiting: boolean } | null = null;
  #turn: NodeJS.Immediate | null = null;
  readonly #onExit = () => this.#wake();

  constructor(libc: Libc) {
    this.#libc = libc;
  }

  /** Descriptors that are watched now. */
  get watched(): number {
    return this.#watched.size;
  }

  /** Watches a descriptor for events, or changes what it is watched for; an interest of 0 stops it. Level-triggered. */
  watch(fd: number, interest: number, ready: Ready): void {
    const known = this.#watched.get(fd);
    if (known?.interest === interest && known.ready === ready) return;
    if (interest === 0) {
      this.unwatch(fd);
      return;
    }
    try {
      this.#control(known ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, fd, interest);
    } catch (error) {
      // What was opened for it alone is closed again.
      if (this.#watched.size === 0) this.#soon();
      throw error;
    }
    this.#watched.set(fd, { interest, ready });
    if (!known) this.#soon();
  }

  /** Stops watching a descriptor; call it before closing the descriptor. */
  unwatch(fd: number): void {
    if (!this.#watched.delete(fd)) return;
    this.#control(EPOLL_CTL_DEL, fd, 0);
    if (this.#watched.size === 0) this.#soon();
  }

  #control(operation: number, fd: number, interest: number): void {
    this.#state ??= this.#start();
    this.#event.setUint32(0, interest, true);
    this.#event.setInt32(DATA_AT, fd, true);
    checked(
      this.#libc,
      'epoll_ctl',
      this.#libc.epoll_ctl(this.#state.epoll, operation, fd, this.#event),
      `fd ${fd}`,
    );
  }

  #start(): { epoll: number; wake: number; waiting: boolean } {
    const epoll = checked(this.#libc, 'epoll_create1', this.#libc.epoll_create1(EPOLL_CLOEXEC));
    const wake = checked(this.#libc, 'eventfd', this.#libc.eventfd(0, EFD_NONBLOCK_CLOEXEC));
    this.#event.setUint32(0, EPOLLIN, true);
    this.#event.setInt32(DATA_AT, wake, true);
    checked(this.#libc, 'epoll_ctl', this.#libc.epoll_ctl(epoll, EPOLL_CTL_ADD, wake, this.#event));
    process.on('exit', this.#onExit);
    return { epoll, wake, waiting: false };
  }

  /** Looks again on the next pass of the event loop, unless the pool thread is waiting and will notice by itself. */
  #soon(): void {
    if (this.#turn !== null) return;
    if (this.#state?.waiting) {
      if (this.#watched.size === 0) this.#wake();
      return;
    }
    this.#turn = setImmediate(() => {
      this.#turn = null;
      this.#round();
    });
  }

  /** Takes what is ready without waiting; only when nothing is, the pool thread waits. Busy peers cost no thread hop. */
  #round(): void {
    const state = this.#state;
    if (state === null || state.waiting) return;
    if (this.#watched.size === 0) {
      this.#stop(state);
      return;
    }
    const count = this.#libc.epoll_wait(state.epoll, this.#events, MAX_EVENTS, 0);
    if (count <= 0) {
      this.#wait(state);
      return;
    }
    this.#soon();
    this.#dispatch(count, state.wake);
  }

  #wait(state: { epoll: number; waiting: boolean }): void {
    state.waiting = true;
    // One event is enough to end the wait: the events themselves are taken by the round that follows, when they are true.
    this.#libc.epollWaitAsync(state.epoll, this.#events, 1, () => {
      state.waiting = false;
      this.#round();
    });
  }

  #dispatch(count: number, wake: number): void {
    const found: { fd: number; ready: Ready; events: number }[] = [];
    for (let index = 0; index < count; index++) {
      const events = this.#view.getUint32(index * EVENT_BYTES, true);
      const fd = this.#view.getInt32(index * EVENT_BYTES + DATA_AT, true);
      const watched = this.#watched.get(fd);
      if (watched) found.push({ fd, ready: watched.ready, events });
      else if (fd === wake) this.#libc.read(wake, this.#event, 8);
    }
    // A call may close a descriptor that is still to come here, and its number may be in other hands by then.
    for (const { fd, ready, events } of found) if (this.#watched.get(fd)?.ready === ready) ready(events);
  }

  #wake(): void {
    if (this.#state === null) return;
    this.#event.setBigUint64(0, 1n, true);
    this.#libc.write(this.#state.wake, this.#event, 8);
  }

  #stop(state: { epoll: number; wake: number }): void {
    this.#state = null;
    process.off('exit', this.#onExit);
    closeDescriptor(this.#libc, state.epoll);
    closeDescriptor(this.#libc, state.wake);
  }
}

let shared: Poller | null = null;

/** The one poller of this process: each that waits takes a thread of libuv's pool, which has four. */
export function sharedPoller(libc: Libc): Poller {
  shared ??= new Poller(libc);
  return shared;
}
