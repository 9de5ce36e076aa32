// Named after the subtests of kms_lease whose assertions these are.
import { beforeEach, describe, expect, it } from 'vitest';
import {
  _DRM_VBLANK_RELATIVE,
  DRM_CLIENT_CAP_UNIVERSAL_PLANES,
  drmIoctls,
} from '../../../../protocol/uapi/drm.ts';
import {
  DRM_MODE_ATOMIC_ALLOW_MODESET,
  DRM_MODE_ATOMIC_TEST_ONLY,
  DRM_MODE_CURSOR_MOVE,
  modeIoctls,
} from '../../../../protocol/uapi/drm-mode.ts';
import { F_GETFD, FD_CLOEXEC, O_CLOEXEC, O_NONBLOCK } from '../../../../protocol/uapi/fcntl.ts';
import type { Ioctl } from '../../../../protocol/uapi/ioctl.ts';
import type { Struct, UserValue } from '../../../../protocol/uapi/struct.ts';
import { SECOND } from '../../../machine/machine.ts';
import type { VirtualMachine } from '../../../machine/virtual-machine.ts';
import { outcome } from '../../drm/test-kit.ts';
import type { Kernel } from '../../kernel.ts';
import type { KernelThread } from '../../task/kernel-thread.ts';
import type { Task } from '../../task/task.ts';
import { createDisplay, DisplayClient, lightUp, type OutputIds, planeOf, type Request } from './testing.ts';

const {
  DRM_IOCTL_MODE_CREATE_LEASE,
  DRM_IOCTL_MODE_GET_LEASE,
  DRM_IOCTL_MODE_LIST_LESSEES,
  DRM_IOCTL_MODE_REVOKE_LEASE,
} = modeIoctls;

let machine: VirtualMachine;
let kernel: Kernel;
let owner: DisplayClient;
let task: Task;
let one: OutputIds;
let other: OutputIds;

beforeEach(() => {
  const size = { width: 64, height: 48 };
  const display = createDisplay({ outputs: [size, size] });
  ({ machine, kernel } = display);
  owner = display.client;
  task = owner.task;
  one = owner.output(0);
  other = owner.output(1);
});

const objectsOf = (ids: OutputIds): number[] => [ids.connector, ids.crtc, ids.primary];

const lease = (objects: readonly number[], flags = 0, fd = owner.fd): { fd: number; id: number } => {
  const made = task.call(fd, DRM_IOCTL_MODE_CREATE_LEASE, { object_ids: objects, flags });
  return { fd: made.fd!, id: made.lessee_id! };
};
const refusal = (objects: readonly number[], flags = 0, fd = owner.fd): unknown =>
  outcome(() => lease(objects, flags, fd).id > 0);
const raw = (object_count: number, object_ids = 0n): unknown =>
  outcome(() => task.call(owner.fd, DRM_IOCTL_MODE_CREATE_LEASE, { object_ids, object_count }).fd! > 0);
const lessees = (fd = owner.fd): number[] => {
  const answer = task.call(fd, DRM_IOCTL_MODE_LIST_LESSEES, { lessees_ptr: new Uint32Array(8) });
  return Array.from(answer.lessees_ptr as ArrayLike<number>).slice(0, answer.count_lessees);
};
const objects = (fd: number): number[] => {
  const answer = task.call(fd, DRM_IOCTL_MODE_GET_LEASE, { objects_ptr: new Uint32Array(256) });
  return Array.from(answer.objects_ptr as ArrayLike<number>).slice(0, answer.count_objects);
};
const revoke = (fd: number, lessee_id: number): unknown =>
  outcome(() => void task.call(fd, DRM_IOCTL_MODE_REVOKE_LEASE, { lessee_id }));
const universalPlanes = (value: bigint, fd = owner.fd): unknown =>
  task.call(fd, drmIoctls.DRM_IOCTL_SET_CLIENT_CAP, { capability: DRM_CLIENT_CAP_UNIVERSAL_PLANES, value });

/** A process that was sent a lease, as a compositor sends it to its client. */
function lessee(granted: readonly number[]): DisplayClient & { id: number } {
  const { fd, id } = lease(granted);
  const process = kernel.createTask({ name: 'lessee' });
  const client = new DisplayClient(process, task.send(fd, process));
  task.close(fd);
  return Object.assign(client, { id });
}

const seconds = 2n * SECOND;
const errno = (thread: KernelThread<unknown>): string | null =>
  outcome(() => {
    thread.result();
    return null;
  });

