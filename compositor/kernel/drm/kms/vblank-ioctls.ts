import {
  _DRM_VBLANK_EVENT,
  _DRM_VBLANK_FLAGS_MASK,
  _DRM_VBLANK_HIGH_CRTC_MASK,
  _DRM_VBLANK_HIGH_CRTC_SHIFT,
  _DRM_VBLANK_NEXTONMISS,
  _DRM_VBLANK_RELATIVE,
  _DRM_VBLANK_SECONDARY,
  _DRM_VBLANK_SIGNAL,
  _DRM_VBLANK_TYPES_MASK,
  DRM_CRTC_SEQUENCE_NEXT_ON_MISS,
  DRM_CRTC_SEQUENCE_RELATIVE,
  DRM_EVENT_CRTC_SEQUENCE,
  DRM_EVENT_VBLANK,
  drm_event_crtc_sequence,
  drm_event_vblank,
  type drm_wait_vblank,
  drmIoctls,
} from '../../../../protocol/uapi/drm.ts';
import type { StructValue } from '../../../../protocol/uapi/struct.ts';
import { SECOND } from '../../../machine/machine.ts';
import { KernelError, require } from '../../task/kernel-error.ts';
import type { Sleeping } from '../../task/kernel-thread.ts';
import type { DrmFile } from '../file.ts';
import { type DrmIoctl, drmIoctl } from '../ioctl.ts';
import { Completion } from './completion.ts';
import { Crtc } from './crtc.ts';
import { timeval, vblankEvent } from './crtc-commit.ts';
import type { KmsDevice } from './kms-device.ts';
import { lookupFor } from './lookup.ts';
import type { Vblank, VblankTime } from './vblank.ts';

type Wait = StructValue<typeof drm_wait_vblank>;
type WaitArgument = { readonly request: Wait['request']; reply: Wait['reply'] };

/** Sequences this far behind are in the past, not 2^32 ahead (`drm_vblank_passed`). */
const PAST = 1n << 23n;
/** Longest sleep of WAIT_VBLANK. */
const PATIENCE = 3n * SECOND;

/** Calls about vblanks: `drivers/gpu/drm/drm_vblank.c`. */
export const vblankIoctls = (device: KmsDevice): DrmIoctl[] => [
  drmIoctl(drmIoctls.DRM_IOCTL_WAIT_VBLANK, ({ file }, argument) => waitVblank(device, file, argument)),
  drmIoctl(drmIoctls.DRM_IOCTL_CRTC_GET_SEQUENCE, ({ file }, argument) => {
    const { vblank } = lookupFor(device, file, argument.crtc_id, Crtc);
    needsOn(vblank);
    const { sequence, time } = vblank.latest();
    argument.active = 1;
    argument.sequence = sequence;
    argument.sequence_ns = time;
  }),
  drmIoctl(drmIoctls.DRM_IOCTL_CRTC_QUEUE_SEQUENCE, ({ file }, argument) => {
    const crtc = lookupFor(device, file, argument.crtc_id, Crtc);
    const { flags, user_data } = argument;
    const known = DRM_CRTC_SEQUENCE_RELATIVE | DRM_CRTC_SEQUENCE_NEXT_ON_MISS;
    require((flags & ~known) === 0, 'EINVAL', `unknown flags in 0x${flags.toString(16)}`);
    needsOn(crtc.vblank);
    const now = crtc.vblank.latest();
    let target = BigInt.asUintN(
      64,
      argument.sequence + (flags & DRM_CRTC_SEQUENCE_RELATIVE ? now.sequence : 0n),
    );
    const passed = BigInt.asUintN(64, now.sequence - target) <= PAST;
    if (passed) target = now.sequence + (flags & DRM_CRTC_SEQUENCE_NEXT_ON_MISS ? 1n : 0n);
    const pending = file.events.reserve(drm_event_crtc_sequence.size);
    const send = (vblank: VblankTime): void => pending.send(sequenceEvent(user_data, vblank));
    argument.sequence = target;
    if (target === now.sequence) send(now);
    else pending.whenOrphaned(crtc.vblank.at(target, send));
  }),
];

