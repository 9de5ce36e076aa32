import * as uapi from '../../../protocol/uapi/drm.ts';
import { KernelError, require } from '../task/kernel-error.ts';
import type { DrmDevice, DrmFeature } from './device.ts';
import type { ClientCaps } from './file.ts';
import { type DrmCall, drmIoctl } from './ioctl.ts';

/** Capabilities that `struct drm_mode_config` holds. */
export interface ModeCaps {
  readonly preferredDepth?: number;
  readonly preferShadow?: boolean;
  readonly asyncPageFlip?: boolean;
  readonly atomicAsyncPageFlip?: boolean;
  /** Pixels; 64 when left out. */
  readonly cursorWidth?: number;
  readonly cursorHeight?: number;
  readonly addfb2Modifiers: boolean;
}

const bit = (condition: boolean | undefined): bigint => (condition ? 1n : 0n);

/** `drm_getcap` (`drivers/gpu/drm/drm_ioctl.c`). */
export function capability(device: DrmDevice, number: bigint): bigint {
  switch (number) {
    case uapi.DRM_CAP_TIMESTAMP_MONOTONIC:
      return 1n;
    case uapi.DRM_CAP_PRIME:
      return uapi.DRM_PRIME_CAP_IMPORT | uapi.DRM_PRIME_CAP_EXPORT;
    case uapi.DRM_CAP_SYNCOBJ:
      return bit(device.has('syncobj'));
    case uapi.DRM_CAP_SYNCOBJ_TIMELINE:
      return bit(device.has('syncobj-timeline'));
    default:
      return modeCapability(device, number);
  }
}

function modeCapability(device: DrmDevice, number: bigint): bigint {
  device.needs('modeset');
  const caps = device.driver.modeCaps ?? { addfb2Modifiers: false };
  switch (number) {
    case uapi.DRM_CAP_DUMB_BUFFER:
      return bit(device.has('dumb'));
    case uapi.DRM_CAP_VBLANK_HIGH_CRTC:
    case uapi.DRM_CAP_CRTC_IN_VBLANK_EVENT:
      return 1n;
    case uapi.DRM_CAP_DUMB_PREFERRED_DEPTH:
      return BigInt(caps.preferredDepth ?? 0);
    case uapi.DRM_CAP_DUMB_PREFER_SHADOW:
      return bit(caps.preferShadow);
    case uapi.DRM_CAP_ASYNC_PAGE_FLIP:
      return bit(caps.asyncPageFlip);
    case uapi.DRM_CAP_ATOMIC_ASYNC_PAGE_FLIP:
      return bit(device.has('atomic') && caps.atomicAsyncPageFlip);
    case uapi.DRM_CAP_PAGE_FLIP_TARGET:
      return 0n;
    case uapi.DRM_CAP_CURSOR_WIDTH:
      return BigInt(caps.cursorWidth ?? 64);
    case uapi.DRM_CAP_CURSOR_HEIGHT:
      return BigInt(caps.cursorHeight ?? 64);
    case uapi.DRM_CAP_ADDFB2_MODIFIERS:
      return bit(caps.addfb2Modifiers);
    default:
      throw new KernelError('EINVAL', `there is no capability 0x${number.toString(16)}`);
  }
}

type Switch = { [K in keyof ClientCaps]: ClientCaps[K] extends boolean ? K : never }[keyof ClientCaps];

/** A client capability that is on or off. */
interface KnownCap {
  readonly name: Switch;
  readonly feature?: DrmFeature;
  readonly afterAtomic?: true;
  /** The behaviour of kernels that know it; without one, all do. */
  readonly since?: 'planeColorPipelineCap';
}

const SWITCHES: ReadonlyMap<bigint, KnownCap> = new Map<bigint, KnownCap>([
  [uapi.DRM_CLIENT_CAP_STEREO_3D, { name: 'stereo3d' }],
  [uapi.DRM_CLIENT_CAP_UNIVERSAL_PLANES, { name: 'universalPlanes' }],
  [uapi.DRM_CLIENT_CAP_ASPECT_RATIO, { name: 'aspectRatio' }],
  [uapi.DRM_CLIENT_CAP_WRITEBACK_CONNECTORS, { name: 'writebackConnectors', afterAtomic: true }],
  [
    uapi.DRM_CLIENT_CAP_CURSOR_PLANE_HOTSPOT,
    { name: 'cursorPlaneHotspot', feature: 'cursor-hotspot', afterAtomic: true },
  ],
  [
    uapi.DRM_CLIENT_CAP_PLANE_COLOR_PIPELINE,
    {
      name: 'planeColorPipeline',
      feature: 'color-pipeline',
      afterAtomic: true,
      since: 'planeColorPipelineCap',
    },
  ],
]);

function knownCap({ kernel: { behaviour } }: DrmDevice, capability: bigint): KnownCap | undefined {
  const known = SWITCHES.get(capability);
  return known?.since && !behaviour[known.since] ? undefined : known;
}

/** `drm_setclientcap`. */
function setClientCap(call: DrmCall, capability: bigint, value: bigint): void {
  const { device, file } = call;
  device.needs('modeset');
  const known = knownCap(device, capability);
  if (capability === uapi.DRM_CLIENT_CAP_ATOMIC) {
    setAtomic(call, value);
  } else if (known) {
    if (known.feature) device.needs(known.feature);
    const { atomic } = file.clientCaps;
    require(!known.afterAtomic || atomic, 'EINVAL', `client capability ${capability} comes after ATOMIC`);
    checkAtMost(1n, capability, value);
    file.clientCaps[known.name] = value === 1n;
  } else if (!device.driver.setClientCap?.(file, capability, value))
    throw new KernelError('EINVAL', `there is no client capability ${capability}`);
}

function checkAtMost(maximum: bigint, capability: bigint, value: bigint): void {
  require(value <= maximum, 'EINVAL', `client capability ${capability} takes 0 to ${maximum}, not ${value}`);
}

/** ATOMIC brings planes of all types and aspect ratios with it. */
function setAtomic({ device, file: { clientCaps }, task }: DrmCall, value: bigint): void {
  device.needs('atomic');
  // The modesetting driver of Xorg claims what it cannot do; 2 says that the client really means it.
  if (task.name.startsWith('X') && value === 1n)
    throw new KernelError('EOPNOTSUPP', 'a process whose name begins with X gets ATOMIC for the value 2');
  checkAtMost(2n, uapi.DRM_CLIENT_CAP_ATOMIC, value);
  clientCaps.atomic = Number(value);
  clientCaps.universalPlanes = value > 0n;
  clientCaps.aspectRatio = value > 0n;
}

const { drmIoctls } = uapi;

export const capIoctls = [
  drmIoctl(drmIoctls.DRM_IOCTL_GET_CAP, ({ device }, argument) => {
    argument.value = 0n;
    argument.value = device.cap(argument.capability);
  }),
  drmIoctl(drmIoctls.DRM_IOCTL_SET_CLIENT_CAP, (call, { capability, value }) =>
    setClientCap(call, capability, value),
  ),
];