/** The errno of a call that may sleep, or null. */
function call<S extends Struct>(client: DisplayClient, ioctl: Ioctl<S>, value: UserValue<S>): string | null {
  const thread = client.task.startCall(client.fd, ioctl, value);
  machine.advance(seconds);
  return errno(thread);
}

const setCrtc = (client: DisplayClient, ids: OutputIds, fb_id: number, change: object = {}): string | null =>
  call(client, modeIoctls.DRM_IOCTL_MODE_SETCRTC, {
    crtc_id: ids.crtc,
    fb_id,
    mode_valid: 1,
    mode: one.modes[0]!,
    set_connectors_ptr: [ids.connector],
    ...change,
  });
const off = { mode_valid: 0, fb_id: 0, set_connectors_ptr: [] };

function commit(client: DisplayClient, request: Request, flags = 0): string | null {
  const thread = client.startCommit(request, flags);
  machine.advance(seconds);
  return errno(thread);
}

describe('what a lessee can do', () => {
  it('simple-lease: sets a mode and shows a picture', () => {
    const client = lessee(objectsOf(one));
    const { fb } = client.buffer(64, 48);
    expect(setCrtc(client, one, fb)).toBeNull();
    const mode = client.modeBlob(one.modes[0]!);
    const request = lightUp({ ...one, mode }, fb, 64, 48);
    expect(commit(client, request, DRM_MODE_ATOMIC_ALLOW_MODESET)).toBeNull();
    expect(owner.value(one.primary, 'FB_ID')).toBe(BigInt(fb));
  });

  it("what is leased stays the owner's to commit on", () => {
    lessee(objectsOf(one));
    const { fb } = owner.buffer(64, 48);
    expect(commit(owner, lightUp(one, fb, 64, 48), DRM_MODE_ATOMIC_ALLOW_MODESET)).toBeNull();
  });

  it('is listed nothing but its objects', () => {
    const client = lessee(objectsOf(other));
    const { task: process, fd } = client;
    const resources = process.call(fd, modeIoctls.DRM_IOCTL_MODE_GETRESOURCES, {
      crtc_id_ptr: new Uint32Array(4),
      connector_id_ptr: new Uint32Array(4),
    });
    const planes = process.call(fd, modeIoctls.DRM_IOCTL_MODE_GETPLANERESOURCES, {
      plane_id_ptr: new Uint32Array(8),
    });
    const listed = [
      Array.from(resources.crtc_id_ptr as ArrayLike<number>).slice(0, resources.count_crtcs),
      Array.from(resources.connector_id_ptr as ArrayLike<number>).slice(0, resources.count_connectors),
      Array.from(planes.plane_id_ptr as ArrayLike<number>).slice(0, planes.count_planes),
    ];
    expect(listed).toEqual([[other.crtc], [other.connector], [other.primary]]);
    expect(resources.count_encoders).toBe(4);
  });

  it('possible-crtcs-filtering: counts its CRTCs from 0', () => {
    const client = lessee(objectsOf(other));
    const { possible_crtcs: mask } = client.task.call(client.fd, modeIoctls.DRM_IOCTL_MODE_GETPLANE, {
      plane_id: other.primary,
    });
    const { possible_crtcs: owners } = task.call(owner.fd, modeIoctls.DRM_IOCTL_MODE_GETPLANE, {
      plane_id: other.primary,
    });
    expect([mask, owners]).toEqual([1, 2]);
    const encoders = task.call(owner.fd, modeIoctls.DRM_IOCTL_MODE_GETRESOURCES, {
      encoder_id_ptr: new Uint32Array(4),
    }).encoder_id_ptr as ArrayLike<number>;
    const masks = Array.from(encoders).map(
      encoder_id =>
        client.task.call(client.fd, modeIoctls.DRM_IOCTL_MODE_GETENCODER, { encoder_id }).possible_crtcs,
    );
    expect(masks).toEqual([0, 0, 1, 1]);
  });

  it('waits for vblanks of its first CRTC as number 0', () => {
    const client = lessee(objectsOf(other));
    const { fb } = client.buffer(64, 48);
    expect(setCrtc(client, other, fb)).toBeNull();
    const request = { type: _DRM_VBLANK_RELATIVE, sequence: 0, signal: 0n };
    expect(call(client, drmIoctls.DRM_IOCTL_WAIT_VBLANK, { request })).toBeNull();
    expect(call(owner, drmIoctls.DRM_IOCTL_WAIT_VBLANK, { request })).toBe('EINVAL');
  });

  it('lease-unleased-crtc, lease-unleased-connector: for it they do not exist', () => {
    const client = lessee(objectsOf(one));
    const { fb } = client.buffer(64, 48);
    expect([
      setCrtc(client, other, 0, off),
      setCrtc(client, one, fb, { set_connectors_ptr: [other.connector] }),
      call(client, modeIoctls.DRM_IOCTL_MODE_GETCRTC, { crtc_id: other.crtc }),
      call(client, modeIoctls.DRM_IOCTL_MODE_GETCONNECTOR, { connector_id: other.connector }),
      call(client, modeIoctls.DRM_IOCTL_MODE_GETPLANE, { plane_id: other.primary }),
      call(client, modeIoctls.DRM_IOCTL_MODE_OBJ_GETPROPERTIES, { obj_id: other.crtc }),
      call(client, modeIoctls.DRM_IOCTL_MODE_OBJ_SETPROPERTY, { obj_id: other.crtc }),
      call(client, modeIoctls.DRM_IOCTL_MODE_SETPROPERTY, { connector_id: other.connector }),
      call(client, modeIoctls.DRM_IOCTL_MODE_SETPLANE, { plane_id: other.primary }),
      call(client, modeIoctls.DRM_IOCTL_MODE_SETGAMMA, { crtc_id: other.crtc }),
      call(client, modeIoctls.DRM_IOCTL_MODE_GETGAMMA, { crtc_id: other.crtc }),
      call(client, drmIoctls.DRM_IOCTL_CRTC_GET_SEQUENCE, { crtc_id: other.crtc }),
      call(client, drmIoctls.DRM_IOCTL_CRTC_QUEUE_SEQUENCE, { crtc_id: other.crtc }),
    ]).toEqual(Array.from({ length: 13 }, () => 'ENOENT'));
  });

  it('setcrtc-implicit-plane, page-flip-implicit-plane, cursor-implicit-plane: a plane it has not is EACCES', () => {
    const client = lessee([one.connector, one.crtc, one.overlays[0]!]);
    const { fb } = client.buffer(64, 48);
    expect(setCrtc(client, one, fb)).toBe('EACCES');
    expect(setCrtc(client, one, 0, off)).toBeNull();
    expect(setCrtc(owner, one, owner.buffer(64, 48).fb)).toBeNull();
    expect(call(client, modeIoctls.DRM_IOCTL_MODE_PAGE_FLIP, { crtc_id: one.crtc, fb_id: fb })).toBe(
      'EACCES',
    );
    const cursor = { crtc_id: one.crtc, flags: DRM_MODE_CURSOR_MOVE };
    expect(call(client, modeIoctls.DRM_IOCTL_MODE_CURSOR, cursor)).toBe('EACCES');
  });

  it('implicit-plane-lease: a client without universal planes leases primary and cursor with the CRTC', () => {
    universalPlanes(0n);
    const { fd } = lease([one.connector, one.crtc]);
    universalPlanes(1n);
    expect(objects(fd)).toEqual([one.primary, one.cursor, one.crtc, one.connector].sort((a, b) => a - b));
  });

  it('atomic-implicit-crtc: a CRTC it has not is EACCES as a value of CRTC_ID', () => {
    const client = lessee([one.connector, one.primary, other.crtc]);
    const test = (object: number): string | null =>
      client.errno([[object, { CRTC_ID: one.crtc }]], DRM_MODE_ATOMIC_TEST_ONLY);
    expect([test(one.primary), test(one.connector)]).toEqual(['EACCES', 'EACCES']);
    expect(client.errno([[one.crtc, { ACTIVE: 0 }]], DRM_MODE_ATOMIC_TEST_ONLY)).toBe('ENOENT');
    expect(
      client.errno([[one.primary, planeOf(99_999, 0, { width: 1, height: 1 })]], DRM_MODE_ATOMIC_TEST_ONLY),
    ).toBe('EINVAL');
  });
});

