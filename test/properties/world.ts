import type { KernelVersion } from '../../compositor/kernel/behaviour.ts';
import { createSimgpu } from '../../compositor/kernel/drivers/simgpu/index.ts';
import { createSimkms } from '../../compositor/kernel/drivers/simkms/index.ts';
import { createVgem } from '../../compositor/kernel/drivers/vgem/index.ts';
import type { DrmDevice } from '../../compositor/kernel/drm/device.ts';
import { VirtualEngine } from '../../compositor/kernel/engine/virtual-engine.ts';
import { Kernel, type KernelOptions } from '../../compositor/kernel/kernel.ts';
import { addUdmabufDevice } from '../../compositor/kernel/memory/udmabuf.ts';
import { unwrap } from '../../compositor/kernel/sync/fence-unwrap.ts';
import { addSwSync } from '../../compositor/kernel/sync/sw-sync.ts';
import { SyncFile } from '../../compositor/kernel/sync/sync-file.ts';
import { KernelError } from '../../compositor/kernel/task/kernel-error.ts';
import type { KernelThread } from '../../compositor/kernel/task/kernel-thread.ts';
import type { Task } from '../../compositor/kernel/task/task.ts';
import type { Watch } from '../../compositor/kernel/task/watches.ts';
import { MILLISECOND } from '../../compositor/machine/machine.ts';
import { VirtualMachine } from '../../compositor/machine/virtual-machine.ts';
import type { Ioctl } from '../../protocol/uapi/ioctl.ts';
import type { Struct, UserValue } from '../../protocol/uapi/struct.ts';
import { SYNC_IOC_FILE_INFO, SYNC_IOC_MERGE, type sync_fence_info } from '../../protocol/uapi/sync-file.ts';
import { calls } from './calls.ts';
import { Display, SIDE } from './display.ts';
import { type Failure, failEachStep, failing } from './fail-each-step.ts';
import { footprint } from './footprint.ts';
import { checkReferences, FenceWatch, holds } from './invariants.ts';
import { stock } from './stock.ts';

const NAMES = ['alpha', 'beta', 'gamma'];
/** Entries of the run queue at one instant: more, and it does not come to rest. */
const ENTRIES_PER_INSTANT = 5000;
/** All that a program has begun is over by then: fences have expired, jobs have timed out. */
const LONG = 120_000n * MILLISECOND;

export interface WorldOptions {
  /** Which of the ready entries of the run queue goes first. */
  seed?: number;
  /** Makes each call fail at each of its steps before it goes through, and looks at all rules after it; default true. */
  failures?: boolean;
  /** The processes die in the middle of what they do; by default it comes to its end first. */
  abrupt?: boolean;
  behaves?: KernelVersion;
  host?: KernelOptions['host'];
}

/** A kernel with all that programs call: three processes, the render engine, vgem, software timelines, udmabuf. */
export class World {
  readonly machine: VirtualMachine;
  readonly kernel: Kernel;
  readonly devices: readonly DrmDevice[];
  readonly #failures: boolean;
  readonly #abrupt: boolean;
  readonly #idle: number;
  readonly #watched = new FenceWatch();
  readonly #tasks: Task[] = [];
  readonly #sleeping = new Set<KernelThread<unknown>>();
  readonly #watches = new Set<Watch>();
  readonly #displays = new Map<Task, Display>();
  readonly #mappings = new Map<Task, { address: bigint; length: number }[]>();
  #failure: Failure | null = null;
  #instant = { now: -1n, entries: 0 };

