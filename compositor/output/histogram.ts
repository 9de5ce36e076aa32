// Counts of what an output shows: records in sealed memfds, one for each commit that asks.
import {
  F_ADD_SEALS,
  F_SEAL_GROW,
  F_SEAL_SHRINK,
  MFD_ALLOW_SEALING,
  MFD_CLOEXEC,
  POLLIN,
} from '../../protocol/uapi/fcntl.ts';
import {
  SIMKMS_HISTOGRAM_ENABLE,
  SIMKMS_HISTOGRAM_FD,
  SIMKMS_HISTOGRAM_FENCE_PTR,
  SIMKMS_HISTOGRAM_MAX_RGB,
  simkms_histogram_record,
} from '../../protocol/uapi/simkms.ts';
import { KernelError, type Task } from '../kernel/task/index.ts';
import type { Machine } from '../machine/machine.ts';
import type { Trace } from '../observe/trace.ts';
import type { HistogramRequest } from '../scene/outputs.ts';
import type { Region } from '../scene/region.ts';
import { completionOf } from '../sync/sync-file.ts';
import type { Card } from './card.ts';
import type { Rider } from './painter.ts';
import type { Pipe } from './pipes.ts';

/** One on the screen, one on its way; a third never waits. */
const MOST_RECORDS = 3;

export interface HistogramQueueOptions {
  readonly machine: Machine;
  readonly trace: Trace;
  readonly card: Card;
  readonly pipe: Pipe;
  readonly name: string;
  /** A frame is wanted although nothing may have changed. */
  readonly wake: () => void;
}

export class HistogramQueue implements Disposable {
  readonly #options: HistogramQueueOptions;
  /** Waiting for a commit. */
  #requests = new Set<HistogramRequest>();
  /** Waiting for a commit's record. */
  readonly #counting = new Set<Set<HistogramRequest>>();
  /** Memfds that no commit uses. */
  readonly #free: number[] = [];
  #made = 0;
  #over = false;

  constructor(options: HistogramQueueOptions) {
    this.#options = options;
  }

  add(request: HistogramRequest): Disposable {
    const { card, machine, name } = this.#options;
    this.#requests.add(request);
    if (!card.hasHistogram || this.#over)
      machine.post(`${name} has no histogram`, () => {
        if (this.#requests.delete(request)) request.stopped();
      });
    else if (request.immediate) this.#options.wake();
    return {
      [Symbol.dispose]: () => {
        this.#requests.delete(request);
        for (const counting of this.#counting) counting.delete(request);
      },
    };
  }

  /** A request waits that does not wait for a change. */
  get waiting(): boolean {
    return [...this.#requests].some(({ immediate }) => immediate);
  }

  riders(damage: Region): Rider[] {
    if (!this.#options.card.hasHistogram || this.#requests.size === 0) return [];
    if (damage.isEmpty && !this.waiting) return [];
    const memory = this.#free.pop() ?? this.#make();
    return memory === null ? [] : [this.#rider(memory)];
  }

  /** The output is gone. */
  [Symbol.dispose](): void {
    this.#over = true;
    const { task } = this.#options.card;
    const requests = [...this.#requests, ...[...this.#counting].flatMap(counting => [...counting])];
    this.#requests.clear();
    for (const counting of this.#counting) counting.clear();
    for (const request of requests) request.stopped();
    if (!task.exited) for (const memory of this.#free.splice(0)) task.close(memory);
  }

  /** Null when all records are on their way, or when there is nothing to make one of: a later frame is counted then. */
  #make(): number | null {
    if (this.#made === MOST_RECORDS) return null;
    try {
      const memory = recordMemory(this.#options.card.task);
      this.#made++;
      return memory;
    } catch (error) {
      if (!(error instanceof KernelError)) throw error;
      this.#options.trace.note('fault', `${this.#options.name}: no memory for a histogram`, {
        error: error.message,
      });
      return null;
    }
  }

  #rider(memory: number): Rider {
    const { crtc } = this.#options.pipe;
    return {
      add: (request, fences) => {
        request
          .set(crtc, SIMKMS_HISTOGRAM_ENABLE, SIMKMS_HISTOGRAM_MAX_RGB)
          .set(crtc, SIMKMS_HISTOGRAM_FD, memory)
          .set(crtc, SIMKMS_HISTOGRAM_FENCE_PTR, fences.address('histogram'));
      },
      accepted: fences => {
        const requests = this.#requests;
        this.#requests = new Set();
        this.#await(memory, fences.take('histogram'), requests);
      },
      refused: () => {
        this.#free.push(memory);
      },
    };
  }

  #await(memory: number, fence: number | null, requests: Set<HistogramRequest>): void {
    const { task } = this.#options.card;
    if (fence === null) {
      this.#free.push(memory);
      for (const request of requests) request.stopped();
      return;
    }
    this.#counting.add(requests);
    task.watch(fence, POLLIN, () => {
      const { error } = completionOf(task, fence);
      task.close(fence);
      this.#counting.delete(requests);
      if (error < 0) this.#again(requests, error);
      else this.#deliver(memory, requests);
      if (this.#over) task.close(memory);
      else this.#free.push(memory);
    });
  }

  /** The frame was never scanned out: the next one is counted instead. */
  #again(requests: Set<HistogramRequest>, error: number): void {
    this.#options.trace.note('repaint', `${this.#options.name}: a frame was not counted`, { errno: -error });
    for (const request of requests) this.#requests.add(request);
    if (requests.size > 0) this.#options.wake();
  }

  #deliver(memory: number, requests: Set<HistogramRequest>): void {
    const bytes = new Uint8Array(simkms_histogram_record.size);
    this.#options.card.task.pread(memory, bytes, 0n);
    for (const request of requests) request.record(bytes.slice());
  }
}

/** A memfd as SIMKMS_HISTOGRAM_FD wants it. Throws a KernelError, and then nothing is left open. */
function recordMemory(task: Task): number {
  const memory = task.memfdCreate('histogram', MFD_ALLOW_SEALING | MFD_CLOEXEC);
  try {
    task.truncate(memory, BigInt(simkms_histogram_record.size));
    task.fcntl(memory, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW);
    return memory;
  } catch (error) {
    task.close(memory);
    throw error;
  }
}
