import { describe, expect, it } from 'vitest';
import {
  DMA_BUF_IOCTL_EXPORT_SYNC_FILE,
  DMA_BUF_SYNC_READ,
  DMA_BUF_SYNC_WRITE,
} from '../../../../protocol/uapi/dma-buf.ts';
import { DRM_CAP_DUMB_BUFFER, DRM_CLOEXEC, DRM_RDWR, drmIoctls } from '../../../../protocol/uapi/drm.ts';
import { modeIoctls } from '../../../../protocol/uapi/drm-mode.ts';
import { POLLIN } from '../../../../protocol/uapi/fcntl.ts';
import type { UserValue } from '../../../../protocol/uapi/struct.ts';
import { SYNC_IOC_FILE_INFO } from '../../../../protocol/uapi/sync-file.ts';
import { type drm_vgem_fence_attach, VGEM_FENCE_WRITE, vgemIoctls } from '../../../../protocol/uapi/vgem.ts';
import { SECOND } from '../../../machine/machine.ts';
import { VirtualMachine } from '../../../machine/virtual-machine.ts';
import { dmaBufOf } from '../../dma-buf/dma-buf.ts';
import { type Opener, outcome } from '../../drm/test-kit.ts';
import { Kernel } from '../../kernel.ts';
import { addUdmabufDevice } from '../../memory/udmabuf.ts';
import { lockElsewhere } from '../../task/fixture.ts';
import { createVgem } from './vgem.ts';

const CARD = '/dev/dri/card1';
const RENDER = '/dev/dri/renderD129';
const [READ, WRITE] = [0, VGEM_FENCE_WRITE];

function rig() {
  const machine = new VirtualMachine();
  const kernel = new Kernel({ machine, memoryBytes: 8 << 20 });
  addUdmabufDevice(kernel);
  const device = createVgem(kernel);
  const task = kernel.createTask({ name: 'app' });
  const open = (path = CARD): Opener => ({ task, fd: task.open(path) });
  /** READ or WRITE: what a reader or a writer has to wait for now. */
  const snapshot = (buffer: number, flags = DMA_BUF_SYNC_READ) =>
    task.call(buffer, DMA_BUF_IOCTL_EXPORT_SYNC_FILE, { flags, fd: -1 }).fd!;
  const signalled = (syncFile: number) => task.poll(syncFile, POLLIN) === POLLIN;
  return { machine, kernel, device, task, open, snapshot, signalled };
}

const create = ({ task, fd }: Opener) =>
  task.call(fd, modeIoctls.DRM_IOCTL_MODE_CREATE_DUMB, { width: 64, height: 64, bpp: 32 }).handle!;
const toFd = ({ task, fd }: Opener, handle: number) =>
  task.call(fd, drmIoctls.DRM_IOCTL_PRIME_HANDLE_TO_FD, { handle, flags: DRM_RDWR | DRM_CLOEXEC }).fd!;
const toHandle = ({ task, fd }: Opener, buffer: number) =>
  task.call(fd, drmIoctls.DRM_IOCTL_PRIME_FD_TO_HANDLE, { fd: buffer }).handle!;
const attachWith = ({ task, fd }: Opener, value: UserValue<typeof drm_vgem_fence_attach>) =>
  outcome(() => task.call(fd, vgemIoctls.DRM_IOCTL_VGEM_FENCE_ATTACH, value).out_fence!);
/** The number of the new fence, or an errno. */
const attach = (file: Opener, handle: number, flags: number) => attachWith(file, { handle, flags });
/** 0 or an errno. */
const signal = ({ task, fd }: Opener, fence: number | string, flags = 0) =>
  outcome(() => task.call(fd, vgemIoctls.DRM_IOCTL_VGEM_FENCE_SIGNAL, { fence: Number(fence), flags }) && 0);

