import { u32 } from '../../../../protocol/uapi/struct.ts';
import { KernelError, require } from '../../task/kernel-error.ts';
import type { Task } from '../../task/task.ts';
import type { DrmFile } from '../file.ts';
import { Connector } from './connector.ts';
import { Crtc } from './crtc.ts';
import type { KmsDevice } from './kms-device.ts';
import type { LeasedObject } from './lookup.ts';
import { Plane } from './plane.ts';

/** What `kmalloc` gives at once (`KMALLOC_MAX_SIZE`): the list of ids has to fit. */
const MAX_LIST_BYTES = 4 << 20;

interface ObjectList {
  readonly object_ids: bigint;
  readonly object_count: number;
}

/**
 * The ids that a lease is to have: those of the list, and the planes that a client without universal planes leases with
 * each CRTC unknowingly. None at all is fine. ENOMEM for a list that is absurdly long, EFAULT; ENOENT for an unknown id;
 * EINVAL for what cannot be leased, and for a lease with which nothing could be shown; ENOSPC for an object twice.
 */
export function objectsToLease(device: KmsDevice, file: DrmFile, task: Task, list: ObjectList): Set<number> {
  if (list.object_count === 0) return new Set();
  const { universalPlanes } = file.clientCaps;
  const objects = readIds(task, list).map(id => leasable(device, file, id));
  const has = (type: abstract new (...args: never[]) => LeasedObject): boolean =>
    objects.some(object => object instanceof type);
  require(has(Crtc) && has(Connector), 'EINVAL', 'a lease has a CRTC and a connector, or nothing at all');
  require(!universalPlanes || has(Plane), 'EINVAL', 'a client with universal planes leases planes as well');
  const leases = new Set<number>();
  for (const object of objects) {
    add(leases, object);
    if (universalPlanes || !(object instanceof Crtc)) continue;
    add(leases, object.primary);
    add(leases, object.cursor);
  }
  return leases;
}

/** The memory for the copy is taken before user memory is looked at (`memdup_array_user`). */
function readIds(task: Task, { object_ids, object_count }: ObjectList): number[] {
  const length = object_count * u32.size;
  require(length <= MAX_LIST_BYTES, 'ENOMEM', `a list of ${object_count} objects is too long`);
  const bytes = task.memory.copyFromUser(object_ids, length);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  return Array.from({ length: object_count }, (_, at) => u32.read(view, at * u32.size));
}

function leasable(device: KmsDevice, file: DrmFile, id: number): LeasedObject {
  const object = device.objects.any(id);
  if (!object) throw new KernelError('ENOENT', `there is no object ${id} to lease from ${file.describe()}`);
  if (object instanceof Plane || object instanceof Crtc || object instanceof Connector) return object;
  throw new KernelError(
    'EINVAL',
    `object ${id} is a ${object.kind}: CRTCs, connectors and planes are leased`,
  );
}

/** The set is an `idr` where a taken number is ENOSPC. */
function add(leases: Set<number>, { id, name }: LeasedObject): void {
  require(!leases.has(id), 'ENOSPC', `${name} is in the list twice`);
  leases.add(id);
}
