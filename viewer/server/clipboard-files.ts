// The descriptors of a clipboard whose owner runs in the compositor's process: what programs of other processes read from and
// write to has to be real.
import type { Task } from '../../compositor/kernel/task/index.ts';
import { checked, type Libc } from '../../protocol/host/libc.ts';
import type { Handle } from '../../protocol/object/message.ts';
import { F_DUPFD_CLOEXEC, O_CLOEXEC } from '../../protocol/uapi/fcntl.ts';

export interface ClipboardFiles {
  /** A pipe; both ends are the caller's. Throws a HostError when there are too many descriptors. */
  pipe(): { readonly read: number; readonly write: number };
  /** A real descriptor, the caller's own, for one that came with an event and is closed by this; null where none is behind it. */
  real(handle: Handle): number | null;
  close(fd: number): void;
}

/** `task`: the process that stands for the clipboard's connection in the compositor's kernel. */
export const clipboardFiles = (libc: Libc, task: Task): ClipboardFiles => ({
  pipe: () => {
    const pair = new Int32Array(2);
    checked(libc, 'pipe2', libc.pipe2(pair, O_CLOEXEC));
    return { read: pair[0]!, write: pair[1]! };
  },
  real: handle => {
    if (handle.kind === 'host') return handle.fd;
    const file = task.files.get(handle.fd);
    const lent = file.operations.hostDescriptor?.() ?? null;
    const own = lent === null ? -1 : libc.fcntl(lent.fd, F_DUPFD_CLOEXEC, 'int', 0);
    task.close(handle.fd);
    return own < 0 ? null : own;
  },
  close: fd => void libc.close(fd),
});
