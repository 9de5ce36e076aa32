import { deepEqual, equal, ok } from 'node:assert/strict';
import type { KernelThread } from '../../compositor/kernel/task/kernel-thread.ts';
import { MILLISECOND } from '../../compositor/machine/machine.ts';
import type { Probe } from '../conformance/probe.ts';
import type { Subtest } from './binary.ts';
import {
  ALL,
  FOR_SUBMIT,
  type PendingFence,
  type Syncobjs,
  shuffled,
  type Waited,
  withSyncobjs,
} from './syncobjs.ts';

/** How binary sync objects and timelines differ for tests that hold for both. */
export interface Kind {
  /** Starts a wait for the objects (for a timeline, for its first point). */
  start(
    syncobjs: Syncobjs,
    handles: readonly number[],
    flags: number,
    until: bigint,
  ): KernelThread<{ first_signaled: number }>;
  submit(syncobjs: Syncobjs, handle: number, fence: PendingFence): void;
  /** The program signals the objects itself. */
  signal(syncobjs: Syncobjs, handles: readonly number[]): void;
}

type Body = (syncobjs: Syncobjs) => void;

/** Tests in which sync objects change before, while and after somebody waits for them. */
export function lifecycles(kind: Kind): { readonly [name: string]: Subtest } {
  const wait = (
    syncobjs: Syncobjs,
    handles: readonly number[],
    flags: number,
    milliseconds: number,
  ): Waited =>
    syncobjs.finish(
      kind.start(syncobjs, handles, flags, milliseconds < 0 ? 0n : syncobjs.after(milliseconds)),
    );
  const look = (syncobjs: Syncobjs, handles: readonly number[], flags = 0) =>
    wait(syncobjs, handles, flags, -1);

  /** The fence that they have signals, or they get one that has, after half the time. */
  const delayed =
    (flags: number): Body =>
    syncobjs => {
      const handles = syncobjs.createMany(3);
      const fences = handles.map(() => syncobjs.pending());
      const submit = () => handles.forEach((handle, at) => kind.submit(syncobjs, handle, fences[at]!));
      const signal = () => fences.forEach(fence => fence.signal());
      const begin = syncobjs.probe.machine.now();
      if (flags & FOR_SUBMIT) {
        signal();
        syncobjs.probe.later(100, submit);
      } else {
        submit();
        syncobjs.probe.later(100, signal);
      }
      equal(wait(syncobjs, handles, flags, 200), 0);
      equal(syncobjs.probe.machine.now(), begin + 100n * MILLISECOND);
    };

  /** What an object holds when somebody begins to wait, or what it gets then, is what is waited for. */
  const snapshot =
    (flags: number): Body =>
    syncobjs => {
      const handles = syncobjs.createMany(2);
      const [first, second] = [syncobjs.pending(), syncobjs.pending()];
      const submit = () => {
        kind.submit(syncobjs, handles[0]!, first);
        kind.submit(syncobjs, handles[1]!, second);
      };
      if (!(flags & FOR_SUBMIT)) submit();
      const waiting = kind.start(syncobjs, handles, flags, syncobjs.after(1000));
      if (flags & FOR_SUBMIT) submit();
      syncobjs.reset([handles[0]!]);
      kind.submit(syncobjs, handles[0]!, syncobjs.pending());
      syncobjs.probe.sleep(100);
      ok(!waiting.ended);
      if (flags & ALL) first.signal();
      syncobjs.probe.sleep(100);
      ok(!waiting.ended);
      second.signal();
      equal(syncobjs.finish(waiting), flags & ALL ? 0 : 1);
      equal(look(syncobjs, [handles[0]!]), 'ETIME');
    };

  /** Objects get fences, lose them, and get others that nobody signals, in any order, while somebody waits. */
  const complex =
    (flags: number): Body =>
    syncobjs => {
      const handles = syncobjs.createMany(8);
      const fences = handles.map(() => syncobjs.pending());
      const order = shuffled(handles.keys(), syncobjs.probe.machine.random);
      const submit = (at: number) => kind.submit(syncobjs, handles[at]!, fences[at]!);
      if (!(flags & FOR_SUBMIT)) order.forEach(submit);
      const waiting = kind.start(syncobjs, handles, flags, syncobjs.after(1000));
      const needed = flags & ALL ? order.length : 1;
      for (const [done, at] of order.entries()) {
        if (done < needed) ok(!waiting.ended, `it ended after ${done} of ${needed}`);
        if (flags & FOR_SUBMIT) submit(at);
        syncobjs.reset([handles[at]!]);
        kind.submit(syncobjs, handles[at]!, syncobjs.pending());
        syncobjs.probe.sleep(5);
        fences[at]!.signal();
        syncobjs.probe.sleep(5);
      }
      ok(waiting.ended);
      equal(syncobjs.finish(waiting), flags & ALL ? 0 : order[0]);
      deepEqual(
        handles.map(handle => look(syncobjs, [handle])),
        handles.map(() => 'ETIME'),
      );
    };

  /** Signals neither shorten nor lengthen a wait, whether the program waits again itself or the call begins anew. */
  const interrupted =
    (flags: number): Body =>
    syncobjs => {
      const handles = syncobjs.createMany(2);
      for (const handle of handles) kind.submit(syncobjs, handle, syncobjs.pending());
      for (const restart of [false, true]) {
        const until = syncobjs.after(100);
        interruptEvery(syncobjs.probe, 7, until, restart);
        let interruptions = -1;
        let answer: Waited = 'EINTR';
        for (; answer === 'EINTR'; interruptions++)
          answer = syncobjs.finish(kind.start(syncobjs, handles, flags, until));
        equal(answer, 'ETIME');
        equal(syncobjs.probe.machine.now(), until);
        equal(interruptions, restart ? 0 : Math.floor(100 / 7));
      }
    };

  const subtests: { readonly [name: string]: Body } = {
    'wait-delayed-signal': delayed(0),
    'wait-all-delayed-signal': delayed(ALL),
    'wait-for-submit-delayed-submit': delayed(FOR_SUBMIT),
    'wait-all-for-submit-delayed-submit': delayed(FOR_SUBMIT | ALL),
    'reset-unsignaled': syncobjs => {
      const handle = syncobjs.create();
      equal(look(syncobjs, [handle]), 'EINVAL');
      equal(syncobjs.reset([handle]), null);
      equal(look(syncobjs, [handle]), 'EINVAL');
    },
    'reset-signaled': syncobjs => {
      const handle = syncobjs.create();
      kind.signal(syncobjs, [handle]);
      equal(look(syncobjs, [handle]), 0);
      equal(syncobjs.reset([handle]), null);
      equal(look(syncobjs, [handle]), 'EINVAL');
    },
    'reset-multiple-signaled': syncobjs => {
      const handles = syncobjs.createMany(3);
      kind.signal(syncobjs, handles);
      equal(look(syncobjs, handles, ALL), 0);
      equal(syncobjs.reset(handles), null);
      for (const handle of handles) equal(look(syncobjs, [handle]), 'EINVAL');
    },
    'reset-during-wait-for-submit': syncobjs => {
      const handle = syncobjs.create();
      const waiting = kind.start(syncobjs, [handle], FOR_SUBMIT, syncobjs.after(1000));
      syncobjs.probe.sleep(50);
      equal(syncobjs.reset([handle]), null);
      syncobjs.probe.sleep(50);
      ok(!waiting.ended);
      kind.signal(syncobjs, [handle]);
      equal(syncobjs.finish(waiting), 0);
    },
    signal: syncobjs => {
      const handle = syncobjs.create();
      equal(look(syncobjs, [handle]), 'EINVAL');
      equal(look(syncobjs, [handle], FOR_SUBMIT), 'ETIME');
      kind.signal(syncobjs, [handle]);
      equal(look(syncobjs, [handle]), 0);
      equal(look(syncobjs, [handle], FOR_SUBMIT), 0);
    },
    'wait-any-snapshot': snapshot(0),
    'wait-all-snapshot': snapshot(ALL),
    'wait-for-submit-snapshot': snapshot(FOR_SUBMIT),
    'wait-all-for-submit-snapshot': snapshot(FOR_SUBMIT | ALL),
    'wait-any-complex': complex(0),
    'wait-all-complex': complex(ALL),
    'wait-for-submit-complex': complex(FOR_SUBMIT),
    'wait-all-for-submit-complex': complex(FOR_SUBMIT | ALL),
    'wait-any-interrupted': interrupted(0),
    'wait-all-interrupted': interrupted(ALL),
  };
  return withSyncobjs(subtests);
}

/** Signals to the program's sleeping calls until that time, their handler installed with SA_RESTART or without. */
function interruptEvery(probe: Probe, milliseconds: number, until: bigint, restart: boolean): void {
  if (probe.machine.now() + BigInt(milliseconds) * MILLISECOND >= until) return;
  probe.later(milliseconds, () => {
    for (const thread of [...probe.task.sleeping]) thread.interrupt({ restart });
    interruptEvery(probe, milliseconds, until, restart);
  });
}
