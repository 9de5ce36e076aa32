// ext_image_copy_capture_frame_v1: one image into one buffer.

import { interfaces } from '../../protocol/interfaces/index.ts';
import type { Resource } from '../../protocol/object/resource.ts';
import type { ClientBuffer } from '../scene/client-buffer.ts';
import type { CaptureConstraints, CaptureFailure, CaptureResult } from '../scene/outputs.ts';
import { Region } from '../scene/region.ts';
import { startCapture } from './captures.ts';
import { demand } from './errors.ts';
import type { CaptureSession } from './ext-image-copy-capture.ts';
import { timestampWords } from './timestamp.ts';
import type { BufferObject } from './wl-buffer.ts';

const REASON = interfaces.ext_image_copy_capture_frame_v1.enums.failure_reason;
const REASONS: Readonly<Record<CaptureFailure, number>> = {
  unknown: REASON.unknown,
  'buffer-constraints': REASON.buffer_constraints,
  stopped: REASON.stopped,
};

export class CaptureFrame {
  readonly #session: CaptureSession;
  readonly #resource: Resource<'ext_image_copy_capture_frame_v1'>;
  #buffer: BufferObject | null = null;
  #damage = Region.empty;
  #captured = false;
  #capture: Disposable | null = null;

  constructor(session: CaptureSession, resource: Resource<'ext_image_copy_capture_frame_v1'>) {
    this.#session = session;
    this.#resource = resource;
    resource.onDestroy(() => this.#capture?.[Symbol.dispose]());
    resource.setHandlers({
      destroy: () => {},
      attach_buffer: (_, buffer) => {
        this.#checkUncaptured();
        this.#buffer = session.caller.context.buffers.get(buffer);
      },
      damage_buffer: (_, x, y, width, height) => {
        this.#checkUncaptured();
        demand(
          x >= 0 && y >= 0 && width > 0 && height > 0,
          resource,
          'invalid_buffer_damage',
          `the damage ${width}x${height} at ${x},${y} is negative or empty`,
        );
        this.#damage = this.#damage.union(Region.of({ x, y, width, height })).simplified(64);
      },
      capture: () => this.#start(),
    });
  }

  #start(): void {
    this.#checkUncaptured();
    demand(
      this.#buffer && !this.#buffer.destroyed,
      this.#resource,
      'no_buffer',
      'capture came without a buffer; attach one first',
    );
    this.#captured = true;
    const { buffer } = this.#buffer;
    const { output, paintCursors, lastImage } = this.#session;
    if (this.#session.stopped) {
      this.#fail('stopped');
      return;
    }
    const problem = constraintProblem(buffer, output.captureConstraints);
    if (problem) {
      this.#session.caller.context.rooms.trace.note('capture', `${buffer.label} does not fit`, {
        reason: problem,
      });
      this.#fail('buffer-constraints');
      return;
    }
    this.#capture = startCapture(this.#session.caller, output, {
      buffer,
      bufferDamage: this.#damage,
      paintCursors,
      immediate: lastImage === null,
      ...(lastImage === null ? {} : { since: lastImage }),
      ready: result => this.#ready(result),
      failed: reason => this.#fail(reason),
    });
  }

  #ready({ transform, damage, time }: CaptureResult): void {
    const { events } = this.#resource;
    this.#session.lastImage = time;
    events.transform(transform);
    for (const { x, y, width, height } of damage.rects) events.damage(x, y, width, height);
    events.presentation_time(...timestampWords(time));
    events.ready();
  }

  #fail(reason: CaptureFailure): void {
    this.#resource.events.failed(REASONS[reason]);
  }

  #checkUncaptured(): void {
    demand(
      !this.#captured,
      this.#resource,
      'already_captured',
      'the frame was captured already; make another one',
    );
  }
}

/** Why a buffer can't take a capture, or null. */
function constraintProblem(buffer: ClientBuffer, constraints: CaptureConstraints): string | null {
  const { size } = constraints;
  if (buffer.width !== size.width || buffer.height !== size.height)
    return `it is ${buffer.width}x${buffer.height}, the source ${size.width}x${size.height}`;
  if (buffer.kind === 'single-pixel') return 'a single-pixel buffer can not be written';
  const fits =
    buffer.kind === 'shm'
      ? constraints.shmFormats.includes(buffer.format)
      : constraints.dmabufFormats.some(
          ({ format, modifiers }) => format === buffer.format && modifiers.includes(buffer.modifier),
        );
  return fits ? null : `format 0x${buffer.format.toString(16)} was not announced for a ${buffer.kind} buffer`;
}
