import {
  F_GET_SEALS,
  MAP_SHARED,
  MFD_ALLOW_SEALING,
  MFD_CLOEXEC,
  PROT_READ,
  PROT_WRITE,
} from '../../protocol/uapi/fcntl.ts';
import type { Probe } from './probe.ts';

/** A memfd that can be sealed. */
export function createMemfd(probe: Probe, size: number): number {
  const fd = probe.task.memfdCreate('m', MFD_ALLOW_SEALING | MFD_CLOEXEC);
  if (size > 0) probe.task.truncate(fd, BigInt(size));
  return fd;
}

export const sealsOf = (probe: Probe, fd: number): number => probe.task.fcntl(fd, F_GET_SEALS);

/** The path by which an open file is opened again. */
export const ownPath = (fd: number): string => `/proc/self/fd/${fd}`;

/** A shared mapping of a page, readable and writable unless said otherwise. */
export const mapPage = (
  probe: Probe,
  fd: number,
  protection = PROT_READ | PROT_WRITE,
  flags = MAP_SHARED,
): bigint => probe.task.mmap(fd, 4096, { protection, flags });

export const text = (characters: string): Uint8Array => new TextEncoder().encode(characters);
