// Captures of an output: the writeback connector fills a client's buffer with the frame that is shown.
import { POLLIN } from '../../protocol/uapi/fcntl.ts';
import { fourccText } from '../../protocol/uapi/fourcc.ts';
import { KernelError } from '../kernel/task/index.ts';
import type { Machine, Nanoseconds } from '../machine/machine.ts';
import type { Counters } from '../observe/counters.ts';
import type { Trace } from '../observe/trace.ts';
import { isPassing } from '../render/passing.ts';
import type { ClientBuffer } from '../scene/client-buffer.ts';
import type { CaptureConstraints, CaptureFailure, CaptureRequest } from '../scene/outputs.ts';
import { Region } from '../scene/region.ts';
import { completionOf } from '../sync/sync-file.ts';
import { type CaptureDestination, type CaptureDevices, captureDestination } from './capture-destination.ts';
import { DamageLog } from './damage-log.ts';
import type { Frame } from './frame.ts';
import type { Rider } from './painter.ts';
import type { Pipe } from './pipes.ts';

/** Commits that may fail with a capture before it is the capture that fails. */
const MOST_ATTEMPTS = 2;

interface Capture {
  readonly request: CaptureRequest;
  readonly hold: Disposable;
  readonly destination: CaptureDestination;
  attempts: number;
  /** The commit that writes it; null while it waits for one. */
  frame: bigint | null;
  /** Its buffer and framebuffer were given back. */
  over: boolean;
}

interface Refusal {
  readonly refusal: CaptureFailure;
  readonly reason: string;
}

export interface CaptureQueueOptions {
  readonly machine: Machine;
  readonly trace: Trace;
  readonly counters: Counters;
  readonly pipe: Pipe;
  readonly devices: CaptureDevices;
  readonly captureConstraints: CaptureConstraints;
  readonly name: string;
  /** A frame is wanted although nothing may have changed. */
  readonly wake: () => void;
}

export class CaptureQueue implements Disposable {
  readonly #options: CaptureQueueOptions;
  readonly #captures = new Set<Capture>();
  readonly #log: DamageLog;
  readonly #whole: Region;
  #over = false;
  /** When the frames were shown that captures are being written of. */
  readonly #times = new Map<bigint, Nanoseconds>();

  constructor(options: CaptureQueueOptions) {
    this.#options = options;
    this.#whole = Region.of({ x: 0, y: 0, ...options.captureConstraints.size });
    this.#log = new DamageLog(this.#whole);
  }

