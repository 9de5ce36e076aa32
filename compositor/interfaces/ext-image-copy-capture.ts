// ext_image_copy_capture_manager_v1 and its sessions: what a capture's buffer must be like.

import { interfaces } from '../../protocol/interfaces/index.ts';
import type { Resource } from '../../protocol/object/resource.ts';
import type { Nanoseconds } from '../machine/machine.ts';
import type { Output } from '../scene/outputs.ts';
import type { Caller } from './context.ts';
import { demand } from './errors.ts';
import { serveCursorSession } from './ext-image-copy-capture-cursor-session.ts';
import { CaptureFrame } from './ext-image-copy-capture-frame.ts';
import { isOffered, shmNumber } from './shm-format.ts';
import { deviceBytes } from './zwp-linux-dmabuf-feedback.ts';

const { options: OPTIONS } = interfaces.ext_image_copy_capture_manager_v1.enums;

export function bindImageCopyCapture(
  caller: Caller,
  resource: Resource<'ext_image_copy_capture_manager_v1'>,
): void {
  resource.setHandlers({
    destroy: () => {},
    create_session: (_, session, source, options) => {
      demand(
        (options & ~OPTIONS.paint_cursors) === 0,
        resource,
        'invalid_option',
        `options 0x${options.toString(16)} are not known; paint_cursors (1) is the only one`,
      );
      const { output } = caller.context.captureSources.get(source);
      new CaptureSession(caller, session, output, (options & OPTIONS.paint_cursors) !== 0);
    },
    create_pointer_cursor_session: (_, session) => serveCursorSession(session),
  });
}

/** Tells the constraints, again whenever they change, until the output is gone. */
export class CaptureSession {
  readonly caller: Caller;
  readonly output: Output;
  readonly paintCursors: boolean;
  readonly #resource: Resource<'ext_image_copy_capture_session_v1'>;
  readonly #watching: Disposable;
  #frame: Resource<'ext_image_copy_capture_frame_v1'> | null = null;
  #stopped = false;
  /** When the last image captured was shown: later frames wait for damage against it. */
  lastImage: Nanoseconds | null = null;

  constructor(
    caller: Caller,
    resource: Resource<'ext_image_copy_capture_session_v1'>,
    output: Output,
    paintCursors: boolean,
  ) {
    this.caller = caller;
    this.#resource = resource;
    this.output = output;
    this.paintCursors = paintCursors;
    const { outputs } = caller.context.rooms;
    this.#watching = outputs.observe({
      added: () => {},
      changed: changed => {
        if (changed === output) this.#announce();
      },
      removed: removed => {
        if (removed === output) this.#stop();
      },
    });
    resource.onDestroy(() => this.#watching[Symbol.dispose]());
    resource.setHandlers({
      destroy: () => {},
      create_frame: (_, frame) => this.#createFrame(frame),
    });
    if (outputs.list.includes(output)) this.#announce();
    else this.#stop();
  }

  get stopped(): boolean {
    return this.#stopped;
  }

  #createFrame(frame: Resource<'ext_image_copy_capture_frame_v1'>): void {
    demand(
      this.#frame === null,
      this.#resource,
      'duplicate_frame',
      'the session has a frame already; destroy that one first',
    );
    this.#frame = frame;
    frame.onDestroy(() => {
      this.#frame = null;
    });
    new CaptureFrame(this, frame);
  }

  #announce(): void {
    const { events } = this.#resource;
    const { size, shmFormats, dmabufFormats, dmabufDevice } = this.output.captureConstraints;
    events.buffer_size(size.width, size.height);
    for (const format of shmFormats) if (isOffered(format)) events.shm_format(shmNumber(format));
    if (dmabufDevice !== null && this.caller.client.may('kernel-calls')) {
      events.dmabuf_device(deviceBytes(dmabufDevice));
      for (const { format, modifiers } of dmabufFormats)
        events.dmabuf_format(format, new Uint8Array(BigUint64Array.from(modifiers).buffer));
    }
    events.done();
  }

  #stop(): void {
    this.#stopped = true;
    this.#resource.events.stopped();
  }
}
