// Captures of an output: a client's buffer is filled with the frame that is shown, by the writeback connector where that
// gives what is wanted, and by the render engine where it does not: without the cursor, or a part of the output.
import { POLLIN } from '../../protocol/uapi/fcntl.ts';
import { fourccText } from '../../protocol/uapi/fourcc.ts';
import { KernelError } from '../kernel/task/index.ts';
import type { Machine, Nanoseconds } from '../machine/machine.ts';
import type { Counters } from '../observe/counters.ts';
import type { Trace } from '../observe/trace.ts';
import { isPassing } from '../render/passing.ts';
import type { Renderer, RenderJob } from '../render/renderer.ts';
import type { ClientBuffer } from '../scene/client-buffer.ts';
import type { CaptureConstraints, CaptureFailure, CaptureRequest } from '../scene/outputs.ts';
import { type Rect, Region } from '../scene/region.ts';
import { completionOf } from '../sync/sync-file.ts';
import {
  type CaptureDestination,
  type CaptureDevices,
  type CaptureWriter,
  type ConnectorDestination,
  captureDestination,
  type EngineDestination,
} from './capture-destination.ts';
import { composeCapture, type Picture } from './capture-picture.ts';
import { DamageLog } from './damage-log.ts';
import type { Frame } from './frame.ts';
import type { Rider } from './painter.ts';
import type { Pipe } from './pipes.ts';

/** Commits that may fail with a capture before it is the capture that fails. */
const MOST_ATTEMPTS = 2;

interface Capture {
  readonly request: CaptureRequest;
  readonly area: Rect;
  readonly hold: Disposable;
  destination: CaptureDestination;
  attempts: number;
  /** The commit that it is a picture of; null while it waits for one. */
  frame: bigint | null;
  /** When that was shown. */
  shown: Nanoseconds | null;
  /** When its pixels were there. */
  written: Nanoseconds | null;
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
  readonly renderer: Renderer;
  readonly devices: CaptureDevices;
  readonly captureConstraints: CaptureConstraints;
  readonly name: string;
  /** Whether the output shows a cursor now. */
  readonly cursorShown: () => boolean;
  /** A frame is wanted although nothing may have changed. */
  readonly wake: () => void;
}

export class CaptureQueue implements Disposable {
  readonly #options: CaptureQueueOptions;
  readonly #captures = new Set<Capture>();
  readonly #log: DamageLog;
  readonly #whole: Rect;
  #over = false;

  constructor(options: CaptureQueueOptions) {
    this.#options = options;
    this.#whole = { x: 0, y: 0, ...options.captureConstraints.size };
    this.#log = new DamageLog(Region.of(this.#whole));
  }

