import { O_CLOEXEC, O_CREAT, O_EXCL, O_LARGEFILE, O_TRUNC } from '../../../protocol/uapi/fcntl.ts';
import { KernelError } from './kernel-error.ts';
import type { OpenFile } from './open-file.ts';
import type { Task } from './task.ts';
import { TextFile } from './text-file.ts';

const OWN_DESCRIPTOR = /^\/proc\/self\/(fd|fdinfo)\/(\d+)$/;
/** Flags that open(2) acts on and F_GETFL does not show. */
const OF_THE_CALL = O_CLOEXEC | O_CREAT | O_EXCL | O_TRUNC;

/** A 64-bit program opens everything as what may be large (`force_o_largefile`). */
const shownFlags = (flags: number): number => (flags & ~OF_THE_CALL) | O_LARGEFILE;

/** open(2): the number is taken before the path is looked at, and given its file last. */
export function openPath(task: Task, path: string, flags: number): number {
  const fd = task.files.reserve();
  try {
    return task.files.install(fd, openFile(task, path, flags), (flags & O_CLOEXEC) !== 0);
  } catch (error) {
    task.files.unreserve(fd);
    throw error;
  }
}

/** readlink(2), of the links in /proc/self/fd alone. ENOENT, EINVAL. */
export function readLink(task: Task, path: string): string {
  const own = ownDescriptor(path);
  if (own?.directory === 'fd') return linkTo(ownFile(task, own.fd));
  throw new KernelError('EINVAL', `${path} is no link`);
}

function openFile(task: Task, path: string, flags: number): OpenFile {
  const { kernel } = task;
  const own = ownDescriptor(path);
  if (own?.directory === 'fd') return reopen(task, ownFile(task, own.fd), flags);
  const shown = shownFlags(flags);
  if (own) return kernel.file(new TextFile(kernel, path, fdInfo(task, own.fd)), shown);
  return kernel.file(kernel.open(path, task, flags), shown);
}

/** A link in /proc/self/fd is followed to the object itself. Objects without an inode of their own cannot be opened: ENXIO. */
function reopen(task: Task, file: OpenFile, flags: number): OpenFile {
  const { kernel } = task;
  const { operations } = file;
  if (operations.reopen) return operations.reopen(flags, task);
  const path = linkTo(file);
  if (kernel.nodes.includes(path)) return kernel.file(kernel.open(path, task, flags), shownFlags(flags));
  throw new KernelError('ENXIO', `a ${operations.kind} cannot be opened again`);
}

/** Where a link in /proc/PID/fd points to. */
const linkTo = ({ operations }: OpenFile): string => operations.path ?? operations.describe();

/** What /proc/PID/fdinfo shows (`fs/proc/fd.c`). */
function fdInfo(task: Task, fd: number): string {
  const file = ownFile(task, fd);
  const { operations } = file;
  const flags = file.flags | (task.files.closeOnExec(fd) ? O_CLOEXEC : 0);
  const lines = [
    `pos:\t${file.position}`,
    `flags:\t0${flags.toString(8)}`,
    `mnt_id:\t${operations.mount ?? 1}`,
    `ino:\t${operations.status().inode}`,
    ...(operations.fdInfo?.() ?? []),
  ];
  return `${lines.join('\n')}\n`;
}

function ownDescriptor(path: string): { directory: 'fd' | 'fdinfo'; fd: number } | null {
  const [, directory, number] = OWN_DESCRIPTOR.exec(path) ?? [];
  return directory === 'fd' || directory === 'fdinfo' ? { directory, fd: Number(number) } : null;
}

function ownFile(task: Task, fd: number): OpenFile {
  const file = task.files.find(fd);
  if (!file) throw new KernelError('ENOENT', `descriptor ${fd} is not open`);
  return file;
}
