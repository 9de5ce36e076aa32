import { type Client, type ClientOptions, connectOver } from '../../client-sdk/core/index.ts';
import { Compositor, type CompositorOptions } from '../../compositor/compositor.ts';
import { createDevices } from '../../compositor/devices.ts';
import type { OutputOptions, Simkms } from '../../compositor/kernel/drivers/simkms/index.ts';
import type { Kernel } from '../../compositor/kernel/kernel.ts';
import type { Task } from '../../compositor/kernel/task/index.ts';
import { type Nanoseconds, SECOND } from '../../compositor/machine/machine.ts';
import { VirtualMachine } from '../../compositor/machine/virtual-machine.ts';
import {
  type Capability,
  type Client as Connected,
  DEFAULT_CAPABILITIES,
} from '../../compositor/server/index.ts';
import { connectInProcess } from '../../protocol/transport/in-process.ts';
import { type Color, expectSameImage, fromXrgb, type Image, pixel } from './image.ts';

export interface TestSessionOptions extends Omit<CompositorOptions, 'kernel' | 'outputNames'> {
  /** Default: one of 64x48 at 60 Hz. */
  readonly outputs?: readonly OutputOptions[];
  /** The same seed gives the same run. */
  readonly seed?: number;
  /** 'random' lets the seed choose among everything that could happen next; default 'fifo'. */
  readonly order?: 'fifo' | 'random';
  readonly memoryBytes?: number;
}

/** How long `until` goes on in virtual time unless told otherwise. */
const PATIENCE: Nanoseconds = 20n * SECOND;
/** Turns of the event loop without anything to run after which nothing will come any more. */
const IDLE_TURNS = 3;

/** Lets promises settle: everything that a step made possible happens before the next. */
const settled = (): Promise<void> => new Promise(resolve => setImmediate(resolve));

/**
 * A kernel with its devices, a compositor and its clients in one process, in virtual time.
 *
 * ```ts
 * const session = new TestSession({ outputs: [{ width: 640, height: 480 }] });
 * const client = await session.connect('painter');
 * const window = await session.until(client.createWindow({ size: { width: 64, height: 64 } }));
 * const frame = await session.until(window.nextFrame());
 * // draw
 * frame.present();
 * await session.vblank();
 * expect(session.pixel(10, 10)).toBe(0x336699);
 * await session.end();
 * ```
 *
 * Time passes only inside of `until`, `vblank` and `advance`, and jumps from one event to the next.
 */
export class TestSession implements AsyncDisposable {
  readonly machine: VirtualMachine;
  readonly kernel: Kernel;
  readonly simkms: Simkms;
  readonly compositor: Compositor;
  /** The history of the run so far, one line for each entry of the run queue. */
  readonly history: string[] = [];
  readonly #connected = new Map<Client, Connected>();

  constructor(options: TestSessionOptions = {}) {
    const {
      outputs = [{ width: 64, height: 48 }],
      seed = 1,
      order = 'fifo',
      memoryBytes = 256 << 20,
    } = options;
    this.machine = new VirtualMachine({
      seed,
      order,
      trace: (now, label) => this.history.push(`${now} ${label}`),
    });
    const devices = createDevices({ machine: this.machine, outputs, engines: 'virtual', memoryBytes });
    this.kernel = devices.kernel;
    this.simkms = devices.simkms;
    const names = outputs.flatMap(({ name }) => name ?? []);
    this.compositor = new Compositor({
      ...options,
      kernel: this.kernel,
      ...(names.length === outputs.length ? { outputNames: names } : {}),
    });
  }

  /** Connects a client over an in-process queue. */
  connect(
    name: string,
    options: { capabilities?: readonly Capability[]; localMemory?: boolean } = {},
  ): Promise<Client> {
    const [here, there] = connectInProcess({ name, post: (label, run) => this.machine.post(label, run) });
    const { capabilities = DEFAULT_CAPABILITIES, localMemory = true } = options;
    const connected = this.compositor.server.accept(there, { name, capabilities });
    const sdk: ClientOptions = localMemory ? { localMemory: memoryOf(connected.task) } : {};
    return this.until(
      connectOver(here, sdk).then(client => {
        this.#connected.set(client, connected);
        return client;
      }),
    );
  }

