import { BusError, SegmentationFault } from '../../compositor/kernel/task/address-space.ts';
import { drmIoctls } from '../../protocol/uapi/drm.ts';
import {
  MAP_SHARED,
  O_CLOEXEC,
  O_RDONLY,
  O_RDWR,
  POLLERR,
  POLLHUP,
  POLLIN,
  POLLNVAL,
  POLLOUT,
  POLLPRI,
  PROT_READ,
  PROT_WRITE,
} from '../../protocol/uapi/fcntl.ts';
import type { Ioctl } from '../../protocol/uapi/ioctl.ts';
import type { Struct, UserResult, UserValue } from '../../protocol/uapi/struct.ts';
import type { Json } from './line.ts';
import { hexByte, type Outcome, outcomeOf, type Probe } from './probe.ts';

/** How an ioctl ended and what its argument holds afterwards, which it may have changed although it failed. */
export interface Asked<S> extends Outcome {
  readonly out: UserResult<S>;
}

/** An ioctl that may fail, and may sleep. */
export function ioctl<S extends Struct>(
  probe: Probe,
  fd: number,
  call: Ioctl<S>,
  value: UserValue<S>,
): Asked<S> {
  const argument = probe.task.layOut(call, value);
  try {
    const outcome = outcomeOf(() => probe.finish(probe.task.startIoctl(fd, call.number, argument.address)));
    return { ...outcome, out: argument.readBack() };
  } finally {
    argument.release();
  }
}

/** An ioctl whose argument is an address, or a number. */
export const rawIoctl = (probe: Probe, fd: number, request: number, argument = 0n): number =>
  probe.finish(probe.task.startIoctl(fd, request, argument));

/** mmap(2) with what most cases ask for; the address, or 0n when it failed. */
export function mapOrZero(
  probe: Probe,
  fd: number,
  length: number,
  options: { offset?: bigint; protection?: number; flags?: number } = {},
): bigint {
  const { protection = PROT_READ | PROT_WRITE, flags = MAP_SHARED, offset = 0n } = options;
  let address = 0n;
  outcomeOf(() => {
    address = probe.task.mmap(fd, length, { offset, protection, flags });
  });
  return address;
}

/** Reads a byte of the process's memory: its value, or the signal that the access would bring. */
export const readByte = (probe: Probe, address: bigint): string =>
  access(() => hexByte(probe.task.memory.view(address, 1, false)[0]!));

/** Writes a byte: 'ok', or the signal. */
export const writeByte = (probe: Probe, address: bigint, value: number): string =>
  access(() => {
    probe.task.memory.view(address, 1, true)[0] = value;
    return 'ok';
  });

function access(body: () => string): string {
  try {
    return body();
  } catch (error) {
    if (error instanceof BusError) return 'SIGBUS';
    if (error instanceof SegmentationFault) return 'SIGSEGV';
    throw error;
  }
}

const EVENTS = { POLLIN, POLLOUT, POLLERR, POLLHUP, POLLNVAL, POLLPRI };

/** The names of poll's events. */
export const eventNames = (events: number): string[] =>
  Object.entries(EVENTS).flatMap(([name, bit]) => (events & bit ? [name] : []));

/** What poll says for each of the two directions, and for both. */
export function pollRow(probe: Probe, fd: number): { readonly [events: string]: Json } {
  const row = (events: number) => eventNames(probe.poll(fd, events, 0).revents);
  return { POLLIN: row(POLLIN), POLLOUT: row(POLLOUT), 'POLLIN|POLLOUT': row(POLLIN | POLLOUT) };
}

/** What lies in /dev/dri, by number. */
export function nodesOf(probe: Probe, kind: 'card' | 'renderD'): string[] {
  const numberOf = (path: string) => Number(path.slice(`/dev/dri/${kind}`.length));
  return probe.kernel.nodes
    .filter(path => path.startsWith(`/dev/dri/${kind}`))
    .sort((a, b) => numberOf(a) - numberOf(b));
}

/** Opens the node of a driver, as a program that goes through /dev/dri does. -1 when there is none. */
export function openDriver(probe: Probe, driver: string, kind: 'card' | 'renderD' = 'card'): number {
  for (const path of nodesOf(probe, kind)) {
    const fd = probe.task.open(path, O_RDWR | O_CLOEXEC);
    const { out } = ioctl(probe, fd, drmIoctls.DRM_IOCTL_VERSION, { name: ' '.repeat(63) });
    if (typeof out.name === 'string' && out.name.slice(0, Number(out.name_len)) === driver) return fd;
    probe.task.close(fd);
  }
  return -1;
}

/** The text of a file, or the name of the error in brackets. */
export function readAll(probe: Probe, path: string): string {
  let fd = -1;
  const { errno } = outcomeOf(() => {
    fd = probe.task.open(path, O_RDONLY);
  });
  if (errno) return `<${errno}>`;
  const decoder = new TextDecoder();
  let text = '';
  for (let part = probe.task.read(fd, 65_536); part.length > 0; part = probe.task.read(fd, 65_536))
    text += decoder.decode(part);
  probe.task.close(fd);
  return text;
}
