import { equal, ok } from 'node:assert/strict';
import type { Sleeping } from '../../compositor/kernel/task/kernel-thread.ts';
import { incrementTimeline, merge, openTimeline, timelineFence } from '../conformance/fences.ts';
import type { Probe } from '../conformance/probe.ts';
import type { Subtest } from './binary.ts';
import { startThread, untilReadable } from './threads.ts';

const THREADS = 8;
const ITERATIONS = 4096;
const PRODUCERS = 5;

/** Lets all threads run to their end. */
function join(probe: Probe, threads: readonly { ended: boolean; result(): void }[]): void {
  probe.machine.settle();
  for (const thread of threads) {
    ok(thread.ended, 'a thread is stuck');
    thread.result();
  }
}

/** Eight threads take turns, each waiting for its own points; whoever sees its point is told how far all are. */
function consumers(probe: Probe, seen: (point: number) => void, timeline: number) {
  const consume = function* (id: number): Sleeping<void> {
    for (let iteration = 0; iteration < ITERATIONS; iteration++) {
      const point = iteration * THREADS + id;
      const fence = timelineFence(probe, timeline, point);
      yield* untilReadable(probe, fence);
      probe.task.close(fence);
      seen(point);
    }
  };
  return Array.from({ length: THREADS }, (_, id) => startThread(probe, `consumer ${id}`, consume(id)));
}

export const swSyncThreads: { readonly [name: string]: Subtest } = {
  sync_multi_consumer: probe => {
    const timeline = openTimeline(probe);
    const waiting: (() => void)[] = [];
    let counter = 0;
    const threads = consumers(
      probe,
      point => {
        equal(point, counter);
        for (const resume of waiting.splice(0)) resume();
      },
      timeline,
    );
    const arm = (resume: () => void): (() => void) => {
      waiting.push(resume);
      return () => {};
    };
    const produce = function* (): Sleeping<void> {
      // Point 0 was there from the start.
      for (let point = 1; point < THREADS * ITERATIONS; point++) {
        counter = point;
        incrementTimeline(probe, timeline, 1);
        yield { what: 'a consumer', interruptible: true, arm };
      }
    };
    join(probe, [...threads, startThread(probe, 'producer', produce())]);
    equal(counter, THREADS * ITERATIONS - 1);
  },

  sync_multi_consumer_producer: probe => {
    const timeline = openTimeline(probe);
    let next = 0;
    const threads = consumers(
      probe,
      point => {
        equal(point, next++);
        incrementTimeline(probe, timeline, 1);
      },
      timeline,
    );
    join(probe, threads);
    equal(next, THREADS * ITERATIONS);
  },

  sync_multi_producer_single_consumer: probe => {
    const consumer = openTimeline(probe);
    const producers = Array.from({ length: PRODUCERS }, () => openTimeline(probe));
    let counter = 0;
    const produce = function* (timeline: number): Sleeping<void> {
      for (let iteration = 0; iteration < ITERATIONS; iteration++) {
        const turn = timelineFence(probe, consumer, iteration);
        yield* untilReadable(probe, turn);
        probe.task.close(turn);
        counter++;
        incrementTimeline(probe, timeline, 1);
      }
    };
    const consume = function* (): Sleeping<void> {
      for (let iteration = 1; iteration <= ITERATIONS; iteration++) {
        const all = producers
          .map(timeline => timelineFence(probe, timeline, iteration))
          .reduce((one, other) => {
            const merged = merge(probe, one, other, 'all');
            for (const fd of [one, other]) probe.task.close(fd);
            return merged;
          });
        yield* untilReadable(probe, all);
        probe.task.close(all);
        equal(counter, PRODUCERS * iteration);
        incrementTimeline(probe, consumer, 1);
      }
    };
    const threads = producers.map((timeline, at) => startThread(probe, `producer ${at}`, produce(timeline)));
    join(probe, [...threads, startThread(probe, 'consumer', consume())]);
    equal(counter, PRODUCERS * ITERATIONS);
  },
};