  add(request: CaptureRequest): Disposable {
    if (this.#over) return this.#refuse(request, 'stopped', 'the output is gone');
    const destination = this.#destination(request, this.#writer(request, this.#options.cursorShown()));
    if ('refusal' in destination) return this.#refuse(request, destination.refusal, destination.reason);
    const capture: Capture = {
      request,
      area: request.region ?? this.#whole,
      hold: request.buffer.lifetime.hold(`capture of ${this.#options.name}`),
      destination,
      attempts: 0,
      frame: null,
      shown: null,
      written: null,
      over: false,
    };
    this.#captures.add(capture);
    if (this.#isDue(capture)) this.#options.wake();
    return { [Symbol.dispose]: () => this.#cancel(capture) };
  }

  /** A capture waits that does not wait for damage. */
  get waiting(): boolean {
    for (const capture of this.#captures) if (capture.frame === null && this.#isDue(capture)) return true;
    return false;
  }

  /** What goes along with a commit of a picture. The connector takes one of each, the engine as many as there are. */
  riders(picture: Picture): Rider[] {
    const riders: Rider[] = [];
    let connector = this.#options.pipe.writeback;
    for (const capture of [...this.#captures]) {
      if (capture.frame !== null || !(this.#isDue(capture) || changes(capture, picture))) continue;
      const writer = this.#writer(capture.request, picture.cursor !== null);
      if (writer === 'connector' && !connector) continue;
      const destination = this.#prepare(capture, writer);
      if (destination?.writer === 'connector') {
        riders.push(this.#written(capture, destination));
        connector = null;
      } else if (destination) riders.push(this.#composed(capture, destination, picture));
    }
    return riders;
  }

  flipped(frame: Frame, time: Nanoseconds): void {
    this.#log.add(time, frame.damage, frame.cursorDamage);
    for (const capture of [...this.#captures])
      if (capture.frame === frame.id) {
        capture.shown = time;
        this.#settle(capture);
      }
  }

  /** The output is gone. */
  [Symbol.dispose](): void {
    this.#over = true;
    for (const capture of [...this.#captures])
      if (capture.frame === null) this.#fail(capture, 'stopped', 'the output is gone');
      else {
        this.#cancel(capture);
        capture.request.failed('stopped');
      }
  }

  #isDue({ request, area }: Capture): boolean {
    if (request.immediate) return true;
    if (request.since === undefined) return false;
    return !this.#log.since(request.since, request.paintCursors).intersect(Region.of(area)).isEmpty;
  }

  /**
   * The connector writes all of what the display shows, the cursor with it, and is done when it has been scanned. The engine
   * draws any part, and is done when the frame is on the screen: who takes picture after picture gets them a refresh earlier.
   */
  #writer({ region, paintCursors, since }: CaptureRequest, cursorShown: boolean): CaptureWriter {
    const special = region !== undefined || since !== undefined || (cursorShown && !paintCursors);
    return special ? 'engine' : 'connector';
  }

  #destination(request: CaptureRequest, writer: CaptureWriter): CaptureDestination | Refusal {
    const fault = this.#constraintBroken(request.buffer, request.region ?? this.#whole);
    if (fault) return { refusal: 'buffer-constraints', reason: fault };
    try {
      const destination = captureDestination(this.#options.devices, request.buffer, writer);
      if (typeof destination !== 'string') return destination;
      return { refusal: 'buffer-constraints', reason: destination };
    } catch (error) {
      // Another buffer of the same kind would fare no better: the client need not look for other constraints.
      return { refusal: isPassing(error) ? 'unknown' : 'buffer-constraints', reason: messageOf(error) };
    }
  }

  /** The destination for a writer; another one if a cursor came or went meanwhile. Null when there is none: it has failed. */
  #prepare(capture: Capture, writer: CaptureWriter): CaptureDestination | null {
    if (capture.destination.writer === writer) return capture.destination;
    const destination = this.#destination(capture.request, writer);
    if ('refusal' in destination) {
      this.#fail(capture, destination.refusal, destination.reason);
      return null;
    }
    capture.destination[Symbol.dispose]();
    capture.destination = destination;
    return destination;
  }

  /** What the client did wrong; null when the buffer is as it was asked to be. */
  #constraintBroken(buffer: ClientBuffer, area: Rect): string | null {
    const { shmFormats, dmabufFormats } = this.#options.captureConstraints;
    if (buffer.width !== area.width || buffer.height !== area.height)
      return `the buffer has ${buffer.width}x${buffer.height} pixels, the picture ${area.width}x${area.height}`;
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

  #written(capture: Capture, { framebuffer }: ConnectorDestination): Rider {
    const writeback = this.#options.pipe.writeback!;
    return {
      add: (request, fences) => {
        request
          .set(writeback, 'WRITEBACK_FB_ID', framebuffer)
          .set(writeback, 'WRITEBACK_OUT_FENCE_PTR', fences.address('writeback'));
      },
      accepted: (fences, frame) => {
        capture.frame = frame;
        const fence = fences.take('writeback');
        if (fence === null) this.#fail(capture, 'unknown', 'the commit left no writeback fence');
        else this.#await(capture, fence);
      },
      refused: reason => this.#refused(capture, reason),
    };
  }

  #composed(capture: Capture, { image, blank }: EngineDestination, picture: Picture): Rider {
    const { request, area } = capture;
    const { since, paintCursors, bufferDamage } = request;
    const { renderer, name } = this.#options;
    return {
      add: () => {},
      accepted: (_, frame) => {
        capture.frame = frame;
        const missed = blank || since === undefined ? null : this.#log.since(since, paintCursors);
        try {
          const job = composeCapture(renderer, {
            image,
            area,
            picture,
            missed,
            paintCursors,
            bufferDamage,
            name,
          });
          if (job) this.#await(capture, job.fence, job);
          else capture.written = this.#options.machine.now();
        } catch (error) {
          this.#fail(capture, 'unknown', messageOf(error));
        }
      },
      refused: reason => this.#refused(capture, reason),
    };
  }

  #refused(capture: Capture, reason: string | null): void {
    if (reason !== null && ++capture.attempts >= MOST_ATTEMPTS) this.#fail(capture, 'unknown', reason);
  }

  /** A capture that was cancelled is written to the end all the same: its buffer stays held until then. */
  #await(capture: Capture, fence: number, job?: RenderJob): void {
    const { task } = this.#options.devices.card;
    task.watch(fence, POLLIN, () => {
      job?.settle();
      const { error, time } = completionOf(task, fence);
      task.close(fence);
      if (error < 0) this.#fail(capture, 'unknown', `its pixels were not written: errno ${-error}`);
      else {
        capture.written = time;
        this.#settle(capture);
      }
    });
  }

  /** Answers a capture that is written and of a frame that was shown. */
  #settle(capture: Capture): void {
    if (capture.written === null) return;
    if (!this.#captures.has(capture)) {
      this.#giveBack(capture);
      return;
    }
    // The connector writes what is on the screen; the engine may be done before it is.
    if (capture.shown === null && capture.destination.writer === 'engine') return;
    try {
      capture.destination.finish();
    } catch (error) {
      this.#fail(capture, 'unknown', messageOf(error));
      return;
    }
    this.#remove(capture);
    this.#options.counters.captures++;
    const { request, area } = capture;
    const all =
      request.since === undefined
        ? Region.of(area)
        : this.#log.since(request.since, request.paintCursors).intersect(Region.of(area));
    const damage = all.translate(-area.x, -area.y);
    request.ready({ transform: 0, damage, time: capture.shown ?? capture.written });
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
    if (capture.frame === null || capture.written !== null) this.#giveBack(capture);
  }

  #remove(capture: Capture): void {
    this.#captures.delete(capture);
    this.#giveBack(capture);
  }

  #giveBack(capture: Capture): void {
    if (capture.over) return;
    capture.over = true;
    capture.destination[Symbol.dispose]();
    capture.hold[Symbol.dispose]();
  }
}

/** Whether a picture has something new for a capture. */
function changes({ request, area }: Capture, { damage, cursorDamage }: Picture): boolean {
  const here = Region.of(area);
  if (!damage.intersect(here).isEmpty) return true;
  return request.paintCursors && !cursorDamage.intersect(here).isEmpty;
}

const messageOf = (error: unknown): string => (error instanceof KernelError ? error.message : String(error));
