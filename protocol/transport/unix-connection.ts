import { Errno, HostError } from '../host/error.ts';
import { closeDescriptor, duplicate } from '../host/files.ts';
import { MAX_DESCRIPTORS } from '../host/message.ts';
import { EPOLLERR, EPOLLHUP, EPOLLIN, EPOLLOUT } from '../host/poller.ts';
import { isHandle, type WireArgument } from '../object/message.ts';
import type { CodecFactory } from '../wire/codec.ts';
import { WireError } from '../wire/error.ts';
import { ArrivedDescriptors, LeavingDescriptors, MAX_UNCLAIMED } from './descriptor-queue.ts';
import type { NativeTransport } from './native.ts';
import { StreamConnection } from './stream-connection.ts';

/** What a descriptor that waits to be sent counts for in `queuedBytes`: it holds a place in this process's table. */
const DESCRIPTOR_WEIGHT = 1024;

/** Messages on a Unix stream socket, with real descriptors beside them (SCM_RIGHTS). */
export class UnixConnection extends StreamConnection {
  readonly passesDescriptors = true;
  readonly #native: NativeTransport;
  readonly #fd: number;
  readonly #arrived: ArrivedDescriptors;
  readonly #leaving: LeavingDescriptors;
  readonly #ready = (events: number) => this.#happened(events);
  /** The socket takes no more: EPOLLOUT will tell. */
  #full = false;
  /** The peer reads no more. What it sent before may still be read here, such as the error that says why. */
  #deaf = false;
  #outputBuffer: Uint8Array | null = null;
  #outputAddress = 0n;

  /** Takes over a connected, non-blocking socket. */
  constructor(native: NativeTransport, fd: number, codec: CodecFactory) {
    const arrived = new ArrivedDescriptors(native.libc);
    super(codec(arrived));
    this.#native = native;
    this.#fd = fd;
    this.#arrived = arrived;
    this.#leaving = new LeavingDescriptors(native.libc);
  }

  override get queuedBytes(): number {
    return this.output.length + DESCRIPTOR_WEIGHT * this.#leaving.length;
  }

  protected override attach(args: readonly WireArgument[], position: number): void {
    const fds = args.filter(isHandle).filter(handle => handle.kind === 'host');
    if (fds.length > MAX_DESCRIPTORS)
      throw new WireError(
        `a message names ${fds.length} descriptors; at most ${MAX_DESCRIPTORS} travel together`,
      );
    const copies: number[] = [];
    try {
      for (const { fd } of fds) copies.push(duplicate(this.#native.libc, fd));
    } catch (error) {
      for (const fd of copies) closeDescriptor(this.#native.libc, fd);
      throw error;
    }
    this.#leaving.add(position, copies);
  }

  protected override write(): void {
    if (this.#deaf) this.#discard();
    if (this.#full) return;
    try {
      while (this.output.length > 0) if (!this.#writeOnce()) break;
    } catch (error) {
      if (!(error instanceof HostError)) throw error;
      this.#writeFailed(error);
    }
    this.#watch();
    this.taken();
  }

  protected override readingChanged(): void {
    this.#watch();
  }

  protected override release(): void {
    this.#native.poller.unwatch(this.#fd);
    this.#leaving[Symbol.dispose]();
    this.#arrived[Symbol.dispose]();
    closeDescriptor(this.#native.libc, this.#fd);
  }

  /** One `sendmsg`; false when the socket took less than it was given. */
  #writeOnce(): boolean {
    const { output } = this;
    const from = output.position;
    const { end, fds } = this.#leaving.batch(from, from + output.length);
    const length = end - from;
    const address = this.#addressOf(output.buffer) + BigInt(output.offset);
    const sent = this.#native.calls.send(this.#fd, address, length, fds);
    if (sent >= 0) {
      this.#leaving.sent(fds.length);
      output.consume(sent);
    }
    this.#full = sent < length;
    return !this.#full;
  }

  #addressOf(buffer: Uint8Array): bigint {
    if (buffer !== this.#outputBuffer) {
      this.#outputBuffer = buffer;
      this.#outputAddress = this.#native.libc.address(buffer);
    }
    return this.#outputAddress;
  }

  #writeFailed(error: HostError): void {
    if (error.errno === Errno.EPIPE || error.errno === Errno.ECONNRESET) this.#discard();
    else this.end(`sending failed: ${error.message}`);
  }

  #discard(): void {
    this.#deaf = true;
    this.#full = false;
    this.output.take();
    this.#leaving[Symbol.dispose]();
  }

  #happened(events: number): void {
    if ((events & EPOLLOUT) !== 0) {
      this.#full = false;
      this.write();
    }
    if (this.reading && (events & (EPOLLIN | EPOLLHUP | EPOLLERR)) !== 0) this.#read();
    else if ((events & (EPOLLHUP | EPOLLERR)) !== 0 && !this.ended) {
      this.#discard();
      this.#watch();
      this.taken();
    }
  }

  #read(): void {
    const { calls, input, inputAddress } = this.#native;
    let count: number;
    try {
      count = calls.receive(this.#fd, inputAddress, input.length, this.#arrived.fds);
    } catch (error) {
      if (!(error instanceof HostError)) throw error;
      this.end(
        error.errno === Errno.ECONNRESET ? 'closed by the peer' : `receiving failed: ${error.message}`,
      );
      return;
    }
    if (count === 0) this.peerClosed();
    if (count <= 0) return;
    this.received(count === input.length ? input : input.subarray(0, count));
    if (this.#arrived.available > MAX_UNCLAIMED)
      this.end(`the peer sent ${this.#arrived.available} descriptors that no message names`);
  }

  #watch(): void {
    if (this.ended) return;
    const interest = (this.reading ? EPOLLIN : 0) | (this.#full ? EPOLLOUT : 0);
    this.#native.poller.watch(this.#fd, interest, this.#ready);
  }
}
