/**
 * Ioctl numbers as `include/uapi/asm-generic/ioctl.h` encodes them: direction in bits 30-31, size of the argument in
 * bits 16-29, the driver's type letter in bits 8-15, the number in bits 0-7.
 */
import type { Direction, Struct } from './struct.ts';

/**
 * Who may call it, after the flags of `drivers/gpu/drm/drm_ioctl.c`:
 * `any` (no flag; on a primary node only), `render` (DRM_RENDER_ALLOW: on render nodes too), `auth` (DRM_AUTH: an
 * authenticated client of the primary node), `master` (DRM_MASTER: the current master) and `root` (DRM_ROOT_ONLY:
 * CAP_SYS_ADMIN). Outside DRM everything is `any`: holding the descriptor is the permission.
 */
export type Permission = 'any' | 'render' | 'auth' | 'master' | 'root';

/** One entry of a table: everything that dispatch, marshalling, recording and documentation need to know of a call. */
export interface Ioctl<S extends Struct | null = Struct | null> {
  readonly name: string;
  /** The encoded request, an unsigned 32-bit number. */
  readonly number: number;
  /** Which way the argument is copied, seen from the kernel; 'none' when there is none. */
  readonly direction: Direction | 'none';
  /** The argument, or null when the call takes none. */
  readonly struct: S;
  readonly permission: Permission;
  /** Whether the call may sleep, and so is answered later and can be interrupted by a signal. */
  readonly sleeps: boolean;
}

export interface IoctlOptions {
  readonly permission?: Permission;
  readonly sleeps?: boolean;
  /** The size in the number where the header names another type than the argument's (DMA_BUF_SET_NAME does). */
  readonly encodedSize?: number;
}

const NONE = 0;
const WRITE = 1;
const READ = 2;
const MAX_SIZE = 0x3fff;

/** `_IOC(dir, type, nr, size)`. */
export function encode(direction: number, type: string, nr: number, size: number): number {
  if (type.length !== 1 || nr < 0 || nr > 0xff || size < 0 || size > MAX_SIZE)
    throw new RangeError(
      `no ioctl number for type '${type}', nr ${nr}, size ${size}: one letter, 8 and 14 bits are expected`,
    );
  return ((direction << 30) | (size << 16) | (type.charCodeAt(0) << 8) | nr) >>> 0;
}

/** The parts of a request: what `_IOC_DIR`, `_IOC_TYPE`, `_IOC_NR` and `_IOC_SIZE` take out of it. */
export const decode = (
  number: number,
): { read: boolean; write: boolean; type: string; nr: number; size: number } => ({
  read: ((number >>> 30) & READ) !== 0,
  write: ((number >>> 30) & WRITE) !== 0,
  type: String.fromCharCode((number >>> 8) & 0xff),
  nr: number & 0xff,
  size: (number >>> 16) & MAX_SIZE,
});

const maker =
  (bits: number, direction: Direction) =>
  <S extends Struct>(
    name: string,
    type: string,
    nr: number,
    struct: S,
    options: IoctlOptions = {},
  ): Ioctl<S> => ({
    name,
    number: encode(bits, type, nr, options.encodedSize ?? struct.size),
    direction,
    struct,
    permission: options.permission ?? 'any',
    sleeps: options.sleeps ?? false,
  });

/** `_IO`: no argument. */
export const io = (name: string, type: string, nr: number, options: IoctlOptions = {}): Ioctl<null> => ({
  name,
  number: encode(NONE, type, nr, 0),
  direction: 'none',
  struct: null,
  permission: options.permission ?? 'any',
  sleeps: options.sleeps ?? false,
});

/** `_IOR`: the kernel writes the argument. */
export const ior = maker(READ, 'out');
/** `_IOW`: the kernel reads the argument. */
export const iow = maker(WRITE, 'in');
/** `_IOWR`: both. */
export const iowr = maker(READ | WRITE, 'inout');

const DRM = 'd';
export const drmIo = (name: string, nr: number, options?: IoctlOptions): Ioctl<null> =>
  io(name, DRM, nr, options);
export const drmIor = <S extends Struct>(
  name: string,
  nr: number,
  struct: S,
  options?: IoctlOptions,
): Ioctl<S> => ior(name, DRM, nr, struct, options);
export const drmIow = <S extends Struct>(
  name: string,
  nr: number,
  struct: S,
  options?: IoctlOptions,
): Ioctl<S> => iow(name, DRM, nr, struct, options);
export const drmIowr = <S extends Struct>(
  name: string,
  nr: number,
  struct: S,
  options?: IoctlOptions,
): Ioctl<S> => iowr(name, DRM, nr, struct, options);
