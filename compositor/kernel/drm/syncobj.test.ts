import { describe, expect, it } from 'vitest';
import { POLLIN } from '../../../protocol/uapi/fcntl.ts';
import type { Ioctl } from '../../../protocol/uapi/ioctl.ts';
import type { Struct, UserValue } from '../../../protocol/uapi/struct.ts';
import * as uapi from '../../../protocol/uapi/syncobj.ts';
import { MILLISECOND, SECOND } from '../../machine/machine.ts';
import { Reservation, Usage } from '../dma-buf/reservation.ts';
import { Fence } from '../sync/fence.ts';
import { unwrap } from '../sync/fence-unwrap.ts';
import { createSyncFile, fenceOf } from '../sync/sync-file.ts';
import { createDrmRig, outcome, RENDER } from './test-kit.ts';

const { syncobjIoctls: table } = uapi;
const ALL = uapi.DRM_SYNCOBJ_WAIT_FLAGS_WAIT_ALL;
const SUBMIT = uapi.DRM_SYNCOBJ_WAIT_FLAGS_WAIT_FOR_SUBMIT;
const AVAILABLE = uapi.DRM_SYNCOBJ_WAIT_FLAGS_WAIT_AVAILABLE;
const DEADLINE = uapi.DRM_SYNCOBJ_WAIT_FLAGS_WAIT_DEADLINE;

function rig() {
  const { machine, kernel, open } = createDrmRig(['render', 'syncobj', 'syncobj-timeline']);
  const app = open('app', RENDER);
  const { task, fd } = app;
  /** The code of a call's failure, or 0. */
  const code = <S extends Struct>(ioctl: Ioctl<S>, value: UserValue<S>) =>
    outcome(() => task.call(fd, ioctl, value) && 0);
  const create = (flags = 0) => task.call(fd, table.DRM_IOCTL_SYNCOBJ_CREATE, { flags }).handle!;
  /** A wait of 30 ms at most: its failure, or the first signalled. */
  const wait = (handles: number[], flags = 0, timeout = machine.now() + 30n * MILLISECOND) => {
    const value = { handles, flags, timeout_nsec: timeout, first_signaled: 0xdead };
    const thread = task.startCall(fd, table.DRM_IOCTL_SYNCOBJ_WAIT, value);
    machine.advance(40n * MILLISECOND);
    return outcome(() => thread.result().first_signaled);
  };
  const waitPoint = (handle: number, point: bigint, flags = 0) => {
    const timeout_nsec = machine.now() + 30n * MILLISECOND;
    const value = { handles: [handle], points: [point], flags, timeout_nsec };
    const thread = task.startCall(fd, table.DRM_IOCTL_SYNCOBJ_TIMELINE_WAIT, value);
    machine.advance(40n * MILLISECOND);
    return outcome(() => thread.result() && 0);
  };
  const signalPoint = (handle: number, point: bigint, flags = 0) =>
    code(table.DRM_IOCTL_SYNCOBJ_TIMELINE_SIGNAL, { handles: [handle], points: [point], flags });
  /** Last signalled, last submitted. */
  const query = (handle: number) =>
    [0, 1].map(
      flags =>
        task.call(fd, table.DRM_IOCTL_SYNCOBJ_QUERY, { handles: [handle], points: [0n], flags }).points,
    );
  /** A fence nobody has signalled, and its sync file. */
  const pending = () => {
    const identity = { driver: 'test', timeline: 'test', context: kernel.allocateFenceContexts(), seqno: 1n };
    const fence = new Fence(machine, identity);
    return { fence, file: task.files.add(createSyncFile(kernel, fence)) };
  };
  const toHandle = (handle: number, file: number, flags: number, point = 0n) =>
    code(table.DRM_IOCTL_SYNCOBJ_FD_TO_HANDLE, { handle, fd: file, flags, point });
  const transfer = (src: number, src_point: bigint, dst: number, dst_point: bigint, flags = 0) =>
    code(table.DRM_IOCTL_SYNCOBJ_TRANSFER, {
      src_handle: src,
      src_point,
      dst_handle: dst,
      dst_point,
      flags,
    });
  return {
    machine,
    kernel,
    open,
    app,
    task,
    fd,
    code,
    create,
    wait,
    waitPoint,
    signalPoint,
    query,
    pending,
    toHandle,
    transfer,
  };
}

