import { equal } from 'node:assert/strict';
import type { Binary } from './binary.ts';
import { type Kind, lifecycles } from './syncobj-lifecycles.ts';
import { waitMatrix } from './syncobj-matrix.ts';
import { type Syncobjs, withSyncobjs } from './syncobjs.ts';

const binary: Kind = {
  start: (syncobjs, handles, flags, until) => syncobjs.startWait({ handles, flags, until }),
  submit: (syncobjs, handle, fence) => void syncobjs.attach(handle, fence),
  signal: (syncobjs, handles) => void syncobjs.signal(handles),
};

const stateOf = (syncobjs: Syncobjs, handles: readonly number[]) =>
  handles.map(handle => syncobjs.wait({ handles: [handle] }));

const family = { timeline: false, prefixes: { EINVAL: 'invalid-', ETIME: '' } };

/** `drm_syncobj_wait` and the calls that change binary sync objects. */
export const syncobjWait: Binary = {
  name: 'syncobj_wait',
  subtests: {
    ...waitMatrix({ ...family, objects: 3 }),
    ...lifecycles(binary),
    ...withSyncobjs({
      'invalid-wait-bad-flags': syncobjs => {
        equal(syncobjs.wait({ handles: [syncobjs.create(1)], flags: 0xdead_beef }), 'EINVAL');
      },
      'wait-zero-handles': syncobjs => {
        equal(typeof syncobjs.wait({ handles: [] }), 'number');
      },
      'invalid-wait-illegal-handle': syncobjs => {
        equal(syncobjs.wait({ handles: [0] }), 'ENOENT');
      },
      'invalid-reset-zero-handles': syncobjs => {
        equal(syncobjs.reset([]), 'EINVAL');
      },
      'invalid-reset-illegal-handle': syncobjs => {
        equal(syncobjs.reset([0]), 'ENOENT');
      },
      'invalid-reset-one-illegal-handle': syncobjs => {
        const [one, other] = syncobjs.createMany(2) as [number, number];
        syncobjs.signal([one, other]);
        equal(syncobjs.reset([one, 0, other]), 'ENOENT');
        equal(stateOf(syncobjs, [one, other]).join(), '0,0');
      },
      'invalid-reset-bad-pad': syncobjs => {
        equal(syncobjs.reset([syncobjs.create()], 1), 'EINVAL');
      },
      'invalid-signal-zero-handles': syncobjs => {
        equal(syncobjs.signal([]), 'EINVAL');
      },
      'invalid-signal-illegal-handle': syncobjs => {
        equal(syncobjs.signal([0]), 'ENOENT');
      },
      'invalid-signal-one-illegal-handle': syncobjs => {
        const [one, other] = syncobjs.createMany(2) as [number, number];
        equal(syncobjs.signal([one, 0, other]), 'ENOENT');
        equal(stateOf(syncobjs, [one, other]).join(), 'EINVAL,EINVAL');
      },
      'invalid-signal-bad-pad': syncobjs => {
        equal(syncobjs.signal([syncobjs.create()], 1), 'EINVAL');
      },
    }),
  },
};
