import { drmIoctls } from '../../protocol/uapi/drm.ts';
import { modeIoctls } from '../../protocol/uapi/drm-mode.ts';
import { type Asked, ioctl } from './calls.ts';
import type { Outcome, Probe } from './probe.ts';

export interface DumbBuffer extends Outcome {
  readonly handle: number;
  readonly pitch: number;
  readonly size: bigint;
}

export function createDumb(
  probe: Probe,
  device: number,
  width: number,
  height: number,
  bpp: number,
): DumbBuffer {
  const { ret, errno, out } = ioctl(probe, device, modeIoctls.DRM_IOCTL_MODE_CREATE_DUMB, {
    width,
    height,
    bpp,
  });
  return { ret, errno, handle: out.handle, pitch: out.pitch, size: out.size };
}

export const closeHandle = (probe: Probe, device: number, handle: number): Outcome =>
  ioctl(probe, device, drmIoctls.DRM_IOCTL_GEM_CLOSE, { handle });

/** PRIME_HANDLE_TO_FD; `fd` is -1 when it failed. */
export function handleToFd(
  probe: Probe,
  device: number,
  handle: number,
  flags: number,
): Outcome & { readonly fd: number } {
  const asked = ioctl(probe, device, drmIoctls.DRM_IOCTL_PRIME_HANDLE_TO_FD, { handle, flags, fd: -77 });
  return { ret: asked.ret, errno: asked.errno, fd: asked.errno ? -1 : asked.out.fd };
}

/** PRIME_FD_TO_HANDLE; `handle` is 0 when it failed. */
export function fdToHandle(probe: Probe, device: number, fd: number): Outcome & { readonly handle: number } {
  const asked = ioctl(probe, device, drmIoctls.DRM_IOCTL_PRIME_FD_TO_HANDLE, { fd });
  return { ret: asked.ret, errno: asked.errno, handle: asked.errno ? 0 : asked.out.handle };
}

/** MAP_DUMB; `offset` is 0 when it failed. */
export function mapDumb(probe: Probe, device: number, handle: number): Outcome & { readonly offset: bigint } {
  const asked: Asked<typeof modeIoctls.DRM_IOCTL_MODE_MAP_DUMB.struct> = ioctl(
    probe,
    device,
    modeIoctls.DRM_IOCTL_MODE_MAP_DUMB,
    { handle },
  );
  return { ret: asked.ret, errno: asked.errno, offset: asked.errno ? 0n : asked.out.offset };
}
