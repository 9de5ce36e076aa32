import { equal } from 'node:assert/strict';
import { POLLIN } from '../../protocol/uapi/fcntl.ts';
import type { UserValue } from '../../protocol/uapi/struct.ts';
import { type drm_syncobj_eventfd, syncobjIoctls } from '../../protocol/uapi/syncobj.ts';
import type { Binary } from './binary.ts';
import { AVAILABLE, type Syncobjs, withSyncobjs } from './syncobjs.ts';

/** The error of the call, null when it has been accepted. */
const register = (syncobjs: Syncobjs, value: UserValue<typeof drm_syncobj_eventfd>) =>
  syncobjs.call(syncobjIoctls.DRM_IOCTL_SYNCOBJ_EVENTFD, value).errno;

/** Two eventfds for a point: for when there is a fence, and for when it has signalled. */
function armed(syncobjs: Syncobjs, handle: number, point: bigint) {
  const { task } = syncobjs.probe;
  const [available, signalled] = [task.eventfd(), task.eventfd()];
  equal(register(syncobjs, { handle, point, fd: available, flags: AVAILABLE }), null);
  equal(register(syncobjs, { handle, point, fd: signalled }), null);
  const fired = (fd: number) => {
    syncobjs.probe.machine.settle();
    return task.poll(fd, POLLIN) !== 0;
  };
  return (expected: { available: boolean; signalled: boolean }) => {
    equal(fired(available), expected.available, 'available');
    equal(fired(signalled), expected.signalled, 'signalled');
  };
}

const NEITHER = { available: false, signalled: false };
const THERE = { available: true, signalled: false };
const BOTH = { available: true, signalled: true };

/** The tests of one point: 0 of a binary object, another of a timeline. */
const waits = (kind: string, point: bigint) => ({
  [`${kind}-wait`]: (syncobjs: Syncobjs) => {
    const handle = syncobjs.create();
    const fence = syncobjs.pending();
    syncobjs.attachAt(handle, point, fence);
    const expectFired = armed(syncobjs, handle, point);
    expectFired(THERE);
    fence.signal();
    expectFired(BOTH);
  },
  [`${kind}-wait-before-signal`]: (syncobjs: Syncobjs) => {
    const handle = syncobjs.create();
    const fence = syncobjs.pending();
    const expectFired = armed(syncobjs, handle, point);
    expectFired(NEITHER);
    syncobjs.attachAt(handle, point, fence);
    expectFired(THERE);
    fence.signal();
    expectFired(BOTH);
  },
  [`${kind}-wait-signaled`]: (syncobjs: Syncobjs) => {
    const handle = syncobjs.create();
    const fence = syncobjs.pending();
    syncobjs.attachAt(handle, point, fence);
    fence.signal();
    armed(syncobjs, handle, point)(BOTH);
  },
});

export const syncobjEventfd: Binary = {
  name: 'syncobj_eventfd',
  subtests: withSyncobjs({
    'invalid-bad-flags': syncobjs => {
      const fd = syncobjs.probe.task.eventfd();
      equal(register(syncobjs, { handle: syncobjs.create(), fd, flags: 0xdead_beef }), 'EINVAL');
    },
    'invalid-illegal-handle': syncobjs => {
      equal(register(syncobjs, { handle: 0, fd: syncobjs.probe.task.eventfd() }), 'ENOENT');
      // How programs ask whether there is the call: handles are looked at before descriptors.
      equal(register(syncobjs, { handle: 0, fd: -1 }), 'ENOENT');
    },
    'invalid-illegal-eventfd': syncobjs => {
      const fd = syncobjs.probe.task.open('/dev/null');
      equal(register(syncobjs, { handle: syncobjs.create(), fd }), 'EINVAL');
    },
    'invalid-bad-pad': syncobjs => {
      const fd = syncobjs.probe.task.eventfd();
      equal(register(syncobjs, { handle: syncobjs.create(), fd, pad: 1 }), 'EINVAL');
    },
    ...waits('binary', 0n),
    ...waits('timeline', 17n),
  }),
};
