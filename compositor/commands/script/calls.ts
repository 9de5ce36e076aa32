import { modeIoctls } from '../../../protocol/uapi/drm-mode.ts';
import { POLLIN } from '../../../protocol/uapi/fcntl.ts';
import type { Ioctl } from '../../../protocol/uapi/ioctl.ts';
import type { Struct, UserValue } from '../../../protocol/uapi/struct.ts';
import type { KernelThread, Task } from '../../kernel/task/index.ts';
import { ioctls, suggestion } from './names.ts';
import type { Parser } from './parser.ts';
import type { CallName, KmsCallName } from './usage.ts';
import { Answer, asBytes, fromResult, show, toStruct, type Value, type ValueRecord } from './values.ts';

/** A call under way: when its thread has ended, `answer` is what it answered. */
export interface Started {
  readonly thread: KernelThread<unknown>;
  readonly answer: () => Answer;
}

/** What a call finds: the process that makes it, and its arguments. */
export interface Caller {
  readonly task: Task;
  readonly parser: Parser;
}

/** Reads the arguments of a system call, and makes it. */
export type Call = (caller: Caller) => Answer | Started;

const number = (value: number | bigint | void): Answer => new Answer(BigInt(value ?? 0));
const bytes = (data: Uint8Array): Answer => new Answer(BigInt(data.length), { data });

const fdOf = ({ parser }: Caller): number => Number(parser.number('a descriptor'));
const optional = ({ parser }: Caller, what: string, otherwise: bigint): bigint =>
  parser.ended || parser.peek()?.text === '&' ? otherwise : parser.number(what);

/** All calls but those that steer the script itself. */
export const calls: Readonly<Record<Exclude<CallName, KmsCallName>, Call>> = {
  open: caller => {
    const path = caller.parser.word('a path');
    return number(caller.task.open(path, Number(optional(caller, 'flags', 2n))));
  },
  close: caller => number(caller.task.close(fdOf(caller))),
  dup: caller => number(caller.task.dup(fdOf(caller))),
  ioctl: startIoctl,
  memfd_create: caller => {
    const name = caller.parser.word('a name');
    return number(caller.task.memfdCreate(name, Number(optional(caller, 'flags', 3n))));
  },
  ftruncate: caller => {
    const fd = fdOf(caller);
    return number(caller.task.truncate(fd, caller.parser.number('a size')));
  },
  fcntl: caller => {
    const fd = fdOf(caller);
    const command = Number(caller.parser.number('a command'));
    return number(caller.task.fcntl(fd, command, Number(optional(caller, 'an argument', 0n))));
  },
  eventfd: caller => {
    const initial = Number(optional(caller, 'the first value', 0n));
    return number(caller.task.eventfd(initial, Number(optional(caller, 'flags', 0n))));
  },
  read: caller => {
    const fd = fdOf(caller);
    const thread = caller.task.startRead(fd, Number(caller.parser.number('a count')));
    return { thread, answer: () => bytes(thread.result()) };
  },
  write: caller => {
    const fd = fdOf(caller);
    return number(caller.task.write(fd, asBytes(caller.parser.value('data'))));
  },
  pread: caller => {
    const fd = fdOf(caller);
    const into = new Uint8Array(Number(caller.parser.number('a count')));
    return bytes(into.subarray(0, caller.task.pread(fd, into, caller.parser.number('an offset'))));
  },
  pwrite: caller => {
    const fd = fdOf(caller);
    const data = asBytes(caller.parser.value('data'));
    return number(caller.task.pwrite(fd, data, caller.parser.number('an offset')));
  },
  poll: caller => {
    const fd = fdOf(caller);
    return number(caller.task.poll(fd, Number(optional(caller, 'events', BigInt(POLLIN)))));
  },
  mmap: caller => {
    const fd = fdOf(caller);
    const length = Number(caller.parser.number('a length'));
    return number(caller.task.mmap(fd, length, { offset: optional(caller, 'an offset', 0n) }));
  },
  munmap: caller => {
    const address = caller.parser.number('an address');
    return number(caller.task.munmap(address, Number(caller.parser.number('a length'))));
  },
  peek: caller => {
    const address = caller.parser.number('an address');
    return bytes(caller.task.memory.copyFromUser(address, Number(caller.parser.number('a count'))));
  },
  poke: caller => {
    const address = caller.parser.number('an address');
    const data = asBytes(caller.parser.value('data'));
    caller.task.memory.copyToUser(address, data);
    return number(data.length);
  },
  fstat: caller => {
    const { inode, size, mode } = caller.task.status(fdOf(caller));
    return new Answer(0n, { inode, size, mode: BigInt(mode) });
  },
};

function startIoctl(caller: Caller): Started {
  const { task, parser } = caller;
  const fd = fdOf(caller);
  const name = parser.name('the name of an ioctl');
  const ioctl = ioctls.get(name);
  if (!ioctl) return parser.fail(`there is no ioctl ${name}${suggestion(name, ioctls.keys())}`);
  if (!hasStruct(ioctl) || parser.peek()?.text !== '{') {
    const thread = task.startIoctl(fd, ioctl.number, optional(caller, 'an address', 0n));
    return { thread, answer: () => number(thread.result()) };
  }
  const given = parser.value('the argument') as ValueRecord;
  const argument = task.layOut(ioctl, argumentOf(parser, ioctl, given));
  const thread = task.startIoctl(fd, ioctl.number, argument.address);
  thread.whenEnded(() => task.exited || thread.state.kind === 'done' || argument.release());
  return {
    thread,
    answer: () => {
      const returned = BigInt(thread.result());
      const fields = fromResult(argument.readBack()) as ValueRecord;
      argument.release();
      return new Answer(returned, fields, changed(given, fields));
    },
  };
}

const hasStruct = (ioctl: Ioctl): ioctl is Ioctl<Struct> => ioctl.struct !== null;

function argumentOf(parser: Parser, ioctl: Ioctl<Struct>, given: Value): UserValue<Struct> {
  try {
    return toStruct(ioctl.struct, given) as UserValue<Struct>;
  } catch (error) {
    if (error instanceof TypeError) return parser.fail(error.message);
    throw error;
  }
}

/** What the kernel wrote: the fields that are not as they were given, or not 0 where nothing was. */
function changed(given: ValueRecord, fields: ValueRecord): ValueRecord {
  const before = (name: string): string => show(given[name] ?? 0n);
  return Object.fromEntries(
    Object.entries(fields).filter(([name, value]) => show(value) !== before(name) && show(value) !== '""'),
  );
}

/** Properties that an object may have. */
const ROOM = 64;

/** The properties of a KMS object by name, with their ids and values. */
export function propertiesOf(
  task: Task,
  fd: number,
  object: number,
): Map<string, { id: number; value: bigint }> {
  const answer = task.call(fd, modeIoctls.DRM_IOCTL_MODE_OBJ_GETPROPERTIES, {
    obj_id: object,
    props_ptr: new Uint32Array(ROOM),
    prop_values_ptr: new BigUint64Array(ROOM),
    count_props: ROOM,
  });
  const values = answer.prop_values_ptr as ArrayLike<bigint>;
  const ids = Array.from(answer.props_ptr as ArrayLike<number>).slice(0, answer.count_props);
  return new Map(
    ids.map((id, at) => {
      const { name } = task.call(fd, modeIoctls.DRM_IOCTL_MODE_GETPROPERTY, { prop_id: id });
      return [name, { id, value: values[at]! }];
    }),
  );
}