describe('what can be leased', () => {
  it('empty-lease: nothing at all', () => {
    const { fd } = lease([]);
    expect(objects(fd)).toEqual([]);
    expect(lessees()).toEqual([]);
  });

  it.each([
    ['lease-invalid-connector', () => [0xbaadf00d, one.crtc, one.primary]],
    ['lease-invalid-crtc', () => [one.connector, 0xbaadf00d, one.primary]],
    ['lease-invalid-plane', () => [one.connector, one.crtc, 0xbaadf00d]],
    ['invalid-create-leases: 0', () => [0]],
  ])('%s: ENOENT', (_name, ids) => {
    expect(refusal(ids())).toBe('ENOENT');
  });

  it('invalid-create-leases: it takes a CRTC, a connector and, with universal planes, a plane', () => {
    expect(refusal([one.connector, one.crtc])).toBe('EINVAL');
    universalPlanes(0n);
    expect([refusal([one.connector]), refusal([one.crtc])]).toEqual(['EINVAL', 'EINVAL']);
    expect(refusal([one.connector, one.crtc])).toBe(true);
  });

  it('invalid-create-leases: user memory, sizes, flags, encoders and doubles', () => {
    expect(raw(1)).toBe('EFAULT');
    for (const more of [1, 2, 3, 4]) expect(raw(0x3fffffff + more)).toBe('ENOMEM');
    expect(refusal(objectsOf(one), 0xffffffff)).toBe('EINVAL');
    expect(refusal([...objectsOf(one), one.primary])).toBe('ENOSPC');
    const encoders = task.call(owner.fd, modeIoctls.DRM_IOCTL_MODE_GETRESOURCES, {
      encoder_id_ptr: new Uint32Array(4),
    }).encoder_id_ptr as ArrayLike<number>;
    expect(refusal([...objectsOf(one), encoders[0]!])).toBe('EINVAL');
    expect(refusal(objectsOf(one), O_CLOEXEC | O_NONBLOCK)).toBe(true);
  });

  it('invalid-create-leases: no lease of a lease', () => {
    const { fd } = lease(objectsOf(one));
    universalPlanes(1n, fd);
    expect(refusal(objectsOf(one), 0, fd)).toBe('EINVAL');
  });

  it('lease-again: one lessee at a time', () => {
    const { fd } = lease(objectsOf(one));
    expect(refusal(objectsOf(one))).toBe('EBUSY');
    expect(refusal([one.connector, other.crtc, other.primary])).toBe('EBUSY');
    expect(refusal(objectsOf(other))).toBe(true);
    task.close(fd);
    expect(refusal(objectsOf(one))).toBe(true);
  });

  it('what is refused takes no descriptor and no number', () => {
    const { size } = task.files;
    refusal([...objectsOf(one), one.primary]);
    kernel.failAllocation = what => what === 'lease';
    expect(refusal(objectsOf(one))).toBe('ENOMEM');
    kernel.failAllocation = null;
    expect(task.files.size).toBe(size);
    expect(lease(objectsOf(one)).id).toBe(1);
  });

  it("is closed on exec if asked to, and has the flags of the lessor's file", () => {
    const plain = lease(objectsOf(one)).fd;
    const closing = lease(objectsOf(other), O_CLOEXEC).fd;
    expect([plain, closing].map(fd => task.fcntl(fd, F_GETFD))).toEqual([0, FD_CLOEXEC]);
    expect(task.files.get(plain).flags).toBe(task.files.get(owner.fd).flags);
  });
});

