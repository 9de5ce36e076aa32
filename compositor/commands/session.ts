import { readdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { givenRuntimeDirectory } from '../../protocol/transport/paths.ts';
import type { Viewer } from '../../viewer/server/viewer.ts';
import { Compositor } from '../compositor.ts';
import type { LayoutName } from '../scene/layout.ts';
import { limitsFor } from '../server/index.ts';
import { descriptorLimit } from './descriptor-limit.ts';
import { Host, type HostOptions } from './host.ts';
import { type Sockets, waylandDisplay } from './sockets.ts';
import type { Status } from './status-line.ts';
import { openViewer } from './viewer.ts';
import type { WebSocketAddress } from './websocket-option.ts';

export interface SessionOptions extends HostOptions {
  /** Where the page that shows the outputs is, or false for none; by default on this machine, at a free port. */
  readonly viewer?: WebSocketAddress | boolean;
  /** How windows share an output; `tiled` by default. */
  readonly layout?: LayoutName;
  /** The text of a whole keymap, in XKB's form; a US keyboard by default. */
  readonly keymap?: string;
}

/** A compositor of this process with its devices and its sockets, in real time unless told otherwise. */
export class Session {
  readonly #host: Host<Compositor>;
  readonly #viewer: Viewer | null;

  private constructor(host: Host<Compositor>, viewer: Viewer | null) {
    this.#host = host;
    this.#viewer = viewer;
  }

  /** Throws a ListenError when another server has the socket, and an error of Node's when one has the viewer's address. */
  static async start(options: SessionOptions): Promise<Session> {
    const host = await Host.start(
      options,
      (kernel, outputs, clock) =>
        new Compositor({
          kernel,
          outputNames: outputs.map(output => output.name),
          outputScales: outputs.map(({ scale = 1 }) => scale),
          limits: limitsFor(descriptorLimit()),
          ...(options.layout ? { layout: options.layout } : {}),
          ...(options.keymap ? { keymap: options.keymap } : {}),
          ...(clock ? { clock } : {}),
        }),
      true,
    );
    const { viewer = true } = options;
    try {
      const opened = viewer === false ? null : openViewer(host.served, viewer === true ? undefined : viewer);
      return new Session(host, await opened);
    } catch (error) {
      await host.stop();
      throw error;
    }
  }

  get compositor(): Compositor {
    return this.#host.served;
  }

  get sockets(): Sockets {
    return this.#host.sockets;
  }

  /** What programs are started with to be clients of this session, and of no other that may be around. */
  get environment(): NodeJS.ProcessEnv {
    const { display, wayland, websocket } = this.sockets;
    const XDG_RUNTIME_DIR = givenRuntimeDirectory() ?? dirname(wayland ?? display);
    return {
      FENCEPOST_DISPLAY: display,
      FENCEPOST_WEBSOCKET: websocket ?? undefined,
      XDG_RUNTIME_DIR,
      XDG_SESSION_TYPE: 'wayland',
      WAYLAND_DISPLAY: wayland === null ? undefined : waylandDisplay(wayland, XDG_RUNTIME_DIR),
      // A toolkit that finds one of these goes there instead.
      WAYLAND_SOCKET: undefined,
      DISPLAY: undefined,
    };
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
    const viewer = this.#viewer ? [`viewer      ${this.#viewer.address}`] : [];
    return [...outputs, ...this.sockets.lines, ...viewer];
  }

  /** Takes no more connections, disconnects everybody, switches the displays off and ends the devices. */
  stop(): Promise<void> {
    this.#viewer?.[Symbol.dispose]();
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
