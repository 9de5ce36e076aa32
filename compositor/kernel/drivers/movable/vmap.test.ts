import { describe, expect, it } from 'vitest';
import { DMA_HEAP_IOCTL_ALLOC } from '../../../../protocol/uapi/dma-heap.ts';
import { PROT_READ } from '../../../../protocol/uapi/fcntl.ts';
import { type DmaBuf, dmaBufOf, exportDmaBuf } from '../../dma-buf/dma-buf.ts';
import { createBacking } from '../../memory/create-backing.ts';
import { addSystemHeap } from '../../memory/dma-heap.ts';
import { createDmaBuf, errnoOf, lockElsewhere } from '../../task/fixture.ts';
import type { Sleeping } from '../../task/kernel-thread.ts';
import { movableOf } from './device.ts';
import { startMovable } from './test-kit.ts';

type Rig = ReturnType<typeof startMovable>;

/** A buffer of one page by exporter. */
const exporters: { readonly [name: string]: (rig: Rig) => DmaBuf } = {
  ttm: rig => rig.exportOf(rig.make(rig.ttm.device)),
  shmem: rig => rig.exportOf(rig.make(rig.shmem.device)),
  vgem: rig => rig.exportOf(rig.make(rig.vgem)),
  udmabuf: ({ task }) => dmaBufOf(task.files.get(createDmaBuf(task, 4096))),
  system: ({ kernel, task }) => {
    addSystemHeap(kernel);
    const heap = task.open('/dev/dma_heap/system');
    const { fd } = task.call(heap, DMA_HEAP_IOCTL_ALLOC, { len: 4096n });
    return dmaBufOf(task.files.get(fd!));
  },
};

/** A body that runs with the buffer's lock held. */
function* locked<T>({ reservation: { lock } }: DmaBuf, body: () => T): Sleeping<T> {
  yield* lock.lock();
  try {
    return body();
  } finally {
    lock.unlock();
  }
}

describe.each(Object.keys(exporters))('vmap of a buffer of %s', name => {
  const start = () => {
    const rig = startMovable();
    return { ...rig, buffer: exporters[name]!(rig) };
  };

  it('takes the lock, pins, and needs no attachment', () => {
    const { run, buffer, task } = start();
    const map = run(buffer.vmap());
    expect([buffer.reservation.lock.locked, buffer.pinCount, buffer.attachments.size]).toEqual([false, 1, 0]);
    map.bytes[7] = 0x5a;
    const fd = task.files.add(buffer.file.get());
    expect(task.memory.view(task.mmap(fd, 4096, { protection: PROT_READ }), 8, false)[7]).toBe(0x5a);
    run(map.vunmap());
    expect(buffer.pinCount).toBe(0);
  });

  it('waits while another thread has the lock, and can be interrupted', () => {
    const { kernel, machine, buffer } = start();
    const unlock = lockElsewhere(kernel, buffer.reservation.lock);
    const [patient, hasty] = [kernel.thread('a', buffer.vmap()), kernel.thread('b', buffer.vmap())];
    machine.settle();
    expect([patient.ended, hasty.ended]).toEqual([false, false]);
    hasty.interrupt();
    unlock();
    machine.settle();
    expect(errnoOf(() => hasty.result())).toBe('EINTR');
    expect(patient.result().bytes).toHaveLength(4096);
  });

  it('with the lock held pins nothing, and is over with the lock', () => {
    const { run, buffer } = start();
    const map = run(
      locked(buffer, () => {
        const mapped = buffer.vmapLocked();
        mapped.bytes[0] = 1;
        expect(buffer.pinCount).toBe(0);
        return mapped;
      }),
    );
    expect(() => map.bytes).toThrow('vmap needs a pin or the lock');
    expect(() => map.vunmapLocked()).toThrow('the reservation lock is held');
    run(locked(buffer, () => map.vunmapLocked()));
  });

  it('says which rule an unlocked or unbalanced call breaks', () => {
    const { run, buffer, kernel } = start();
    expect(() => buffer.vmapLocked()).toThrow('vmap needs a pin or the lock');
    const map = run(buffer.vmap());
    expect(() => run(locked(buffer, () => map.vunmapLocked()))).toThrow('vmap and vunmap are paired');
    run(map.vunmap());
    expect(() => run(map.vunmap())).toThrow('vmap and vunmap are paired');
    expect(() => map.bytes).toThrow('vmap and vunmap are paired');
    const nested = function* (): Sleeping<void> {
      yield* buffer.reservation.lock.lock();
      try {
        yield* buffer.vmap();
      } finally {
        buffer.reservation.lock.unlock();
      }
    };
    expect(() => run(nested())).toThrow('a lock is not taken twice');
    expect(buffer.pinCount).toBe(0);
    expect(kernel.warnings.entries).toHaveLength(5);
  });

  it('is not for a commit tail', () => {
    const { run, buffer, kernel } = start();
    const rule = 'no vmap in a fence-signalling section';
    expect(() => run(kernel.locks.signallingThread('commit tail', buffer.vmap()))).toThrow(rule);
    buffer.reservation.lock.tryLock();
    expect(() => kernel.locks.signalling('commit tail', () => buffer.vmapLocked())).toThrow(rule);
    buffer.reservation.lock.unlock();
  });

  it('that is left when the buffer goes is warned of', () => {
    const { run, buffer, kernel, task } = start();
    run(buffer.vmap());
    task.exit();
    expect(kernel.warnings.entries.map(({ rule }) => rule)).toEqual(['vmap and vunmap are paired']);
  });
});

