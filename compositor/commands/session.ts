import { readdirSync } from 'node:fs';
import { Compositor } from '../compositor.ts';
import { createDevices } from '../devices.ts';
import { openHostFiles } from '../machine/host-files.ts';
import { RealMachine } from '../machine/real-machine.ts';
import { formatNote } from '../observe/trace.ts';
import { DEFAULT_OUTPUT, type OutputDescription } from './output-option.ts';
import { openSockets, type Sockets } from './sockets.ts';
import type { Status } from './status-line.ts';
import type { WebSocketAddress } from './websocket-option.ts';

export interface SessionOptions {
  readonly output?: readonly OutputDescription[];
  readonly socket?: string;
  readonly websocket?: WebSocketAddress;
  /** Is told of every client that connects over the Unix socket. */
  readonly connected?: () => void;
}

/** How long clients that were disconnected get to be cleaned up after, in milliseconds. */
const CLEANUP = 50;

/** A compositor of this process with its devices and its sockets, in real time. */
export class Session {
  readonly compositor: Compositor;
  readonly sockets: Sockets;
  readonly #machine: RealMachine;

  private constructor(machine: RealMachine, compositor: Compositor, sockets: Sockets) {
    this.#machine = machine;
    this.compositor = compositor;
    this.sockets = sockets;
  }

  /** Throws a ListenError when another server has the socket. */
  static async start(options: SessionOptions): Promise<Session> {
    const machine = new RealMachine({
      onFault: (label, error) => console.error(`fault in '${label}':`, error),
    });
    const outputs = options.output?.length ? options.output : [DEFAULT_OUTPUT];
    const { kernel } = createDevices({ machine, outputs, engines: 'worker', host: openHostFiles() });
    const compositor = new Compositor({ kernel, outputNames: outputs.map(output => output.name) });
    try {
      const warn = (error: Error) => console.error(`a connection could not be taken: ${error.message}`);
      return new Session(machine, compositor, await openSockets(compositor.server, { ...options, warn }));
    } catch (error) {
      compositor[Symbol.dispose]();
      kernel[Symbol.dispose]();
      machine[Symbol.dispose]();
      throw error;
    }
  }

  get status(): Status {
    return { ...this.compositor.statistics, hostDescriptors: openDescriptors() };
  }

  /** Where it listens and what it drives, for people. */
  get lines(): string[] {
    const outputs = this.compositor.display.list.map(({ info }) => {
      const { name, mode, refresh, geometry } = info;
      return `output      ${name}   ${mode.width}x${mode.height} at ${refresh / 1000} Hz, at ${geometry.x},${geometry.y}`;
    });
    return [...outputs, ...this.sockets.lines];
  }

  /** The latest decisions, for a report. */
  get trace(): string[] {
    return this.compositor.trace.notes().map(formatNote);
  }

  /** Takes no more connections, disconnects everybody, switches the displays off and ends the devices. */
  async stop(): Promise<void> {
    this.sockets[Symbol.dispose]();
    this.compositor[Symbol.dispose]();
    await new Promise(resolve => setTimeout(resolve, CLEANUP));
    this.compositor.kernel[Symbol.dispose]();
    this.#machine[Symbol.dispose]();
  }
}

const openDescriptors = (): number => readdirSync('/proc/self/fd').length - 1;

/**
 * Resolves with the first of Ctrl-C, a request to end, a closed terminal, and a reader of the output who has gone. Asked for
 * before anything is made that has to be taken away again: a signal that comes while the compositor starts would leave its
 * socket behind.
 */
export const endRequested = (): Promise<void> =>
  new Promise(resolve => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => resolve());
    process.stdout.on('error', () => resolve());
  });