describe('fences of vgem', () => {
  it('keep out whoever would have to wait for them', () => {
    const { open, snapshot, signalled } = rig();
    const file = open();
    const handle = create(file);
    const buffer = toFd(file, handle);
    expect(attach(file, handle, WRITE)).toBe(1);
    const [forReader, forWriter] = [snapshot(buffer), snapshot(buffer, DMA_BUF_SYNC_WRITE)];
    expect([attach(file, handle, WRITE), attach(file, handle, READ)]).toEqual(['EBUSY', 'EBUSY']);
    expect([signalled(forReader), signalled(forWriter)]).toEqual([false, false]);
    expect([signal(file, 1), signal(file, 1)]).toEqual([0, 'ENOENT']);
    expect([signalled(forReader), signalled(forWriter)]).toEqual([true, true]);

    expect([attach(file, handle, READ), attach(file, handle, READ)]).toEqual([2, 3]);
    expect(attach(file, handle, WRITE)).toBe('EBUSY');
    expect(signalled(snapshot(buffer))).toBe(true);
    const readers = snapshot(buffer, DMA_BUF_SYNC_WRITE);
    expect([signal(file, 2), signalled(readers), signal(file, 3), signalled(readers)]).toEqual([
      0,
      false,
      0,
      true,
    ]);
    expect(attach(file, handle, WRITE)).toBe(4);
  });

  it('are named after the driver, each on a timeline of its own', () => {
    const { task, open, snapshot } = rig();
    const file = open();
    const buffers = [create(file), create(file)];
    for (const handle of buffers) attach(file, handle, WRITE);
    const names = buffers.map(handle => {
      const room = [{}];
      return task.call(snapshot(toFd(file, handle)), SYNC_IOC_FILE_INFO, {
        num_fences: 1,
        sync_fence_info: room,
      });
    });
    expect(names[0]!.name).toMatch(/^vgem-unbound\d+-1$/);
    expect(names[1]!.name).not.toBe(names[0]!.name);
    expect(names[0]!.sync_fence_info).toMatchObject([
      { driver_name: 'vgem', obj_name: 'unbound', status: 0 },
    ]);
  });

  it('say what is wrong with a call, flags before handles', () => {
    const { open } = rig();
    const file = open();
    const handle = create(file);
    expect([attach(file, 0, READ), attach(file, 999, WRITE)]).toEqual(['ENOENT', 'ENOENT']);
    expect([attach(file, handle, 2), attach(file, 999, 2)]).toEqual(['EINVAL', 'EINVAL']);
    expect(attachWith(file, { handle, pad: 1 })).toBe('EINVAL');
    expect(attachWith(file, { handle, out_fence: 77 })).toBe(1);
    expect([signal(file, 0), signal(file, 999), signal(file, 1, 1), signal(file, 1)]).toEqual([
      'ENOENT',
      'ENOENT',
      'EINVAL',
      0,
    ]);
  });

  it('belong to the file that attached them, of either node', () => {
    const { open } = rig();
    const [file, render] = [open(), open(RENDER)];
    const handle = create(file);
    const shared = toHandle(render, toFd(file, handle));
    expect(attach(file, handle, WRITE)).toBe(1);
    expect(signal(render, 1)).toBe('ENOENT');
    expect(attach(render, shared, WRITE)).toBe('EBUSY');
    expect(signal(file, 1)).toBe(0);
    expect([attach(render, shared, WRITE), signal(render, 1)]).toEqual([1, 0]);
  });

  it('expire after 10 s without an error; whoever signals too late is told once', () => {
    const { machine, task, open, snapshot, signalled } = rig();
    const file = open();
    const handle = create(file);
    const fence = attach(file, handle, WRITE);
    const waiting = snapshot(toFd(file, handle));
    machine.advance(10n * SECOND - 1n);
    expect(signalled(waiting)).toBe(false);
    machine.advance(1n);
    expect(signalled(waiting)).toBe(true);
    expect(task.call(waiting, SYNC_IOC_FILE_INFO, {}).status).toBe(1);
    expect(attach(file, handle, WRITE)).toBe(2);
    expect([signal(file, fence), signal(file, fence)]).toEqual(['ETIMEDOUT', 'ENOENT']);
  });

  it('outlive handle and dma-buf, and end with the file', () => {
    const { machine, kernel, task, open, snapshot, signalled } = rig();
    const file = open();
    const handle = create(file);
    const buffer = toFd(file, handle);
    attach(file, handle, WRITE);
    const waiting = snapshot(buffer);
    task.call(file.fd, drmIoctls.DRM_IOCTL_GEM_CLOSE, { handle });
    task.close(buffer);
    expect(signalled(waiting)).toBe(false);
    task.close(file.fd);
    expect(signalled(waiting)).toBe(true);
    expect(task.call(waiting, SYNC_IOC_FILE_INFO, {}).status).toBe(1);
    const other = open();
    attach(other, create(other), READ);
    kernel[Symbol.dispose]();
    expect(machine.nextTimer).toBeNull();
  });

  it('wait for a reservation that somebody has locked', () => {
    const { machine, kernel, task, open } = rig();
    const file = open();
    const handle = create(file);
    const { lock } = dmaBufOf(task.files.get(toFd(file, handle))).reservation;
    const unlock = lockElsewhere(kernel, lock);
    const call = task.startCall(file.fd, vgemIoctls.DRM_IOCTL_VGEM_FENCE_ATTACH, { handle, flags: WRITE });
    machine.settle();
    expect(call.ended).toBe(false);
    unlock();
    machine.settle();
    expect(call.result().out_fence).toBe(1);
    expect([lock.locked, signal(file, 1)]).toEqual([false, 0]);
  });
});

