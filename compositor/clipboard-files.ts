// A clipboard's real descriptors, where its owner runs in the compositor's process.
import type { Libc } from '../protocol/host/libc.ts';
import { F_DUPFD_CLOEXEC, O_CLOEXEC } from '../protocol/uapi/fcntl.ts';
import type { ClipboardFiles } from '../viewer/server/clipboard.ts';
import type { Task } from './kernel/task/index.ts';

/** `task`: the process that stands for the clipboard's connection in the compositor's kernel. */
export const clipboardFiles = (libc: Libc, task: Task): ClipboardFiles => ({
  pipe: () => {
    const pair = new Int32Array(2);
    return libc.pipe2(pair, O_CLOEXEC) < 0 ? null : { read: pair[0]!, write: pair[1]! };
  },
  real: handle => {
    if (handle.kind === 'host') return handle.fd;
    // It did not fit into the table, and the connection ends.
    if (handle.fd < 0 || task.exited) return null;
    const file = task.files.get(handle.fd);
    const lent = file.operations.hostDescriptor?.() ?? null;
    const own = lent === null ? -1 : libc.fcntl(lent.fd, F_DUPFD_CLOEXEC, 'int', 0);
    task.close(handle.fd);
    return own < 0 ? null : own;
  },
  close: fd => void libc.close(fd),
});
