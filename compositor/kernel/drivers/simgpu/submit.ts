import * as uapi from '../../../../protocol/uapi/simgpu.ts';
import type { Struct, StructValue } from '../../../../protocol/uapi/struct.ts';
import { lockAll } from '../../dma-buf/lock-all.ts';
import { Usage, usageToWaitFor } from '../../dma-buf/reservation.ts';
import type { GemObject } from '../../drm/gem.ts';
import type { DrmArgument, DrmCall } from '../../drm/ioctl.ts';
import type { Fence } from '../../sync/fence.ts';
import { createSyncFile, fenceOf } from '../../sync/sync-file.ts';
import type { SyncobjPoint } from '../../sync/syncobj-wait.ts';
import { require } from '../../task/kernel-error.ts';
import type { Sleeping } from '../../task/kernel-thread.ts';
import type { OpenFile } from '../../task/open-file.ts';
import type { Budget } from './budget.ts';
import { type CheckedCommand, checkCommand } from './commands.ts';
import type { RenderContext } from './context.ts';
import type { Contexts } from './contexts.ts';
import { Job } from './job.ts';
import { expandRecord } from './record.ts';
import type { Scheduler } from './scheduler.ts';
import { attachFence, inFences, syncPoints } from './submit-syncs.ts';

type Submit = DrmArgument<typeof uapi.simgpu_submit>;

/** Jobs that a context may have waiting: memory of the kernel that a client can take. */
const QUEUE_LIMIT = 1024;

export interface SubmitDevice {
  readonly contexts: Contexts;
  readonly scheduler: Scheduler;
  /** Commands that wait. */
  readonly budget: Budget;
  /** Device time after which a job counts as hung. */
  readonly timeout: bigint;
}

/** A submission that nothing is wrong with, before its buffers are locked. */
interface Prepared {
  readonly context: RenderContext;
  readonly commands: readonly CheckedCommand[];
  readonly uses: ReadonlyMap<GemObject, boolean>;
  readonly waits: Fence[];
  readonly out: readonly SyncobjPoint[];
}

/**
 * SIMGPU_SUBMIT. Whatever can fail does so before anything is changed: the job is made, its fence published and the
 * out-fence's descriptor given its file only after the last check.
 */
export function* submit(device: SubmitDevice, call: DrmCall, argument: Submit): Sleeping<void> {
  const wantsFd = (argument.flags & uapi.SIMGPU_SUBMIT_FENCE_OUT) !== 0;
  if (wantsFd) argument.out_fence_fd = -1;
  const prepared = prepare(device, call, argument);
  const { files } = call.task;
  const reservations = new Set([...prepared.uses.keys()].map(({ reservation }) => reservation));
  // Locking may sleep, and the caller may close its handles meanwhile.
  for (const object of prepared.uses.keys()) object.get();
  let fd: number | null = null;
  let locks: { releaseAll(): void } | null = null;
  try {
    if (wantsFd) fd = files.reserve();
    locks = yield* lockAll(call.device.kernel, reservations);
    const file = publish(device, call, prepared, argument.flags);
    if (fd !== null && file) argument.out_fence_fd = files.install(fd, file);
  } catch (error) {
    if (fd !== null) files.unreserve(fd);
    throw error;
  } finally {
    locks?.releaseAll();
    for (const object of prepared.uses.keys()) object.put();
  }
}

function checkCounts(argument: Submit): void {
  require((argument.flags & ~uapi.SIMGPU_SUBMIT_FLAGS) === 0 && argument.pad === 0, 'EINVAL', () =>
    `flags are within 0x${uapi.SIMGPU_SUBMIT_FLAGS.toString(16)} and pad is 0, got 0x${argument.flags.toString(16)} and ${argument.pad}`);
  const { command_count, in_sync_count, out_sync_count } = argument;
  require(command_count > 0 && command_count <= uapi.SIMGPU_SUBMIT_MAX_COMMANDS, 'EINVAL', () =>
    `a job has 1 to ${uapi.SIMGPU_SUBMIT_MAX_COMMANDS} commands, not ${command_count}`);
  const limit = argument.flags & uapi.SIMGPU_SUBMIT_SYNCOBJ ? uapi.SIMGPU_SUBMIT_MAX_SYNCS : 0;
  require(in_sync_count <= limit && out_sync_count <= limit, 'EINVAL', () =>
    `${in_sync_count} in_syncs and ${out_sync_count} out_syncs: at most ${limit} each with these flags`);
}

