import * as dmaBuf from '../../../protocol/uapi/dma-buf.ts';
import * as dmaHeap from '../../../protocol/uapi/dma-heap.ts';
import * as drm from '../../../protocol/uapi/drm.ts';
import * as drmMode from '../../../protocol/uapi/drm-mode.ts';
import * as fcntl from '../../../protocol/uapi/fcntl.ts';
import * as fourcc from '../../../protocol/uapi/fourcc.ts';
import type { Ioctl } from '../../../protocol/uapi/ioctl.ts';
import * as modeFlags from '../../../protocol/uapi/mode-flags.ts';
import * as simgpu from '../../../protocol/uapi/simgpu.ts';
import * as simkms from '../../../protocol/uapi/simkms.ts';
import type { Struct } from '../../../protocol/uapi/struct.ts';
import * as swSync from '../../../protocol/uapi/sw-sync.ts';
import * as syncFile from '../../../protocol/uapi/sync-file.ts';
import * as syncobj from '../../../protocol/uapi/syncobj.ts';
import * as udmabuf from '../../../protocol/uapi/udmabuf.ts';
import * as vgem from '../../../protocol/uapi/vgem.ts';

const tables = [
  dmaBuf,
  dmaHeap,
  drm,
  drmMode,
  fcntl,
  fourcc,
  modeFlags,
  simgpu,
  simkms,
  swSync,
  syncFile,
  syncobj,
  udmabuf,
  vgem,
] as const;

/** The constants of the UAPI headers, by their names there. */
export const constants = new Map<string, bigint>();
/** Calls by name. */
export const ioctls = new Map<string, Ioctl>();
/** Structs by name. */
export const structs = new Map<string, Struct>();

const isObject = (value: unknown): value is { readonly [key: string]: unknown } =>
  typeof value === 'object' && value !== null;
const isIoctl = (value: unknown): boolean => isObject(value) && 'direction' in value && 'sleeps' in value;
const isStruct = (value: unknown): boolean => isObject(value) && value['kind'] === 'struct';

for (const table of tables)
  for (const [name, value] of Object.entries<unknown>(table)) {
    if (typeof value === 'number' || typeof value === 'bigint') constants.set(name, BigInt(value));
    else if (isIoctl(value)) ioctls.set(name, value as Ioctl);
    else if (isStruct(value)) structs.set((value as Struct).name, value as Struct);
    else if (isObject(value))
      for (const [inner, ioctl] of Object.entries(value))
        if (isIoctl(ioctl)) ioctls.set(inner, ioctl as Ioctl);
  }

/** How many letters have to change to make one word of another. */
function distance(one: string, other: string): number {
  let row = Array.from({ length: other.length + 1 }, (_, index) => index);
  for (const [index, letter] of [...one].entries()) {
    const next = [index + 1];
    for (const [at, expected] of [...other].entries())
      next.push(Math.min(row[at]! + (letter === expected ? 0 : 1), row[at + 1]! + 1, next[at]! + 1));
    row = next;
  }
  return row[other.length]!;
}

/** `; did you mean ...?` with those that are nearest, or nothing. */
export function suggestion(name: string, known: Iterable<string>): string {
  const near = [...known]
    .map(other => ({ other, far: other.endsWith(`_${name}`) ? 0 : distance(name, other) }))
    .filter(({ far }) => far <= 2 + name.length / 6)
    .sort((a, b) => a.far - b.far);
  const best = near.slice(0, 3).map(({ other }) => other);
  return best.length > 0 ? `; did you mean ${best.join(' or ')}?` : '';
}
