import { expect, it } from 'vitest';
import { MILLISECOND, SECOND } from './machine.ts';
import { type Pace, PacedMachine } from './paced-machine.ts';

/** A host whose time passes by hand. */
class Hand implements Pace {
  time = 5n * SECOND;
  readonly waits: { until: bigint; run: () => void }[] = [];
  readonly turns: (() => void)[] = [];

  now(): bigint {
    return this.time;
  }

  wait(milliseconds: number, run: () => void): Disposable {
    return this.#add(this.waits, { until: this.time + BigInt(milliseconds) * MILLISECOND, run });
  }

  soon(run: () => void): Disposable {
    return this.#add(this.turns, run);
  }

  /** What is due now, and what comes of it. */
  settle(): void {
    for (;;) {
      const turn = this.turns.shift();
      const wait = turn ? undefined : this.waits.find(({ until }) => until <= this.time);
      if (wait) this.waits.splice(this.waits.indexOf(wait), 1);
      const run = turn ?? wait?.run;
      if (!run) return;
      run();
    }
  }

  pass(duration: bigint): void {
    const end = this.time + duration;
    this.settle();
    for (;;) {
      const next = this.waits.map(({ until }) => until).sort((a, b) => Number(a - b))[0];
      if (next === undefined || next > end) break;
      if (next > this.time) this.time = next;
      this.settle();
    }
    // What ran may have taken time.
    if (end > this.time) this.time = end;
    this.settle();
  }

  #add<T>(list: T[], item: T): Disposable {
    list.push(item);
    return {
      [Symbol.dispose]: () => {
        const at = list.indexOf(item);
        if (at >= 0) list.splice(at, 1);
      },
    };
  }
}

/** A machine on a host of its own, with an entry that comes back every 10 ms of virtual time. */
function ticking() {
  const hand = new Hand();
  const machine = new PacedMachine({ pace: hand });
  const start = machine.now();
  const ticks: bigint[] = [];
  const tick = (): void => {
    ticks.push(machine.now() - start);
    machine.at(machine.now() + 10n * MILLISECOND, 'tick', tick);
  };
  machine.at(start + 10n * MILLISECOND, 'tick', tick);
  return { hand, machine, start, ticks };
}

it('runs entries at their virtual times while the host time passes', () => {
  const { hand, ticks, start } = ticking();
  expect(start).toBe(hand.time);
  hand.pass(35n * MILLISECOND);
  expect(ticks).toEqual([10n, 20n, 30n].map(time => time * MILLISECOND));
});

it('asks the host to wake it for the next entry, and for nothing else', () => {
  const { hand, machine } = ticking();
  hand.pass(12n * MILLISECOND);
  expect([hand.turns.length, hand.waits.map(({ until }) => until - hand.time)]).toEqual([
    0,
    [8n * MILLISECOND],
  ]);
  machine.freeze();
  hand.settle();
  expect([hand.turns.length, hand.waits.length]).toEqual([0, 0]);
});

it.each([
  [100, 1],
  [1000, 10],
  [10_000, 100],
])('goes at a speed of %i thousandths', (speed, expected) => {
  const { hand, machine, ticks } = ticking();
  machine.setSpeed(speed);
  hand.pass(100n * MILLISECOND);
  expect(ticks.length).toBe(expected);
});

it.each([0, 99, 10_001, 500.5, Number.NaN])('refuses a speed of %d', speed => {
  const { machine } = ticking();
  expect(() => machine.setSpeed(speed)).toThrow(RangeError);
});

it('lets no time pass while it is frozen, and goes on where it stood', () => {
  const { hand, machine, start, ticks } = ticking();
  hand.pass(15n * MILLISECOND);
  machine.freeze();
  hand.pass(10n * SECOND);
  expect(ticks.length).toBe(1);
  machine.resume();
  hand.pass(5n * MILLISECOND);
  expect([ticks.length, machine.now() - start]).toEqual([2, 20n * MILLISECOND]);
});

it('listens while it is frozen', () => {
  const { hand, machine, start } = ticking();
  machine.freeze();
  const heard: bigint[] = [];
  machine.post('request', () => machine.post('answer', () => heard.push(machine.now() - start)));
  hand.pass(SECOND);
  expect(heard).toEqual([0n]);
});