describe('what is known of leases', () => {
  it('lessee-list', () => {
    const { fd, id } = lease(objectsOf(one));
    expect([lessees(fd), lessees()]).toEqual([[], [id]]);
    const list = (value: object) =>
      outcome(() => task.call(owner.fd, DRM_IOCTL_MODE_LIST_LESSEES, value).count_lessees);
    expect(list({ lessees_ptr: 0n, count_lessees: 0 })).toBe(1);
    expect(list({ lessees_ptr: 0n, count_lessees: 1 })).toBe('EFAULT');
    expect(list({ lessees_ptr: 0n, count_lessees: 0, pad: 1 })).toBe('EINVAL');
    task.close(fd);
    expect(lessees()).toEqual([]);
  });

  it('a list is filled as far as there is room', () => {
    const ids = [lease(objectsOf(one)).id, lease(objectsOf(other)).id];
    const answer = task.call(owner.fd, DRM_IOCTL_MODE_LIST_LESSEES, { lessees_ptr: new Uint32Array(1) });
    expect([...Array.from(answer.lessees_ptr as ArrayLike<number>), answer.count_lessees]).toEqual([
      ids[0],
      2,
    ]);
  });

  it('lease-get: what is in it; the owner has everything', () => {
    const { fd } = lease(objectsOf(one));
    expect(objects(fd)).toEqual(objectsOf(one).sort((a, b) => a - b));
    expect(objects(owner.fd)).toEqual(
      expect.arrayContaining([...objectsOf(one), ...objectsOf(other), one.mode]),
    );
    const get = (value: object) =>
      outcome(() => task.call(fd, DRM_IOCTL_MODE_GET_LEASE, value).count_objects);
    expect(get({ objects_ptr: 0n, count_objects: 0, pad: 1 })).toBe('EINVAL');
    expect(get({ objects_ptr: 0n, count_objects: 3 })).toBe('EFAULT');
  });
});

