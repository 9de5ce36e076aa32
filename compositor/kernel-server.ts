// A kernel for other processes, with no compositor.
import { offerKernel } from './interfaces/offer-kernel.ts';
import type { Kernel } from './kernel/kernel.ts';
import { kernelPort } from './kernel-port.ts';
import { Counters } from './observe/counters.ts';
import { Trace } from './observe/trace.ts';
import type { Limits } from './server/limits.ts';
import { Server } from './server/server.ts';

export interface KernelServerOptions {
  /** Its nodes are what clients can open; stays the caller's. */
  readonly kernel: Kernel;
  readonly limits?: Partial<Limits>;
  /** RLIMIT_NOFILE of a client's process; default 4096: one of them may be a compositor. */
  readonly clientDescriptors?: number;
}

/**
 * Serves a kernel to other processes: each connection is a process of it (a `Task`), on the seat, which makes its system
 * calls through fencepost_kernel_v1. Nobody else is on the seat, so the first to open the card is its master. Connections
 * come in through `server.accept`, from whatever listens; those that listen decide who may connect, and so who has the seat.
 *
 * ```ts
 * const machine = new RealMachine();
 * const { kernel } = createDevices({ machine, outputs: [{ width: 1920, height: 1080 }], engines: 'worker' });
 * const { server } = new KernelServer({ kernel });
 * server.accept(connection, { name: 'my-compositor', capabilities: ['kernel-calls'] });
 * ```
 */
export class KernelServer implements Disposable {
  readonly trace: Trace;
  readonly server: Server;
  readonly #offered: Disposable;

  constructor({ kernel, limits, clientDescriptors = 4096 }: KernelServerOptions) {
    const { machine } = kernel;
    this.trace = new Trace(machine);
    const task = kernel.createTask({ name: 'kernel server', descriptorLimit: 65536 });
    const port = kernelPort(kernel, { descriptorLimit: clientDescriptors, seat: true });
    this.server = new Server({
      machine,
      trace: this.trace,
      counters: new Counters(),
      task,
      kernel: port,
      ...(limits ? { limits } : {}),
    });
    this.#offered = offerKernel(this.server.globals, { task, kernel: port });
  }

  /** Disconnects everybody; their processes exit in later turns of the machine, after which the kernel may be disposed. */
  [Symbol.dispose](): void {
    this.server[Symbol.dispose]();
    this.#offered[Symbol.dispose]();
  }
}