const pointsOf = (signalled: bigint, submitted = signalled) => [[signalled], [submitted]];

describe('a device without sync objects', () => {
  it('says so to every call', () => {
    const { open } = createDrmRig(['render']);
    const { task, fd } = open('app', RENDER);
    for (const ioctl of Object.values(table) as Ioctl<Struct>[])
      expect(outcome(() => task.call(fd, ioctl, {}))).toBe('EOPNOTSUPP');
  });
});

describe('handles of sync objects', () => {
  it('are made and destroyed', () => {
    const { code, create } = rig();
    expect([create(), create(1)]).toEqual([1, 2]);
    expect(code(table.DRM_IOCTL_SYNCOBJ_CREATE, { flags: 2 })).toBe('EINVAL');
    const destroy = (handle: number, pad = 0) => code(table.DRM_IOCTL_SYNCOBJ_DESTROY, { handle, pad });
    expect([destroy(1, 1), destroy(1), destroy(1)]).toEqual(['EINVAL', 0, 'EINVAL']);
  });

  it('include 0 once somebody has tried to destroy it, as in Linux 7.2', () => {
    const { code, create, wait } = rig();
    expect(wait([0])).toBe('ENOENT');
    expect(code(table.DRM_IOCTL_SYNCOBJ_DESTROY, { handle: 0 })).toBe('EINVAL');
    expect([create(1), create()]).toEqual([0, 1]);
    expect(wait([0])).toBe(0);
  });
});

describe('waiting for binary sync objects', () => {
  it('answers as recorded, whatever the flags', () => {
    const { create, wait, pending, toHandle } = rig();
    const [empty, signalled, held] = [create(), create(1), create()];
    toHandle(held, pending().file, 1);
    const flags = [0, ALL, SUBMIT, AVAILABLE, ALL | SUBMIT, SUBMIT | AVAILABLE, DEADLINE, 0x10, 0x8000_0000];
    const answers = (handle: number) => flags.map(each => wait([handle], each));
    const [E, T] = ['EINVAL', 'ETIME'];
    expect(answers(empty)).toEqual([E, E, T, E, T, E, E, E, E]);
    expect(answers(signalled)).toEqual([0, 0, 0, E, 0, E, 0, E, E]);
    expect(answers(held)).toEqual([T, T, T, E, T, E, T, E, E]);
  });

  it('takes several, and times of any sign', () => {
    const { create, wait, code } = rig();
    const [empty, signalled] = [create(), create(1)];
    expect(wait([empty, signalled])).toBe('EINVAL');
    expect(wait([empty, signalled], SUBMIT)).toBe(1);
    expect(wait([signalled, signalled], ALL)).toBe(0);
    expect(wait([signalled, 999])).toBe('ENOENT');
    expect(wait([signalled], 0, -1n)).toBe(0);
    expect(wait([empty], SUBMIT, -1n)).toBe('ETIME');
    const WAIT = table.DRM_IOCTL_SYNCOBJ_WAIT;
    expect(code(WAIT, { handles: [] })).toBe(0);
    expect(code(WAIT, { handles: [signalled], pad: 1 })).toBe(0);
    expect(code(WAIT, { count_handles: 1 })).toBe('EFAULT');
    expect(code(WAIT, { handles: [signalled], count_handles: 0xffff_ffff })).toBe('EFAULT');
  });

  it('of all of them is not woken again and again by what is done already', () => {
    const { machine, task, fd, create, signalPoint } = rig();
    const handles = [create(), create()];
    signalPoint(handles[1]!, 1n);
    const entriesUntilTimeout = <S extends Struct>(ioctl: Ioctl<S>, value: UserValue<S>) => {
      const thread = task.startCall(fd, ioctl, value);
      let entries = 0;
      while (!thread.ended && ++entries < 100) machine.step();
      expect(outcome(() => thread.result())).toBe('ETIME');
      return entries;
    };
    const timeout_nsec = machine.now() + SECOND;
    const submitted = { handles, flags: ALL | SUBMIT, timeout_nsec };
    expect(entriesUntilTimeout(table.DRM_IOCTL_SYNCOBJ_WAIT, submitted)).toBeLessThan(4);
    const available = {
      handles,
      points: [1n, 1n],
      flags: ALL | AVAILABLE,
      timeout_nsec: timeout_nsec + SECOND,
    };
    expect(entriesUntilTimeout(table.DRM_IOCTL_SYNCOBJ_TIMELINE_WAIT, available)).toBeLessThan(4);
  });

  it('is not disturbed by what happens to the object afterwards', () => {
    const { machine, task, fd, create, code, pending, toHandle } = rig();
    const held = create();
    const { fence, file } = pending();
    toHandle(held, file, 1);
    const value = { handles: [held], timeout_nsec: machine.now() + SECOND };
    const thread = task.startCall(fd, table.DRM_IOCTL_SYNCOBJ_WAIT, value);
    expect(code(table.DRM_IOCTL_SYNCOBJ_RESET, { handles: [held] })).toBe(0);
    expect(code(table.DRM_IOCTL_SYNCOBJ_DESTROY, { handle: held })).toBe(0);
    machine.advance(MILLISECOND);
    expect(thread.ended).toBe(false);
    fence.signal();
    machine.settle();
    expect(thread.result().first_signaled).toBe(0);
  });

  it('ends with a signal', () => {
    const { machine, task, fd, create } = rig();
    const value = { handles: [create()], flags: SUBMIT, timeout_nsec: machine.now() + SECOND };
    const thread = task.startCall(fd, table.DRM_IOCTL_SYNCOBJ_WAIT, value);
    thread.interrupt();
    machine.settle();
    expect(outcome(() => thread.result())).toBe('EINTR');
  });
});

