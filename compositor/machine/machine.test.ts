import { describe, expect, it } from 'vitest';
import { MILLISECOND } from './machine.ts';
import { RealMachine } from './real-machine.ts';
import { TimerHeap } from './timer-heap.ts';
import { VirtualMachine } from './virtual-machine.ts';

describe('TimerHeap', () => {
  it('gives timers by time, then by age', () => {
    const heap = new TimerHeap();
    const order: string[] = [];
    for (const [when, name] of [
      [30n, 'c'],
      [10n, 'a'],
      [20n, 'b'],
      [10n, 'a2'],
    ] as const)
      heap.add(when, name, () => order.push(name));
    for (let due = heap.takeDue(100n); due; due = heap.takeDue(100n)) due.run();
    expect(order).toEqual(['a', 'a2', 'b', 'c']);
  });

  it('forgets cancelled timers, however many', () => {
    const heap = new TimerHeap();
    const kept = heap.add(5_000n, 'kept', () => {});
    for (let n = 0; n < 1000; n++) heap.add(BigInt(n), 'gone', () => {}).cancel();
    expect(heap.size).toBe(1);
    expect(heap.next).toBe(5_000n);
    kept.cancel();
    expect(heap.next).toBeNull();
  });

  it('ignores a cancel after the timer was taken', () => {
    const heap = new TimerHeap();
    const timer = heap.add(1n, 'one', () => {});
    heap.takeDue(1n);
    timer.cancel();
    expect(heap.size).toBe(0);
  });
});

describe('VirtualMachine', () => {
  it('lets time stand still while entries are ready', () => {
    const machine = new VirtualMachine({ start: 0n });
    const seen: [bigint, string][] = [];
    machine.at(100n, 'late', () => seen.push([machine.now(), 'late']));
    machine.post('first', () => machine.post('second', () => seen.push([machine.now(), 'second'])));
    machine.advance(1_000n);
    expect(seen).toEqual([
      [0n, 'second'],
      [100n, 'late'],
    ]);
    expect(machine.now()).toBe(1_000n);
  });

  it('does not run a timer that another one of the same instant cancelled', () => {
    const machine = new VirtualMachine({ start: 0n });
    machine.at(5n, 'first', () => second.cancel());
    const second = machine.at(5n, 'second', () => expect.unreachable());
    machine.advance(10n);
  });

  it('settle leaves timers of the future alone', () => {
    const machine = new VirtualMachine({ start: 0n });
    let ran = false;
    machine.at(1n, 'future', () => {
      ran = true;
    });
    machine.settle();
    expect(ran).toBe(false);
  });

  it.each([1, 2, 3])('repeats its order for seed %i', seed => {
    const run = () => {
      const labels: string[] = [];
      const machine = new VirtualMachine({ seed, order: 'random', trace: (_, label) => labels.push(label) });
      for (let n = 0; n < 20; n++) machine.post(`entry ${n}`, () => {});
      machine.settle();
      return labels;
    };
    expect(run()).toEqual(run());
    expect(new Set(run()).size).toBe(20);
  });

  it('says what it waited for in vain', () => {
    const machine = new VirtualMachine();
    expect(() => machine.runUntil(() => false, 10n, 'the flip')).toThrow(
      /the flip did not come true within 10 ns/,
    );
  });
});

describe('RealMachine', () => {
  it('runs posts in order and timers not before their time', async () => {
    const machine = new RealMachine();
    const seen: string[] = [];
    const due = machine.now() + 3_000_000n;
    const rang = await new Promise<bigint>(resolve => {
      machine.at(due, 'timer', () => resolve(machine.now()));
      machine.post('a', () => seen.push('a'));
      machine.post('b', () => seen.push('b'));
    });
    expect(seen).toEqual(['a', 'b']);
    expect(rang).toBeGreaterThanOrEqual(due);
    machine[Symbol.dispose]();
  });

  it.each([0n, MILLISECOND])('lets the event loop have its turns in slices of %i ns', async slice => {
    const machine = new RealMachine({ slice });
    let runs = 0;
    const again = (): void => {
      runs++;
      machine.at(0n, 'again', again);
    };
    again();
    for (let turn = 0; turn < 3; turn++) await new Promise(resolve => setTimeout(resolve, 0));
    expect(runs).toBeGreaterThan(1);
    machine[Symbol.dispose]();
  });

  it('runs nothing any more once it is stopped, be it due in the same turn', async () => {
    const machine = new RealMachine();
    const seen: string[] = [];
    await new Promise<void>(resolve => {
      machine.at(0n, 'first', () => {
        seen.push('first');
        machine[Symbol.dispose]();
        machine.post('posted', () => seen.push('posted'));
        setImmediate(() => setImmediate(resolve));
      });
      machine.at(0n, 'second', () => seen.push('second'));
    });
    expect(seen).toEqual(['first']);
  });

  it('hands faults of an entry to its keeper and goes on', async () => {
    const faults: string[] = [];
    const machine = new RealMachine({ onFault: label => faults.push(label) });
    await new Promise<void>(resolve => {
      machine.post('bad', () => {
        throw new Error('bad');
      });
      machine.post('good', resolve);
    });
    expect(faults).toEqual(['bad']);
    machine[Symbol.dispose]();
  });
});
