import { deepEqual, equal, ok } from 'node:assert/strict';
import { Fence } from '../../compositor/kernel/sync/fence.ts';
import { createStub } from '../../compositor/kernel/sync/stub-fence.ts';
import { waitForFence } from '../../compositor/kernel/sync/wait.ts';
import { MILLISECOND } from '../../compositor/machine/machine.ts';
import type { Probe } from '../conformance/probe.ts';
import type { Binary } from './binary.ts';

function mockFence({ kernel, machine }: Probe): Fence {
  return new Fence(machine, {
    driver: 'mock',
    timeline: 'mock',
    context: kernel.allocateFenceContexts(),
    seqno: 1n,
  });
}

/** One step of the fence's self-test; each gets a fence of its own. */
type Step = (fence: Fence, probe: Probe) => void;

const steps: { readonly [name: string]: Step } = {
  signaling: fence => {
    ok(!fence.signalled);
    equal(fence.signal(), true);
    ok(fence.signalled);
    equal(fence.signal(), false, 'a fence signals once');
  },
  'a callback': fence => {
    let called = 0;
    ok(fence.addCallback(() => called++));
    fence.signal();
    fence.signal();
    equal(called, 1);
  },
  'a callback that comes too late': fence => {
    fence.signal();
    equal(
      fence.addCallback(() => ok(false)),
      null,
    );
  },
  'a callback that is removed': fence => {
    let called = 0;
    fence.addCallback(() => called++)?.();
    fence.signal();
    equal(called, 0);
  },
  'a callback that is removed too late': fence => {
    let called = 0;
    const remove = fence.addCallback(() => called++);
    fence.signal();
    remove?.();
    equal(called, 1);
  },
  status: fence => {
    equal(fence.status, 0);
    fence.signal();
    equal(fence.status, 1);
  },
  error: fence => {
    fence.setError('EIO');
    equal(fence.status, 0);
    fence.signal();
    equal(fence.status, 'EIO');
  },
  'a wait': (fence, probe) => {
    const thread = probe.kernel.thread('waiter', waitForFence(fence));
    probe.later(50, () => void fence.signal());
    probe.sleep(49);
    ok(!thread.ended);
    equal(probe.finish(thread), true);
  },
  'a wait that gives up': (fence, probe) => {
    const until = probe.machine.now() + MILLISECOND;
    equal(probe.finish(probe.kernel.thread('waiter', waitForFence(fence, { until }))), false);
    equal(probe.machine.now(), until);
    fence.signal();
    equal(probe.finish(probe.kernel.thread('waiter', waitForFence(fence, { until }))), true);
  },
  'a signal that races with callbacks': (fence, probe) => {
    // Threads that signal and threads that add callbacks, in whatever order the machine runs them.
    let called = 0;
    let late = 0;
    let signals = 0;
    for (let index = 0; index < 16; index++) {
      probe.machine.post('adds a callback', () => {
        if (!fence.addCallback(() => called++)) late++;
      });
      probe.machine.post('signals', () => {
        if (fence.signal()) signals++;
      });
    }
    probe.machine.settle();
    equal(signals, 1);
    equal(called + late, 16);
  },
  'a time stamp': (fence, probe) => {
    probe.sleep(3);
    fence.signal();
    equal(fence.timestamp, probe.machine.now());
    probe.sleep(3);
    ok(fence.timestamp !== probe.machine.now());
  },
  'the stub': (_, { kernel }) => {
    const stubs = [createStub(kernel), createStub(kernel)];
    deepEqual(
      stubs.map(({ status }) => status),
      [1, 1],
    );
  },
};

/** What the kernel's own tests of dma-buf ask, at the level of the objects rather than of calls. */
export const dmabuf: Binary = {
  name: 'dmabuf',
  subtests: {
    'all-tests@sanitycheck': probe => {
      const fence = mockFence(probe);
      ok(!fence.signalled);
      fence.signal();
      ok(fence.signalled);
    },
    'all-tests@dma_fence': probe => {
      for (const step of Object.values(steps)) step(mockFence(probe), probe);
    },
  },
};
