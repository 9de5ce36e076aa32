// One commit of a buffer, from the commit until nobody shows it any more.
import type { ClientBuffer } from './client-buffer.ts';
import { Lifetime } from './lifetime.ts';
import type { Acquire, ReleaseService, ReleaseTargets } from './synchronisation.ts';

/**
 * A buffer as one commit attached it. The surface holds it while it is pending or current; every output, plane and
 * capture that reads it holds it too. When the last hold is disposed, or a copy stands in for it, the release service gives
 * it back, exactly once.
 *
 * A consumer whose read leaves a fence in the dma-bufs' reservations may drop its hold once that fence is there. A
 * consumer of `shm` memory, which has no reservation, keeps its hold until its fence has *signalled*, because the
 * client writes the moment it gets wl_buffer.release.
 */
export class BufferUse {
  readonly buffer: ClientBuffer;
  readonly acquire: Acquire;
  readonly targets: ReleaseTargets;
  readonly #lifetime = new Lifetime();
  readonly #release: ReleaseService;
  #released = false;

  constructor(options: {
    buffer: ClientBuffer;
    acquire: Acquire;
    targets: ReleaseTargets;
    release: ReleaseService;
  }) {
    this.buffer = options.buffer;
    this.acquire = options.acquire;
    this.targets = options.targets;
    this.#release = options.release;
    const holds = holdsOf(options);
    this.#lifetime.whenEnded(() => {
      this.#giveBack();
      for (const hold of holds) hold[Symbol.dispose]();
    });
  }

  /** Keeps the buffer from being released. Throws once nobody holds it. `consumer` is for people: `output HDMI-1`. */
  hold(consumer: string): Disposable {
    return this.#lifetime.hold(consumer);
  }

  /** Nothing reads the client's memory any more: whoever says so has a copy, and keeps it until `whenEnded`. */
  copied(): void {
    this.#giveBack();
  }

  /** Calls `listener` when the last hold is gone: the content is shown nowhere. */
  whenEnded(listener: () => void): void {
    this.#lifetime.whenEnded(listener);
  }

  get released(): boolean {
    return this.#released;
  }

  /** Who keeps it from being released. */
  get holders(): string[] {
    return this.#lifetime.holders;
  }

  #giveBack(): void {
    if (this.#released) return;
    this.#released = true;
    this.#release.release(this);
  }
}

/** What has to live as long as the use: the buffer, its acquire fence, the timelines of its points. */
function holdsOf(options: { buffer: ClientBuffer; acquire: Acquire; targets: ReleaseTargets }): Disposable[] {
  const consumer = `use of ${options.buffer.label}`;
  const holds: Disposable[] = [options.buffer.lifetime.hold(consumer)];
  if (options.acquire.kind === 'sync-file') holds.push(options.acquire.fence);
  if (options.acquire.kind === 'timeline') holds.push(options.acquire.acquire.timeline.hold(consumer));
  if (options.targets.point) holds.push(options.targets.point.timeline.hold(consumer));
  return holds;
}
