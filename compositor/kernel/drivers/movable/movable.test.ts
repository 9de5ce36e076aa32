import { describe, expect, it } from 'vitest';
import { DMA_BUF_IOCTL_SYNC, DMA_BUF_SYNC_END, DMA_BUF_SYNC_RW } from '../../../../protocol/uapi/dma-buf.ts';
import { drmIoctls } from '../../../../protocol/uapi/drm.ts';
import { modeIoctls } from '../../../../protocol/uapi/drm-mode.ts';
import type { Attachment } from '../../dma-buf/attachment.ts';
import { MovableMapping, mapMemory, ObjectMappings } from '../../dma-buf/move-mapping.ts';
import { Usage } from '../../dma-buf/reservation.ts';
import { ImportedBacking } from '../../drm/imported-backing.ts';
import { BusError } from '../../task/address-space.ts';
import { createTimeline, errnoOf } from '../../task/fixture.ts';
import { movableOf } from './device.ts';
import { startMovable } from './test-kit.ts';

describe('a card whose memory is too small', () => {
  it('drives out the buffer that was not used for the longest time, and brings it back with its bytes', () => {
    const { ttm, make, mapNode, read, write, addressOf, run } = startMovable();
    const made = [make(ttm.device, 2), make(ttm.device, 2), make(ttm.device, 2)];
    const domains = () => made.map(({ object }) => movableOf(object).domain);
    expect(domains()).toEqual(['vram', 'vram', 'system']);
    const mappings = made.map(mapNode);
    for (const [n, mapping] of mappings.entries()) write(mapping, 0x10 + n);
    const before = addressOf(made[2]!);
    run(ttm.validate(made[2]!.object));
    expect(domains()).toEqual(['system', 'vram', 'vram']);
    expect(addressOf(made[2]!)).not.toBe(before);
    run(ttm.validate(made[0]!.object));
    expect(domains()).toEqual(['vram', 'system', 'vram']);
    expect(mappings.map(read)).toEqual([0x10, 0x11, 0x12]);
    expect([ttm.evictions, ttm.returns]).toEqual([2, 2]);
  });

  it('waits for everybody who uses a buffer, and leaves a fence that everybody waits for', () => {
    const fixture = startMovable();
    const { ttm, make, kernel, machine } = fixture;
    const { object } = make(ttm.device);
    const job = createTimeline(fixture).fence(1);
    object.reservation.publish(job, Usage.BOOKKEEP);
    const eviction = kernel.thread('eviction', ttm.evict(object));
    machine.settle();
    expect([eviction.ended, movableOf(object).domain]).toEqual([false, 'vram']);
    job.signal();
    machine.settle();
    expect([eviction.ended, movableOf(object).domain]).toEqual([true, 'system']);
    expect(object.reservation.fences(Usage.KERNEL)).toHaveLength(1);
    // The next move has to wait for this one.
    const back = kernel.thread('validation', ttm.validate(object));
    machine.settle();
    expect(back.ended).toBe(false);
    machine.advance(100_000n);
    expect([back.ended, movableOf(object).domain]).toEqual([true, 'vram']);
  });

  it('does not move what is pinned, nor drive it out', () => {
    const { ttm, make, run } = startMovable();
    const pinned = make(ttm.device, 3);
    const other = make(ttm.device, 2);
    const pin = pinned.object.pin();
    expect(errnoOf(() => run(ttm.evict(pinned.object)))).toBe('EBUSY');
    expect(errnoOf(() => run(ttm.validate(other.object)))).toBe('ENOMEM');
    expect(errnoOf(() => run(ttm.validate(make(ttm.device, 5).object)))).toBe('ENOMEM');
    pin[Symbol.dispose]();
    run(ttm.validate(other.object));
    expect([pinned, other].map(({ object }) => movableOf(object).domain)).toEqual(['system', 'vram']);
  });

  it('takes another victim when the first was pinned while its users were waited for', () => {
    const fixture = startMovable();
    const { ttm, make, kernel, machine } = fixture;
    const [first, second, wanted] = [make(ttm.device, 2), make(ttm.device, 2), make(ttm.device, 2)];
    const job = createTimeline(fixture).fence(1);
    first.object.reservation.publish(job, Usage.READ);
    const validation = kernel.thread('validation', ttm.validate(wanted.object));
    first.object.pin();
    job.signal();
    for (let turn = 0; turn < 5; turn++) machine.advance(100_000n);
    validation.result();
    const domains = [first, second, wanted].map(({ object }) => movableOf(object).domain);
    expect(domains).toEqual(['vram', 'system', 'vram']);
  });

  it('gives two who want its last pages both what they need, one after the other, whatever the order', () => {
    for (const seed of [1, 2, 3, 4]) {
      const { ttm, make, kernel, machine } = startMovable();
      const made = [make(ttm.device, 3), make(ttm.device, 3), make(ttm.device, 3)];
      const order = seed % 2 === 0 ? [1, 2, 0] : [2, 1, 0];
      const threads = order.map(n => kernel.thread(`validation ${n}`, ttm.validate(made[n]!.object)));
      for (let turn = 0; turn < 20; turn++) machine.advance(100_000n);
      for (const thread of threads) thread.result();
      expect(made.filter(({ object }) => movableOf(object).domain === 'vram')).toHaveLength(1);
      expect(kernel.warnings.entries).toEqual([]);
    }
  });

  it('gives back all pages', () => {
    const { ttm, make, mapNode, toFd, run, kernel, task } = startMovable();
    const used = kernel.memory.used;
    const made = make(ttm.device, 2);
    mapNode(made);
    task.mmap(toFd(made), 4096);
    run(ttm.evict(made.object));
    expect(kernel.memory.used).toBeGreaterThan(used);
    task.exit();
    expect([kernel.memory.used, ttm.vram.available]).toEqual([used, ttm.vram.bytes]);
  });
});

