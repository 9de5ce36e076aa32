// The kernel calls of the tests' server: memfds that hold bytes, and calls that wait until a test answers.
import type { Resource } from '../../protocol/object/resource.ts';
import { joined } from '../core/words.ts';

type Kernel = Resource<'fencepost_kernel_v1'>;

export interface IoctlCall {
  readonly serial: number;
  readonly fd: number;
  readonly request: number;
  readonly block: Uint8Array;
}

const NONE = new Uint8Array(0);

export class FakeKernel {
  /** Memfds by their number. */
  readonly files = new Map<number, Uint8Array>();
  readonly seals = new Map<number, number>();
  /** Polls that wait: `answer` ends them. */
  readonly polls: { serial: number; fd: number }[] = [];
  readonly ioctls: IoctlCall[] = [];
  readonly interrupted: number[] = [];
  /** Bytes of each pwrite. */
  readonly written: number[] = [];
  #resource: Kernel | null = null;
  #next = 3;

  answer(serial: number, result = 0, data = NONE): void {
    this.#resource?.events.done(serial, result, data);
  }

  fail(serial: number, code: string, errno: number): void {
    this.#resource?.events.failed(serial, errno, code, 'ioctl');
  }

  serve(resource: Kernel): void {
    this.#resource = resource;
    const done = (serial: number, result = 0, data = NONE) => this.answer(serial, result, data);
    resource.setHandlers({
      destroy() {},
      open: (_, serial) => done(serial, this.#add(NONE)),
      close: (_, serial, fd) => {
        if (this.files.delete(fd)) done(serial);
        else this.fail(serial, 'EBADF', 9);
      },
      dup: (_, serial, fd) => done(serial, this.#add(this.files.get(fd) ?? NONE)),
      ioctl: (_, serial, fd, request, block) => void this.ioctls.push({ serial, fd, request, block }),
      poll: (_, serial, fd) => void this.polls.push({ serial, fd }),
      interrupt: (_, serial) => {
        this.interrupted.push(serial);
        this.fail(serial, 'EINTR', 4);
      },
      memfd_create: (_, serial) => done(serial, this.#add(NONE)),
      add_seals: (_, serial, fd, seals) => {
        this.seals.set(fd, seals);
        done(serial);
      },
      get_seals: (_, serial, fd) => done(serial, this.seals.get(fd) ?? 0),
      ftruncate: (_, serial, fd, high, low) => {
        this.files.set(fd, new Uint8Array(Number(joined(high, low))));
        done(serial);
      },
      fstat: (_, serial) => done(serial),
      eventfd: (_, serial) => done(serial, this.#add(NONE)),
      read: (_, serial) => done(serial),
      write: (_, serial, __, bytes) => done(serial, bytes.length),
      pread: (_, serial, fd, high, low, count) => {
        const at = Number(joined(high, low));
        const data = this.files.get(fd)!.slice(at, at + count);
        done(serial, data.length, data);
      },
      pwrite: (_, serial, fd, high, low, bytes) => {
        this.written.push(bytes.length);
        this.files.get(fd)!.set(bytes, Number(joined(high, low)));
        done(serial, bytes.length);
      },
      adopt: (_, serial) => this.fail(serial, 'EOPNOTSUPP', 95),
      share: (_, serial) => this.fail(serial, 'EOPNOTSUPP', 95),
      send: (_, serial) => this.fail(serial, 'EOPNOTSUPP', 95),
      receive: (_, serial) => this.fail(serial, 'EOPNOTSUPP', 95),
    });
  }

  #add(bytes: Uint8Array): number {
    const fd = this.#next++;
    this.files.set(fd, bytes);
    return fd;
  }
}
