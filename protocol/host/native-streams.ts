import { closeSync, constants, fstatSync, openSync } from 'node:fs';
import { HostError } from './error.ts';
import type { HostStreams } from './host-files.ts';
import { checked, type Libc } from './libc.ts';
import { sharedPoller } from './poller.ts';

const F_GETFL = 3;

/** Pipes, sockets and whatever else is no file with a size. */
export class NativeStreams implements HostStreams {
  readonly #libc: Libc;
  /** `struct pollfd`: i32 descriptor, i16 events, i16 what holds. */
  readonly #pollfd = new DataView(new ArrayBuffer(8));

  constructor(libc: Libc) {
    this.#libc = libc;
  }

  isStream(fd: number): boolean {
    return !fstatSync(fd).isFile();
  }

  flags(fd: number): number {
    return checked(this.#libc, 'fcntl(F_GETFL)', this.#libc.fcntl(fd, F_GETFL, 'int', 0), `fd ${fd}`);
  }

  openAgain(fd: number, access: 'read' | 'write'): number | null {
    if (!fstatSync(fd).isFIFO()) return null;
    const mode = access === 'read' ? constants.O_RDONLY : constants.O_WRONLY;
    try {
      return openSync(`/proc/self/fd/${fd}`, mode | constants.O_NONBLOCK);
    } catch (error) {
      const { errno } = error as NodeJS.ErrnoException;
      throw new HostError('open', -(errno ?? 0), `pipe ${fd} to ${access}`);
    }
  }

  closeOwn(fd: number): void {
    closeSync(fd);
  }

  read(fd: number, target: Uint8Array): number {
    return checked(this.#libc, 'read', this.#libc.read(fd, target, target.length), `fd ${fd}`);
  }

  write(fd: number, source: Uint8Array): number {
    return checked(this.#libc, 'write', this.#libc.write(fd, source, source.length), `fd ${fd}`);
  }

  ready(fd: number, events: number): number {
    this.#pollfd.setInt32(0, fd, true);
    this.#pollfd.setInt16(4, events, true);
    checked(this.#libc, 'poll', this.#libc.poll(this.#pollfd, 1, 0), `fd ${fd}`);
    return this.#pollfd.getInt16(6, true);
  }

  watch(fd: number, events: number, ready: () => void): Disposable {
    const poller = sharedPoller(this.#libc);
    poller.watch(fd, events, () => {
      poller.unwatch(fd);
      ready();
    });
    return { [Symbol.dispose]: () => poller.unwatch(fd) };
  }
}