describe('SIGNAL and RESET', () => {
  it('change all of the objects or none', () => {
    const { create, code, wait } = rig();
    const empty = create();
    for (const ioctl of [table.DRM_IOCTL_SYNCOBJ_SIGNAL, table.DRM_IOCTL_SYNCOBJ_RESET]) {
      expect(code(ioctl, { handles: [] })).toBe('EINVAL');
      expect(code(ioctl, { handles: [empty], pad: 1 })).toBe('EINVAL');
      expect(code(ioctl, { handles: [empty, 999] })).toBe('ENOENT');
    }
    expect(wait([empty])).toBe('EINVAL');
    expect(code(table.DRM_IOCTL_SYNCOBJ_SIGNAL, { handles: [empty] })).toBe(0);
    expect(wait([empty])).toBe(0);
    expect(code(table.DRM_IOCTL_SYNCOBJ_RESET, { handles: [empty] })).toBe(0);
    expect(wait([empty])).toBe('EINVAL');
  });
});

describe('sync objects as descriptors', () => {
  it('are exported and imported with the errnos of Linux', () => {
    const { code, create, task, fd, toHandle, pending } = rig();
    const [empty, signalled] = [create(), create(1)];
    const toFd = (value: UserValue<typeof uapi.drm_syncobj_handle>) =>
      code(table.DRM_IOCTL_SYNCOBJ_HANDLE_TO_FD, value);
    expect(toFd({ handle: empty, flags: 8 })).toBe('EINVAL');
    expect(toFd({ handle: empty, pad: 1 })).toBe('EINVAL');
    expect(toFd({ handle: empty, point: 5n })).toBe('EINVAL');
    expect(toFd({ handle: 999 })).toBe('EINVAL');
    expect(toFd({ handle: 999, flags: 1 })).toBe('ENOENT');
    expect(toFd({ handle: empty, flags: 1 })).toBe('EINVAL');
    expect(toFd({ handle: signalled, flags: 1 })).toBe(0);
    const { fd: shared } = task.call(fd, table.DRM_IOCTL_SYNCOBJ_HANDLE_TO_FD, { handle: empty });
    const { file } = pending();
    expect([-1, fd, file].map(each => toHandle(0, each, 0))).toEqual(['EINVAL', 'EINVAL', 'EINVAL']);
    expect(toHandle(empty, shared!, 1)).toBe('EINVAL');
    expect(toHandle(999, file, 1)).toBe('ENOENT');
    expect(toHandle(0, shared!, 8)).toBe('EINVAL');
    expect(toHandle(0, shared!, 2, 3n)).toBe('EINVAL');
  });

  it('name the same object in another file, also after this one is closed', () => {
    const { open, app, task, fd, create } = rig();
    const handle = create();
    const { fd: shared } = task.call(fd, table.DRM_IOCTL_SYNCOBJ_HANDLE_TO_FD, { handle });
    const other = open('other', RENDER);
    const received = app.task.send(shared!, other.task);
    const FD_TO_HANDLE = table.DRM_IOCTL_SYNCOBJ_FD_TO_HANDLE;
    expect(other.task.call(other.fd, FD_TO_HANDLE, { fd: received }).handle).toBe(1);
    expect(other.task.call(other.fd, FD_TO_HANDLE, { fd: received }).handle).toBe(2);
    app.task.call(fd, table.DRM_IOCTL_SYNCOBJ_SIGNAL, { handles: [handle] });
    app.task.exit();
    const value = { handles: [1, 2], flags: ALL };
    expect(other.task.call(other.fd, table.DRM_IOCTL_SYNCOBJ_WAIT, value).first_signaled).toBe(0);
  });
});

