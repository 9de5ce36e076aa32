import { DrmFile } from '../../compositor/kernel/drm/file.ts';
import type { OpenFile } from '../../compositor/kernel/task/open-file.ts';
import type { World } from './world.ts';

/** What an argument is chosen from: any number picks something, mostly something that fits. */
export type Choice = (world: World, task: number, chosen: readonly number[], pick: number) => number;

/** One pick in so many takes any descriptor, fitting or not: wrong kinds of files are to be refused, and no more. */
const STRAY = 16;

/** A descriptor of the process whose file is of this kind; any other where it has none, -1 where it has nothing open. */
export function descriptor(fits: (file: OpenFile) => boolean): Choice {
  return (world, task, _chosen, pick) => {
    const all = [...world.task(task).files.entries()];
    const fitting = all.filter(([, file]) => fits(file));
    const from = fitting.length === 0 || pick % STRAY === STRAY - 1 ? all : fitting;
    return from[pick % from.length]?.[0] ?? -1;
  };
}

export const ofKind = (kind: string): Choice => descriptor(file => file.operations.kind === kind);
export const device = (name: string): Choice =>
  descriptor(({ operations }) => operations instanceof DrmFile && operations.device.driver.name === name);
export const anyDescriptor: Choice = descriptor(() => true);

/** 0 to `end` - 1. */
export const below =
  (end: number): Choice =>
  (_world, _task, _chosen, pick) =>
    pick % end;
export const oneOf =
  (...values: readonly number[]): Choice =>
  (_world, _task, _chosen, pick) =>
    values[pick % values.length]!;

const drmFileOf = (world: World, task: number, fd: number | undefined): DrmFile | null => {
  const operations = world.task(task).files.find(fd ?? -1)?.operations;
  return operations instanceof DrmFile ? operations : null;
};

const among = (entries: Iterable<[number, unknown]> | undefined, pick: number): number => {
  const handles = [...(entries ?? [])].map(([handle]) => handle);
  return handles[pick % (handles.length || 1)] ?? 1;
};

/** A GEM handle of the DRM file that the first argument names. */
export const gemHandle: Choice = (world, task, [fd], pick) =>
  among(drmFileOf(world, task, fd)?.objects.entries(), pick);
/** A sync object's handle, likewise. */
export const syncobjHandle: Choice = (world, task, [fd], pick) =>
  among(drmFileOf(world, task, fd)?.syncobjs.entries(), pick);
/** A process, by its place. */
export const process: Choice = (world, _task, _chosen, pick) => pick % world.size;
