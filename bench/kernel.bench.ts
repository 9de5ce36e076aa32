// What the kernel's objects cost in time and memory: calls against a Map, wake-ups against an entry of the run queue.
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import {
  createSyncFile,
  DMA_BUF_IOCTL_EXPORT_SYNC_FILE,
  DMA_BUF_IOCTL_IMPORT_SYNC_FILE,
  DMA_BUF_SYNC_READ,
  DMA_BUF_SYNC_WRITE,
  Fence,
  POLLIN,
  SYNC_IOC_MERGE,
  syncobjIoctls,
} from '../compositor/kernel/index.ts';
import { waitForFence } from '../compositor/kernel/sync/wait.ts';
import { type Figure, median } from './figure.ts';
import { BenchKernel, type Rig, rawExport } from './kernel-rig.ts';

const ROUNDS = 15;
/** Rounds before them, in which the engine compiles. */
const WARM_UP = 3;
const MAP = 'a Map insert and delete of an object as large as a sync file';
const CALLBACK = 'a callback through the run queue';
const TEN = 'export with 10 fences and close, each fence';
const HUNDRED = 'export with 100 fences and close, each fence';
const MERGE_64 = 'merge of 64 and close, each fence';
const BUFFERS = 1000;

/** Something to measure. */
interface Work {
  readonly name: string;
  readonly base?: string;
  /** How often a round does it. */
  readonly count: number;
  /** The figure is for one of so many parts of it. */
  readonly parts?: number;
  /** Everything for one round; its time does not count. What it returns does the work for one index below `count`. */
  prepare(rig: Rig): (index: number) => void;
}

const identity = (context: bigint) => ({ driver: 'bench', timeline: 'bench', context, seqno: 1n });

/** A pending fence of a timeline of its own. */
const newFence = ({ kernel, machine }: Rig): Fence =>
  new Fence(machine, identity(kernel.allocateFenceContexts()));

const fenceFile = (rig: Rig): number => rig.task.files.add(createSyncFile(rig.kernel, newFence(rig)));

const merge = ({ task }: Rig, fd: number, fd2: number): number =>
  task.call(fd, SYNC_IOC_MERGE, { name: 'bench', fd2 }).fence;

/** One sync file of so many fences. */
function mergedFile(rig: Rig, count: number): number {
  let merged = fenceFile(rig);
  for (let at = 1; at < count; at++) merged = merge(rig, merged, fenceFile(rig));
  return merged;
}

const importFile = ({ task }: Rig, buffer: number, fd: number): void =>
  void task.call(buffer, DMA_BUF_IOCTL_IMPORT_SYNC_FILE, { flags: DMA_BUF_SYNC_READ, fd });

/** A buffer with so many readers. */
function busyBuffer(rig: Rig, fences: number): number {
  const buffer = rig.buffer();
  const merged = mergedFile(rig, fences);
  importFile(rig, buffer, merged);
  return buffer;
}

const eight = () => ({ a: 0, b: 0, c: 0, d: 0, e: 0, f: 0, g: 0, h: 0 });
/** As large as what an open sync file takes, descriptor and fence included; the figure for its memory says so. */
const largeObject = (): object => [eight(), eight(), eight(), eight(), eight()];

const basics: readonly Work[] = [
  {
    name: MAP,
    count: 20_000,
    prepare() {
      const map = new Map<number, object>();
      for (let at = 1; at <= BUFFERS; at++) map.set(-at, largeObject());
      return at => {
        map.set(at, largeObject());
        map.delete(at);
      };
    },
  },
  {
    name: CALLBACK,
    count: 20_000,
    prepare({ machine }) {
      let calls = 0;
      return () => {
        machine.post('bench', () => calls++);
        machine.step();
      };
    },
  },
];

function exports(name: string, fences: number, more: Partial<Work> = {}): Work {
  return {
    name,
    base: MAP,
    count: 2000,
    prepare(rig) {
      const buffer = fences === 0 ? rig.buffer() : busyBuffer(rig, fences);
      const take = rawExport(rig, DMA_BUF_SYNC_WRITE);
      return () => rig.task.close(take(buffer));
    },
    ...more,
  };
}

