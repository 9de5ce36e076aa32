// Formats of shared memory: wl_shm numbers two of them on its own and takes DRM's fourcc codes for the rest.

export const ARGB8888 = 0x34325241;
export const XRGB8888 = 0x34325258;

/**
 * What is offered. These two alone on purpose: Mesa's and other toolkits take a deeper format wherever one is offered,
 * which costs bandwidth and gains nothing here.
 */
const OFFERED = [
  { shm: 0, fourcc: ARGB8888, bytesPerPixel: 4 },
  { shm: 1, fourcc: XRGB8888, bytesPerPixel: 4 },
] as const;

export interface ShmFormat {
  /** The number in wl_shm.format. */
  readonly shm: number;
  readonly fourcc: number;
  readonly bytesPerPixel: number;
}

export const SHM_FORMATS: readonly ShmFormat[] = OFFERED;

export const shmFormat = (shm: number): ShmFormat | undefined =>
  SHM_FORMATS.find(format => format.shm === shm);

/** The wl_shm number of a fourcc code. */
export const shmNumber = (fourcc: number): number =>
  SHM_FORMATS.find(format => format.fourcc === fourcc)?.shm ?? fourcc;

/** Whether wl_shm takes the format, by its fourcc code. */
export const isOffered = (fourcc: number): boolean => SHM_FORMATS.some(format => format.fourcc === fourcc);