  constructor({
    seed = 1,
    failures = true,
    abrupt = false,
    behaves = '7.2',
    host = null,
  }: WorldOptions = {}) {
    this.#abrupt = abrupt;
    this.#failures = failures;
    this.machine = new VirtualMachine({
      seed,
      order: 'random',
      trace: (now, label) => this.#count(now, label),
    });
    this.kernel = new Kernel({ machine: this.machine, memoryBytes: 8 << 20, host, behaves });
    this.kernel.failAllocation = what => this.#failure?.fails(what) ?? false;
    addUdmabufDevice(this.kernel);
    addSwSync(this.kernel);
    const engine = (clock: ConstructorParameters<typeof VirtualEngine>[0], memory: WebAssembly.Memory) =>
      new VirtualEngine(clock, memory, 'simgpu');
    this.devices = [
      createSimgpu(this.kernel, { engine }),
      createVgem(this.kernel, { primaryPath: '/dev/dri/card1' }),
      createSimkms(this.kernel, { outputs: [{ width: SIDE, height: SIDE }], engine }).device,
    ];
    this.#idle = this.kernel.memory.used;
    for (const name of NAMES) this.#tasks.push(this.#begin(name));
  }

  get size(): number {
    return this.#tasks.length;
  }

  task(at: number): Task {
    return this.#tasks[at]!;
  }

