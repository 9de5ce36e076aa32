import { openSync, writeSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadLibc } from '../../../protocol/host/libc.ts';
import { openHostFiles } from '../../../protocol/host/native-files.ts';
import { socketPair } from '../../../protocol/host/socket.ts';
import { descriptorCount, descriptorsDownTo, turn, until } from '../../../protocol/transport/testing.ts';
import {
  EPOLL_CTL_ADD,
  EPOLLET,
  F_SETFL,
  POLLERR,
  POLLHUP,
  POLLIN,
  POLLOUT,
} from '../../../protocol/uapi/fcntl.ts';
import { type EpollEvent, epollControl, epollCreate, epollWait } from '../task/epoll.ts';
import { errnoOf, type Fixture, startKernel } from '../task/fixture.ts';

const { libc } = loadLibc();
const O_CLOEXEC = 0o2000000;
const O_NONBLOCK = 0o4000;
const F_GETFL = 3;

// Pipes of the host are reached by native calls alone.
describe.skipIf(libc === null)('a pipe of another process', () => {
  const host = openHostFiles()!;
  let before: number;
  let fixture: Fixture;
  const theirs: number[] = [];

  beforeEach(() => {
    before = descriptorCount();
    fixture = startKernel({ host });
  });
  afterEach(async () => {
    for (const fd of theirs.splice(0)) libc?.close(fd);
    fixture.task.exit();
    fixture.machine.settle();
    fixture.kernel[Symbol.dispose]();
    expect(await descriptorsDownTo(before)).toBe(before);
  });

  /** A pipe of which one end is the kernel's. */
  function pipe(ours: 'read' | 'write'): { fd: number; real: number; their: number } {
    const pair = new Int32Array(new ArrayBuffer(8));
    libc?.pipe2(pair, O_CLOEXEC);
    const [read, write] = [pair[0]!, pair[1]!];
    const [real, their] = ours === 'read' ? [read, write] : [write, read];
    theirs.push(their);
    return { fd: fixture.kernel.adopt(fixture.task, real), real, their };
  }

  function closeTheirs(): void {
    libc?.close(theirs.pop()!);
  }

  const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString();

  async function settled(holds: () => boolean): Promise<void> {
    await until(() => {
      fixture.machine.settle();
      return holds();
    });
    expect(holds()).toBe(true);
  }

  it('is read: what there is, EAGAIN where there is nothing, the end', () => {
    const { fd, their } = pipe('read');
    const { task } = fixture;
    expect(errnoOf(() => task.read(fd, 10))).toBe('EAGAIN');
    writeSync(their, 'hello');
    expect(text(task.read(fd, 3))).toBe('hel');
    expect(text(task.read(fd, 10))).toBe('lo');
    closeTheirs();
    expect(task.read(fd, 10).length).toBe(0);
  });

  it('is read by a thread that sleeps until something comes', async () => {
    const { fd, their } = pipe('read');
    const thread = fixture.task.startRead(fd, 10);
    fixture.machine.settle();
    expect(thread.ended).toBe(false);
    writeSync(their, 'late');
    await settled(() => thread.ended);
    expect(text(thread.result())).toBe('late');
  });

  it('is written, as far as there is room; EPIPE when nobody reads', () => {
    const { fd, their } = pipe('write');
    const { task } = fixture;
    expect(task.write(fd, Buffer.from('words'))).toBe(5);
    const bytes = new Uint8Array(new ArrayBuffer(10));
    expect(libc?.read(their, bytes, 10)).toBe(5);
    let written = 0;
    while (errnoOf(() => (written += task.write(fd, new Uint8Array(40_000)))) === null);
    expect(written).toBeGreaterThan(4096);
    expect(errnoOf(() => task.write(fd, new Uint8Array(1)))).toBe('EAGAIN');
    closeTheirs();
    expect(errnoOf(() => task.write(fd, new Uint8Array(1)))).toBe('EPIPE');
  });

  it('is EPIPE, too, when its reader has gone before the first write', () => {
    const { fd } = pipe('write');
    closeTheirs();
    expect(errnoOf(() => fixture.task.write(fd, new Uint8Array(1)))).toBe('EPIPE');
  });

  it('keeps the flags that its process gave it', () => {
    const { fd, real } = pipe('write');
    fixture.task.write(fd, Buffer.from('x'));
    expect((libc?.fcntl(real, F_GETFL, 'int', 0) ?? 0) & O_NONBLOCK).toBe(0);
  });

  it('is polled and watched', async () => {
    const { fd, their } = pipe('read');
    const { task } = fixture;
    expect(task.poll(fd, POLLIN)).toBe(0);
    const seen: number[] = [];
    task.watch(fd, POLLIN, mask => seen.push(mask));
    await turn();
    fixture.machine.settle();
    expect(seen).toEqual([]);
    writeSync(their, '!');
    await settled(() => seen.length > 0);
    closeTheirs();
    expect([seen, task.poll(fd, POLLIN)]).toEqual([[POLLIN], POLLIN | POLLHUP]);
    expect(task.poll(pipe('write').fd, POLLOUT)).toBe(POLLOUT);
  });

  it('tells who waits for nothing but its end', async () => {
    const { fd } = pipe('write');
    const seen: number[] = [];
    fixture.task.watch(fd, 0, mask => seen.push(mask));
    closeTheirs();
    await settled(() => seen.length > 0);
    expect(seen).toEqual([POLLERR]);
  });

  it('tells an edge-triggered epoll set of what comes after the last byte was read', async () => {
    const { fd, their } = pipe('read');
    const { task } = fixture;
    const nonBlocking = task.fcntl(fd, F_GETFL) | O_NONBLOCK;
    task.fcntl(fd, F_SETFL, nonBlocking);
    writeSync(their, 'a');
    const epoll = epollCreate(task);
    epollControl(task, epoll, EPOLL_CTL_ADD, fd, { events: POLLIN | EPOLLET, data: 1n });
    expect(epollWait(task, epoll)).toHaveLength(1);
    task.read(fd, 10);
    expect(errnoOf(() => task.read(fd, 10))).toBe('EAGAIN');
    expect(epollWait(task, epoll)).toEqual([]);
    writeSync(their, 'b');
    const events: EpollEvent[] = [];
    await settled(() => {
      events.push(...epollWait(task, epoll));
      return events.length > 0;
    });
    expect(events).toEqual([{ events: POLLIN, data: 1n }]);
  });

  it('may be closed while somebody waits for it', () => {
    const { fd } = pipe('read');
    fixture.task.startRead(fd, 10);
    fixture.task.watch(fd, POLLIN, () => {});
    fixture.machine.settle();
    fixture.task.close(fd);
    fixture.task.exit();
    fixture.machine.settle();
    expect(host.open).toBe(0);
  });

  it('has the real pipe behind it, for whoever it is passed on to', () => {
    const { fd, real } = pipe('write');
    const { operations } = fixture.task.files.get(fd);
    expect(operations.hostDescriptor?.()).toEqual({ fd: real, offset: 0n });
    expect([operations.kind, fixture.task.status(fd).size]).toEqual(['host stream', 0n]);
    expect(errnoOf(() => fixture.task.pread(fd, new Uint8Array(1), 0n))).not.toBeNull();
  });

  it.each(['/', '/dev/null'])(
    'may be %s instead, which is always ready and whose end nobody waits for',
    path => {
      const { task } = fixture;
      const fd = fixture.kernel.adopt(task, openSync(path, 'r'));
      const told: number[] = [];
      task.watch(fd, 0, mask => told.push(mask));
      fixture.machine.settle();
      expect([told, task.poll(fd, POLLIN)]).toEqual([[], POLLIN]);
      task.exit();
      expect(host.open).toBe(0);
    },
  );

  it('is the only kind that is read: of a socket nobody could say that it never blocks', () => {
    const [one, other] = socketPair(libc!);
    theirs.push(other);
    const fd = fixture.kernel.adopt(fixture.task, one);
    expect(errnoOf(() => fixture.task.read(fd, 1))).toBe('EINVAL');
    expect(fixture.task.poll(fd, POLLOUT)).toBe(POLLOUT);
  });
});
