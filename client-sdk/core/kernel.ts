import { MAX_CHUNK } from '../../protocol/object/limits.ts';
import type { Handle } from '../../protocol/object/message.ts';
import type { ObjectProxy } from '../../protocol/object/proxy.ts';
import { MFD_ALLOW_SEALING, MFD_CLOEXEC, O_CLOEXEC, O_RDWR } from '../../protocol/uapi/fcntl.ts';
import type { Ioctl } from '../../protocol/uapi/ioctl.ts';
import { type MarshalledArgument, marshal, unmarshal } from '../../protocol/uapi/marshal.ts';
import type { Struct, UserResult, UserValue } from '../../protocol/uapi/struct.ts';
import type { Client } from './client.ts';
import { KernelCallError } from './errors.ts';
import type { WaitOptions } from './options.ts';
import type { Explanation } from './wait.ts';
import { high, joined, low } from './words.ts';

/** 128 bits: nobody guesses them. */
const TICKET_BYTES = 16;

/** What a call returned, and the bytes that it wrote back. */
export interface KernelAnswer {
  readonly result: number;
  readonly data: Uint8Array;
}

/** Memory of a file as a real descriptor of this process. */
export interface SharedFile {
  readonly descriptor: Handle;
  /** Where in it the file's bytes begin. */
  readonly offset: bigint;
  readonly size: bigint;
}

/** What a wait for a call may be limited by, and who knows why it takes so long. */
export interface CallOptions extends WaitOptions {
  /** Adds to the words of a `WaitExpired`. */
  explain?(): readonly string[] | Promise<readonly string[]>;
}

interface Sleeper {
  resolve(answer: KernelAnswer): void;
  reject(error: unknown): void;
}

/**
 * The system calls of the client's Task, made over the connection (fencepost_kernel_v1). Descriptors are numbers of the
 * Task's own table, and all of them are closed when the connection ends. Calls reject with `KernelCallError`.
 */
export class RemoteKernel {
  readonly #client: Client;
  readonly #proxy: ObjectProxy<'fencepost_kernel_v1'>;
  readonly #pending = new Map<number, Sleeper>();
  readonly #shares = new Map<number, (file: SharedFile) => void>();
  #serial = 0;

