import * as uapi from '../../../protocol/uapi/drm.ts';
import { KernelError, require } from '../task/kernel-error.ts';
import type { DrmDevice } from './device.ts';
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

/** `drm_setclientcap`. */
function setClientCap({ device, file, task }: DrmCall, capability: bigint, value: bigint): void {
  device.needs('modeset');
  const { clientCaps: caps } = file;
  const atMost = (maximum: bigint): void =>
    require(value <=
      maximum, 'EINVAL', `client capability ${capability} takes 0 to ${maximum}, not ${value}`);
  const afterAtomic = (): void =>
    require(caps.atomic, 'EINVAL', `client capability ${capability} comes after ATOMIC`);
  switch (capability) {
    case uapi.DRM_CLIENT_CAP_STEREO_3D:
      atMost(1n);
      caps.stereo3d = value === 1n;
      return;
    case uapi.DRM_CLIENT_CAP_UNIVERSAL_PLANES:
      atMost(1n);
      caps.universalPlanes = value === 1n;
      return;
    case uapi.DRM_CLIENT_CAP_ATOMIC:
      device.needs('atomic');
      // The modesetting driver of Xorg claims what it cannot do; 2 says that the client really means it.
      if (task.name.startsWith('X') && value === 1n)
        throw new KernelError('EOPNOTSUPP', 'a process whose name begins with X gets ATOMIC for the value 2');
      atMost(2n);
      caps.atomic = Number(value);
      caps.universalPlanes = value > 0n;
      caps.aspectRatio = value > 0n;
      return;
    case uapi.DRM_CLIENT_CAP_ASPECT_RATIO:
      atMost(1n);
      caps.aspectRatio = value === 1n;
      return;
    case uapi.DRM_CLIENT_CAP_WRITEBACK_CONNECTORS:
      afterAtomic();
      atMost(1n);
      caps.writebackConnectors = value === 1n;
      return;
    case uapi.DRM_CLIENT_CAP_CURSOR_PLANE_HOTSPOT:
      device.needs('cursor-hotspot');
      afterAtomic();
      atMost(1n);
      caps.cursorPlaneHotspot = value === 1n;
      return;
    case uapi.DRM_CLIENT_CAP_PLANE_COLOR_PIPELINE:
      require(device.kernel.behaviour
        .planeColorPipelineCap, 'EINVAL', `there is no client capability ${capability}`);
      device.needs('color-pipeline');
      afterAtomic();
      atMost(1n);
      caps.planeColorPipeline = value === 1n;
      return;
    default:
      if (device.driver.setClientCap?.(file, capability, value)) return;
      throw new KernelError('EINVAL', `there is no client capability ${capability}`);
  }
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