describe('timelines', () => {
  it('are waited for as recorded', () => {
    const { create, waitPoint, signalPoint, query } = rig();
    const line = create();
    expect(query(line)).toEqual(pointsOf(0n));
    const flags = [0, ALL, SUBMIT, AVAILABLE, ALL | SUBMIT, SUBMIT | AVAILABLE, DEADLINE, 0x10];
    const [E, T] = ['EINVAL', 'ETIME'];
    expect(flags.map(each => waitPoint(line, 1n, each))).toEqual([E, E, T, T, T, T, E, E]);
    expect([0, SUBMIT, AVAILABLE].map(each => waitPoint(line, 0n, each))).toEqual([E, T, T]);
    signalPoint(line, 5n);
    expect([0n, 1n, 5n, 6n].map(point => waitPoint(line, point))).toEqual([0, 0, 0, E]);
    expect([SUBMIT, AVAILABLE].map(each => waitPoint(line, 6n, each))).toEqual([T, T]);
  });

  it('never fall back', () => {
    const { create, code, signalPoint, query } = rig();
    const line = create();
    const after = [5n, 3n, 5n, 10n, 0n].map(point => [signalPoint(line, point), query(line)]);
    expect(after).toEqual([5n, 5n, 5n, 10n, 10n].map(point => [0, pointsOf(point)]));
    expect(signalPoint(line, 1n, 1)).toBe('EINVAL');
    expect(signalPoint(999, 1n)).toBe('ENOENT');
    const SIGNAL = table.DRM_IOCTL_SYNCOBJ_TIMELINE_SIGNAL;
    expect(code(SIGNAL, { handles: [] })).toBe('EINVAL');
    expect(code(SIGNAL, { handles: [line], points: null })).toBe(0);
    const QUERY = table.DRM_IOCTL_SYNCOBJ_QUERY;
    expect(code(QUERY, { handles: [line], points: null })).toBe('EFAULT');
    expect(code(QUERY, { handles: [line], points: [0n], flags: 2 })).toBe('EINVAL');
    expect(code(QUERY, { handles: [999], points: [0n] })).toBe('ENOENT');
    expect(code(QUERY, { handles: [] })).toBe('EINVAL');
  });

  it('signal in order, whichever fence comes first', () => {
    const { create, query, waitPoint, transfer, pending, toHandle, signalPoint } = rig();
    const [line, binary] = [create(), create()];
    const [a, b] = [pending(), pending()];
    toHandle(binary, a.file, 1);
    expect([transfer(binary, 0n, line, 1n), query(line)]).toEqual([0, pointsOf(0n, 1n)]);
    expect([toHandle(line, b.file, 3, 2n), query(line)]).toEqual([0, pointsOf(0n, 2n)]);
    expect(waitPoint(line, 2n, AVAILABLE)).toBe(0);
    b.fence.signal();
    expect([query(line), waitPoint(line, 2n)]).toEqual([pointsOf(0n, 2n), 'ETIME']);
    signalPoint(line, 9n);
    expect(query(line)).toEqual(pointsOf(0n, 9n));
    a.fence.signal();
    expect([query(line), waitPoint(line, 9n)]).toEqual([pointsOf(9n), 0]);
  });

  it('exchange fences with binary objects', () => {
    const { create, transfer, signalPoint, query, wait, code } = rig();
    const [line, binary] = [create(), create()];
    signalPoint(line, 5n);
    expect([transfer(line, 5n, binary, 0n), wait([binary])]).toEqual([0, 0]);
    expect(transfer(line, 6n, binary, 0n)).toBe('EINVAL');
    expect(transfer(line, 3n, binary, 0n)).toBe(0);
    expect([1, 4].map(flags => transfer(line, 5n, binary, 0n, flags))).toEqual(['EINVAL', 'EINVAL']);
    expect([transfer(999, 0n, binary, 0n), transfer(line, 0n, 999, 0n)]).toEqual(['ENOENT', 'ENOENT']);
    const pad = { src_handle: line, dst_handle: binary, pad: 1 };
    expect(code(table.DRM_IOCTL_SYNCOBJ_TRANSFER, pad)).toBe('EINVAL');
    expect([transfer(line, 5n, line, 8n), query(line)]).toEqual([0, pointsOf(8n)]);
    expect([transfer(line, 8n, line, 2n), query(line)]).toEqual([0, pointsOf(8n)]);
    expect(transfer(create(), 0n, line, 9n)).toBe('EINVAL');
  });
});

