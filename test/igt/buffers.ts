import { equal } from 'node:assert/strict';
import { DRM_CLOEXEC, DRM_RDWR } from '../../protocol/uapi/drm.ts';
import { createDumb, handleToFd, mapDumb } from '../conformance/buffers.ts';
import type { Probe } from '../conformance/probe.ts';

/** A dumb buffer of 32 bits a pixel. */
export interface Pixels {
  readonly handle: number;
  readonly pitch: number;
  readonly size: number;
}

export function createPixels(probe: Probe, device: number, width: number, height: number): Pixels {
  const { errno, handle, pitch, size } = createDumb(probe, device, width, height, 32);
  equal(errno, null);
  return { handle, pitch, size: Number(size) };
}

/** The place of a dumb buffer in the address space of its device. */
export function offsetOf(probe: Probe, device: number, handle: number): bigint {
  const { errno, offset } = mapDumb(probe, device, handle);
  equal(errno, null);
  return offset;
}

/** A new mapping of a dumb buffer: its address. */
export const mapPixels = (probe: Probe, device: number, { handle, size }: Pixels): bigint =>
  probe.task.mmap(device, size, { offset: offsetOf(probe, device, handle) });

/** The memory behind an address, in words. */
export function wordsAt(probe: Probe, address: bigint, size: number): Uint32Array {
  const bytes = probe.task.memory.view(address, size);
  return new Uint32Array(bytes.buffer, bytes.byteOffset, size / 4);
}

export function exportBuffer(probe: Probe, device: number, handle: number): number {
  const { errno, fd } = handleToFd(probe, device, handle, DRM_RDWR | DRM_CLOEXEC);
  equal(errno, null);
  return fd;
}
