import type { Ioctl } from '../../../protocol/uapi/ioctl.ts';
import type { Struct, UserValue } from '../../../protocol/uapi/struct.ts';
import { syncobjIoctls } from '../../../protocol/uapi/syncobj.ts';
import { type Asked, ioctl } from '../calls.ts';
import type { State } from '../line.ts';
import { integer, type Outcome, type Probe } from '../probe.ts';

export const WAIT_ALL = 1;
export const WAIT_FOR_SUBMIT = 2;
export const WAIT_AVAILABLE = 4;
export const IMPORT_OR_EXPORT_SYNC_FILE = 1;
export const TIMELINE = 2;

/** What a wait leaves in `first_signaled` when it does not fill it in. */
const UNTOUCHED = 0xdead;

/** Flags of waits, by name. */
export const WAIT_FLAGS: readonly [name: string, flags: number][] = [
  ['0', 0],
  ['ALL', 1],
  ['SUBMIT', 2],
  ['AVAILABLE', 4],
  ['ALL|SUBMIT', 3],
  ['SUBMIT|AVAILABLE', 6],
  ['DEADLINE', 8],
  ['bad-0x10', 16],
  ['bad-0x80000000', 0x8000_0000],
];

export interface Waited extends Outcome {
  readonly first: number;
  /** Virtual milliseconds. */
  readonly took: number;
}

/** The sync object calls on one open file. */
export class Syncobjs {
  readonly probe: Probe;
  readonly fd: number;

  constructor(probe: Probe, fd: number) {
    this.probe = probe;
    this.fd = fd;
  }

  call<S extends Struct>(call: Ioctl<S>, value: UserValue<S>): Asked<S> {
    return ioctl(this.probe, this.fd, call, value);
  }

  create(flags = 0, preset = 0): Outcome & { readonly handle: number } {
    const { ret, errno, out } = this.call(syncobjIoctls.DRM_IOCTL_SYNCOBJ_CREATE, { flags, handle: preset });
    return { ret, errno, handle: out.handle };
  }

  /** The handle of a new one. */
  make(flags = 0): number {
    return this.create(flags).handle;
  }

  destroy(handle: number, pad = 0): Outcome {
    return this.call(syncobjIoctls.DRM_IOCTL_SYNCOBJ_DESTROY, { handle, pad });
  }

  /** WAIT; `milliseconds` from now, -1 for an absolute time-out of 0. */
  wait(handles: readonly number[], milliseconds: number, flags = 0): Waited {
    return this.#timed(() =>
      this.call(syncobjIoctls.DRM_IOCTL_SYNCOBJ_WAIT, {
        handles,
        flags,
        timeout_nsec: this.#deadline(milliseconds),
        first_signaled: UNTOUCHED,
      }),
    );
  }

  /** TIMELINE_WAIT for a point of each. */
  waitPoint(handle: number, point: bigint, milliseconds: number, flags = 0): Waited {
    return this.#timed(() =>
      this.call(syncobjIoctls.DRM_IOCTL_SYNCOBJ_TIMELINE_WAIT, {
        handles: [handle],
        points: [point],
        flags,
        timeout_nsec: this.#deadline(milliseconds),
        first_signaled: UNTOUCHED,
      }),
    );
  }

  signal(handles: readonly number[], pad = 0): Outcome {
    return this.call(syncobjIoctls.DRM_IOCTL_SYNCOBJ_SIGNAL, { handles, pad });
  }

  reset(handles: readonly number[], pad = 0): Outcome {
    return this.call(syncobjIoctls.DRM_IOCTL_SYNCOBJ_RESET, { handles, pad });
  }

  signalPoint(handle: number, point: bigint, flags = 0): Outcome {
    return this.call(syncobjIoctls.DRM_IOCTL_SYNCOBJ_TIMELINE_SIGNAL, {
      handles: [handle],
      points: [point],
      flags,
    });
  }

  query(handle: number, flags = 0): Outcome & { readonly point: bigint } {
    const { ret, errno, out } = this.call(syncobjIoctls.DRM_IOCTL_SYNCOBJ_QUERY, {
      handles: [handle],
      points: [0n],
      flags,
    });
    const { points } = out;
    return { ret, errno, point: Array.isArray(points) ? (points[0] ?? 0n) : 0n };
  }

  /** Where a timeline stands. */
  state(handle: number): State {
    const signalled = this.query(handle);
    if (signalled.errno) return { query: signalled.errno };
    const submitted = this.query(handle, 1);
    return { query: integer(signalled.point), query_last_submitted: integer(submitted.point) };
  }

  /** HANDLE_TO_FD; `fd` is -1 when it failed. */
  toFd(handle: number, flags = 0, point = 0n, pad = 0): Outcome & { readonly fd: number } {
    const { ret, errno, out } = this.call(syncobjIoctls.DRM_IOCTL_SYNCOBJ_HANDLE_TO_FD, {
      handle,
      flags,
      point,
      pad,
      fd: -77,
    });
    return { ret, errno, fd: errno ? -1 : out.fd };
  }

  /** The sync file of what it holds, or of a point. -1 when there is none. */
  syncFile(handle: number, point?: bigint): number {
    if (point === undefined) return this.toFd(handle, IMPORT_OR_EXPORT_SYNC_FILE).fd;
    return this.toFd(handle, IMPORT_OR_EXPORT_SYNC_FILE | TIMELINE, point).fd;
  }

  fromFd(fd: number, flags = 0, handle = 0, point = 0n): Outcome & { readonly handle: number } {
    const { ret, errno, out } = this.call(syncobjIoctls.DRM_IOCTL_SYNCOBJ_FD_TO_HANDLE, {
      fd,
      flags,
      handle,
      point,
    });
    return { ret, errno, handle: out.handle };
  }

  /** Puts the fence of a sync file into it. */
  put(handle: number, syncFile: number): Outcome & { readonly handle: number } {
    return this.fromFd(syncFile, IMPORT_OR_EXPORT_SYNC_FILE, handle);
  }

  transfer(
    to: { readonly handle: number; readonly point?: bigint },
    from: { readonly handle: number; readonly point?: bigint },
    flags = 0,
    pad = 0,
  ): Outcome {
    return this.call(syncobjIoctls.DRM_IOCTL_SYNCOBJ_TRANSFER, {
      dst_handle: to.handle,
      dst_point: to.point ?? 0n,
      src_handle: from.handle,
      src_point: from.point ?? 0n,
      flags,
      pad,
    });
  }

  notify(handle: number, point: bigint, fd: number, flags = 0, pad = 0): Outcome {
    return this.call(syncobjIoctls.DRM_IOCTL_SYNCOBJ_EVENTFD, { handle, point, fd, flags, pad });
  }

  #deadline(milliseconds: number): bigint {
    return milliseconds < 0 ? 0n : this.probe.machine.now() + BigInt(milliseconds) * 1_000_000n;
  }

  #timed(body: () => Outcome & { readonly out: { readonly first_signaled: number } }): Waited {
    const start = this.probe.machine.now();
    const { ret, errno, out } = body();
    const took = Number(this.probe.machine.now() - start) / 1e6;
    return { ret, errno, first: out.first_signaled, took };
  }
}