const dmaBufs: readonly Work[] = [
  exports('export of a sync file and close, the raw calls', 0),
  {
    name: 'export of a sync file and close, arguments as objects',
    base: MAP,
    count: 2000,
    prepare({ task, buffer }) {
      const fd = buffer();
      const argument = { flags: DMA_BUF_SYNC_WRITE, fd: -1 };
      return () => task.close(task.call(fd, DMA_BUF_IOCTL_EXPORT_SYNC_FILE, argument).fd);
    },
  },
  exports(TEN, 10, { parts: 10 }),
  exports(HUNDRED, 100, { parts: 100, count: 500 }),
  exports('export with 1000 fences and close, each fence', 1000, { parts: 1000, count: 50, base: HUNDRED }),
  {
    name: 'import of a sync file whose fence then signals',
    base: MAP,
    count: 2000,
    prepare(rig) {
      const buffer = rig.buffer();
      const fences = Array.from({ length: 2000 }, () => newFence(rig));
      const files = fences.map(fence => rig.task.files.add(createSyncFile(rig.kernel, fence)));
      return at => {
        importFile(rig, buffer, files[at]!);
        fences[at]!.signal();
      };
    },
  },
  {
    name: `export from each of ${BUFFERS} buffers with 10 fences, each fence`,
    base: TEN,
    count: BUFFERS,
    parts: 10,
    prepare(rig) {
      const merged = mergedFile(rig, 10);
      const buffers = Array.from({ length: BUFFERS }, () => rig.buffer());
      for (const buffer of buffers) importFile(rig, buffer, merged);
      const take = rawExport(rig, DMA_BUF_SYNC_WRITE);
      return at => rig.task.close(take(buffers[at]!));
    },
  },
];

/** Merges two files of half as many fences. */
const mergeOf = (name: string, fences: number, more: Partial<Work> = {}): Work => ({
  name,
  base: MAP,
  count: 1000,
  prepare(rig) {
    const [one, other] = [mergedFile(rig, fences / 2), mergedFile(rig, fences / 2)];
    return () => rig.task.close(merge(rig, one, other));
  },
  ...more,
});

const merges: readonly Work[] = [
  mergeOf('merge of 2 and close', 2),
  mergeOf(MERGE_64, 64, { parts: 64 }),
  mergeOf('merge of 1024 and close, each fence', 1024, { parts: 1024, count: 30, base: MERGE_64 }),
];

const signals: readonly Work[] = [
  {
    name: 'fence made and signalled',
    base: CALLBACK,
    count: 20_000,
    prepare({ machine, kernel }) {
      const mine = identity(kernel.allocateFenceContexts());
      return () => void new Fence(machine, mine).signal();
    },
  },
  {
    name: 'fence signalled with one waiter, a callback',
    base: CALLBACK,
    count: 5000,
    prepare(rig) {
      let calls = 0;
      const fences = Array.from({ length: 5000 }, () => newFence(rig));
      for (const fence of fences) fence.addCallback(() => rig.machine.post('bench', () => calls++));
      return at => {
        fences[at]!.signal();
        rig.machine.step();
      };
    },
  },
  {
    name: 'fence signalled with one waiter, a kernel thread',
    base: CALLBACK,
    count: 5000,
    prepare(rig) {
      const fences = Array.from({ length: 5000 }, () => newFence(rig));
      for (const fence of fences) rig.kernel.thread('bench', waitForFence(fence));
      return at => {
        fences[at]!.signal();
        rig.machine.step();
      };
    },
  },
  {
    name: 'poll of a sync file woken',
    base: CALLBACK,
    count: 5000,
    prepare(rig) {
      let calls = 0;
      const fences = Array.from({ length: 5000 }, () => newFence(rig));
      for (const fence of fences) {
        const fd = rig.task.files.add(createSyncFile(rig.kernel, fence));
        rig.task.watch(fd, POLLIN, () => calls++);
      }
      return at => {
        fences[at]!.signal();
        rig.machine.step();
      };
    },
  },
];

const syncobjs: readonly Work[] = [
  {
    name: 'sync object signalled and waited for',
    base: MAP,
    count: 3000,
    prepare({ task, gpu }) {
      const handles = [task.call(gpu, syncobjIoctls.DRM_IOCTL_SYNCOBJ_CREATE, {}).handle];
      return () => {
        task.call(gpu, syncobjIoctls.DRM_IOCTL_SYNCOBJ_SIGNAL, { handles });
        task.startCall(gpu, syncobjIoctls.DRM_IOCTL_SYNCOBJ_WAIT, { handles }).result();
      };
    },
  },
  {
    name: 'point of a timeline signalled and waited for',
    base: 'sync object signalled and waited for',
    count: 3000,
    prepare({ task, gpu }) {
      const handles = [task.call(gpu, syncobjIoctls.DRM_IOCTL_SYNCOBJ_CREATE, {}).handle];
      return at => {
        const points = [BigInt(at + 1)];
        task.call(gpu, syncobjIoctls.DRM_IOCTL_SYNCOBJ_TIMELINE_SIGNAL, { handles, points });
        task.startCall(gpu, syncobjIoctls.DRM_IOCTL_SYNCOBJ_TIMELINE_WAIT, { handles, points }).result();
      };
    },
  },
];

