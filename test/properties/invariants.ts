import type { DmaBuf } from '../../compositor/kernel/dma-buf/dma-buf.ts';
import type { DrmDevice } from '../../compositor/kernel/drm/device.ts';
import { DrmFile } from '../../compositor/kernel/drm/file.ts';
import type { GemObject } from '../../compositor/kernel/drm/gem.ts';
import type { Kernel } from '../../compositor/kernel/kernel.ts';
import type { Fence } from '../../compositor/kernel/sync/fence.ts';
import { unwrap } from '../../compositor/kernel/sync/fence-unwrap.ts';
import { SyncFile } from '../../compositor/kernel/sync/sync-file.ts';
import type { OpenFile } from '../../compositor/kernel/task/open-file.ts';

/** The rule that a program has broken. */
export class Broken extends Error {
  override readonly name = 'Broken';
}

export function holds(rule: boolean, what: () => string): void {
  if (!rule) throw new Broken(what());
}

interface Seen {
  status: Fence['status'];
  timestamp: bigint | null;
  calls: number;
}

/** What has been seen of fences and sync files: a fence signals once and stays so, a snapshot never grows. */
export class FenceWatch {
  readonly #fences = new Map<Fence, Seen>();
  readonly #snapshots = new Map<SyncFile, Set<Fence>>();

  check(kernel: Kernel): void {
    for (const file of openFiles(kernel))
      if (file.operations instanceof SyncFile) this.#checkSnapshot(file.operations);
    for (const { reservation } of kernel.dmaBufs)
      for (const { fence } of reservation.entries()) this.#meet(fence);
    for (const [fence, seen] of this.#fences) checkFence(fence, seen);
  }

  /** Fences that have been seen and have not signalled. */
  *pending(): Generator<Fence> {
    for (const fence of this.#fences.keys()) if (!fence.signalled) yield fence;
  }

  #checkSnapshot(file: SyncFile): void {
    this.#meet(file.fence);
    const members = [...unwrap(file.fence)];
    const known = this.#snapshots.get(file);
    for (const fence of members) {
      this.#meet(fence);
      holds(
        known?.has(fence) ?? true,
        () => `${fence.describe()} has come into ${file.name} after it was made`,
      );
    }
    if (!known) this.#snapshots.set(file, new Set(members));
  }

  #meet(fence: Fence): void {
    if (this.#fences.has(fence)) return;
    const seen: Seen = { status: fence.status, timestamp: fence.timestamp, calls: 0 };
    this.#fences.set(fence, seen);
    // A container looks at its members only when somebody waits for it: to wait here would change what is tested.
    if (!fence.isContainer && seen.status === 0) fence.addCallback(() => void seen.calls++);
  }
}

function checkFence(fence: Fence, seen: Seen): void {
  const { status, timestamp } = fence;
  if (seen.status !== 0)
    holds(
      status === seen.status && timestamp === seen.timestamp,
      () => `${fence.describe()} was ${seen.status} at ${seen.timestamp}, is ${status} at ${timestamp}`,
    );
  else if (status !== 0) {
    holds(timestamp !== null, () => `${fence.describe()} has no time`);
    holds(fence.isContainer || seen.calls === 1, () => `${fence.describe()} called back ${seen.calls} times`);
    seen.status = status;
    seen.timestamp = timestamp;
  }
}

/** Every open file that a descriptor or a mapping of some process names. */
function openFiles(kernel: Kernel): Set<OpenFile> {
  const files = new Set<OpenFile>();
  for (const task of kernel.tasks) {
    for (const [, file] of task.files.entries()) files.add(file);
    for (const { file } of task.memory.mappings) if (file) files.add(file);
  }
  return files;
}

/** References that are for a while: of calls that sleep, of polls under way, of jobs. */
export interface Transient {
  /** Watches and sleeping calls of the programs. */
  readonly count: number;
  /** Nothing is under way: counts have to be exact. */
  readonly quiet: boolean;
}

/** Counts who holds what, and compares with what the objects say. */
export function checkReferences(
  kernel: Kernel,
  devices: readonly DrmDevice[],
  { count, quiet }: Transient,
): void {
  const found = new Map<OpenFile, number>();
  const add = (file: OpenFile, by = 1) => found.set(file, (found.get(file) ?? 0) + by);
  for (const task of kernel.tasks) {
    for (const [, file] of task.files.entries()) add(file);
    for (const { file } of task.memory.mappings) if (file) add(file);
  }
  for (const buffer of kernel.dmaBufs) add(buffer.file, buffer.attachments.size);
  for (const { objects, files } of devices) {
    for (const { dmaBuf } of objects) if (dmaBuf) add(dmaBuf.file);
    for (const file of files)
      for (const [handle] of file.objects.entries()) {
        const buffer = file.objects.dmaBufOf(handle);
        if (buffer) add(buffer.file);
      }
  }
  // A dma-buf is held for each direction in which it is polled.
  for (const [file, expected] of found) {
    const most = quiet ? expected : expected + count + 2;
    const { references } = file;
    holds(
      references >= expected && references <= most,
      () => `${file.operations.describe()} has ${references} references; ${expected} are accounted for`,
    );
  }
  for (const buffer of kernel.dmaBufs)
    holds(!quiet || found.has(buffer.file), () => `nobody holds dma-buf ${buffer.inode}, which is there`);
  for (const device of devices) checkObjects(kernel, device, quiet);
}

const exportedFrom = ({ operations }: DmaBuf, object: GemObject): boolean =>
  'object' in operations && operations.object === object;

/** Handles, exports and mappings hold a GEM object, and jobs for a while. */
function checkObjects(kernel: Kernel, device: DrmDevice, quiet: boolean): void {
  let more = 0;
  for (const object of device.objects) {
    const exports = [...kernel.dmaBufs].filter(buffer => exportedFrom(buffer, object)).length;
    const expected = object.handleCount + exports;
    holds(
      object.references >= expected,
      () => `${object.describe()} has ${object.references} references; ${expected} are accounted for`,
    );
    more += object.references - expected;
  }
  const mappings = mappingsOf(kernel, device);
  // Framebuffers hold objects, too, and some outlive the files that made them while they are shown.
  const exact = quiet && !device.has('modeset');
  holds(
    exact ? more === mappings : more >= mappings,
    () =>
      `objects of ${device.driver.name} have ${more} references more than handles and exports; ${mappings} are mapped`,
  );
}

function mappingsOf(kernel: Kernel, device: DrmDevice): number {
  let count = 0;
  for (const { memory } of kernel.tasks)
    for (const { file } of memory.mappings)
      if (file?.operations instanceof DrmFile && file.operations.device === device) count++;
  return count;
}
