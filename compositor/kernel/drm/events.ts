import { drm_event } from '../../../protocol/uapi/drm.ts';
import { O_NONBLOCK, POLLIN, POLLRDNORM } from '../../../protocol/uapi/fcntl.ts';
import { KernelError } from '../task/kernel-error.ts';
import { type Sleeping, waitUntil } from '../task/kernel-thread.ts';
import type { FileCall, PollAnswer, UserSlice } from '../task/open-file.ts';
import { WaitQueue } from '../task/wait-queue.ts';

/** Bytes of events that a file may have asked for and not read yet (`drm_file.event_space`). */
const EVENT_SPACE = 4096;

/**
 * An event that was promised: its room in the queue is taken when the request is made, so that delivery cannot fail.
 * It ends by exactly one of `send` and `cancel`; a file that is closed before makes both do nothing.
 */
export class PendingEvent {
  readonly length: number;
  #queue: EventQueue | null;
  #orphaned: (() => void) | null = null;

  /** Made by `EventQueue.reserve`. */
  constructor(queue: EventQueue, length: number) {
    this.#queue = queue;
    this.length = length;
  }

  /** `drm_send_event`: `bytes` starts with a `drm_event` header and has the reserved length. */
  send(bytes: Uint8Array): void {
    if (bytes.length !== this.length)
      throw new Error(`an event of ${bytes.length} bytes was sent, ${this.length} were reserved`);
    const queue = this.#queue;
    this.#queue = null;
    queue?.deliver(this, bytes);
  }

  /** `drm_event_cancel_free`: gives the room back. */
  cancel(): void {
    const queue = this.#queue;
    this.#queue = null;
    queue?.giveBack(this);
  }

  /** Calls `run` when the file is closed before the event is sent: what would send it need not go on. */
  whenOrphaned(run: () => void): void {
    this.#orphaned = run;
  }

  /** The file is gone. */
  orphan(): void {
    this.#queue = null;
    this.#orphaned?.();
  }
}

/** The events of one open DRM file (`drivers/gpu/drm/drm_file.c`): whole events come out, in the order they were sent. */
export class EventQueue {
  readonly #wait = new WaitQueue();
  readonly #pending = new Set<PendingEvent>();
  #sent: Uint8Array[] = [];
  #space = EVENT_SPACE;

  /** Bytes that may still be promised. */
  get space(): number {
    return this.#space;
  }

  /** Events sent and not read. */
  get unread(): number {
    return this.#sent.length;
  }

  /** `drm_event_reserve_init`: ENOMEM when the file has too many events outstanding or unread. */
  reserve(length: number): PendingEvent {
    if (length < drm_event.size) throw new Error(`an event of ${length} bytes has no room for its header`);
    if (this.#space < length)
      throw new KernelError(
        'ENOMEM',
        `the file has ${EVENT_SPACE - this.#space} bytes of events outstanding or unread, ${EVENT_SPACE} are allowed; read them first`,
      );
    this.#space -= length;
    const event = new PendingEvent(this, length);
    this.#pending.add(event);
    return event;
  }

  deliver(event: PendingEvent, bytes: Uint8Array): void {
    if (!this.#pending.delete(event)) return;
    this.#sent.push(bytes);
    this.#wait.wakeAll();
  }

  giveBack(event: PendingEvent): void {
    if (this.#pending.delete(event)) this.#space += event.length;
  }

  poll(): PollAnswer {
    return { mask: this.#sent.length > 0 ? POLLIN | POLLRDNORM : 0, queue: this.#wait };
  }

  /** `drm_read`: as many whole events as fit; 0, keeping the event, when the first is larger than the buffer. */
  read(call: FileCall, into: UserSlice): number | Sleeping<number> {
    if (this.#sent.length > 0) return this.#take(into);
    if (call.file.flags & O_NONBLOCK) throw new KernelError('EAGAIN', 'there is no event');
    return this.#sleepAndTake(into);
  }

  /** The file is closed: what was promised is not wanted any more. */
  close(): void {
    for (const event of this.#pending) event.orphan();
    this.#pending.clear();
    this.#sent = [];
  }

  *#sleepAndTake(into: UserSlice): Sleeping<number> {
    yield* waitUntil(this.#wait, () => this.#sent.length > 0, { what: 'a DRM event' });
    return this.#take(into);
  }

  #take(into: UserSlice): number {
    let filled = 0;
    for (let event = this.#sent[0]; event && filled + event.length <= into.length; event = this.#sent[0]) {
      try {
        into.write(filled, event);
      } catch (error) {
        if (filled === 0) throw error;
        return filled;
      }
      filled += event.length;
      this.#sent.shift();
      this.#space += event.length;
    }
    return filled;
  }
}