describe('mappings of a buffer that moves', () => {
  it('are all invalidated, through the device and through the dma-buf, and fault in again at the new place', () => {
    const { ttm, make, mapNode, toFd, task, read, write, run, kernel, addressOf } = startMovable();
    const made = make(ttm.device);
    const { mappings } = movableOf(made.object);
    const [device, shared] = [mapNode(made), task.mmap(toFd(made), 4096)];
    write(device, 0x41);
    expect([read(shared), mappings.present, mappings.faults]).toEqual([0x41, 2, 2]);
    const old = addressOf(made);
    run(ttm.evict(made.object));
    expect(mappings.present).toBe(0);
    write(shared, 0x42);
    expect([read(device), mappings.present, mappings.faults]).toEqual([0x42, 2, 4]);
    expect([kernel.memory.bytes[old], kernel.memory.bytes[addressOf(made)]]).toEqual([0x41, 0x42]);
  });

  it('keep the object’s identity, and nothing else, when they are split and unmapped', () => {
    const { ttm, make, mapNode, task, read, run } = startMovable();
    const made = make(ttm.device, 3);
    const { mappings } = movableOf(made.object);
    const address = mapNode(made);
    read(address);
    task.munmap(address + 4096n, 4096);
    expect([read(address), read(address + 8192n)]).toEqual([0, 0]);
    run(ttm.evict(made.object));
    expect(read(address + 8192n)).toBe(0);
    task.munmap(address, 4096);
    task.munmap(address + 8192n, 4096);
    expect(mappings.present).toBe(0);
  });

  it('are the object’s also where they are made through an importer’s object', () => {
    const { ttm, make, exportOf, run } = startMovable();
    const made = make(ttm.device);
    const imported = new ImportedBacking(exportOf(made).attach({ name: 'importer' }));
    const mapped = mapMemory(imported, { offset: 0, length: 4096 });
    mapped.view(0, 1, true)[0] = 0x44;
    expect(movableOf(made.object).mappings.present).toBe(1);
    run(ttm.evict(made.object));
    expect([movableOf(made.object).mappings.present, mapped.view(0, 1, false)[0]]).toEqual([0, 0x44]);
  });

  it('that were made under another identity are missed: found when used, and nobody else’s memory is touched', () => {
    const { ttm, make, run, kernel, mapNode, write, read } = startMovable();
    const made = make(ttm.device);
    const buffer = movableOf(made.object);
    // What an importer does that forwards mmap to the exporter, and keeps its own file behind the mapping.
    const importers = new ObjectMappings('an importer', kernel.warnings);
    const range = { offset: 0, length: 4096 };
    const wrong = new MovableMapping(made.object.backing, buffer, range, importers);
    wrong.view(0, 1)[0] = 0x11;
    run(ttm.evict(made.object));
    const next = make(ttm.device);
    const mapped = mapNode(next);
    write(mapped, 0x22);
    expect(() => wrong.view(0, 1)).toThrow(BusError);
    expect(read(mapped)).toBe(0x22);
    expect(kernel.warnings.entries.map(({ rule }) => rule)).toEqual([
      'mappings are found through the identity of their object',
    ]);
  });
});

