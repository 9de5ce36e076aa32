import { type Client, connectOver } from '../../client-sdk/core/index.ts';
import { createDevices } from '../../compositor/devices.ts';
import type { OutputOptions, Simkms } from '../../compositor/kernel/drivers/simkms/index.ts';
import type { Kernel } from '../../compositor/kernel/kernel.ts';
import type { Task } from '../../compositor/kernel/task/index.ts';
import { KernelServer } from '../../compositor/kernel-server.ts';
import { SECOND } from '../../compositor/machine/machine.ts';
import { VirtualMachine } from '../../compositor/machine/virtual-machine.ts';
import { connectInProcess } from '../../protocol/transport/in-process.ts';
import { untilSettled } from './until.ts';

/** A kernel that is served without a compositor, and its clients, in one process and in virtual time. */
export class KernelSession implements Disposable {
  readonly machine: VirtualMachine;
  readonly kernel: Kernel;
  readonly simkms: Simkms;
  readonly served: KernelServer;
  readonly #tasks = new Map<Client, Task>();

  constructor(outputs: readonly OutputOptions[] = [{ width: 64, height: 48 }]) {
    this.machine = new VirtualMachine();
    const devices = createDevices({
      machine: this.machine,
      outputs,
      engines: 'virtual',
      memoryBytes: 128 << 20,
    });
    this.kernel = devices.kernel;
    this.simkms = devices.simkms;
    this.served = new KernelServer({ kernel: this.kernel });
  }

  async connect(name: string): Promise<Client> {
    const [here, there] = connectInProcess({ name, post: (label, run) => this.machine.post(label, run) });
    const { task } = this.served.server.accept(there, { name, capabilities: ['kernel-calls'] });
    const client = await this.until(connectOver(here));
    this.#tasks.set(client, task);
    return client;
  }

  /** The process that stands for a client. */
  task(client: Client): Task {
    return this.#tasks.get(client)!;
  }

  /** Ends a client's process in the middle of whatever it does, as SIGKILL would. */
  kill(client: Client): void {
    client.connection.close();
  }

  /** Lets time pass until a promise settles. */
  until<T>(promise: Promise<T>): Promise<T> {
    return untilSettled(this.machine, promise, 20n * SECOND);
  }

  [Symbol.dispose](): void {
    this.served[Symbol.dispose]();
    this.machine.settle();
    this.kernel[Symbol.dispose]();
  }
}
