import {
  type Client,
  type ClientOptions,
  connectOver,
  type Frame,
  type FrameOptions,
  type PresentOptions,
  type SharedImage,
  type Size,
} from '../../client-sdk/core/index.ts';
import { Compositor, type CompositorOptions } from '../../compositor/compositor.ts';
import { createDevices } from '../../compositor/devices.ts';
import type { OutputOptions, Simkms } from '../../compositor/kernel/drivers/simkms/index.ts';
import type { Kernel } from '../../compositor/kernel/kernel.ts';
import type { Task } from '../../compositor/kernel/task/index.ts';
import { localMemoryOf } from '../../compositor/local-memory.ts';
import { type Nanoseconds, SECOND } from '../../compositor/machine/machine.ts';
import { VirtualMachine } from '../../compositor/machine/virtual-machine.ts';
import { formatNote } from '../../compositor/observe/trace.ts';
import {
  type Capability,
  type Client as Connected,
  DEFAULT_CAPABILITIES,
} from '../../compositor/server/index.ts';
import { connectInProcess } from '../../protocol/transport/in-process.ts';
import { Film } from './film.ts';
import { type Color, expectSameImage, fromXrgb, type Image, pixel, solid, toBytes } from './image.ts';
import { SessionInput } from './input.ts';
import { KernelFailures } from './kernel-failures.ts';
import { settled, untilSettled } from './until.ts';

export interface TestSessionOptions extends Omit<CompositorOptions, 'kernel' | 'outputNames'> {
  /** Default: one of 64x48 at 60 Hz. */
  readonly outputs?: readonly OutputOptions[];
  /** The same seed gives the same run. */
  readonly seed?: number;
  /** 'random' lets the seed choose among everything that could happen next; default 'fifo'. */
  readonly order?: 'fifo' | 'random';
  readonly memoryBytes?: number;
}

/** What can be drawn on: a window, a subsurface. */
export interface Canvas {
  nextFrame(options?: FrameOptions): Promise<Frame>;
}

/** What has to be flat over time. */
export interface Footprint {
  /** Files in the compositor's table. */
  readonly descriptors: number;
  /** Bytes of physical memory in use. */
  readonly memory: number;
  readonly tasks: number;
  /** Kernel threads that sleep. */
  readonly threads: number;
  /** Commits of a buffer that have not been given back. */
  readonly unreleased: number;
}

