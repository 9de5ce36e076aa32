import { createDevices } from '../devices.ts';
import type { Kernel } from '../kernel/kernel.ts';
import type { ClockControl } from '../machine/clock-control.ts';
import { openHostFiles } from '../machine/host-files.ts';
import { PacedMachine } from '../machine/paced-machine.ts';
import { RealMachine } from '../machine/real-machine.ts';
import type { Server } from '../server/index.ts';
import { DEFAULT_OUTPUT, type OutputDescription } from './output-option.ts';
import { openSockets, type Sockets } from './sockets.ts';
import { optimiseEarly } from './v8-flags.ts';
import type { WebSocketAddress } from './websocket-option.ts';

export interface HostOptions {
  readonly output?: readonly OutputDescription[];
  readonly socket?: string;
  /** Where Wayland programs connect, if they may. */
  readonly waylandSocket?: string;
  readonly websocket?: WebSocketAddress;
  /** Time is virtual, at the pace of the host's: it can be frozen and stepped. */
  readonly virtualTime?: boolean;
  /** Clients may steer time and windows. */
  readonly testControl?: boolean;
  /** Is told of every client that connects over the Unix socket. */
  readonly connected?: () => void;
}

/** What takes connections. */
export interface Served extends Disposable {
  readonly server: Server;
}

/** How long clients that were disconnected get to be cleaned up after, in milliseconds. */
const CLEANUP = 50;

/** A kernel of this process with its devices, what serves it, and the sockets for that. */
export class Host<S extends Served> {
  readonly served: S;
  readonly sockets: Sockets;
  readonly #machine: RealMachine | PacedMachine;
  readonly #kernel: Kernel;

  private constructor(machine: RealMachine | PacedMachine, kernel: Kernel, served: S, sockets: Sockets) {
    this.#machine = machine;
    this.#kernel = kernel;
    this.served = served;
    this.sockets = sockets;
  }

  /** Throws a ListenError when another server has the socket. */
  static async start<S extends Served>(
    options: HostOptions,
    serve: (kernel: Kernel, outputs: readonly OutputDescription[], clock: ClockControl | null) => S,
    wayland = false,
  ): Promise<Host<S>> {
    const onFault = (label: string, error: unknown) => console.error(`fault in '${label}':`, error);
    const paced = options.virtualTime ? new PacedMachine({ onFault }) : null;
    const machine = paced ?? new RealMachine({ onFault });
    const engines = paced ? 'virtual' : 'worker';
    const outputs = options.output?.length ? options.output : [DEFAULT_OUTPUT];
    const { kernel } = createDevices({ machine, outputs, engines, host: openHostFiles() });
    const served = serve(kernel, outputs, paced);
    try {
      const warn = (error: Error) => console.error(`a connection could not be taken: ${error.message}`);
      const sockets = await openSockets(served.server, { ...options, wayland, warn });
      // What start-up ran once need not be fast.
      optimiseEarly();
      return new Host(machine, kernel, served, sockets);
    } catch (error) {
      served[Symbol.dispose]();
      kernel[Symbol.dispose]();
      machine[Symbol.dispose]();
      throw error;
    }
  }

  /** Takes no more connections, disconnects everybody, and ends the devices. */
  async stop(): Promise<void> {
    this.sockets[Symbol.dispose]();
    this.served[Symbol.dispose]();
    await new Promise(resolve => setTimeout(resolve, CLEANUP));
    this.#kernel[Symbol.dispose]();
    this.#machine[Symbol.dispose]();
  }
}
