import { DRM_COMMAND_BASE, DRM_COMMAND_END } from '../../../protocol/uapi/drm.ts';
import { decode, type Ioctl } from '../../../protocol/uapi/ioctl.ts';
import type { Struct, StructValue } from '../../../protocol/uapi/struct.ts';
import { KernelError } from '../task/kernel-error.ts';
import type { Sleeping } from '../task/kernel-thread.ts';
import type { OpenFile } from '../task/open-file.ts';
import type { Task } from '../task/task.ts';
import type { DrmDevice } from './device.ts';
import type { DrmFile } from './file.ts';

/** A DRM call as its handler finds it. */
export interface DrmCall {
  readonly device: DrmDevice;
  readonly file: DrmFile;
  readonly task: Task;
  /** The open file that the descriptor named. */
  readonly openFile: OpenFile;
}

export type DrmResult = number | void;

/** The argument of a call, for the handler to change. */
export type DrmArgument<S extends Struct | null> = S extends Struct
  ? { -readonly [K in keyof StructValue<S>]: StructValue<S>[K] }
  : null;

/** What a call does. It changes `argument`, which is copied back to the caller, after an error too. */
export type DrmHandler<S extends Struct | null> = (
  call: DrmCall,
  argument: DrmArgument<S>,
) => DrmResult | Sleeping<DrmResult>;

/** One call with its handler; `IoctlTable.add` takes them. */
export interface DrmIoctl {
  readonly ioctl: Ioctl;
  run(call: DrmCall, argument: DataView): DrmResult | Sleeping<DrmResult>;
}

/** Ties a handler to an entry of the UAPI tables. */
export function drmIoctl<S extends Struct | null>(ioctl: Ioctl<S>, handler: DrmHandler<S>): DrmIoctl {
  const handle = handler as unknown as DrmHandler<Struct>;
  const without = handler as DrmHandler<null>;
  const struct = ioctl.struct as Struct | null;
  return {
    ioctl,
    run(call, view) {
      if (struct === null) return without(call, null);
      const argument = struct.read(view, 0);
      let outcome: DrmResult | Sleeping<DrmResult>;
      try {
        outcome = handle(call, argument);
      } catch (error) {
        struct.write(view, 0, argument);
        throw error;
      }
      if (typeof outcome === 'object') return finishing(outcome, () => struct.write(view, 0, argument));
      struct.write(view, 0, argument);
      return outcome;
    },
  };
}

function* finishing<T>(body: Sleeping<T>, finish: () => void): Sleeping<T> {
  try {
    return yield* body;
  } finally {
    finish();
  }
}

/** The calls of a device: those of the core, and those that its driver adds. */
export class IoctlTable {
  readonly #entries = new Map<number, DrmIoctl>();

  /** Adds calls. Throws when a number is taken: two tables claim it. */
  add(...ioctls: readonly DrmIoctl[]): void {
    for (const entry of ioctls) {
      const { nr } = decode(entry.ioctl.number);
      const other = this.#entries.get(nr);
      if (other) throw new Error(`${entry.ioctl.name} and ${other.ioctl.name} both are DRM call ${nr}`);
      this.#entries.set(nr, entry);
    }
  }

  has(ioctl: Ioctl): boolean {
    return this.#entries.has(decode(ioctl.number).nr);
  }

  /** Names of all calls, by number. */
  get names(): string[] {
    return [...this.#entries].sort(([a], [b]) => a - b).map(([, entry]) => entry.ioctl.name);
  }

  /**
   * `drm_ioctl` (`drivers/gpu/drm/drm_ioctl.c`): the number alone says which call it is; caller and kernel may differ
   * about the size of the argument, what is missing being zero. The argument is copied in before permissions are
   * looked at, so a bad address is EFAULT even where the call would be EACCES, and copied out whatever the handler said.
   */
  dispatch(call: DrmCall, request: number, address: bigint): number | Sleeping<number> {
    const { type, nr, size, read, write } = decode(request);
    if (type !== 'd') throw new KernelError('ENOTTY', `request 0x${request.toString(16)} is not a DRM call`);
    const entry = this.#entries.get(nr);
    if (!entry) throw new KernelError('EINVAL', `${call.device.driver.name} has no ${describe(nr)}`);
    const own = decode(entry.ioctl.number);
    const inSize = write && own.write ? size : 0;
    const outSize = read && own.read ? size : 0;
    // Over a buffer that exists: to ask a small array for its own costs more than the call.
    const bytes = new Uint8Array(new ArrayBuffer(Math.max(inSize, outSize, own.size)));
    bytes.set(call.task.memory.copyFromUser(address, inSize));
    const copyOut = (): void => call.task.memory.copyToUser(address, bytes.subarray(0, outSize));
    return this.#run(entry, call, bytes, copyOut);
  }

  #run(entry: DrmIoctl, call: DrmCall, bytes: Uint8Array, copyOut: () => void): number | Sleeping<number> {
    let outcome: DrmResult | Sleeping<DrmResult>;
    try {
      checkPermission(entry.ioctl, call);
      outcome = entry.run(call, new DataView(bytes.buffer));
    } catch (error) {
      copyOut();
      throw error;
    }
    if (typeof outcome === 'object') return finishing(asNumber(outcome), copyOut);
    copyOut();
    return outcome ?? 0;
  }
}

function* asNumber(body: Sleeping<DrmResult>): Sleeping<number> {
  return (yield* body) ?? 0;
}

const describe = (nr: number): string =>
  nr >= DRM_COMMAND_BASE && nr < DRM_COMMAND_END
    ? `driver call ${nr - DRM_COMMAND_BASE}`
    : `core call 0x${nr.toString(16)}`;

/** `drm_ioctl_permit`: every refusal is EACCES. */
function checkPermission(ioctl: Ioctl, { file, task }: DrmCall): void {
  const refuse = (why: string): never => {
    throw new KernelError('EACCES', `${ioctl.name} ${why}`);
  };
  if (ioctl.permission === 'root' && task.credentials.uid !== 0) refuse('is for root');
  if (ioctl.permission === 'auth' && file.node !== 'render' && !file.authenticated)
    refuse('needs an authenticated file: GET_MAGIC here, AUTH_MAGIC by the master');
  if (ioctl.permission === 'master' && !file.isCurrentMaster)
    refuse('is for the current master: SET_MASTER when no other file is');
  if (file.node === 'render' && ioctl.permission !== 'render') refuse('is not allowed on a render node');
}