function needsOn(vblank: Vblank): void {
  require(vblank.enabled, 'EINVAL', 'the CRTC is off: it has no vblanks');
}

function waitVblank(device: KmsDevice, file: DrmFile, argument: WaitArgument): void | Sleeping<void> {
  const { type, sequence, signal } = argument.request;
  const known = _DRM_VBLANK_TYPES_MASK | _DRM_VBLANK_FLAGS_MASK | _DRM_VBLANK_HIGH_CRTC_MASK;
  require((type & _DRM_VBLANK_SIGNAL) === 0 &&
    (type & ~known) === 0, 'EINVAL', `unknown type 0x${type.toString(16)}`);
  const high = (type & _DRM_VBLANK_HIGH_CRTC_MASK) >>> _DRM_VBLANK_HIGH_CRTC_SHIFT;
  // A lessee counts its own.
  const crtcs = device.crtcs.filter(({ id }) => file.holds(id));
  const crtc = crtcs[high || (type & _DRM_VBLANK_SECONDARY ? 1 : 0)];
  if (!crtc) throw new KernelError('EINVAL', 'there is no such CRTC');
  const { vblank } = crtc;
  needsOn(vblank);
  const now = vblank.latest();
  const target = targetOf(type, sequence, now.sequence);
  const passed = target <= now.sequence;
  if (type & _DRM_VBLANK_EVENT) {
    const pending = file.events.reserve(drm_event_vblank.size);
    const send = (at: VblankTime): void => pending.send(vblankEvent(DRM_EVENT_VBLANK, signal, at, crtc.id));
    if (passed) send(now);
    else pending.whenOrphaned(vblank.at(target, send));
    reply(argument, type, passed ? now : { sequence: target, time: now.time });
    return;
  }
  if (passed) reply(argument, type, now);
  else return sleep(device, crtc, argument, target);
}

function targetOf(type: number, sequence: number, now: bigint): bigint {
  let target: bigint;
  if (type & _DRM_VBLANK_RELATIVE) target = now + BigInt(sequence);
  else {
    const ahead = BigInt.asUintN(32, BigInt(sequence) - now);
    target = ahead > 0xffffffffn - PAST ? now - (0x1_0000_0000n - ahead) : now + ahead;
  }
  return target <= now && type & _DRM_VBLANK_NEXTONMISS ? now + 1n : target;
}

/** EBUSY after three seconds, EINTR. */
function* sleep(
  device: KmsDevice,
  { vblank, name }: Crtc,
  argument: WaitArgument,
  target: bigint,
): Sleeping<void> {
  const { type } = argument.request;
  const done = new Completion();
  let reached: VblankTime | null = null;
  const cancel = vblank.at(target, at => {
    reached = at;
    done.complete();
  });
  try {
    const until = device.kernel.machine.now() + PATIENCE;
    if (!(yield* done.wait(`vblank ${target} of ${name}`, true, until)))
      throw new KernelError('EBUSY', `vblank ${target} of ${name} did not come within 3 s`);
  } catch (error) {
    // `drm_wait_vblank_ioctl` makes ERESTARTSYS EINTR: the caller decides whether to wait on.
    if (error instanceof KernelError && error.restarts)
      throw new KernelError(error.code, error.detail, false);
    throw error;
  } finally {
    cancel();
  }
  if (reached) reply(argument, type, reached);
}

function reply(argument: WaitArgument, type: number, { sequence, time }: VblankTime): void {
  const { tv_sec, tv_usec } = timeval(time);
  argument.reply = {
    type,
    sequence: Number(sequence & 0xffffffffn),
    tval_sec: BigInt(tv_sec),
    tval_usec: BigInt(tv_usec),
  };
}

function sequenceEvent(userData: bigint, { sequence, time }: VblankTime): Uint8Array {
  const bytes = new Uint8Array(drm_event_crtc_sequence.size);
  drm_event_crtc_sequence.write(new DataView(bytes.buffer), 0, {
    base: { type: DRM_EVENT_CRTC_SEQUENCE, length: bytes.length },
    user_data: userData,
    time_ns: time,
    sequence,
  });
  return bytes;
}
