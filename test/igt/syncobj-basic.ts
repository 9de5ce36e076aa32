import { equal, notEqual } from 'node:assert/strict';
import { DRM_SYNCOBJ_CREATE_SIGNALED, syncobjIoctls as table } from '../../protocol/uapi/syncobj.ts';
import type { Binary } from './binary.ts';
import { type Syncobjs, withSyncobjs } from './syncobjs.ts';

/** No flag of any version. */
const UNKNOWN = 0xdead_0000;

const subtests = withSyncobjs({
  'bad-create-flags': syncobjs => {
    equal(syncobjs.call(table.DRM_IOCTL_SYNCOBJ_CREATE, { flags: UNKNOWN }).errno, 'EINVAL');
  },
  'bad-destroy': syncobjs => {
    equal(syncobjs.call(table.DRM_IOCTL_SYNCOBJ_DESTROY, { handle: 0xdead_beef }).errno, 'EINVAL');
  },
  'bad-destroy-pad': syncobjs => {
    const handle = syncobjs.create();
    equal(syncobjs.call(table.DRM_IOCTL_SYNCOBJ_DESTROY, { handle, pad: 1 }).errno, 'EINVAL');
    equal(syncobjs.call(table.DRM_IOCTL_SYNCOBJ_DESTROY, { handle }).errno, null);
  },
  'bad-fd-to-handle': syncobjs => {
    equal(syncobjs.call(table.DRM_IOCTL_SYNCOBJ_FD_TO_HANDLE, { fd: -1 }).errno, 'EINVAL');
  },
  'bad-flags-fd-to-handle': syncobjs => {
    const value = { fd: exported(syncobjs, syncobjs.create()), flags: UNKNOWN };
    equal(syncobjs.call(table.DRM_IOCTL_SYNCOBJ_FD_TO_HANDLE, value).errno, 'EINVAL');
  },
  'bad-flags-handle-to-fd': syncobjs => {
    const value = { handle: syncobjs.create(), flags: UNKNOWN };
    equal(syncobjs.call(table.DRM_IOCTL_SYNCOBJ_HANDLE_TO_FD, value).errno, 'EINVAL');
  },
  'bad-handle-to-fd': syncobjs => {
    equal(syncobjs.call(table.DRM_IOCTL_SYNCOBJ_HANDLE_TO_FD, { handle: 0xdead_beef }).errno, 'EINVAL');
  },
  'bad-pad-fd-to-handle': syncobjs => {
    const value = { fd: exported(syncobjs, syncobjs.create()), pad: 1 };
    equal(syncobjs.call(table.DRM_IOCTL_SYNCOBJ_FD_TO_HANDLE, value).errno, 'EINVAL');
  },
  'bad-pad-handle-to-fd': syncobjs => {
    const value = { handle: syncobjs.create(), pad: 1 };
    equal(syncobjs.call(table.DRM_IOCTL_SYNCOBJ_HANDLE_TO_FD, value).errno, 'EINVAL');
  },
  'create-signaled': syncobjs => {
    const handles = [syncobjs.create(DRM_SYNCOBJ_CREATE_SIGNALED)];
    equal(syncobjs.wait({ handles }), 0);
  },
  'illegal-fd-to-handle': syncobjs => {
    equal(syncobjs.call(table.DRM_IOCTL_SYNCOBJ_FD_TO_HANDLE, { fd: syncobjs.fd }).errno, 'EINVAL');
  },
  'test-valid-cycle': syncobjs => {
    const handle = syncobjs.create();
    const { errno, out } = syncobjs.call(table.DRM_IOCTL_SYNCOBJ_FD_TO_HANDLE, {
      fd: exported(syncobjs, handle),
    });
    equal(errno, null);
    notEqual(out.handle, handle);
    // Two handles, one object.
    syncobjs.signal([handle]);
    equal(syncobjs.wait({ handles: [out.handle] }), 0);
  },
});

function exported(syncobjs: Syncobjs, handle: number): number {
  const { errno, out } = syncobjs.call(table.DRM_IOCTL_SYNCOBJ_HANDLE_TO_FD, { handle });
  equal(errno, null);
  return out.fd;
}

export const syncobjBasic: Binary = {
  name: 'syncobj_basic',
  subtests,
};