/** How long `until` goes on in virtual time unless told otherwise. */
const PATIENCE: Nanoseconds = 20n * SECOND;
/**
 * A kernel with its devices, a compositor and its clients in one process, in virtual time.
 *
 * ```ts
 * const session = new TestSession({ outputs: [{ width: 640, height: 480 }] });
 * const client = await session.connect('painter');
 * const window = await session.until(client.createWindow({ size: { width: 64, height: 64 } }));
 * await session.draw(window, 0x336699);
 * await session.vblank(2);
 * expect(await session.pixel(10, 10)).toBe(0x336699);
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
  /** What the compositor's own calls meet, besides the kernel. */
  readonly failures: KernelFailures;
  /** A person's hands: `await session.input.pointer.click(10, 20)`. */
  readonly input: SessionInput;
  /** The history of the run so far, one line for each entry of the run queue. */
  readonly history: string[] = [];
  readonly #connected = new Map<Client, Connected>();
  #ended = false;

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
    this.failures = new KernelFailures(this.compositor.task);
    this.input = new SessionInput({
      seat: this.compositor.seat,
      machine: this.machine,
      settle: () => this.advance(0n),
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
    const sdk: ClientOptions = localMemory ? { localMemory: localMemoryOf(connected.task) } : {};
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
    return untilSettled(this.machine, promise, within, this.history);
  }

  /** Lets `duration` nanoseconds pass. */
  async advance(duration: Nanoseconds): Promise<void> {
    const limit = this.machine.now() + duration;
    await settled();
    while (this.machine.step(limit)) await settled();
    this.machine.advanceTo(limit);
  }

  /** Lets the next `count` things happen, whatever they are. */
  async steps(count: number): Promise<void> {
    for (let step = 0; step < count; step++) {
      await settled();
      if (!this.machine.step()) return;
    }
  }

  /** Lets time pass up to just after the next vblank of an output (the first one), `count` times. */
  async vblank(count = 1, output?: string): Promise<void> {
    const period = 10n ** 12n / BigInt(this.#output(output).info.refresh);
    for (let n = 0; n < count; n++) await this.advance(period);
  }

  /**
   * Draws a picture, or one colour, on the next image of a window or subsurface, and commits it. `options` say what else
   * there is to the commit.
   */
  async draw(canvas: Canvas, what: Image | Color, options?: PresentOptions): Promise<Frame> {
    const frame = await this.until(canvas.nextFrame());
    await this.fill(frame, what);
    frame.present(options);
    return frame;
  }

  /** Draws with the CPU on an image that has been handed out, which takes no time. */
  async fill(frame: Frame, what: Image | Color): Promise<void> {
    const { data, stride } = await this.until(frame.map());
    toBytes(pictureOf(what, frame), data, stride);
  }

  /** Draws with the CPU on an image, once its fences allow it. */
  async paint(image: SharedImage, what: Image | Color): Promise<void> {
    const mapping = await this.until(image.map());
    toBytes(pictureOf(what, image), mapping.data, mapping.stride);
    mapping.unmap();
  }

  /** What an output's cable carries: a whole scan from now on. */
  async screen(output?: string): Promise<Image> {
    const film = this.film(output);
    await this.until(film.developed);
    film[Symbol.dispose]();
    return film.frames[0]!.image;
  }

  /** All that an output's cable carries from now on, scan by scan, until it is disposed. */
  film(output?: string): Film {
    const connector = this.simkms.connectors[this.compositor.display.list.indexOf(this.#output(output))]!;
    return new Film(take =>
      this.simkms.attachMonitor(connector, {
        everyFrame: true,
        frame: ({ address, stride, width, height, sequence, time }) => {
          const bytes = this.kernel.memory.bytes.subarray(address, address + stride * height);
          take({ sequence, time, image: fromXrgb(bytes, width, height, stride) });
        },
      }),
    );
  }

  /** 0xRRGGBB of a place on the screen. */
  async pixel(x: number, y: number, output?: string): Promise<Color> {
    return pixel(await this.screen(output), x, y);
  }

  /** Throws unless the screen is `expected` to the pixel; leaves pictures when it is not. */
  async expectScreen(expected: Image, name: string, output?: string): Promise<void> {
    expectSameImage(await this.screen(output), expected, name);
  }

  /** What must be flat over time. */
  get footprint(): Footprint {
    const { uses, releases } = this.compositor.counters;
    return {
      descriptors: this.compositor.task.files.size,
      memory: this.kernel.memory.used,
      tasks: this.kernel.tasks.size,
      threads: this.kernel.threads.size,
      unreleased: uses - releases,
    };
  }

  /** Lets everything that was begun come to its end. */
  async rest(): Promise<void> {
    await this.advance(SECOND);
  }

  /**
   * Runs a scenario twice, resting after each, and throws unless the second left nothing behind: what is made once and
   * kept was made by the first.
   */
  async expectSteady(scenario: () => Promise<void>): Promise<void> {
    await scenario();
    await this.rest();
    const before = JSON.stringify(this.footprint);
    await scenario();
    await this.rest();
    const after = JSON.stringify(this.footprint);
    if (before !== after) throw new Error(`something was left behind: ${before} became ${after}`);
  }

  get ended(): boolean {
    return this.#ended;
  }

  /** Messages of exceptions that escaped a handler, and of what should not have happened, since the start. */
  get faults(): string[] {
    return this.compositor.trace.notes('fault').map(formatNote);
  }

  /**
   * Ends clients, compositor and kernel. Throws if an exception escaped a handler meanwhile, unless the test is about
   * faults, or if not every commit of a buffer was followed by its release.
   */
  async end({ faults = 'none' }: { faults?: 'none' | 'expected' } = {}): Promise<void> {
    this.#ended = true;
    this.compositor[Symbol.dispose]();
    await this.rest();
    const seen = this.faults;
    const { unreleased, threads, tasks } = this.footprint;
    const held = this.compositor.holdings.describe(this.machine.now());
    this.kernel[Symbol.dispose]();
    if (seen.length > 0 && faults === 'none') throw new Error(`faults:\n${seen.join('\n')}`);
    if (unreleased !== 0)
      throw new Error(
        `${unreleased} commits of a buffer were not given back (or twice, if negative):\n${held.join('\n')}`,
      );
    if (threads > 0 || tasks > 1)
      throw new Error(`${threads} kernel threads sleep and ${tasks - 1} clients live after all is over`);
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

const pictureOf = (what: Image | Color, { width, height }: Size): Image =>
  typeof what === 'number' ? solid(width, height, what) : what;
