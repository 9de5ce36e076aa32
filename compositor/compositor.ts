// The rooms put together.
import { Context } from './interfaces/context.ts';
import { offerGlobals } from './interfaces/offer-globals.ts';
import type { Kernel } from './kernel/kernel.ts';
import type { Task } from './kernel/task/index.ts';
import { kernelPort } from './kernel-port.ts';
import type { ClockControl } from './machine/clock-control.ts';
import type { Machine } from './machine/machine.ts';
import { Counters } from './observe/counters.ts';
import { Holdings } from './observe/holdings.ts';
import { Trace } from './observe/trace.ts';
import { Display } from './output/display.ts';
import type { DisplayStatistics } from './output/statistics.ts';
import type { LayoutName } from './scene/layout.ts';
import { Scene } from './scene/scene.ts';
import { Keymap } from './seat/keymap.ts';
import { Seat } from './seat/seat.ts';
import { usKeymap } from './seat/us-keymap.ts';
import type { Limits } from './server/limits.ts';
import { Server } from './server/server.ts';

export interface CompositorOptions {
  /** Has a display and a render device; stays the caller's. */
  readonly kernel: Kernel;
  /** Names of the outputs in the order of their connectors, instead of the connectors' own. */
  readonly outputNames?: readonly string[];
  /** Device pixels per logical pixel of each output, in the order of their connectors; 1 by default. */
  readonly outputScales?: readonly number[];
  /** How windows share an output; `tiled` by default. */
  readonly layout?: LayoutName;
  /** The hands of the kernel's machine, if it has any: for fencepost_control_v1. */
  readonly clock?: ClockControl;
  readonly limits?: Partial<Limits>;
  /** What keys mean, as a whole keymap in XKB's text form; default: a PC keyboard of the United States. */
  readonly keymap?: string;
  /** RLIMIT_NOFILE of a client's process; default 1024. */
  readonly clientDescriptors?: number;
  /** RLIMIT_NOFILE of the compositor's own process; default 65536: it holds files of all clients. */
  readonly descriptors?: number;
}

export interface CompositorStatistics extends DisplayStatistics {
  readonly clients: number;
}

/**
 * A compositor on a kernel. Connections come in through `server.accept`, from whatever listens.
 *
 * ```ts
 * const machine = new RealMachine();
 * const { kernel } = createDevices({ machine, outputs: [{ width: 1920, height: 1080 }], engines: 'worker' });
 * const compositor = new Compositor({ kernel });
 * compositor.server.accept(connection, { name: 'demo', capabilities: DEFAULT_CAPABILITIES });
 * ```
 */
export class Compositor implements Disposable {
  readonly kernel: Kernel;
  /** The compositor's process. */
  readonly task: Task;
  readonly trace: Trace;
  readonly counters = new Counters();
  /** Commits of buffers that clients have not got back, and who holds them. */
  readonly holdings = new Holdings();
  readonly scene: Scene;
  /** Where input comes in. */
  readonly seat: Seat;
  readonly display: Display;
  readonly server: Server;
  readonly #globals: Disposable;

  /** Throws a KernelError when a device is missing or refuses. */
  constructor(options: CompositorOptions) {
    const { kernel, outputNames, outputScales, layout, limits } = options;
    const { machine } = kernel;
    this.kernel = kernel;
    this.trace = new Trace(machine);
    this.task = kernel.createTask({
      name: 'compositor',
      credentials: { seat: true },
      descriptorLimit: options.descriptors ?? 65536,
    });
    const { task, trace, counters } = this;
    this.scene = new Scene({ machine, trace, counters, ...(layout ? { layout } : {}) });
    const { scene } = this;
    const keymap = options.keymap === undefined ? usKeymap() : new Keymap(options.keymap);
    this.seat = new Seat({ machine, scene, keymap });
    this.display = new Display({
      task,
      machine,
      scene,
      trace,
      counters,
      ...(outputNames ? { names: outputNames } : {}),
      ...(outputScales ? { scales: outputScales } : {}),
    });
    const port = kernelPort(kernel, { descriptorLimit: options.clientDescriptors ?? 1024, seat: false });
    this.server = new Server({
      machine,
      trace,
      counters,
      task,
      kernel: port,
      settle: () => this.seat.settle(),
      ...(limits ? { limits } : {}),
    });
    const context = new Context({
      machine,
      clock: options.clock ?? null,
      trace,
      counters,
      holdings: this.holdings,
      scene,
      seat: this.seat,
      task,
      kernel: port,
      outputs: this.display,
      acquireWaiter: this.display.acquire,
      releaseService: this.display.release,
      kernelCapabilities: this.display.capabilities,
    });
    this.#globals = offerGlobals(context, this.server);
  }

  get machine(): Machine {
    return this.kernel.machine;
  }

  /** What the status line says. */
  get statistics(): CompositorStatistics {
    return { ...this.display.statistics, clients: this.server.clients.size };
  }

  /**
   * Disconnects everybody and switches the displays off. Clients go in later turns of the machine; once these have run,
   * dispose the kernel.
   */
  [Symbol.dispose](): void {
    this.server[Symbol.dispose]();
    this.#globals[Symbol.dispose]();
    this.display[Symbol.dispose]();
  }
}
