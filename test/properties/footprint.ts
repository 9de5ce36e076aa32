import type { DrmDevice } from '../../compositor/kernel/drm/device.ts';
import type { Kernel } from '../../compositor/kernel/kernel.ts';
import type { Fence } from '../../compositor/kernel/sync/fence.ts';
import type { OpenFile } from '../../compositor/kernel/task/open-file.ts';
import type { Task } from '../../compositor/kernel/task/task.ts';
import type { VirtualMachine } from '../../compositor/machine/virtual-machine.ts';

/** What lives in a kernel, a line for each thing: equal before and after a call that fails. */
export function footprint(kernel: Kernel, machine: VirtualMachine, devices: readonly DrmDevice[]): string[] {
  return [
    `memory ${kernel.memory.used}`,
    `threads ${[...kernel.threads].map(({ label }) => label).join(', ')}`,
    `run queue ${machine.ready}, timer ${machine.nextTimer}`,
    ...[...kernel.dmaBufs].map(
      ({ inode, file, attachments, reservation }) =>
        `dma-buf ${inode}: ${file.references} references, ${attachments.size} attachments, ${reservation.lock.locked ? 'locked' : 'unlocked'}, fences ${namesOf(reservation.entries())}`,
    ),
    ...[...kernel.tasks].flatMap(linesOfTask),
    ...devices.flatMap(linesOfDevice),
  ];
}

const nameOf = (fence: Fence | null): string => (fence ? fence.describe() : 'nothing');
const namesOf = (entries: Iterable<{ fence: Fence; usage: number }>): string =>
  [...entries].map(({ fence, usage }) => `${usage} ${nameOf(fence)}`).join(', ');

const describe = (file: OpenFile): string =>
  `${file.operations.describe()} with ${file.references} references`;

function linesOfTask({ name, pid, files, memory, sleeping }: Task): string[] {
  const mappings = memory.mappings.filter(({ file }) => file !== null);
  return [
    `${name} ${pid}: ${files.size} descriptors, ${sleeping.size} calls that sleep, ${mappings.length} mappings`,
    ...[...files.entries()].map(([fd, file]) => `${name} ${pid}: ${fd} is ${describe(file)}`),
  ];
}

function linesOfDevice({ driver: { name }, objects, files, names }: DrmDevice): string[] {
  return [
    `${name}: ${names.size} names`,
    ...[...objects].map(
      ({ label, references, handleCount, dmaBuf, backing }) =>
        `${name}: ${label} with ${references} references, ${handleCount} handles, ${backing.pins} pins, exported as ${dmaBuf?.inode}`,
    ),
    ...[...files].map(file => {
      const handles = [...file.objects.entries()].map(
        ([handle]) => `${handle} as ${file.objects.dmaBufOf(handle)?.inode}`,
      );
      const syncobjs = [...file.syncobjs.entries()].map(
        ([handle, { fence, changed }]) => `${handle} ${nameOf(fence)}, ${changed.waiting} wait`,
      );
      return `${name}: ${file.describe()} has ${handles.join(', ')}; sync objects ${syncobjs.join(', ')}`;
    }),
  ];
}
