import { equal, notEqual, ok } from 'node:assert/strict';
import type { Task } from '../../compositor/kernel/task/task.ts';
import { drmIoctls } from '../../protocol/uapi/drm.ts';
import type { Ioctl } from '../../protocol/uapi/ioctl.ts';
import type { Struct, UserValue } from '../../protocol/uapi/struct.ts';
import { outcomeOf, type Probe } from '../conformance/probe.ts';
import type { Binary } from './binary.ts';
import { createPixels } from './buffers.ts';
import { SINGLE } from './catalogue.ts';
import { DISPLAY } from './system.ts';

/** An open file of the display, and its process. */
interface Client {
  readonly task: Task;
  readonly fd: number;
}

/** A user at the seat, who is not root. */
const userOf = ({ kernel }: Probe, name: string): Task =>
  kernel.createTask({ name, credentials: { uid: 1000, seat: true } });

const open = (task: Task): Client => ({ task, fd: task.open(DISPLAY) });

/** The error of a call without an answer, null when there is none. */
const errorOf = <S extends Struct>(
  { task, fd }: Client,
  call: Ioctl<S>,
  value: UserValue<S>,
): string | null => outcomeOf(() => void task.call(fd, call, value)).errno;

const plain = ({ task, fd }: Client, { number }: Ioctl<null>): string | null =>
  outcomeOf(() => task.ioctl(fd, number, 0n)).errno;

const setMaster = (client: Client) => plain(client, drmIoctls.DRM_IOCTL_SET_MASTER);
const dropMaster = (client: Client) => plain(client, drmIoctls.DRM_IOCTL_DROP_MASTER);
const magicOf = ({ task, fd }: Client): number => task.call(fd, drmIoctls.DRM_IOCTL_GET_MAGIC, {}).magic!;
const authenticate = (master: Client, magic: number) =>
  errorOf(master, drmIoctls.DRM_IOCTL_AUTH_MAGIC, { magic });

/** What the kernel says of a file's process. */
function isAuthenticated({ task, fd }: Client): boolean {
  const { auth, pid } = task.call(fd, drmIoctls.DRM_IOCTL_GET_CLIENT, { idx: 0 });
  equal(pid, BigInt(task.pid));
  equal(errorOf({ task, fd }, drmIoctls.DRM_IOCTL_GET_CLIENT, { idx: 1 }), 'EINVAL');
  return auth === 1;
}

export const coreAuth: Binary = {
  name: 'core_auth',
  subtests: {
    'getclient-simple': probe => {
      ok(isAuthenticated(open(probe.task)));
    },

    'getclient-master-drop': probe => {
      const first = open(probe.task);
      equal(dropMaster(first), null);
      const second = open(probe.task);
      ok(isAuthenticated(second));
      ok(isAuthenticated(first));
    },

    'basic-auth': probe => {
      const master = open(userOf(probe, 'master'));
      const client = open(userOf(probe, 'client'));
      ok(isAuthenticated(master));
      ok(!isAuthenticated(client));
      const { handle } = createPixels(probe, probe.task.open(DISPLAY), 16, 16);
      const share = () => errorOf(client, drmIoctls.DRM_IOCTL_GEM_FLINK, { handle });
      equal(share(), 'EACCES');
      const magic = magicOf(client);
      equal(magicOf(client), magic);
      equal(authenticate(client, magic), 'EACCES');
      equal(authenticate(master, magic), null);
      ok(isAuthenticated(client));
      // Allowed now, and not a handle of this file.
      equal(share(), 'ENOENT');
      equal(authenticate(master, magic), 'EINVAL');
    },

    'many-magics': probe => {
      const { task } = probe;
      const master = open(task);
      const magics = new Set<number>();
      for (;;) {
        let client: Client | null = null;
        const { errno } = outcomeOf(() => {
          client = open(task);
        });
        if (!client) {
          equal(errno, 'EMFILE');
          break;
        }
        const magic = magicOf(client);
        ok(!magics.has(magic), `${magic} was given out already`);
        magics.add(magic);
        equal(authenticate(master, magic), null);
      }
      ok(magics.size > 1000);
    },
  },
};

export const coreSetmaster: Binary = {
  name: 'core_setmaster',
  subtests: {
    'master-drop-set-root': probe => {
      const client = open(probe.task);
      equal(dropMaster(client), null);
      equal(dropMaster(client), 'EINVAL');
      equal(setMaster(client), null);
      equal(setMaster(client), null);
      // Root may also take over with a file that never was master.
      const other = open(probe.task);
      equal(setMaster(other), 'EBUSY');
      equal(dropMaster(client), null);
      equal(setMaster(other), null);
    },

    'master-drop-set-user': probe => {
      const client = open(userOf(probe, 'user'));
      equal(dropMaster(client), null);
      equal(setMaster(client), null);
      const other = open(userOf(probe, 'other'));
      equal(dropMaster(other), 'EACCES');
      equal(setMaster(other), 'EACCES');
      equal(dropMaster(client), null);
      equal(setMaster(other), 'EACCES');
    },

    'master-drop-set-shared-fd': probe => {
      const master = open(probe.task);
      const task = userOf(probe, 'foreign');
      const foreign = { task, fd: probe.task.send(master.fd, task) };
      equal(dropMaster(foreign), 'EACCES');
      equal(setMaster(foreign), 'EACCES');
      equal(dropMaster(master), null);
      equal(setMaster(foreign), 'EACCES');
      equal(setMaster(master), null);
    },
  },
};

export const coreSetmasterVsAuth: Binary = {
  name: 'core_setmaster_vs_auth',
  subtests: {
    [SINGLE]: probe => {
      const first = open(probe.task);
      const client = open(userOf(probe, 'client'));
      const magic = magicOf(client);
      equal(dropMaster(first), null);
      const second = open(probe.task);
      // The client belongs to the master that there was when it came.
      equal(authenticate(first, magic), 'EACCES');
      equal(authenticate(second, magic), 'EINVAL');
      ok(!isAuthenticated(client));
      equal(dropMaster(second), null);
      equal(setMaster(first), null);
      equal(authenticate(first, magic), null);
      ok(isAuthenticated(client));
      notEqual(setMaster(second), null);
    },
  },
};
