import { describe, expect, it } from 'vitest';
import { POLLIN } from '../../../protocol/uapi/fcntl.ts';
import {
  SW_SYNC_GET_DEADLINE,
  SW_SYNC_IOC_CREATE_FENCE,
  SW_SYNC_IOC_INC,
} from '../../../protocol/uapi/sw-sync.ts';
import { SYNC_IOC_FILE_INFO, SYNC_IOC_SET_DEADLINE } from '../../../protocol/uapi/sync-file.ts';
import { SECOND } from '../../machine/machine.ts';
import { createDmaBuf, errnoOf, startKernel } from '../task/fixture.ts';
import { addSwSync, SW_SYNC_PATH } from './sw-sync.ts';

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

  it('tells the deadline that a fence of a software timeline was given, and nothing else', () => {
    const { root, timeline, fence } = start();
    const fd = fence(1);
    const deadline = (fence_fd: number) => () => root.call(timeline, SW_SYNC_GET_DEADLINE, { fence_fd });
    expect(errnoOf(deadline(fd))).toBe('ENOENT');
    root.call(fd, SYNC_IOC_SET_DEADLINE, { deadline_ns: 77n });
    expect(deadline(fd)().deadline_ns).toBe(77n);
    expect(errnoOf(deadline(timeline))).toBe('EINVAL');
    expect(errnoOf(deadline(createDmaBuf(root)))).toBe('EINVAL');
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
});