describe('a purge', () => {
  function purged() {
    const all = startMovable();
    const { shmem, make, mapNode, toFd, task } = all;
    const made = make(shmem.device);
    const [device, shared] = [mapNode(made), task.mmap(toFd(made), 4096)];
    all.write(device, 0x33);
    const address = all.addressOf(made);
    expect(shmem.madvise(made.object, false)).toBe(true);
    expect(shmem.shrink()).toBe(4096);
    return { ...all, made, device, shared, address };
  }

  it('S2-T1: leaves no mapping through which the next owner of the pages could be written', () => {
    const { shmem, make, mapNode, read, write, device, shared, addressOf, address } = purged();
    const next = make(shmem.device);
    expect(addressOf(next)).toBe(address);
    const own = mapNode(next);
    write(own, 0x77);
    for (const old of [device, shared]) expect(() => write(old, 0xff)).toThrow(BusError);
    expect(read(own)).toBe(0x77);
  });

  it('S2-T2: revokes the mappings that were made through an import’s descriptor too', () => {
    const all = startMovable();
    const { shmem, vgem, make, toFd, task, kernel, read } = all;
    const made = make(shmem.device);
    const other = kernel.createTask({ name: 'importer' });
    const node = other.open(vgem.nodes[0]!.path);
    const handle = other.call(node, drmIoctls.DRM_IOCTL_PRIME_FD_TO_HANDLE, {
      fd: task.send(toFd(made), other),
    }).handle!;
    expect(errnoOf(() => other.call(node, modeIoctls.DRM_IOCTL_MODE_MAP_DUMB, { handle }))).toBe('EINVAL');
    const again = other.call(node, drmIoctls.DRM_IOCTL_PRIME_HANDLE_TO_FD, { handle, flags: 2, fd: -1 }).fd!;
    const address = other.mmap(again, 4096);
    other.memory.view(address, 1)[0] = 1;
    shmem.madvise(made.object, false);
    expect(shmem.shrink()).toBe(4096);
    expect(() => other.memory.view(address, 1, false)).toThrow(BusError);
    expect(errnoOf(() => other.memory.copyFromUser(address, 1))).toBe('EFAULT');
    expect(read(all.mapNode(make(shmem.device)))).toBe(0);
  });

  it('takes only what nobody needs, has pinned, locked or uses', () => {
    const fixture = startMovable();
    const { shmem, make, machine } = fixture;
    const { object } = make(shmem.device);
    expect(shmem.shrink()).toBe(0);
    shmem.madvise(object, false);
    shmem.madvise(object, true);
    expect(shmem.shrink()).toBe(0);
    shmem.madvise(object, false);
    const pin = object.pin();
    expect(shmem.shrink()).toBe(0);
    pin[Symbol.dispose]();
    const job = createTimeline(fixture).fence(1);
    object.reservation.publish(job, Usage.BOOKKEEP);
    expect(shmem.shrink()).toBe(0);
    job.signal();
    machine.settle();
    expect(shmem.shrink()).toBe(4096);
    expect([shmem.madvise(object, true), shmem.shrink()]).toEqual([false, 0]);
    expect(errnoOf(() => object.pin())).toBe('EFAULT');
  });
});

