import { Errno, HostError } from './error.ts';
import type { Libc } from './libc.ts';

/** Descriptors in one `sendmsg`, as libwayland has it; the kernel's own limit is 253. */
export const MAX_DESCRIPTORS = 28;

const SOL_SOCKET = 1;
const SCM_RIGHTS = 1;
const MSG_CTRUNC = 0x8;
const MSG_DONTWAIT = 0x40;
const MSG_NOSIGNAL = 0x4000;
const MSG_CMSG_CLOEXEC = 0x40000000;

/** `struct cmsghdr` of a 64-bit Linux: u64 length, i32 level, i32 type. */
const CMSG_HEADER = 16;
/** `struct msghdr` of a 64-bit Linux: name, name length, iov, iov length, control, control length, flags. */
const MSGHDR = 56;
const IOV_AT = 64;
const CONTROL_AT = 80;
const CONTROL_BYTES = CMSG_HEADER + 4 * MAX_DESCRIPTORS;

/** One `struct msghdr` with its iovec and control buffer, laid out once and used for every call. */
class Header {
  readonly bytes = new Uint8Array(new ArrayBuffer(CONTROL_AT + CONTROL_BYTES));
  readonly #words = new BigUint64Array(this.bytes.buffer, 0, CONTROL_AT / 8);
  readonly #controlLength = new BigUint64Array(this.bytes.buffer, CONTROL_AT, 1);
  readonly #control = new Int32Array(this.bytes.buffer, CONTROL_AT);
  readonly #flags = new Int32Array(this.bytes.buffer, MSGHDR - 8, 1);

  constructor(libc: Libc) {
    const here = libc.address(this.bytes);
    this.#words[2] = here + BigInt(IOV_AT);
    this.#words[3] = 1n;
    this.#words[4] = here + BigInt(CONTROL_AT);
  }

  data(address: bigint, length: number): void {
    this.#words[IOV_AT / 8] = address;
    this.#words[IOV_AT / 8 + 1] = BigInt(length);
  }

  setDescriptors(descriptors: readonly number[]): void {
    const bytes = CMSG_HEADER + 4 * descriptors.length;
    this.#words[5] = descriptors.length === 0 ? 0n : BigInt((bytes + 7) & ~7);
    this.#controlLength[0] = BigInt(bytes);
    this.#control[2] = SOL_SOCKET;
    this.#control[3] = SCM_RIGHTS;
    for (let index = 0; index < descriptors.length; index++) this.#control[4 + index] = descriptors[index]!;
  }

  expectDescriptors(): void {
    this.#words[5] = BigInt(CONTROL_BYTES);
    this.#controlLength[0] = 0n;
    this.#flags[0] = 0;
  }

  /** Adds the descriptors that arrived to `into`. */
  takeDescriptors(into: number[]): void {
    if (this.#words[5]! < BigInt(CMSG_HEADER)) return;
    if (this.#control[2] !== SOL_SOCKET || this.#control[3] !== SCM_RIGHTS) return;
    const bytes = Math.min(Number(this.#controlLength[0]), CONTROL_BYTES) - CMSG_HEADER;
    for (let index = 0; index < bytes >> 2; index++) into.push(this.#control[4 + index]!);
  }

  get truncated(): boolean {
    return (this.#flags[0]! & MSG_CTRUNC) !== 0;
  }
}

/** `sendmsg` and `recvmsg` with descriptors, on prepared memory: not reentrant, and one instance serves every socket. */
export class MessageCalls {
  readonly #libc: Libc;
  readonly #header: Header;

  constructor(libc: Libc) {
    this.#libc = libc;
    this.#header = new Header(libc);
  }

  /**
   * Sends bytes at an address, and descriptors (at most `MAX_DESCRIPTORS`) with the first of them. Returns how many
   * bytes the socket took, or -1 when it takes none now. Throws `HostError`.
   */
  send(fd: number, address: bigint, length: number, descriptors: readonly number[]): number {
    this.#header.data(address, length);
    this.#header.setDescriptors(descriptors);
    for (;;) {
      const sent = this.#libc.sendmsg(fd, this.#header.bytes, MSG_DONTWAIT | MSG_NOSIGNAL);
      if (sent >= 0) return sent;
      const errno = this.#libc.errno();
      if (errno === Errno.EAGAIN) return -1;
      if (errno !== Errno.EINTR) throw new HostError('sendmsg', errno);
    }
  }

  /**
   * Receives up to `length` bytes to an address and adds descriptors that came with them to `descriptors`. Returns the
   * number of bytes, 0 at the end of the stream, -1 when there is nothing now. Throws `HostError`; EMSGSIZE when more
   * descriptors came than fit here or in the process's table (the kernel has closed the rest).
   */
  receive(fd: number, address: bigint, length: number, descriptors: number[]): number {
    this.#header.data(address, length);
    for (;;) {
      this.#header.expectDescriptors();
      const received = this.#libc.recvmsg(fd, this.#header.bytes, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
      if (received >= 0) {
        this.#header.takeDescriptors(descriptors);
        if (this.#header.truncated)
          throw new HostError(
            'recvmsg',
            Errno.EMSGSIZE,
            `more than ${MAX_DESCRIPTORS} descriptors at once, or no room`,
          );
        return received;
      }
      const errno = this.#libc.errno();
      if (errno === Errno.EAGAIN) return -1;
      if (errno !== Errno.EINTR) throw new HostError('recvmsg', errno);
    }
  }
}