it('takes what comes from outside at the time that it is then', () => {
  const hand = new Hand();
  const machine = new PacedMachine({ pace: hand });
  const start = machine.now();
  const came: bigint[] = [];
  hand.pass(3n * SECOND);
  machine.post('request', () => came.push(machine.now() - start));
  hand.settle();
  expect(came).toEqual([3n * SECOND]);
});

it('steps to a time, does all that is due until then, and stands again', () => {
  const { hand, machine, start, ticks } = ticking();
  const done: [bigint, number][] = [];
  machine.stepTo(start + 20n * MILLISECOND, () => done.push([machine.now() - start, ticks.length]));
  hand.settle();
  expect(done).toEqual([[20n * MILLISECOND, 2]]);
  expect(machine.frozen).toBe(true);
  hand.pass(SECOND);
  expect(ticks.length).toBe(2);
});

it('steps from within an entry, one after the other', () => {
  const { hand, machine, start, ticks } = ticking();
  const done: bigint[] = [];
  machine.post('request', () => {
    for (const time of [20n, 30n])
      machine.stepTo(start + time * MILLISECOND, () => done.push(machine.now() - start));
  });
  hand.settle();
  expect([done, ticks.length]).toEqual([[20n * MILLISECOND, 30n * MILLISECOND], 3]);
});

it('ends a step that somebody resumes', () => {
  const { hand, machine, start } = ticking();
  let done = 0;
  machine.stepTo(start + SECOND, () => done++);
  machine.resume();
  hand.settle();
  expect([done, machine.frozen]).toEqual([1, false]);
});

it('tells who observes of each change, once', () => {
  const { machine } = ticking();
  const told: string[] = [];
  const observation = machine.observe(() => told.push(`${machine.frozen} ${machine.speed}`));
  machine.freeze();
  machine.freeze();
  machine.setSpeed(500);
  machine.setSpeed(500);
  observation[Symbol.dispose]();
  machine.resume();
  expect(told).toEqual(['true 1000', 'true 500']);
});

it('slips when there is more to do than it can, and goes on answering', () => {
  const hand = new Hand();
  const machine = new PacedMachine({ pace: hand });
  const start = machine.now();
  const begun = hand.time;
  let answered: bigint | null = null;
  // For 4 s, every millisecond of virtual time costs two of the host's.
  const slow = (): void => {
    hand.time += 2n * MILLISECOND;
    if (hand.time < begun + 4n * SECOND) machine.at(machine.now() + MILLISECOND, 'slow', slow);
  };
  machine.at(start + MILLISECOND, 'slow', slow);
  hand.time += 2n * MILLISECOND;
  machine.post('request', () => {
    answered = hand.time - begun;
  });
  hand.pass(4n * SECOND);
  expect(answered).toBeLessThan(20n * MILLISECOND);
  // Half of it is missing, of which no more than a second was made up for.
  expect(hand.time - begun).toBeGreaterThanOrEqual(4n * SECOND);
  expect(machine.now() - start).toBeLessThan(3_100n * MILLISECOND);
});

it('makes up for a hiccup', () => {
  const { hand, machine, start, ticks } = ticking();
  machine.at(start + 5n * MILLISECOND, 'hiccup', () => {
    hand.time += 300n * MILLISECOND;
  });
  hand.pass(400n * MILLISECOND);
  expect([machine.now() - start, ticks.length]).toEqual([400n * MILLISECOND, 40]);
});

it('hands faults of an entry to its keeper and goes on', () => {
  const hand = new Hand();
  const faults: string[] = [];
  const machine = new PacedMachine({ pace: hand, onFault: label => faults.push(label) });
  let ran = false;
  machine.post('bad', () => {
    throw new Error('bad');
  });
  machine.post('good', () => {
    ran = true;
  });
  hand.settle();
  expect([faults, ran]).toEqual([['bad'], true]);
});

it('runs nothing any more once it is stopped', () => {
  const { hand, machine, ticks } = ticking();
  hand.pass(10n * MILLISECOND);
  machine[Symbol.dispose]();
  hand.pass(SECOND);
  expect([ticks.length, hand.turns.length, hand.waits.length]).toEqual([1, 0, 0]);
});

it('runs on the host as it is', async () => {
  const machine = new PacedMachine();
  const start = machine.now();
  const due = await new Promise<bigint>(resolve => {
    machine.at(start + MILLISECOND, 'timer', () => resolve(machine.now() - start));
  });
  machine[Symbol.dispose]();
  expect(due).toBe(MILLISECOND);
});