  /** The process that stands for a client in the kernel: what it holds, to look into. */
  task(client: Client): Task {
    return this.#served(client).task;
  }

  /** Ends a client's process in the middle of whatever it does, as SIGKILL would. */
  kill(client: Client): void {
    client.connection.close();
  }

  /** Lets time pass until a promise settles; throws when `within` nanoseconds pass or nothing is left to happen. */
  async until<T>(promise: Promise<T>, within: Nanoseconds = PATIENCE): Promise<T> {
    let done = false;
    const finish = (): void => {
      done = true;
    };
    promise.then(finish, finish);
    const limit = this.machine.now() + within;
    for (let idle = 0; idle < IDLE_TURNS; idle++) {
      await settled();
      while (!done && this.machine.step(limit)) {
        idle = 0;
        await settled();
      }
      if (done) return promise;
    }
    throw new Error(
      `the promise did not settle within ${within / 1_000_000n} ms of virtual time; the last that happened:\n${this.history.slice(-12).join('\n')}`,
    );
  }

  /** Lets `duration` nanoseconds pass. */
  async advance(duration: Nanoseconds): Promise<void> {
    const limit = this.machine.now() + duration;
    await settled();
    while (this.machine.step(limit)) await settled();
    this.machine.advanceTo(limit);
  }

  /** Lets time pass up to just after the next vblank of an output (the first one), `count` times. */
  async vblank(count = 1, output?: string): Promise<void> {
    const period = 10n ** 12n / BigInt(this.#output(output).info.refresh);
    for (let n = 0; n < count; n++) await this.advance(period);
  }

  /** What an output's cable carries: a whole scan from now on. */
  async screen(output?: string): Promise<Image> {
    const connector = this.simkms.connectors[this.compositor.display.list.indexOf(this.#output(output))]!;
    let image: Image | null = null;
    const seen = new Promise<Image>(resolve => {
      const monitor = this.simkms.attachMonitor(connector, {
        everyFrame: true,
        frame: ({ address, stride, width, height }) => {
          monitor[Symbol.dispose]();
          image ??= fromXrgb(
            this.kernel.memory.bytes.subarray(address, address + stride * height),
            width,
            height,
            stride,
          );
          resolve(image);
        },
      });
    });
    return this.until(seen);
  }

  /** 0xRRGGBB of a place on the screen. */
  async pixel(x: number, y: number, output?: string): Promise<Color> {
    return pixel(await this.screen(output), x, y);
  }

  /** Throws unless the screen is `expected` to the pixel; leaves pictures when it is not. */
  async expectScreen(expected: Image, name: string, output?: string): Promise<void> {
    expectSameImage(await this.screen(output), expected, name);
  }

  /** What must be flat over time: descriptors and memory of the compositor, processes, sleeping kernel threads. */
  get footprint(): { descriptors: number; memory: number; tasks: number; threads: number } {
    return {
      descriptors: this.compositor.task.files.size,
      memory: this.kernel.memory.used,
      tasks: this.kernel.tasks.size,
      threads: this.kernel.threads.size,
    };
  }

  /** Ends clients, compositor and kernel. Throws if an exception escaped a handler meanwhile. */
  async end(): Promise<void> {
    const faults = this.compositor.trace.notes('fault');
    this.compositor[Symbol.dispose]();
    await this.advance(SECOND);
    this.kernel[Symbol.dispose]();
    if (faults.length > 0) throw new Error(`faults: ${JSON.stringify(faults)}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.end();
  }

  #served(client: Client): Connected {
    const connected = this.#connected.get(client);
    if (!connected) throw new Error('the client is not of this session');
    return connected;
  }

  #output(name?: string) {
    const { list } = this.compositor.display;
    const found = name === undefined ? list[0] : list.find(({ info }) => info.name === name);
    if (!found) throw new Error(`there is no output ${name}; there are ${list.map(({ info }) => info.name)}`);
    return found;
  }
}

/** The memory of a process in this process: no copy. */
const memoryOf = (task: Task): NonNullable<ClientOptions['localMemory']> => ({
  view: (fd, length) => {
    const address = task.mmap(fd, length);
    return {
      data: task.memory.view(address, length),
      [Symbol.dispose]: () => {
        if (!task.exited) task.munmap(address, length);
      },
    };
  },
});