  /** See `Client.kernel`. */
  constructor(client: Client, proxy: ObjectProxy<'fencepost_kernel_v1'>) {
    this.#client = client;
    this.#proxy = proxy;
    proxy.listen({
      done: (serial, result, data) => this.#take(serial)?.resolve({ result, data }),
      failed: (serial, errno, code, words) =>
        this.#take(serial)?.reject(new KernelCallError(code, errno, words)),
      shared: (serial, descriptor, offsetHigh, offsetLow, sizeHigh, sizeLow) =>
        this.#shared(serial, {
          descriptor,
          offset: joined(offsetHigh, offsetLow),
          size: joined(sizeHigh, sizeLow),
        }),
    });
  }

  /** Calls that have not been answered. */
  get pending(): number {
    return this.#pending.size;
  }

  /** open(2) of a device node; resolves with the descriptor. */
  async open(path: string, flags = O_RDWR | O_CLOEXEC): Promise<number> {
    return (await this.#call(`open ${path}`, serial => this.#proxy.open(serial, path, flags))).result;
  }

  async close(fd: number): Promise<void> {
    await this.#call(`close of ${fd}`, serial => this.#proxy.close(serial, fd));
  }

  /** Closes a descriptor without waiting, whatever the answer. */
  discard(fd: number): void {
    if (this.#client.error === null) this.close(fd).catch(() => {});
  }

  async dup(fd: number): Promise<number> {
    return (await this.#call(`dup of ${fd}`, serial => this.#proxy.dup(serial, fd))).result;
  }

  /**
   * An ioctl by its table: lays the argument and what it points to out, calls, and reads it back. A call that sleeps can be
   * limited; it is then interrupted as a signal would (EINTR in the Task).
   */
  async call<S extends Struct | null>(
    fd: number,
    ioctl: Ioctl<S>,
    value: UserValue<S>,
    options?: CallOptions,
  ): Promise<UserResult<S>> {
    return (await this.ioctl(fd, ioctl, value, options)).value;
  }

  /** `call` for those whose return value matters, such as the descriptor that `UDMABUF_CREATE` returns. */
  async ioctl<S extends Struct | null>(
    fd: number,
    ioctl: Ioctl<S>,
    value: UserValue<S>,
    options?: CallOptions,
  ): Promise<{ result: number; value: UserResult<S> }> {
    const block = marshal(ioctl, value);
    const { result, data } = await this.ioctlBlock(fd, ioctl, block, options);
    return { result, value: unmarshal(ioctl, asSent(block, data), 0n, value) };
  }

  /**
   * `ioctl` for those who lay the argument out themselves, because it has pointers that its table knows nothing of. `data` is
   * the block as the call left it, with addresses for pointers.
   */
  ioctlBlock(
    fd: number,
    { name, number }: Ioctl,
    { bytes, relocations }: MarshalledArgument,
    options?: CallOptions,
  ): Promise<KernelAnswer> {
    const words = bytesOf(relocations);
    return this.#call(
      `${name} of ${fd}`,
      serial => this.#proxy.ioctl(serial, fd, number, bytes, words),
      options,
    );
  }

  /** Waits until one of `events` holds, as poll(2) without end; resolves with those that do. */
  async poll(fd: number, events: number, options?: CallOptions): Promise<number> {
    return (await this.#call(`poll of ${fd}`, serial => this.#proxy.poll(serial, fd, events), options))
      .result;
  }

  /** memfd_create(2), sealable unless `flags` say otherwise. */
  async memfdCreate(name: string, flags = MFD_CLOEXEC | MFD_ALLOW_SEALING): Promise<number> {
    return (await this.#call('memfd_create', serial => this.#proxy.memfd_create(serial, name, flags))).result;
  }

  /** fcntl(2) with F_ADD_SEALS. */
  async addSeals(fd: number, seals: number): Promise<void> {
    await this.#call(`F_ADD_SEALS of ${fd}`, serial => this.#proxy.add_seals(serial, fd, seals));
  }

  /** fcntl(2) with F_GET_SEALS. */
  async getSeals(fd: number): Promise<number> {
    return (await this.#call(`F_GET_SEALS of ${fd}`, serial => this.#proxy.get_seals(serial, fd))).result;
  }

  /** ftruncate(2). */
  async truncate(fd: number, size: bigint | number): Promise<void> {
    await this.#call(`ftruncate of ${fd}`, serial =>
      this.#proxy.ftruncate(serial, fd, high(size), low(size)),
    );
  }

  /** fstat(2), as the record that the server writes. */
  async stat(fd: number): Promise<Uint8Array> {
    return (await this.#call(`fstat of ${fd}`, serial => this.#proxy.fstat(serial, fd))).data;
  }

  /** eventfd(2). */
  async eventfd(initial = 0, flags = 0): Promise<number> {
    return (await this.#call('eventfd', serial => this.#proxy.eventfd(serial, initial, flags))).result;
  }

  /** read(2) of at most `count` bytes, and at most 1 MiB; it may sleep. */
  async read(fd: number, count: number, options?: CallOptions): Promise<Uint8Array> {
    const length = Math.min(count, MAX_CHUNK);
    return (await this.#call(`read of ${fd}`, serial => this.#proxy.read(serial, fd, length), options)).data;
  }

  /** write(2) of at most 1 MiB; resolves with the bytes taken. */
  async write(fd: number, bytes: Uint8Array): Promise<number> {
    const part = bytes.subarray(0, MAX_CHUNK);
    return (await this.#call(`write of ${fd}`, serial => this.#proxy.write(serial, fd, part))).result;
  }

  /** Reads into `target` from `offset` on, in as many calls as it takes; resolves with the bytes that there were. */
  async pread(fd: number, target: Uint8Array, offset: bigint | number): Promise<number> {
    const parts = chunks(target.length).map(async ([from, count]) => {
      const at = BigInt(offset) + BigInt(from);
      const { data } = await this.#call(`pread of ${fd}`, serial =>
        this.#proxy.pread(serial, fd, high(at), low(at), count),
      );
      target.set(data, from);
      return data.length;
    });
    return (await Promise.all(parts)).reduce((sum, count) => sum + count, 0);
  }

  /**
   * Writes at `offset`, in as many calls as it takes; resolves with the bytes written. The bytes are on their way when it
   * returns, before any later request of this client.
   */
  async pwrite(fd: number, source: Uint8Array, offset: bigint | number): Promise<number> {
    const parts = chunks(source.length).map(async ([from, count]) => {
      const at = BigInt(offset) + BigInt(from);
      const bytes = source.subarray(from, from + count);
      const { result } = await this.#call(`pwrite of ${fd}`, serial =>
        this.#proxy.pwrite(serial, fd, high(at), low(at), bytes),
      );
      return result;
    });
    return (await Promise.all(parts)).reduce((sum, count) => sum + count, 0);
  }

  /** Makes a real descriptor of this process a file of the Task. The caller still closes its own. */
  async adopt(descriptor: number): Promise<number> {
    const handle: Handle = { kind: 'host', fd: descriptor };
    return (await this.#call('adopt', serial => this.#proxy.adopt(serial, handle))).result;
  }

  /** The real descriptor behind a mappable file (memfd, dma-buf); whoever asks closes it. */
  share(fd: number): Promise<SharedFile> {
    return new Promise((resolve, reject) => {
      const answered = this.#call(`share of ${fd}`, serial => {
        this.#shares.set(serial, resolve);
        this.#proxy.share(serial, fd);
      });
      answered.catch(reject);
    });
  }

  /**
   * Sends a duplicate of a descriptor to another client of the same server, as SCM_RIGHTS does between processes. Resolves
   * with a ticket for that client's `receive`; give it to nobody else. It is good for one use, while this client lives.
   */
  async send(fd: number): Promise<string> {
    const ticket = globalThis.crypto.getRandomValues(new Uint8Array(TICKET_BYTES));
    await this.#call(`send of ${fd}`, serial => this.#proxy.send(serial, fd, ticket));
    return Array.from(ticket, byte => byte.toString(16).padStart(2, '0')).join('');
  }

  /** The descriptor that another client sent; ENOENT when the ticket was used, or its sender is gone. */
  async receive(ticket: string): Promise<number> {
    const bytes = Uint8Array.from(ticket.match(/[0-9a-f]{2}/g) ?? [], byte => Number.parseInt(byte, 16));
    return (await this.#call('receive', serial => this.#proxy.receive(serial, bytes))).result;
  }

  #shared(serial: number, file: SharedFile): void {
    const give = this.#shares.get(serial);
    const sleeper = this.#take(serial);
    if (!give || !sleeper) {
      this.#client.closeHandle(file.descriptor);
      return;
    }
    give(file);
    sleeper.resolve({ result: 0, data: new Uint8Array(0) });
  }

  #take(serial: number): Sleeper | undefined {
    const sleeper = this.#pending.get(serial);
    this.#pending.delete(serial);
    this.#shares.delete(serial);
    return sleeper;
  }

  #call(what: string, send: (serial: number) => void, options: CallOptions = {}): Promise<KernelAnswer> {
    return this.#client.until<KernelAnswer>(
      {
        start: (resolve, reject) => {
          const serial = this.#nextSerial();
          this.#pending.set(serial, { resolve, reject });
          try {
            send(serial);
          } catch (error) {
            this.#take(serial);
            reject(error);
          }
          return () => {
            if (this.#pending.has(serial) && this.#client.error === null) this.#proxy.interrupt(serial);
          };
        },
        explain: () => explanation(what, options),
      },
      options,
    );
  }

  #nextSerial(): number {
    do this.#serial = (this.#serial + 1) >>> 0;
    while (this.#pending.has(this.#serial));
    return this.#serial;
  }
}

async function explanation(what: string, { explain }: CallOptions): Promise<Explanation> {
  return { waitedFor: what, holders: (await explain?.()) ?? [] };
}

function bytesOf(words: Uint32Array): Uint8Array {
  const bytes = new Uint8Array(words.length * 4);
  const view = new DataView(bytes.buffer);
  words.forEach((word, at) => view.setUint32(at * 4, word, true));
  return bytes;
}

/** The block as it came back, with its pointers as they were sent: relative to itself. */
function asSent(block: MarshalledArgument, answer: Uint8Array): Uint8Array {
  const bytes = Uint8Array.from(block.bytes);
  bytes.set(answer.subarray(0, bytes.length));
  for (const at of block.relocations) bytes.set(block.bytes.subarray(at, at + 8), at);
  return bytes;
}

function chunks(length: number): [from: number, count: number][] {
  return Array.from({ length: Math.ceil(length / MAX_CHUNK) }, (_, index) => [
    index * MAX_CHUNK,
    Math.min(MAX_CHUNK, length - index * MAX_CHUNK),
  ]);
}
