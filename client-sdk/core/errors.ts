// What can go wrong for a client, each with a class of its own.
import type { Offered } from './registry.ts';

/** The connection is over: whatever waited for an answer or an event rejects with this. */
export class ConnectionClosed extends Error {
  override readonly name = 'ConnectionClosed';
  /** Who closed it and why, for people. */
  readonly reason: string;

  constructor(reason: string, options?: ErrorOptions) {
    super(`the connection is closed: ${reason}`, options);
    this.reason = reason;
  }
}

/** A system call in the client's Task failed, as `errno(3)` names it. */
export class KernelCallError extends Error {
  override readonly name = 'KernelCallError';
  /** The symbolic name: `'EINVAL'`. */
  readonly code: string;
  /** Linux's number, positive. */
  readonly errno: number;
  /** The call that failed. */
  readonly syscall: string;

  /** `words` begin with the call's name and a colon, and say what was wrong. */
  constructor(code: string, errno: number, words: string) {
    super(words.includes(code) ? words : `${words} (${code})`);
    this.code = code;
    this.errno = errno;
    this.syscall = words.split(':', 1)[0]!;
  }
}

/** The server does not offer an interface, or not in the version that was asked for, to this connection. */
export class MissingGlobal extends Error {
  override readonly name = 'MissingGlobal';
  readonly interfaceName: string;
  readonly version: number;
  /** What it does offer. */
  readonly offered: readonly Offered[];

  constructor(interfaceName: string, version: number, offered: readonly Offered[]) {
    const has = offered.find(global => global.interface === interfaceName);
    const names = offered.map(global => `${global.interface} ${global.version}`).join(', ');
    super(
      has
        ? `the server offers ${interfaceName} in version ${has.version}, not in ${version}`
        : `the server does not offer ${interfaceName} here${hintOf(interfaceName)}; it offers ${names || 'nothing'}`,
    );
    this.interfaceName = interfaceName;
    this.version = version;
    this.offered = offered;
  }
}

/** What to do about an interface that only our own server has. */
const hintOf = (interfaceName: string): string =>
  interfaceName.startsWith('fencepost_')
    ? ': kernel calls, fences and dma-bufs need a Fencepost server, by FENCEPOST_DISPLAY'
    : '';

/** A wait took longer than its `timeout`. */
export class WaitExpired extends Error {
  override readonly name = 'WaitExpired';
  /** What was waited for. */
  readonly waitedFor: string;
  readonly milliseconds: number;
  /** Who is in the way, as far as the client and its kernel can tell: one line each. */
  readonly holders: readonly string[];

  constructor(waitedFor: string, milliseconds: number, holders: readonly string[]) {
    const who = holders.map(holder => `\n  ${holder}`).join('');
    super(`${waitedFor}: not within ${milliseconds} ms${who}`);
    this.waitedFor = waitedFor;
    this.milliseconds = milliseconds;
    this.holders = holders;
  }
}
