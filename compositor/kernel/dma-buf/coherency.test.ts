import { describe, expect, it } from 'vitest';
import {
  DMA_BUF_IOCTL_SYNC,
  DMA_BUF_SYNC_END,
  DMA_BUF_SYNC_READ,
  DMA_BUF_SYNC_RW,
  DMA_BUF_SYNC_WRITE,
} from '../../../protocol/uapi/dma-buf.ts';
import { DRM_CLOEXEC, DRM_RDWR, drmIoctls } from '../../../protocol/uapi/drm.ts';
import { createVgem } from '../drivers/vgem/index.ts';
import { createBacking } from '../memory/create-backing.ts';
import { createDmaBuf, createTimeline, startKernel } from '../task/fixture.ts';
import type { Coherency } from './coherency.ts';
import { dmaBufOf, exportDmaBuf } from './dma-buf.ts';
import { Usage } from './reservation.ts';

function start(coherency: Coherency = 'strict') {
  const fixture = startKernel({ coherency });
  const { kernel, task } = fixture;
  const fd = createDmaBuf(task, 4096);
  const buffer = dmaBufOf(task.files.get(fd));
  const address = task.mmap(fd, 4096);
  const device = buffer.attach({ name: 'gpu' }).map();
  const begin = (flags: number) => task.call(fd, DMA_BUF_IOCTL_SYNC, { flags: BigInt(flags) });
  return {
    ...fixture,
    fd,
    buffer,
    address,
    begin,
    end: (flags: number) => begin(flags | DMA_BUF_SYNC_END),
    read: (at = 0) => task.memory.view(address + BigInt(at), 1, false)[0],
    write: (value: number, at = 0) => {
      task.memory.view(address + BigInt(at), 1)[0] = value;
    },
    deviceRead: (at = 0) => kernel.memory.bytes[device.address + at],
    deviceWrite: (value: number, at = 0) => {
      kernel.memory.bytes[device.address + at] = value;
    },
    traps: () => kernel.warnings.entries.map(({ rule }) => rule),
  };
}

