// Who is on which plane: clients' buffers are held from the commit that shows them to the commit that replaces them.
import { KernelError, type Task } from '../kernel/task/index.ts';
import type { Trace } from '../observe/trace.ts';
import type { BufferUse } from '../scene/buffer-use.ts';
import { distinctDmabufs, importReadFence } from '../sync/sync-file.ts';
import type { PlaneUse } from './plane-assignment.ts';

interface Held {
  readonly use: BufferUse;
  readonly hold: Disposable;
}

export class ScanoutHolds {
  readonly #task: Task;
  readonly #trace: Trace;
  readonly #output: string;
  #held = new Map<number, Held>();
  /** Replaced, but without the fence that says until when they are read: given back when the flip has come. */
  #late: Disposable[] = [];

  constructor(task: Task, trace: Trace, output: string) {
    this.#task = task;
    this.#trace = trace;
    this.#output = output;
  }

  /** Whether a commit of these would take something off a plane. */
  replaces(scanout: readonly PlaneUse[]): boolean {
    return this.#replacedBy(scanout).length > 0;
  }

  /**
   * A commit was accepted. `outFence`, borrowed, signals when what it replaces is read no more: it goes into the
   * replaced buffers as a reader's fence (mode setting itself leaves none there), and their holds are dropped.
   */
  committed(scanout: readonly PlaneUse[], outFence: number | null): void {
    const replaced = this.#replacedBy(scanout);
    for (const { plane, layer } of scanout) {
      if (this.#held.get(plane.id)?.use === layer.use) continue;
      const hold = layer.use.hold(`${plane.name} of ${this.#output}`);
      this.#held.set(plane.id, { use: layer.use, hold });
    }
    for (const [plane, held] of replaced) {
      if (this.#held.get(plane) === held) this.#held.delete(plane);
      if (outFence !== null && this.#leaveFence(held.use, outFence)) held.hold[Symbol.dispose]();
      else this.#late.push(held.hold);
    }
  }

  /** The newest commit is on the screen: nothing that it replaced is read any more. */
  flipped(): void {
    for (const hold of this.#late.splice(0)) hold[Symbol.dispose]();
  }

  /** The output is off. */
  clear(): void {
    this.flipped();
    const held = [...this.#held.values()];
    this.#held.clear();
    for (const { hold } of held) hold[Symbol.dispose]();
  }

  #replacedBy(scanout: readonly PlaneUse[]): [number, Held][] {
    return [...this.#held].filter(
      ([plane, held]) => !scanout.some(use => use.plane.id === plane && use.layer.use === held.use),
    );
  }

  #leaveFence(use: BufferUse, outFence: number): boolean {
    if (use.buffer.kind !== 'dmabuf') return true;
    try {
      for (const dmabuf of distinctDmabufs(this.#task, use.buffer))
        importReadFence(this.#task, dmabuf, outFence);
      return true;
    } catch (error) {
      if (!(error instanceof KernelError)) throw error;
      this.#trace.note(
        'fault',
        `${use.buffer.label} could not be given the out-fence; it is kept until the flip`,
        {
          output: this.#output,
          error: error.message,
        },
      );
      return false;
    }
  }
}
