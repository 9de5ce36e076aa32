import { describe, expect, it } from 'vitest';
import { VirtualMachine } from '../../../machine/virtual-machine.ts';
import { createObject } from '../../drm/create.ts';
import { Kernel } from '../../kernel.ts';
import { movableOf } from './device.ts';
import { createTtm } from './ttm.ts';

const PAGE = 4096;

/** Eight buffers, of which three fit, wanted and driven out by twenty-four threads in an order that the seed chooses. */
function crowd(seed: number) {
  const machine = new VirtualMachine({ order: 'random', seed });
  const kernel = new Kernel({ machine, memoryBytes: 4 << 20 });
  const ttm = createTtm(kernel, { vramBytes: 6 * PAGE, moveTime: 1000n });
  const objects = Array.from({ length: 8 }, (_, n) => {
    const object = createObject(ttm.device, 2 * PAGE, `buffer ${n}`);
    object.backing.write(Uint8Array.of(0x40 + n), 2 * PAGE - 1);
    return object;
  });
  const threads = Array.from({ length: 24 }, (_, n) => {
    const object = objects[(n * 5 + seed) % objects.length]!;
    const body = n % 4 === 3 ? ttm.evict(object) : ttm.validate(object);
    return kernel.thread(`thread ${n}`, body);
  });
  for (let turn = 0; turn < 200 && threads.some(({ ended }) => !ended); turn++) machine.advance(1000n);
  return { kernel, ttm, objects, threads };
}

describe('threads that want the same memory of a card', () => {
  it.each([1, 2, 3, 4, 5, 6, 7, 8])('all get on, lose no byte and break no rule, with seed %i', seed => {
    const { kernel, ttm, objects, threads } = crowd(seed);
    for (const thread of threads) thread.result();
    const bytes = objects.map(({ backing }) => backing.view(2 * PAGE - 1, 1, false)[0]);
    expect(bytes).toEqual([0x40, 0x41, 0x42, 0x43, 0x44, 0x45, 0x46, 0x47]);
    const inVram = objects.filter(object => movableOf(object).domain === 'vram').length;
    expect([inVram <= 3, ttm.vram.available]).toEqual([true, (6 - 2 * inVram) * PAGE]);
    expect([ttm.evictions > 0, ttm.returns > 0, kernel.warnings.entries]).toEqual([true, true, []]);
    expect(objects.some(({ reservation }) => reservation.lock.locked)).toBe(false);
  });
});