describe('a kernel with strict coherency', () => {
  it('shows devices what was written in a bracket when that ends', () => {
    const { begin, end, write, deviceRead, traps } = start();
    begin(DMA_BUF_SYNC_WRITE);
    write(0x41);
    expect(deviceRead()).toBe(0);
    end(DMA_BUF_SYNC_WRITE);
    expect([deviceRead(), traps()]).toEqual([0x41, []]);
  });

  it('shows processes what a device wrote when a bracket begins', () => {
    const { begin, end, read, deviceWrite, traps } = start();
    begin(DMA_BUF_SYNC_READ);
    expect(read()).toBe(0);
    deviceWrite(0x42);
    expect(read()).toBe(0);
    end(DMA_BUF_SYNC_READ);
    begin(DMA_BUF_SYNC_READ);
    expect([read(), traps()]).toEqual([0x42, []]);
  });

  it('names what is written outside a bracket, and shows it to nobody until one for writing ends', () => {
    const { begin, end, write, read, deviceRead, traps } = start();
    write(0x43);
    expect([deviceRead(), traps()]).toEqual([0, ['coherency trap: write outside a bracket']]);
    begin(DMA_BUF_SYNC_READ);
    expect(read()).toBe(0x43);
    end(DMA_BUF_SYNC_READ);
    expect(deviceRead()).toBe(0);
    begin(DMA_BUF_SYNC_RW);
    end(DMA_BUF_SYNC_RW);
    expect([deviceRead(), traps().length]).toEqual([0x43, 1]);
  });

  it('names what is read outside a bracket, and may show what was there before', () => {
    const { begin, end, read, deviceWrite, traps } = start();
    begin(DMA_BUF_SYNC_READ);
    read();
    end(DMA_BUF_SYNC_READ);
    deviceWrite(0x44);
    expect([read(), traps()]).toEqual([0, ['coherency trap: read outside a bracket']]);
  });

  it('takes a bracket for reading for no leave to write', () => {
    const { begin, write, traps } = start();
    begin(DMA_BUF_SYNC_READ);
    write(1);
    expect(traps()).toEqual(['coherency trap: write outside a bracket']);
  });

  it('takes a bracket of one process for no leave of another', () => {
    const { kernel, task, fd, begin, traps } = start();
    begin(DMA_BUF_SYNC_RW);
    const other = kernel.createTask({ name: 'other' });
    other.memory.view(other.mmap(task.send(fd, other), 4096), 1, false);
    expect(traps()).toEqual(['coherency trap: read outside a bracket']);
    expect(kernel.warnings.entries[0]!.message).toContain('by other');
  });

  it('names an access that did not wait for the fences', () => {
    const fixture = start();
    const { begin, read, write, buffer, traps } = fixture;
    begin(DMA_BUF_SYNC_RW);
    const reader = createTimeline(fixture).fence(1);
    buffer.reservation.publish(reader, Usage.READ);
    read();
    expect(traps()).toEqual([]);
    write(1);
    expect(traps()).toEqual(['coherency trap: write before its fences']);
    buffer.reservation.publish(createTimeline(fixture).fence(1), Usage.WRITE);
    read();
    expect(traps()[1]).toBe('coherency trap: read before its fences');
  });

  it('names a bracket that ends and was not begun', () => {
    const { begin, end, traps } = start();
    begin(DMA_BUF_SYNC_READ);
    end(DMA_BUF_SYNC_WRITE);
    expect(traps()).toEqual(['coherency trap: a bracket ends that was not begun']);
  });

  it('keeps what a device wrote beside a written line, and loses what it wrote into it', () => {
    const { begin, end, write, deviceRead, deviceWrite } = start();
    begin(DMA_BUF_SYNC_WRITE);
    write(1, 0);
    deviceWrite(2, 1);
    deviceWrite(3, 64);
    end(DMA_BUF_SYNC_WRITE);
    expect([0, 1, 64].map(at => deviceRead(at))).toEqual([1, 0, 3]);
  });

  it('counts a system call that reads or writes the mapping as an access', () => {
    const { task, address, traps } = start();
    task.memory.copyFromUser(address, 8);
    task.memory.copyToUser(address, new Uint8Array(8));
    expect(traps()).toEqual([
      'coherency trap: read outside a bracket',
      'coherency trap: write outside a bracket',
    ]);
  });
});

describe('a kernel with coherent devices', () => {
  it('shows everything at once, and watches nothing', () => {
    const { write, read, deviceRead, deviceWrite, traps } = start('coherent');
    write(5);
    expect(deviceRead()).toBe(5);
    deviceWrite(6);
    expect([read(), traps()]).toEqual([6, []]);
  });
});

describe('an exporter', () => {
  it('S2-T3: is told once of each access, whoever’s descriptor it came through', () => {
    const { kernel, task } = startKernel();
    const vgem = createVgem(kernel);
    const calls: string[] = [];
    const backing = createBacking(kernel, 4096);
    const buffer = exportDmaBuf(kernel, {
      exporter: 'counting',
      backing,
      beginCpuAccess: direction => void calls.push(`begin ${direction}`),
      endCpuAccess: direction => void calls.push(`end ${direction}`),
      release: () => backing[Symbol.dispose](),
    });
    const own = task.files.add(buffer.file);
    const node = task.open(vgem.nodes[0]!.path);
    const handle = task.call(node, drmIoctls.DRM_IOCTL_PRIME_FD_TO_HANDLE, { fd: own }).handle!;
    const flags = DRM_RDWR | DRM_CLOEXEC;
    const imported = task.call(node, drmIoctls.DRM_IOCTL_PRIME_HANDLE_TO_FD, { handle, flags, fd: -1 }).fd!;
    for (const bracket of [DMA_BUF_SYNC_RW, DMA_BUF_SYNC_RW | DMA_BUF_SYNC_END])
      task.call(imported, DMA_BUF_IOCTL_SYNC, { flags: BigInt(bracket) });
    expect(calls).toEqual(['begin both', 'end both']);
    task.close(own);
    task.exit();
    expect(kernel.memory.used).toBe(0);
  });
});