describe('buffers of vgem', () => {
  it('are made and mapped on the primary node alone', () => {
    const { kernel, task, open, device } = rig();
    const [file, render] = [open(), open(RENDER)];
    const handle = create(file);
    const map = (target: Opener) =>
      task.call(target.fd, modeIoctls.DRM_IOCTL_MODE_MAP_DUMB, { handle }).offset!;
    const address = task.mmap(file.fd, 16384, { offset: map(file) });
    task.memory.view(address, 4).set([1, 2, 3, 4]);
    const buffer = dmaBufOf(task.files.get(toFd(file, handle)));
    const seen = kernel.thread('vmap', buffer.vmap('read')).result();
    expect([...seen.bytes.slice(0, 5)]).toEqual([1, 2, 3, 4, 0]);
    kernel.thread('vunmap', seen.vunmap()).result();
    expect(outcome(() => create(render))).toBe('EACCES');
    expect(outcome(() => map(render))).toBe('EACCES');
    const cap = { capability: DRM_CAP_DUMB_BUFFER };
    expect(outcome(() => task.call(file.fd, drmIoctls.DRM_IOCTL_GET_CAP, cap))).toBe('EOPNOTSUPP');
    expect(device.objects.size).toBe(1);
  });

  it('are not mapped when imported, and go out again as what they were', () => {
    const { kernel, task, open } = rig();
    const other = createVgem(kernel, { primaryPath: '/dev/dri/card2', renderPath: '/dev/dri/renderD130' });
    const [file, importer] = [open(), open('/dev/dri/card2')];
    const buffer = toFd(file, create(file));
    const handle = toHandle(importer, buffer);
    const map = () => task.call(importer.fd, modeIoctls.DRM_IOCTL_MODE_MAP_DUMB, { handle });
    expect(outcome(map)).toBe('EINVAL');
    expect(task.status(toFd(importer, handle)).inode).toBe(task.status(buffer).inode);
    expect(attach(importer, handle, WRITE)).toBe(1);
    expect(attach(file, toHandle(file, buffer), READ)).toBe('EBUSY');
    expect(other.objects.size).toBe(1);
  });
});