describe('a cache over memory that moves', () => {
  const bracket = (flags: number) => ({ flags: BigInt(flags) });

  it('is written back to where the memory is then', () => {
    const { ttm, make, toFd, task, write, read, run, kernel, addressOf } = startMovable({
      coherency: 'strict',
    });
    const made = make(ttm.device);
    const fd = toFd(made);
    const address = task.mmap(fd, 4096);
    task.call(fd, DMA_BUF_IOCTL_SYNC, bracket(DMA_BUF_SYNC_RW));
    write(address, 0x51);
    run(ttm.evict(made.object));
    expect([read(address), kernel.memory.bytes[addressOf(made)]]).toEqual([0x51, 0]);
    task.call(fd, DMA_BUF_IOCTL_SYNC, bracket(DMA_BUF_SYNC_RW | DMA_BUF_SYNC_END));
    expect(kernel.memory.bytes[addressOf(made)]).toBe(0x51);
  });

  it('has nothing to write back when that was purged', () => {
    const { shmem, make, toFd, task, write, mapNode, read } = startMovable({ coherency: 'strict' });
    const made = make(shmem.device);
    const fd = toFd(made);
    const address = task.mmap(fd, 4096);
    task.call(fd, DMA_BUF_IOCTL_SYNC, bracket(DMA_BUF_SYNC_RW));
    write(address, 0x52);
    shmem.madvise(made.object, false);
    expect(shmem.shrink()).toBe(4096);
    const next = mapNode(make(shmem.device));
    task.call(fd, DMA_BUF_IOCTL_SYNC, bracket(DMA_BUF_SYNC_RW | DMA_BUF_SYNC_END));
    task.call(fd, DMA_BUF_IOCTL_SYNC, bracket(DMA_BUF_SYNC_RW));
    expect(() => read(address)).toThrow(BusError);
    expect(read(next)).toBe(0);
  });
});

describe('an importer of memory that moves', () => {
  it('is told of a move with the lock held, and maps again at the new place', () => {
    const { ttm, make, exportOf, run, addressOf } = startMovable();
    const made = make(ttm.device);
    const buffer = exportOf(made);
    const { lock } = buffer.reservation;
    const told: boolean[] = [];
    const attachment: Attachment = buffer.attach({ name: 'gpu', moveNotify: () => told.push(lock.held) });
    const where = (): number => {
      lock.tryLock();
      const { address } = attachment.map();
      lock.unlock();
      return address;
    };
    const before = where();
    run(ttm.evict(made.object));
    expect([told, before === addressOf(made), where() === addressOf(made)]).toEqual([[true], false, true]);
    attachment[Symbol.dispose]();
    run(ttm.validate(made.object));
    expect(told).toEqual([true]);
  });

  it('maps and pins with the lock held, or breaks a rule', () => {
    const { ttm, make, exportOf } = startMovable();
    const attachment = exportOf(make(ttm.device)).attach({ name: 'gpu', moveNotify: () => {} });
    expect(() => attachment.map()).toThrow('the reservation lock is held');
    expect(() => attachment.pin()).toThrow('the reservation lock is held');
  });

  it('pins what it scans out, and what has no notification is pinned while it is mapped', () => {
    const { ttm, make, exportOf, run } = startMovable();
    const made = make(ttm.device);
    const buffer = exportOf(made);
    const { lock } = buffer.reservation;
    const locked = (body: () => void): void => {
      lock.tryLock();
      body();
      lock.unlock();
    };
    const display = buffer.attach({ name: 'display', moveNotify: () => {} });
    locked(() => display.pin());
    expect(errnoOf(() => run(ttm.evict(made.object)))).toBe('EBUSY');
    locked(() => display.unpin());
    const old = buffer.attach({ name: 'old' });
    const map = old.map();
    expect(errnoOf(() => run(ttm.evict(made.object)))).toBe('EBUSY');
    map[Symbol.dispose]();
    run(ttm.evict(made.object));
    expect(movableOf(made.object).domain).toBe('system');
  });
});
