import { readdirSync } from 'node:fs';
import { Compositor } from '../compositor.ts';
import { Host, type HostOptions } from './host.ts';
import type { Sockets } from './sockets.ts';
import type { Status } from './status-line.ts';

export type SessionOptions = HostOptions;

/** A compositor of this process with its devices and its sockets, in real time. */
export class Session {
  readonly #host: Host<Compositor>;

  private constructor(host: Host<Compositor>) {
    this.#host = host;
  }

  /** Throws a ListenError when another server has the socket. */
  static async start(options: SessionOptions): Promise<Session> {
    return new Session(
      await Host.start(options, (kernel, outputs) => {
        return new Compositor({ kernel, outputNames: outputs.map(output => output.name) });
      }),
    );
  }

  get compositor(): Compositor {
    return this.#host.served;
  }

  get sockets(): Sockets {
    return this.#host.sockets;
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

  /** Takes no more connections, disconnects everybody, switches the displays off and ends the devices. */
  stop(): Promise<void> {
    return this.#host.stop();
  }
}

const openDescriptors = (): number => readdirSync('/proc/self/fd').length - 1;

/**
 * Resolves with the first of Ctrl-C, a request to end, a closed terminal, and a reader of the output who has gone. Asked for
 * before anything is made that has to be taken away again: a signal that comes while the compositor starts would leave its
 * socket behind. So would the second of two (a terminal and `npm` may each send one) if it found nobody listening; how long
 * ending takes is bounded.
 */
export const endRequested = (): Promise<void> =>
  new Promise(resolve => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => resolve());
    process.stdout.on('error', () => resolve());
  });
