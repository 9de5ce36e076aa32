import { KernelError, type Task } from '../kernel/task/index.ts';
import type { Client } from '../server/client.ts';

/** Bytes of a ticket: enough that nobody guesses it, and no more than anybody needs. */
const SHORTEST = 16;
const LONGEST = 64;
/** Descriptors that one client may have on their way (`too_many_unix_fds` of net/core/scm.c has such a limit too). */
const MOST = 64;

interface Sent {
  /** Its number in the server's Task while it is on its way. */
  readonly fd: number;
  readonly sender: Client;
}

/**
 * Descriptors that one client sends to another, as two programs do with SCM_RIGHTS over a socket of their own: here the
 * sender names the descriptor by a ticket of its choice and passes that on, and whoever shows it gets a duplicate, once. What
 * nobody takes is closed when its sender leaves.
 */
export class DescriptorsInFlight {
  readonly #task: Task;
  readonly #sent = new Map<string, Sent>();
  readonly #known = new WeakSet<Client>();

  /** `task` holds them while they are on their way. */
  constructor(task: Task) {
    this.#task = task;
  }

  /** EINVAL for a ticket of the wrong length, EEXIST for one in use, ETOOMANYREFS; EBADF. */
  send(sender: Client, fd: number, ticket: Uint8Array): void {
    const name = nameOf(ticket);
    if (this.#sent.has(name)) throw new KernelError('EEXIST', 'a descriptor with that ticket is on its way');
    const own = [...this.#sent.values()].filter(sent => sent.sender === sender);
    if (own.length >= MOST)
      throw new KernelError('ETOOMANYREFS', `${MOST} descriptors that nobody has received are on their way`);
    this.#sent.set(name, { fd: sender.task.send(fd, this.#task), sender });
    this.#closeWhenLeft(sender);
  }

  /** The number that the receiver gets. ENOENT for a ticket that is unknown or was used; EMFILE keeps it. */
  receive(receiver: Client, ticket: Uint8Array): number {
    const name = nameOf(ticket);
    const sent = this.#sent.get(name);
    if (!sent) throw new KernelError('ENOENT', 'no descriptor with that ticket is on its way');
    const fd = this.#task.send(sent.fd, receiver.task);
    this.#drop(name, sent);
    return fd;
  }

  #closeWhenLeft(sender: Client): void {
    if (this.#known.has(sender)) return;
    this.#known.add(sender);
    sender.onLeave(() => {
      for (const [name, sent] of this.#sent) if (sent.sender === sender) this.#drop(name, sent);
    });
  }

  #drop(name: string, { fd }: Sent): void {
    this.#sent.delete(name);
    if (!this.#task.exited) this.#task.close(fd);
  }
}

function nameOf(ticket: Uint8Array): string {
  if (ticket.length < SHORTEST || ticket.length > LONGEST)
    throw new KernelError('EINVAL', `a ticket has ${SHORTEST} to ${LONGEST} bytes, not ${ticket.length}`);
  return Array.from(ticket, byte => byte.toString(16).padStart(2, '0')).join('');
}
