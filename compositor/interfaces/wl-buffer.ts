// wl_buffer: what the client holds of a buffer, and when it is told that nobody reads it any more.
import type { Resource } from '../../protocol/object/resource.ts';
import type { ClientBuffer } from '../scene/client-buffer.ts';
import type { Context } from './context.ts';

export class BufferObject {
  readonly buffer: ClientBuffer;
  readonly #resource: Resource<'wl_buffer'>;
  /** Commits of it that are not released yet. */
  #uses = 0;

  /** `buffer` is held until the wl_buffer is destroyed. */
  constructor(context: Context, resource: Resource<'wl_buffer'>, buffer: ClientBuffer) {
    this.buffer = buffer;
    this.#resource = resource;
    const hold = buffer.lifetime.hold(buffer.label);
    context.buffers.set(resource, this);
    resource.onDestroy(() => hold[Symbol.dispose]());
    resource.setHandlers({ destroy: () => {} });
  }

  get destroyed(): boolean {
    return this.#resource.destroyed;
  }

  /**
   * Counts a commit of the buffer; the result ends it. wl_buffer.release is sent with the last: a buffer committed
   * twice is not free because one of the commits is over.
   */
  use(): () => void {
    this.#uses++;
    let ended = false;
    return () => {
      if (ended) return;
      ended = true;
      if (--this.#uses === 0) this.#resource.events.release();
    };
  }
}