  /** Makes a call of a program and looks at the rules; its answer, or the errno. */
  run(name: string, at: number, ...args: number[]): unknown {
    const { run, whole, populates } = calls[name]!;
    const call = () => run(this, at, ...args);
    const each = this.#failures && !whole;
    const answer = each
      ? failEachStep(this, call, `${name} of ${NAMES[at]}`, populates ? /^. memory / : null)
      : answerOf(call);
    if (this.#failures) this.check();
    return answer;
  }

  /** The answer of a call of which a step fails. */
  failing(failure: Failure, call: () => unknown): unknown {
    this.#failure = failure;
    try {
      return answerOf(call);
    } finally {
      this.#failure = null;
    }
  }

  display(at: number): Display {
    return this.#displays.get(this.task(at))!;
  }

  footprint(): string[] {
    return footprint(this.kernel, this.machine, this.devices);
  }

  /** The rules that hold at any time. */
  check(quiet = false): void {
    const count = this.#watches.size + this.#sleeping.size;
    checkReferences(this.kernel, this.devices, { count, quiet });
    this.#watched.check(this.kernel);
  }

  /** Ends the program: when everything is over counts are exact; when all processes have gone nothing is left. */
  end(): void {
    if (!this.#abrupt) this.#comeToRest();
    for (const task of this.#tasks) task.exit();
    this.machine.settle();
    // Whoever promised them is gone. The engine may be busy for a while yet.
    for (const fence of this.#watched.pending())
      holds(fence.isContainer || /^sim/.test(fence.driver), () => `${fence.describe()} survives its process`);
    this.machine.advance(LONG);
    this.#watched.check(this.kernel);
    for (const fence of this.#watched.pending()) holds(false, () => `${fence.describe()} never signals`);
    this.#checkEmpty();
    this.kernel[Symbol.dispose]();
  }

  /** Waits until nothing is under way any more. */
  #comeToRest(): void {
    for (const watch of this.#watches) watch.cancel();
    this.#watches.clear();
    for (const thread of this.#sleeping) thread.interrupt();
    // Fences of software timelines have no end of their own.
    for (const task of this.#tasks)
      for (const [fd, { operations }] of [...task.files.entries()])
        if (operations.kind === 'sw_sync') task.close(fd);
    this.machine.advance(LONG);
    this.check(true);
  }

  /** A call that may sleep. */
  start<S extends Struct>(at: number, fd: number, ioctl: Ioctl<S>, value: UserValue<S>): unknown {
    return this.answerOf(this.task(at).startCall(fd, ioctl, value));
  }

  /** What a call gives that may sleep. */
  answerOf(thread: KernelThread<unknown>): unknown {
    if (thread.ended) {
      const result = thread.result() as { out_fence_fd?: number; out_fence?: number };
      return result.out_fence_fd ?? result.out_fence;
    }
    this.#sleeping.add(thread);
    thread.whenEnded(() => this.#sleeping.delete(thread));
    return 'sleeps';
  }

  interrupt(at: number, which: number): void {
    const sleeping = [...this.task(at).sleeping];
    sleeping[which % (sleeping.length || 1)]?.interrupt();
  }

  watch(at: number, fd: number, events: number): void {
    let calls = 0;
    const watch = this.task(at).watch(fd, events, () => {
      holds(++calls === 1, () => `a watch of descriptor ${fd} was told ${calls} times`);
      this.#watches.delete(watch);
    });
    this.#watches.add(watch);
  }

  map(at: number, fd: number, length: number, offset = 0n): void {
    const task = this.task(at);
    const address = task.mmap(fd, length, { offset });
    this.#mappings.get(task)!.push({ address, length });
  }

  unmap(at: number, which: number): void {
    const task = this.task(at);
    const mappings = this.#mappings.get(task)!;
    const [mapping] = mappings.splice(which % (mappings.length || 1), 1);
    if (mapping) task.munmap(mapping.address, mapping.length);
  }

  /** The process dies, and another takes its place. */
  restart(at: number): void {
    this.task(at).exit();
    this.#mappings.delete(this.task(at));
    this.#displays.delete(this.task(at));
    this.#tasks[at] = this.#begin(NAMES[at]!);
  }

  /** SYNC_IOC_MERGE, and the same once more the other way round: both hold the same fences, and merging again adds none. */
  merge(at: number, fd: number, other: number): number {
    const task = this.task(at);
    const merged = task.call(fd, SYNC_IOC_MERGE, { name: 'merged', fd2: other }).fence;
    const extra = [this.#mergeUncounted(task, other, fd), this.#mergeUncounted(task, merged, fd)];
    const [expected, ...same] = [merged, ...extra].map(each => membersOf(task, each));
    for (const members of same)
      holds(members === expected, () => `merging ${fd} and ${other} gave ${expected}, and then ${members}`);
    for (const each of extra) task.close(each);
    return merged;
  }

  fileInfo(at: number, fd: number, room: number): string {
    const infos: UserValue<typeof sync_fence_info>[] = Array.from({ length: room }, () => ({}));
    const { status, num_fences } = this.task(at).call(fd, SYNC_IOC_FILE_INFO, { sync_fence_info: infos });
    return `status ${status}, ${num_fences} fences`;
  }

  /** Part of the check, not of the program: no failures are wanted. */
  #mergeUncounted(task: Task, fd: number, other: number): number {
    const failure = this.#failure;
    this.#failure = null;
    try {
      return task.call(fd, SYNC_IOC_MERGE, { name: 'again', fd2: other }).fence;
    } finally {
      this.#failure = failure;
    }
  }

  /** A process with something of everything. */
  #begin(name: string): Task {
    const task = this.kernel.createTask({ name, credentials: { uid: 0 } });
    this.#mappings.set(task, []);
    failing(task.files, () => this.#failure);
    stock(task);
    this.#displays.set(task, new Display(task));
    return task;
  }

  #count(now: bigint, label: string): void {
    if (now !== this.#instant.now) this.#instant = { now, entries: 0 };
    const entries = ++this.#instant.entries;
    holds(entries < ENTRIES_PER_INSTANT, () => `the run queue does not come to rest at ${now}: ${label}`);
  }

  #checkEmpty(): void {
    const { kernel, machine } = this;
    const left = [
      kernel.memory.used - this.#idle,
      kernel.dmaBufs.size,
      kernel.threads.size,
      kernel.tasks.size,
      machine.ready,
      machine.nextTimer === null ? 0 : 1,
      ...this.devices.flatMap(({ files, objects }) => [files.size, objects.size]),
    ];
    holds(
      left.every(count => count === 0),
      () => `all processes are gone, and there is left: ${this.footprint().join('\n')}`,
    );
  }
}

/** What a call gives, or the errno that it fails with. */
export function answerOf(call: () => unknown): unknown {
  try {
    return call();
  } catch (error) {
    if (error instanceof KernelError) return error.code;
    throw error;
  }
}

const membersOf = (task: Task, fd: number): string =>
  [...unwrap(task.files.get(fd).as(SyncFile, 'sync file').fence)]
    .filter(fence => !fence.signalled)
    .map(({ context, seqno }) => `${context}:${seqno}`)
    .join(' ');
