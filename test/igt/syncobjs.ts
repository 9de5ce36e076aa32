import type { KernelThread } from '../../compositor/kernel/task/kernel-thread.ts';
import { MILLISECOND } from '../../compositor/machine/machine.ts';
import type { Ioctl } from '../../protocol/uapi/ioctl.ts';
import type { Struct, UserValue } from '../../protocol/uapi/struct.ts';
import * as uapi from '../../protocol/uapi/syncobj.ts';
import { type Asked, ioctl } from '../conformance/calls.ts';
import { incrementTimeline, openTimeline, timelineFence } from '../conformance/fences.ts';
import { type Outcome, outcomeOf, type Probe } from '../conformance/probe.ts';
import type { Subtest } from './binary.ts';
import { GPU } from './system.ts';

export const ALL = uapi.DRM_SYNCOBJ_WAIT_FLAGS_WAIT_ALL;
export const FOR_SUBMIT = uapi.DRM_SYNCOBJ_WAIT_FLAGS_WAIT_FOR_SUBMIT;
export const AVAILABLE = uapi.DRM_SYNCOBJ_WAIT_FLAGS_WAIT_AVAILABLE;
/** A time that does not come. */
export const FOREVER = 0x7fff_ffff_ffff_ffffn;

const { syncobjIoctls: table } = uapi;

/** A fence that signals when its program says so. */
export interface PendingFence {
  /** Its sync file. */
  readonly file: number;
  signal(): void;
}

export interface WaitRequest {
  readonly handles: readonly number[];
  /** Without them the call is that of binary sync objects. */
  readonly points?: readonly bigint[];
  readonly flags?: number;
  /** Absolute; default: look once. */
  readonly until?: bigint;
}

/** The index that a wait reported, or the error's name. */
export type Waited = number | string;

/** The render engine's sync objects, as one program uses them. */
export class Syncobjs {
  readonly probe: Probe;
  readonly fd: number;

  constructor(probe: Probe) {
    this.probe = probe;
    this.fd = probe.task.open(GPU);
  }

  call<S extends Struct>(call: Ioctl<S>, value: UserValue<S>): Asked<S> {
    return ioctl(this.probe, this.fd, call, value);
  }

  create(flags = 0): number {
    return this.call(table.DRM_IOCTL_SYNCOBJ_CREATE, { flags }).out.handle;
  }

  createMany(count: number): number[] {
    return Array.from({ length: count }, () => this.create());
  }

  /** A fence on a timeline of its own. */
  pending(): PendingFence {
    const timeline = openTimeline(this.probe);
    const file = timelineFence(this.probe, timeline, 1);
    return { file, signal: () => void incrementTimeline(this.probe, timeline, 1) };
  }

  /** Puts the fence of a sync file into a binary sync object. */
  attach(handle: number, { file }: Pick<PendingFence, 'file'>): Outcome {
    const flags = uapi.DRM_SYNCOBJ_FD_TO_HANDLE_FLAGS_IMPORT_SYNC_FILE;
    return this.call(table.DRM_IOCTL_SYNCOBJ_FD_TO_HANDLE, { handle, fd: file, flags });
  }

  /** Puts it at a point of a timeline, by way of a binary sync object; at point 0 it replaces what is there. */
  attachAt(handle: number, point: bigint, fence: Pick<PendingFence, 'file'>): void {
    if (point === 0n) {
      this.attach(handle, fence);
      return;
    }
    const binary = this.create();
    this.attach(binary, fence);
    this.transfer({ handle: binary, point: 0n }, { handle, point });
    this.call(table.DRM_IOCTL_SYNCOBJ_DESTROY, { handle: binary });
  }

  transfer(
    from: { handle: number; point: bigint },
    to: { handle: number; point: bigint },
    more: { flags?: number; pad?: number } = {},
  ): Outcome {
    return this.call(table.DRM_IOCTL_SYNCOBJ_TRANSFER, {
      src_handle: from.handle,
      src_point: from.point,
      dst_handle: to.handle,
      dst_point: to.point,
      ...more,
    });
  }

  signal(handles: readonly number[], pad = 0): string | null {
    return this.call(table.DRM_IOCTL_SYNCOBJ_SIGNAL, { handles: [...handles], pad }).errno;
  }

  reset(handles: readonly number[], pad = 0): string | null {
    return this.call(table.DRM_IOCTL_SYNCOBJ_RESET, { handles: [...handles], pad }).errno;
  }

  signalPoints(handles: readonly number[], points: readonly bigint[], flags = 0): string | null {
    const value = { handles: [...handles], points: [...points], flags };
    return this.call(table.DRM_IOCTL_SYNCOBJ_TIMELINE_SIGNAL, value).errno;
  }

  /** The last signalled point of each, or the error's name. */
  query(handles: readonly number[], flags = 0): bigint[] | string {
    const value = { handles: [...handles], points: handles.map(() => 0n), flags };
    const { errno, out } = this.call(table.DRM_IOCTL_SYNCOBJ_QUERY, value);
    return errno ?? Array.from(out.points as ArrayLike<bigint>);
  }

  /** The time that is `milliseconds` from now. */
  after(milliseconds: number): bigint {
    return this.probe.machine.now() + BigInt(milliseconds) * MILLISECOND;
  }

  /** A wait of a thread of the program. */
  startWait(request: WaitRequest): KernelThread<{ first_signaled: number }> {
    const { handles, points, flags = 0, until = 0n } = request;
    const { task } = this.probe;
    const value = { handles: [...handles], flags, timeout_nsec: until, first_signaled: 0xffff_ffff };
    if (!points) return task.startCall(this.fd, table.DRM_IOCTL_SYNCOBJ_WAIT, value);
    return task.startCall(this.fd, table.DRM_IOCTL_SYNCOBJ_TIMELINE_WAIT, { ...value, points: [...points] });
  }

  /** How a wait ended that was started before, or ends now. */
  finish(thread: KernelThread<{ first_signaled: number }>): Waited {
    let first = 0;
    const { errno } = outcomeOf(() => {
      first = this.probe.finish(thread).first_signaled;
    });
    return errno ?? first;
  }

  wait(request: WaitRequest): Waited {
    return this.finish(this.startWait(request));
  }
}

/** Subtests that begin with the device opened. */
export const withSyncobjs = (bodies: {
  readonly [name: string]: (syncobjs: Syncobjs) => void;
}): { readonly [name: string]: Subtest } =>
  Object.fromEntries(
    Object.entries(bodies).map(([name, body]) => [name, probe => body(new Syncobjs(probe))]),
  );

/** The items in any order. */
export function shuffled(items: Iterable<number>, random: () => number): number[] {
  return [...items]
    .map(item => ({ item, rank: random() }))
    .sort((a, b) => a.rank - b.rank)
    .map(({ item }) => item);
}
