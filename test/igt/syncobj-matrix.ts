import { equal, ok } from 'node:assert/strict';
import type { Subtest } from './binary.ts';
import { ALL, AVAILABLE, FOR_SUBMIT, FOREVER, type Syncobjs, withSyncobjs } from './syncobjs.ts';

/** What a sync object holds: nothing, a fence that nobody signals, or one that has signalled. */
const STATES = ['unsubmitted', 'submitted', 'signaled'] as const;
type State = (typeof STATES)[number];

export interface Family {
  /** How many sync objects a wait for several takes. */
  readonly objects: number;
  /** Timelines are waited for at points, and may be waited for until there is a fence. */
  readonly timeline: boolean;
  /** The name of a subtest with that outcome begins so. */
  readonly prefixes: { readonly EINVAL: string; readonly ETIME: string };
}

interface Combination {
  readonly states: readonly State[];
  readonly objects: number;
  readonly flags: number;
}

type Expected = 'EINVAL' | 'ETIME' | 'success';

/** The wait tests that go through the combinations of flags and states. */
export function waitMatrix(family: Family): { readonly [name: string]: Subtest } {
  return withSyncobjs(
    Object.fromEntries(
      combinations(family).map(combination => {
        const expected = expectation(combination);
        const body = (syncobjs: Syncobjs) => check(syncobjs, family, combination, expected);
        return [nameOf(family, combination, expected), body];
      }),
    ),
  );
}

function combinations({ objects, timeline }: Family): Combination[] {
  const flagSets = [0, ALL, FOR_SUBMIT, ALL | FOR_SUBMIT].flatMap(flags =>
    timeline ? [flags, flags | AVAILABLE] : [flags],
  );
  const subsets = [1, 2, 3, 4, 5, 6, 7].map(bits => STATES.filter((_, at) => bits & (1 << at)));
  const mixed = flagSets.flatMap(flags => subsets.map(states => ({ states, objects, flags })));
  const last = mixed.length - 1;
  const single = flagSets.flatMap(flags => STATES.map(state => ({ states: [state], objects: 1, flags })));
  // The suite's list ends before its last combination, and so does this one.
  return [
    ...single,
    ...mixed.sort((a, b) => a.flags - b.flags || a.states.length - b.states.length).slice(0, last),
  ];
}

/** Nothing there is a mistake unless it may be waited for; then what counts is whether each, or any, is done. */
function expectation({ states, flags }: Combination): Expected {
  const mayBeEmpty = (flags & (FOR_SUBMIT | AVAILABLE)) !== 0;
  if (!mayBeEmpty && states.includes('unsubmitted')) return 'EINVAL';
  const done = (state: State) => state === 'signaled' || (state === 'submitted' && (flags & AVAILABLE) !== 0);
  return (flags & ALL ? states.every(done) : states.some(done)) ? 'success' : 'ETIME';
}

function nameOf({ prefixes }: Family, { states, objects, flags }: Combination, expected: Expected): string {
  const words = [
    objects === 1 ? 'single-wait' : 'multi-wait',
    ...(flags & ALL ? ['all'] : []),
    ...(flags & FOR_SUBMIT ? ['for-submit'] : []),
    ...(flags & AVAILABLE ? ['available'] : []),
    ...states,
  ];
  return `${expected === 'success' ? '' : prefixes[expected]}${words.join('-')}`;
}

function check(syncobjs: Syncobjs, { timeline }: Family, combination: Combination, expected: Expected): void {
  const { objects, flags, states } = combination;
  const { machine } = syncobjs.probe;
  const stateOf = (at: number): State => states[at % states.length]!;
  // Two of the points are 0, which makes their objects binary.
  const points = Array.from({ length: objects }, (_, at) =>
    objects > 1 && at % 3 === 1 ? 0n : 1n + BigInt(Math.floor(machine.random() * 1000)),
  );
  const handles = points.map((point, at) => make(syncobjs, stateOf(at), timeline ? point : 0n));
  const request = { handles, flags, ...(timeline ? { points } : {}) };
  const done = (at: number) =>
    stateOf(at) === 'signaled' || (stateOf(at) === 'submitted' && (flags & AVAILABLE) !== 0);
  const firstDone = flags & ALL ? 0 : handles.findIndex((_, at) => done(at));
  const answer = expected === 'success' ? firstDone : expected;
  const begin = machine.now();
  equal(syncobjs.wait(request), answer, 'a look');
  equal(machine.now(), begin);
  const until = syncobjs.after(100);
  equal(syncobjs.wait({ ...request, until }), answer, 'a wait of 100 ms');
  equal(machine.now(), expected === 'ETIME' ? until : begin);
  if (expected === 'ETIME') return;
  equal(syncobjs.wait({ ...request, until: FOREVER }), answer, 'a wait for any time');
  ok(machine.now() === begin);
}

/** A sync object in that state, at a point or, as point 0, as a binary one. */
function make(syncobjs: Syncobjs, state: State, point: bigint): number {
  const handle = syncobjs.create();
  if (state === 'unsubmitted') return handle;
  const fence = syncobjs.pending();
  syncobjs.attachAt(handle, point, fence);
  if (state === 'signaled') fence.signal();
  return handle;
}