  add(request: CaptureRequest): Disposable {
    if (this.#over) return this.#refuse(request, 'stopped', 'the output is gone');
    const destination = this.#destination(request.buffer);
    if ('refusal' in destination) return this.#refuse(request, destination.refusal, destination.reason);
    const hold = request.buffer.lifetime.hold(`capture of ${this.#options.name}`);
    const capture: Capture = { request, hold, destination, attempts: 0, frame: null, over: false };
    this.#captures.add(capture);
    if (this.#isDue(capture)) this.#options.wake();
    return { [Symbol.dispose]: () => this.#cancel(capture) };
  }

  /** A capture waits that does not wait for damage. */
  get waiting(): boolean {
    return [...this.#captures].some(capture => capture.frame === null && this.#isDue(capture));
  }

  /** What goes along with a commit that shows `damage`: the connector takes one picture of each. */
  riders(damage: Region): Rider[] {
    for (const capture of this.#captures)
      if (capture.frame === null && (this.#isDue(capture) || !damage.isEmpty)) return [this.#rider(capture)];
    return [];
  }

  flipped(frame: Frame, time: Nanoseconds): void {
    this.#log.add(time, frame.damage);
    if ([...this.#captures].some(capture => capture.frame === frame.id)) this.#times.set(frame.id, time);
  }

  /** The output is gone. */
  [Symbol.dispose](): void {
    this.#over = true;
    for (const capture of [...this.#captures])
      if (capture.frame === null) this.#fail(capture, 'stopped', 'the output is gone');
      else {
        // The device writes it to the end: its buffer stays held until then.
        this.#captures.delete(capture);
        capture.request.failed('stopped');
      }
  }

  #isDue({ request }: Capture): boolean {
    return request.immediate || (request.since !== undefined && !this.#log.since(request.since).isEmpty);
  }

  #destination(buffer: ClientBuffer): CaptureDestination | Refusal {
    const fault = this.#constraintBroken(buffer);
    if (fault) return { refusal: 'buffer-constraints', reason: fault };
    try {
      const destination = captureDestination(this.#options.devices, buffer);
      if (typeof destination !== 'string') return destination;
      return { refusal: 'buffer-constraints', reason: destination };
    } catch (error) {
      // Another buffer of the same kind would fare no better: the client need not look for other constraints.
      return { refusal: isPassing(error) ? 'unknown' : 'buffer-constraints', reason: messageOf(error) };
    }
  }

  /** What the client did wrong; null when the buffer is as it was asked to be. */
  #constraintBroken(buffer: ClientBuffer): string | null {
    const { size, shmFormats, dmabufFormats } = this.#options.captureConstraints;
    if (buffer.width !== size.width || buffer.height !== size.height)
      return `the buffer has ${buffer.width}x${buffer.height} pixels, the output ${size.width}x${size.height}`;
    const formats = buffer.kind === 'shm' ? shmFormats : dmabufFormats.map(({ format }) => format);
    if (!formats.includes(buffer.format))
      return `format ${fourccText(buffer.format)} is not one of ${formats.map(fourccText).join(', ')}`;
    return null;
  }

  #refuse(request: CaptureRequest, failure: CaptureFailure, reason: string): Disposable {
    let cancelled = false;
    this.#options.trace.note('capture', `a capture of ${this.#options.name} is refused: ${reason}`);
    this.#options.machine.post(`capture of ${this.#options.name} refused`, () => {
      if (!cancelled) request.failed(failure);
    });
    return {
      [Symbol.dispose]: () => {
        cancelled = true;
      },
    };
  }

  #rider(capture: Capture): Rider {
    const writeback = this.#options.pipe.writeback!;
    return {
      add: (request, fences) => {
        request
          .set(writeback, 'WRITEBACK_FB_ID', capture.destination.framebuffer)
          .set(writeback, 'WRITEBACK_OUT_FENCE_PTR', fences.address('writeback'));
      },
      accepted: (fences, frame) => {
        capture.frame = frame;
        const fence = fences.take('writeback');
        if (fence === null) this.#fail(capture, 'unknown', 'the commit left no writeback fence');
        else this.#await(capture, fence);
      },
      refused: reason => {
        if (reason !== null && ++capture.attempts >= MOST_ATTEMPTS) this.#fail(capture, 'unknown', reason);
      },
    };
  }

  /** A capture that was cancelled is written to the end all the same: its buffer stays held until then. */
  #await(capture: Capture, fence: number): void {
    const { task } = this.#options.devices.card;
    task.watch(fence, POLLIN, () => {
      const { error, time } = completionOf(task, fence);
      task.close(fence);
      if (error < 0) this.#fail(capture, 'unknown', `the writeback ended with errno ${-error}`);
      else this.#ready(capture, time);
    });
  }

  #ready(capture: Capture, signalled: Nanoseconds): void {
    if (!this.#captures.has(capture)) {
      this.#giveBack(capture);
      return;
    }
    const { request, frame } = capture;
    try {
      capture.destination.finish();
    } catch (error) {
      this.#fail(capture, 'unknown', messageOf(error));
      return;
    }
    const time = (frame === null ? undefined : this.#times.get(frame)) ?? signalled;
    this.#remove(capture);
    this.#options.counters.captures++;
    const damage = request.since === undefined ? this.#whole : this.#log.since(request.since);
    request.ready({ transform: 0, damage, time });
  }

  #fail(capture: Capture, failure: CaptureFailure, reason: string): void {
    const known = this.#captures.has(capture);
    this.#remove(capture);
    if (!known) return;
    this.#options.trace.note('capture', `a capture of ${this.#options.name} failed: ${reason}`);
    capture.request.failed(failure);
  }

  #cancel(capture: Capture): void {
    if (!this.#captures.delete(capture)) return;
    if (capture.frame === null) this.#giveBack(capture);
  }

  #remove(capture: Capture): void {
    this.#captures.delete(capture);
    if (capture.frame !== null && ![...this.#captures].some(other => other.frame === capture.frame))
      this.#times.delete(capture.frame);
    this.#giveBack(capture);
  }

  #giveBack(capture: Capture): void {
    if (capture.over) return;
    capture.over = true;
    capture.destination[Symbol.dispose]();
    capture.hold[Symbol.dispose]();
  }
}

const messageOf = (error: unknown): string => (error instanceof KernelError ? error.message : String(error));
