import {
  F_ADD_SEALS,
  F_DUPFD,
  F_DUPFD_CLOEXEC,
  F_GET_SEALS,
  F_GETFD,
  F_GETFL,
  F_SETFD,
  F_SETFL,
  FD_CLOEXEC,
  O_APPEND,
  O_NONBLOCK,
} from '../../../protocol/uapi/fcntl.ts';
import { KernelError, require } from './kernel-error.ts';
import type { Task } from './task.ts';

/** What F_SETFL may change. */
const SETTABLE = O_NONBLOCK | O_APPEND;

/** fcntl(2), as far as it concerns the files of this kernel. EBADF, EINVAL, EMFILE. */
export function fileControl(task: Task, fd: number, command: number, argument: number): number {
  const file = task.files.get(fd);
  const { operations } = file;
  switch (command) {
    case F_DUPFD:
    case F_DUPFD_CLOEXEC:
      require(argument >= 0 &&
        argument <
          task.files.limit, 'EINVAL', `no descriptor from ${argument} on: the limit is ${task.files.limit}`);
      return task.files.add(file.get(), command === F_DUPFD_CLOEXEC, argument);
    case F_GETFD:
      return task.files.closeOnExec(fd) ? FD_CLOEXEC : 0;
    case F_SETFD:
      task.files.setCloseOnExec(fd, (argument & FD_CLOEXEC) !== 0);
      return 0;
    case F_GETFL:
      return file.flags;
    case F_SETFL:
      file.flags = (file.flags & ~SETTABLE) | (argument & SETTABLE);
      return 0;
    case F_GET_SEALS:
      require(operations.seals, 'EINVAL', `a ${operations.kind} has no seals`);
      return operations.seals();
    case F_ADD_SEALS:
      require(operations.addSeals, 'EINVAL', `a ${operations.kind} has no seals`);
      operations.addSeals(argument, { task, file });
      return 0;
    default:
      throw new KernelError('EINVAL', `fcntl command ${command}`);
  }
}
