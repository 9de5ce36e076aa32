// How descriptors cross between a client's Task and the compositor's.

import { interfaces } from '../../protocol/interfaces/index.ts';
import { ProtocolError } from '../../protocol/object/error.ts';
import type { HandlePort } from '../../protocol/object/handles.ts';
import type { Handle } from '../../protocol/object/message.ts';
import { KernelError, type Task } from '../kernel/task/index.ts';
import type { KernelPort } from './kernel-port.ts';

/** A descriptor of the compositor's Task that is closed when disposed; disposing twice does nothing. */
export class OwnedDescriptor implements Disposable {
  readonly fd: number;
  readonly #task: Task;
  readonly #onClose: (() => void) | undefined;
  #open = true;

  constructor(task: Task, fd: number, onClose?: () => void) {
    this.#task = task;
    this.fd = fd;
    this.#onClose = onClose;
  }

  [Symbol.dispose](): void {
    if (!this.#open) return;
    this.#open = false;
    if (!this.#task.exited) this.#task.close(this.fd);
    this.#onClose?.();
  }
}

export interface DescriptorPortOptions {
  readonly clientTask: Task;
  readonly compositorTask: Task;
  readonly kernel: KernelPort;
  /** How many descriptors the client's objects may hold. */
  readonly limit: number;
  /** Whether the client gets real descriptors: it knows nothing of its Task. */
  readonly realDescriptors: boolean;
  /** The client can't be given a descriptor: its table is full, or the file has none that is real. */
  readonly undeliverable: (reason: string) => void;
}

const DISPLAY = { interface: 'wl_display', id: 1 };
const errors = interfaces.wl_display.enums.error;
/** Stands in a message that is not sent any more, because its receiver is being disconnected. */
const NOTHING = -1;

/**
 * The handles of one client. Descriptors that arrive belong to the message: a handler that keeps one claims it, and
 * those unclaimed when the message has been handled are closed, whatever happened to it.
 */
export class ClientDescriptors implements HandlePort {
  readonly #options: DescriptorPortOptions;
  readonly #unclaimed = new Set<number>();
  /** Real descriptors that the kernel took over, which it does also when it fails. */
  readonly #taken = new WeakSet<Handle>();
  #claimed = 0;

  constructor(options: DescriptorPortOptions) {
    this.#options = options;
  }

  receive(handle: Handle): Handle {
    if (this.#claimed + this.#unclaimed.size >= this.#options.limit)
      throw new ProtocolError(
        DISPLAY,
        errors.no_memory,
        `the client's objects hold ${this.#claimed} descriptors, which is all they may; destroy some first`,
      );
    const fd = this.#receive(handle);
    this.#unclaimed.add(fd);
    return { kind: 'task', fd };
  }

  drop(handle: Handle): void {
    if (handle.kind === 'host' && !this.#taken.has(handle)) this.#options.kernel.closeHost(handle.fd);
  }

  close(handle: Handle): void {
    if (this.#unclaimed.delete(handle.fd)) this.#options.compositorTask.close(handle.fd);
  }

  /**
   * A host handle is lent and travels as it is; so does the real descriptor behind a file of the compositor's Task to a
   * client that knows no Tasks. Others get a number in their own.
   */
  send(handle: Handle): Handle {
    if (handle.kind === 'host') return handle;
    return this.#options.realDescriptors ? this.#lend(handle.fd) : this.#install(handle.fd);
  }

  /**
   * Whether a file that another client chose can be sent: one that can't be would end the receiver, who has no part in
   * it. Half of a table is left for what the receiver asks for itself.
   */
  takesForeign(fd: number): boolean {
    const { clientTask, realDescriptors } = this.#options;
    if (realDescriptors) return this.#realDescriptorOf(fd) !== null;
    return clientTask.files.size < clientTask.files.limit / 2;
  }

  #realDescriptorOf(fd: number): number | null {
    const { kernel, compositorTask } = this.#options;
    const lent = kernel.lend(compositorTask, fd);
    return lent && lent.offset === 0n ? lent.fd : null;
  }

  #lend(fd: number): Handle {
    const { compositorTask, undeliverable } = this.#options;
    const real = this.#realDescriptorOf(fd);
    if (real !== null) return { kind: 'host', fd: real };
    undeliverable(`there is no real descriptor behind ${compositorTask.files.get(fd).operations.describe()}`);
    return { kind: 'host', fd: NOTHING };
  }

  #install(fd: number): Handle {
    const { compositorTask, clientTask, undeliverable } = this.#options;
    try {
      return { kind: 'task', fd: compositorTask.send(fd, clientTask) };
    } catch (error) {
      if (!(error instanceof KernelError) || error.code !== 'EMFILE') throw error;
      undeliverable(`a descriptor can't be delivered: ${error.message}`);
      return { kind: 'task', fd: NOTHING };
    }
  }

  /** Takes a descriptor of the message being handled over; the caller disposes it. */
  claim(handle: Handle): OwnedDescriptor {
    if (!this.#unclaimed.delete(handle.fd))
      throw new Error(`descriptor ${handle.fd} did not come with this message`);
    this.#claimed++;
    return new OwnedDescriptor(this.#options.compositorTask, handle.fd, () => {
      this.#claimed--;
    });
  }

  /** The message is handled: closes what nobody claimed. */
  closeUnclaimed(): void {
    for (const fd of this.#unclaimed) this.#options.compositorTask.close(fd);
    this.#unclaimed.clear();
  }

  #receive(handle: Handle): number {
    const { clientTask, compositorTask, kernel } = this.#options;
    try {
      if (handle.kind === 'task') return clientTask.send(handle.fd, compositorTask);
      this.#taken.add(handle);
      return kernel.adopt(compositorTask, handle.fd);
    } catch (error) {
      if (!(error instanceof KernelError)) throw error;
      if (error.code === 'EBADF')
        throw new ProtocolError(
          DISPLAY,
          errors.invalid_method,
          `handle ${handle.fd} is not open in the client's Task; pass the number of an open file`,
        );
      throw new ProtocolError(DISPLAY, errors.no_memory, `handle ${handle.fd}: ${error.message}`);
    }
  }
}