describe('the end of a lease', () => {
  it('lease-revoke', () => {
    const client = lessee(objectsOf(one));
    const { fb } = client.buffer(64, 48);
    expect(revoke(owner.fd, 0)).toBe('ENOENT');
    expect(
      outcome(() => client.task.call(client.fd, DRM_IOCTL_MODE_REVOKE_LEASE, { lessee_id: client.id })),
    ).toBe('EACCES');
    expect(revoke(owner.fd, client.id)).toBeUndefined();
    expect(setCrtc(client, one, fb)).toBe('ENOENT');
    expect([lessees(), refusal(objectsOf(one))]).toEqual([[], true]);
    // Its number is its own until its file is closed.
    expect(revoke(owner.fd, client.id)).toBeUndefined();
    client.task.exit();
    expect(revoke(owner.fd, client.id)).toBe('ENOENT');
  });

  it('ends with the lessee, and what it showed goes', () => {
    const client = lessee(objectsOf(one));
    expect(setCrtc(client, one, client.buffer(64, 48).fb)).toBeNull();
    client.task.exit();
    machine.advance(seconds);
    expect([lessees(), owner.value(one.primary, 'FB_ID')]).toEqual([[], 0n]);
  });

  it('ends with the owner: the next master has everything, and the lessee nothing', () => {
    const client = lessee(objectsOf(one));
    task.exit();
    machine.advance(seconds);
    const next = new DisplayClient(kernel.createTask({ name: 'next', credentials: { seat: true } }));
    expect(setCrtc(next, one, next.buffer(64, 48).fb)).toBeNull();
    expect(setCrtc(client, one, 0, off)).toBe('EACCES');
    expect(call(client, modeIoctls.DRM_IOCTL_MODE_GETCRTC, { crtc_id: one.crtc })).toBe('ENOENT');
  });

  it('a duplicate of the descriptor keeps it', () => {
    const { fd } = lease(objectsOf(one));
    const copy = task.dup(fd);
    task.close(fd);
    expect(objects(copy)).toHaveLength(3);
    task.close(copy);
    expect(lessees()).toEqual([]);
  });
});

describe('leases and mastership', () => {
  it('master-vs-lease: the lessee is EACCES while its owner is not master', () => {
    const client = lessee(objectsOf(one));
    task.ioctl(owner.fd, drmIoctls.DRM_IOCTL_DROP_MASTER.number, 0n);
    expect(setCrtc(client, one, 0, off)).toBe('EACCES');
    task.ioctl(owner.fd, drmIoctls.DRM_IOCTL_SET_MASTER.number, 0n);
    expect(setCrtc(client, one, 0, off)).toBeNull();
  });

  it('multimaster-lease: a lessee works while its own owner is the master', () => {
    const client = lessee(objectsOf(one));
    task.ioctl(owner.fd, drmIoctls.DRM_IOCTL_DROP_MASTER.number, 0n);
    const second = new DisplayClient(kernel.createTask({ name: 'second', credentials: { seat: true } }));
    expect(setCrtc(client, one, 0, off)).toBe('EACCES');
    expect(setCrtc(second, one, 0, off)).toBeNull();
    second.task.ioctl(second.fd, drmIoctls.DRM_IOCTL_DROP_MASTER.number, 0n);
    task.ioctl(owner.fd, drmIoctls.DRM_IOCTL_SET_MASTER.number, 0n);
    expect(setCrtc(client, one, 0, off)).toBeNull();
  });

  it('a lessee neither takes nor drops the device', () => {
    const root = kernel.createTask({ name: 'root', credentials: { uid: 0 } });
    const { fd } = lease(objectsOf(one));
    const held = task.send(fd, root);
    const ask = (ioctl: Ioctl<null>) => outcome(() => root.ioctl(held, ioctl.number, 0n));
    const { DRM_IOCTL_SET_MASTER: set, DRM_IOCTL_DROP_MASTER: drop } = drmIoctls;
    expect([ask(set), ask(drop)]).toEqual([0, 'EINVAL']);
    task.ioctl(owner.fd, drop.number, 0n);
    expect([ask(set), ask(drop)]).toEqual(['EINVAL', 'EINVAL']);
    expect(outcome(() => task.ioctl(fd, set.number, 0n))).toBe('EACCES');
  });
});