const works = [...basics, ...dmaBufs, ...merges, ...signals, ...syncobjs];

/** Nanoseconds of one part of the work. */
function timeOf(bench: BenchKernel, { count, parts = 1, prepare }: Work): number {
  const rig = bench.start();
  const run = prepare(rig);
  const start = process.hrtime.bigint();
  for (let index = 0; index < count; index++) run(index);
  const time = Number(process.hrtime.bigint() - start);
  rig.task.exit();
  return time / count / parts;
}

function times(bench: BenchKernel): Figure[] {
  const measured = new Map<string, number[]>(works.map(({ name }) => [name, []]));
  // In turn, and compared round by round: a machine that is busy for a while is so for all of them.
  for (let round = -WARM_UP; round < ROUNDS; round++)
    for (const work of works) {
      const time = timeOf(bench, work);
      if (round >= 0) measured.get(work.name)!.push(time);
    }
  return works.map(({ name, base }) => {
    const values = measured.get(name)!;
    const figure = { name, value: median(values), unit: 'ns' };
    if (base === undefined) return figure;
    const bases = measured.get(base)!;
    return { ...figure, base, ratio: median(values.map((value, round) => value / bases[round]!)) };
  });
}

interface Kept {
  readonly name: string;
  readonly base?: string;
  readonly count: number;
  prepare(rig: Rig): () => unknown;
}

const LARGE = 'memory of the object of the Map';

const kept: readonly Kept[] = [
  { name: LARGE, count: 5000, prepare: () => largeObject },
  {
    name: 'memory of a fence',
    base: LARGE,
    count: 5000,
    prepare({ machine, kernel }) {
      const mine = identity(kernel.allocateFenceContexts());
      return () => new Fence(machine, mine);
    },
  },
  {
    name: 'memory of a sync file of an idle buffer, with its descriptor',
    base: LARGE,
    count: 5000,
    prepare(rig) {
      const buffer = rig.buffer();
      const take = rawExport(rig, DMA_BUF_SYNC_WRITE);
      return () => take(buffer);
    },
  },
  {
    name: 'memory of a sync object',
    base: LARGE,
    count: 5000,
    prepare({ task, gpu }) {
      return () => task.call(gpu, syncobjIoctls.DRM_IOCTL_SYNCOBJ_CREATE, {}).handle;
    },
  },
  {
    name: 'memory of a dma-buf of one page of a memfd',
    base: LARGE,
    count: 1000,
    prepare: ({ buffer }) => buffer,
  },
  {
    name: 'memory of a dma-buf with 10 fences of its own',
    base: LARGE,
    count: BUFFERS,
    prepare(rig) {
      return () => {
        const buffer = rig.buffer();
        for (let at = 0; at < 10; at++) {
          const file = fenceFile(rig);
          importFile(rig, buffer, file);
          rig.task.close(file);
        }
      };
    },
  },
];

/** Bytes of the heap that one of it keeps. */
function memoryOf(bench: BenchKernel, { count, prepare }: Kept, collect: () => void): number {
  const rig = bench.start();
  const make = prepare(rig);
  const all: unknown[] = new Array(count).fill(null);
  make();
  collect();
  const before = process.memoryUsage().heapUsed;
  for (let at = 0; at < count; at++) all[at] = make();
  collect();
  const used = process.memoryUsage().heapUsed - before;
  if (all.length !== count) throw new Error('what was made has to live until here');
  rig.task.exit();
  return used / count;
}

function memory(bench: BenchKernel): Figure[] {
  setFlagsFromString('--expose-gc');
  const collect: () => void = runInNewContext('gc');
  return kept.map(one => ({
    name: one.name,
    value: memoryOf(bench, one, collect),
    unit: 'bytes',
    ...(one.base !== undefined && { base: one.base }),
  }));
}

/** Time of calls and of wake-ups, and what each object keeps of the heap. */
export function kernelFigures(): Figure[] {
  const bench = new BenchKernel();
  return [...times(bench), ...memory(bench)];
}
