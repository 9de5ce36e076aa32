import { describe, expect, it } from 'vitest';
import { DMA_BUF_IOCTL_IMPORT_SYNC_FILE, DMA_BUF_SYNC_WRITE } from '../../../protocol/uapi/dma-buf.ts';
import { POLLIN } from '../../../protocol/uapi/fcntl.ts';
import {
  SW_SYNC_GET_DEADLINE,
  SW_SYNC_IOC_CREATE_FENCE,
  SW_SYNC_IOC_INC,
} from '../../../protocol/uapi/sw-sync.ts';
import { SYNC_IOC_FILE_INFO, SYNC_IOC_SET_DEADLINE } from '../../../protocol/uapi/sync-file.ts';
import { SECOND } from '../../machine/machine.ts';
import { createDmaBuf, errnoOf, startKernel } from '../task/fixture.ts';
import { ExpiringFence } from './promised-fence.ts';
import { addSwSync, SW_SYNC_PATH } from './sw-sync.ts';
import { createSyncFile, fenceOf } from './sync-file.ts';
import { createSyncobjFile, Syncobj } from './syncobj.ts';

function start() {
  const fixture = startKernel();
  addSwSync(fixture.kernel);
  const root = fixture.kernel.createTask({ name: 'igt', credentials: { uid: 0 } });
  const timeline = root.open(SW_SYNC_PATH);
  return {
    ...fixture,
    root,
    timeline,
    fence: (value: number): number => root.call(timeline, SW_SYNC_IOC_CREATE_FENCE, { value }).fence,
    status: (fd: number): number => root.call(fd, SYNC_IOC_FILE_INFO, {}).status,
  };
}

describe('sw_sync', () => {
  it('is for root', () => {
    const { task } = start();
    expect(errnoOf(() => task.open(SW_SYNC_PATH))).toBe('EACCES');
  });

  it('signals what the counter has reached, and what it has passed at once', () => {
    const { root, timeline, fence, status } = start();
    const [two, one] = [fence(2), fence(1)];
    root.call(timeline, SW_SYNC_IOC_INC, { value: 1 });
    expect([status(one), status(two), status(fence(1))]).toEqual([1, 0, 1]);
  });

  it('has fences that wait for as long as the process likes', () => {
    const { machine, root, timeline, fence, status } = start();
    const fd = fence(1);
    machine.advance(3600n * SECOND);
    expect(status(fd)).toBe(0);
    root.close(timeline);
    expect(status(fd)).toBe(-2);
    expect(root.poll(fd, POLLIN)).toBe(POLLIN);
  });

  it('has one fence for a value that is to come, however many sync files', () => {
    const { root, timeline, fence, status } = start();
    const [one, other] = [fence(3), fence(3)];
    expect(fenceOf(root, one)).toBe(fenceOf(root, other));
    root.call(one, SYNC_IOC_SET_DEADLINE, { deadline_ns: 55n });
    expect(root.call(timeline, SW_SYNC_GET_DEADLINE, { fence_fd: other }).deadline_ns).toBe(55n);
    root.close(one);
    root.call(timeline, SW_SYNC_IOC_INC, { value: 3 });
    expect(status(other)).toBe(1);
    // What has passed is a fence of its own each time.
    expect(fenceOf(root, fence(3))).not.toBe(fenceOf(root, other));
  });

  it('tells the deadline that a fence of a software timeline was given, and nothing else', () => {
    const { root, timeline, fence, machine, kernel } = start();
    const fd = fence(1);
    const deadline = (fence_fd: number) => () => root.call(timeline, SW_SYNC_GET_DEADLINE, { fence_fd });
    expect(errnoOf(deadline(fd))).toBe('ENOENT');
    root.call(fd, SYNC_IOC_SET_DEADLINE, { deadline_ns: 77n });
    expect(deadline(fd)().deadline_ns).toBe(77n);
    expect(errnoOf(deadline(timeline))).toBe('EINVAL');
    expect(errnoOf(deadline(createDmaBuf(root)))).toBe('EINVAL');
    const identity = { driver: 'vgem', timeline: 'unbound', context: 99n, seqno: 1n };
    const promised = new ExpiringFence(machine, identity);
    expect(errnoOf(deadline(root.files.add(createSyncFile(kernel, promised))))).toBe('EINVAL');
  });

  it('leaves no descriptor behind when the answer cannot be copied out', () => {
    const { root, timeline } = start();
    const before = root.files.size;
    expect(errnoOf(() => root.ioctl(timeline, SW_SYNC_IOC_CREATE_FENCE.number, 0n))).toBe('EFAULT');
    const address = root.memory.mapAnonymous(4096);
    root.mprotect(address, 4096, 1);
    expect(errnoOf(() => root.ioctl(timeline, SW_SYNC_IOC_CREATE_FENCE.number, address))).toBe('EFAULT');
    expect(root.files.size).toBe(before);
  });

  it('lists the timelines that are open or have fences that somebody keeps, with what is to come', () => {
    const { root, task, kernel, machine, timeline, fence } = start();
    const info = (): string =>
      new TextDecoder().decode(root.read(root.open('/sys/kernel/debug/sync/info'), 4096));
    const list = (...lines: string[]) =>
      ['objs:', '--------------', ...lines, 'fences:', '--------------', ''].join('\n');
    const [two, one] = [fence(2), fence(1)];
    expect(info()).toBe(list('igt: 0', '  fence active: 1 / 0', '  fence active: 2 / 0', ''));
    root.call(timeline, SW_SYNC_IOC_INC, { value: 1 });
    root.close(timeline);
    const since = `${machine.now() / SECOND}.${String(machine.now() % SECOND).padStart(9, '0')}`;
    expect(info()).toBe(list('igt: 1', `  fence error@${since}: 2 / 1`, ''));
    const elsewhere = root.send(two, task);
    root.close(two);
    expect(info()).toContain('2 / 1');
    task.close(elsewhere);
    expect(info()).toBe(list('igt: 1', ''));
    root.close(one);
    expect(info()).toBe(list());
    expect(errnoOf(() => task.open('/sys/kernel/debug/sync/info'))).toBe('EACCES');
    expect(kernel.nodes).not.toContain('/sys/kernel/debug/sync/info');
  });

  it('counts a fence in a buffer or a sync object as kept', () => {
    const { root, timeline, fence, kernel } = start();
    const info = (): string =>
      new TextDecoder().decode(root.read(root.open('/sys/kernel/debug/sync/info'), 4096));
    const [first, second] = [fence(1), fence(2)];
    const buffer = createDmaBuf(root);
    root.call(buffer, DMA_BUF_IOCTL_IMPORT_SYNC_FILE, { flags: DMA_BUF_SYNC_WRITE, fd: first });
    const syncobj = new Syncobj(kernel);
    const file = root.files.add(createSyncobjFile(kernel, syncobj));
    syncobj.addPoint(fenceOf(root, second), 7n);
    for (const fd of [first, second]) root.close(fd);
    expect(info()).toContain('1 / 0\n  fence active: 2 / 0');
    root.close(file);
    expect(info()).not.toContain('2 / 0');
    root.close(buffer);
    expect(info()).toBe('objs:\n--------------\nigt: 0\n\nfences:\n--------------\n');
    root.close(timeline);
  });
});