describe('vmap of a buffer whose exporter has none', () => {
  it('is EINVAL, and leaves neither lock nor pin', () => {
    const { kernel, run } = startMovable();
    const backing = createBacking(kernel, 4096);
    const release = () => backing[Symbol.dispose]();
    const buffer = exportDmaBuf(kernel, { exporter: 'bare', backing, noVmap: true, release });
    expect(errnoOf(() => run(buffer.vmap()))).toBe('EINVAL');
    expect(errnoOf(() => run(locked(buffer, () => buffer.vmapLocked())))).toBe('EINVAL');
    expect([buffer.pinCount, buffer.reservation.lock.locked]).toEqual([0, false]);
  });
});

describe('vmap of memory that moves', () => {
  it('costs a mapping once, however often it is mapped and unmapped', () => {
    const { ttm, make, exportOf, run } = startMovable();
    const made = make(ttm.device);
    const [buffer, movable] = [exportOf(made), movableOf(made.object)];
    const pair = () => locked(buffer, () => buffer.vmapLocked().vunmapLocked());
    for (let n = 0; n < 100; n++) run(pair());
    for (let n = 0; n < 100; n++) run(run(buffer.vmap()).vunmap());
    expect(movable.mapsMade).toBe(1);
    run(ttm.evict(made.object));
    run(pair());
    expect(movable.mapsMade).toBe(2);
  });

  it('keeps it where it is while it is pinned, and not afterwards', () => {
    const { ttm, make, exportOf, run } = startMovable();
    const made = make(ttm.device);
    const map = run(exportOf(made).vmap());
    expect(errnoOf(() => run(ttm.evict(made.object)))).toBe('EBUSY');
    run(map.vunmap());
    run(ttm.evict(made.object));
    expect(movableOf(made.object).domain).toBe('system');
  });

  it('without a pin tells of a move who said how, and is stale from then on', () => {
    const { ttm, make, exportOf, run } = startMovable();
    const made = make(ttm.device);
    const buffer = exportOf(made);
    let moves = 0;
    const map = run(locked(buffer, () => buffer.vmapLocked('write', () => moves++)));
    // Without the lock, because a move would be told.
    map.bytes[0] = 0x61;
    run(ttm.evict(made.object));
    expect(moves).toBe(1);
    expect(() => map.bytes).toThrow('a mapping is not used after a move');
    const again = locked(buffer, () => {
      map.vunmapLocked();
      const fresh = buffer.vmapLocked();
      const [byte] = fresh.bytes;
      fresh.vunmapLocked();
      return byte;
    });
    expect(run(again)).toBe(0x61);
  });

  it('that was purged is EFAULT', () => {
    const { shmem, make, exportOf, run } = startMovable();
    const made = make(shmem.device);
    const buffer = exportOf(made);
    shmem.madvise(made.object, false);
    expect(shmem.shrink()).toBe(4096);
    expect(errnoOf(() => run(buffer.vmap()))).toBe('EFAULT');
    expect(errnoOf(() => run(locked(buffer, () => buffer.vmapLocked())))).toBe('EFAULT');
    expect([buffer.pinCount, buffer.reservation.lock.locked]).toEqual([0, false]);
  });
});