describe('a point of one timeline at a point of another', () => {
  it('ends no program that puts it into a buffer, and does not signal before the points before it', () => {
    const { create, task, fd, pending, toHandle, kernel } = rig();
    const [line, other] = [create(), create()];
    const [before, inner] = [pending(), pending()];
    toHandle(other, inner.file, 3, 1n);
    toHandle(other, pending().file, 3, 2n);
    const exported = (handle: number, point: bigint): number =>
      task.call(fd, table.DRM_IOCTL_SYNCOBJ_HANDLE_TO_FD, { handle, flags: 3, point }).fd!;
    toHandle(line, before.file, 3, 1n);
    toHandle(line, exported(other, 1n), 3, 2n);
    const told = task.eventfd();
    task.call(fd, table.DRM_IOCTL_SYNCOBJ_EVENTFD, { handle: line, point: 2n, fd: told });
    const sync = exported(line, 2n);
    const members = [...unwrap(fenceOf(task, sync))];
    expect(members).toEqual([inner.fence, before.fence]);
    const resv = new Reservation(kernel);
    for (const member of members) resv.publish(member, Usage.WRITE);
    inner.fence.signal();
    expect([task.poll(told, POLLIN), task.poll(sync, POLLIN)]).toEqual([0, 0]);
    before.fence.signal();
    expect([task.poll(told, POLLIN), task.poll(sync, POLLIN)]).toEqual([POLLIN, POLLIN]);
  });
});

describe('eventfds', () => {
  it('are told of points, once', () => {
    const { create, code, task, fd, pending, toHandle, signalPoint } = rig();
    const line = create();
    const register = (value: UserValue<typeof uapi.drm_syncobj_eventfd>) =>
      code(table.DRM_IOCTL_SYNCOBJ_EVENTFD, { handle: line, point: 5n, ...value });
    const [done, there] = [task.eventfd(), task.eventfd()];
    expect([register({ fd: done }), register({ fd: there, flags: AVAILABLE })]).toEqual([0, 0]);
    const { fence, file } = pending();
    toHandle(line, file, 3, 5n);
    expect([done, there].map(each => task.poll(each, POLLIN))).toEqual([0, POLLIN]);
    fence.signal();
    expect(task.poll(done, POLLIN)).toBe(POLLIN);
    expect([ALL, SUBMIT].map(flags => register({ fd: done, flags }))).toEqual(['EINVAL', 'EINVAL']);
    expect(register({ fd: done, pad: 1 })).toBe('EINVAL');
    expect(register({ fd: -1, handle: 999 })).toBe('ENOENT');
    expect(register({ fd: -1 })).toBe('EBADF');
    expect(register({ fd })).toBe('EINVAL');
    const later = task.eventfd();
    register({ fd: later, point: 7n });
    signalPoint(line, 6n);
    expect(task.poll(later, POLLIN)).toBe(0);
    signalPoint(line, 8n);
    expect(task.poll(later, POLLIN)).toBe(POLLIN);
  });
});