/** ECANCELED for a context that hung the device: it has to be made anew. EAGAIN when it has too many jobs. */
function checkContext(context: RenderContext): void {
  require(context.state.kind !==
    'guilty', 'ECANCELED', 'a job of this context hung the device; make a new one');
  require(context.state.kind === 'open', 'ENOENT', 'the context has been destroyed');
  require(context.queue.length < QUEUE_LIMIT, 'EAGAIN', () =>
    `${QUEUE_LIMIT} jobs of this context wait already; submit again when one has finished`);
}

function prepare(device: SubmitDevice, call: DrmCall, argument: Submit): Prepared {
  checkCounts(argument);
  const context = device.contexts.lookup(call.file, argument.context);
  checkContext(context);
  device.budget.check(call.task, argument.command_count);
  const given = readArray(call, uapi.simgpu_command, argument.commands, argument.command_count);
  const values = given.flatMap(value => expandRecord(call.task, value));
  require(values.length <= uapi.SIMGPU_SUBMIT_MAX_COMMANDS, 'EINVAL', () =>
    `the tiles of records are commands too: ${values.length} of at most ${uapi.SIMGPU_SUBMIT_MAX_COMMANDS}`);
  device.budget.check(call.task, values.length);
  const commands = values.map(value => checkCommand(call.file.objects, value, device.timeout));
  const waits =
    argument.flags & uapi.SIMGPU_SUBMIT_FENCE_IN ? [fenceOf(call.task, argument.in_fence_fd)] : [];
  const syncs = (address: bigint, count: number) => readArray(call, uapi.simgpu_sync, address, count);
  waits.push(...inFences(call.file, syncs(argument.in_syncs, argument.in_sync_count)));
  const out = syncPoints(call.file, syncs(argument.out_syncs, argument.out_sync_count));
  return { context, commands, uses: usesOf(commands), waits, out };
}

function readArray<S extends Struct>(
  { task }: DrmCall,
  element: S,
  address: bigint,
  count: number,
): StructValue<S>[] {
  const bytes = task.memory.copyFromUser(address, element.size * count);
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const values: StructValue<S>[] = [];
  for (let at = 0; at < count; at++) values.push(element.read(view, at * element.size) as StructValue<S>);
  return values;
}

function usesOf(commands: readonly CheckedCommand[]): Map<GemObject, boolean> {
  const uses = new Map<GemObject, boolean>();
  for (const { source, target } of commands) {
    if (source && !uses.has(source)) uses.set(source, false);
    if (target) uses.set(target, true);
  }
  return uses;
}

/** With all reservations locked. Returns the out-fence's sync file when one is wanted. */
function publish(
  { scheduler, budget }: SubmitDevice,
  { device: { kernel }, task }: DrmCall,
  { context, commands, uses, waits, out }: Prepared,
  flags: number,
): OpenFile | null {
  checkContext(context);
  kernel.mayAllocate('simgpu job');
  for (const _ of uses) kernel.mayAllocate('reservation slot');
  for (const { point } of out) if (point !== 0n) kernel.mayAllocate('fence chain');
  const dependencies = [...waits, ...implicitFences(uses, flags)].filter(fence => !context.isOwn(fence));
  const job = new Job({ context, commands, uses });
  let file: OpenFile | null;
  try {
    file = flags & uapi.SIMGPU_SUBMIT_FENCE_OUT ? createSyncFile(kernel, job.fence) : null;
  } catch (error) {
    job.finish('ENOMEM');
    job.release();
    throw error;
  }
  for (const [object, writes] of uses)
    object.reservation.publish(job.fence, writes ? Usage.WRITE : Usage.READ);
  for (const point of out) attachFence(point, job.fence);
  budget.take(task, commands.length);
  job.fence.addCallback(() => budget.giveBack(task, commands.length));
  scheduler.push(job, dependencies);
  return file;
}

/** Readers wait for writers, writers for everybody; the kernel's own fences are waited for in any case. */
function* implicitFences(uses: ReadonlyMap<GemObject, boolean>, flags: number): Generator<Fence> {
  const explicit = (flags & uapi.SIMGPU_SUBMIT_NO_IMPLICIT) !== 0;
  for (const [{ reservation }, writes] of uses)
    yield* reservation.fences(explicit ? Usage.KERNEL : usageToWaitFor(writes));
}
