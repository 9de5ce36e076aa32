// For tests of the protocol objects: a server in one process, with stand-ins for the rooms that draw and wait.
import { ClientObjects } from '../../protocol/object/client-objects.ts';
import type { Connection } from '../../protocol/object/connection.ts';
import type { ProtocolError } from '../../protocol/object/error.ts';
import type { Handle } from '../../protocol/object/message.ts';
import type { ObjectProxy } from '../../protocol/object/proxy.ts';
import type { InterfaceName } from '../../protocol/object/types.ts';
import { connectInProcess } from '../../protocol/transport/in-process.ts';
import type { Task } from '../kernel/task/index.ts';
import type { ClockControl } from '../machine/clock-control.ts';
import type { VirtualMachine } from '../machine/virtual-machine.ts';
import { Counters } from '../observe/counters.ts';
import { Holdings } from '../observe/holdings.ts';
import { Trace } from '../observe/trace.ts';
import type { BufferUse } from '../scene/buffer-use.ts';
import type { KernelCapabilities } from '../scene/kernel-capabilities.ts';
import { Lifetime } from '../scene/lifetime.ts';
import type {
  CaptureRequest,
  Output,
  OutputInfo,
  OutputObservation,
  Outputs,
  OutputsListener,
} from '../scene/outputs.ts';
import { Scene } from '../scene/scene.ts';
import type { Acquire, AcquireWaiter, Constraint, ReleaseService } from '../scene/synchronisation.ts';
import { Seat } from '../seat/seat.ts';
import { usKeymap } from '../seat/us-keymap.ts';
import type { Capability } from '../server/capabilities.ts';
import type { Client } from '../server/client.ts';
import type { KernelPort } from '../server/kernel-port.ts';
import type { Limits } from '../server/limits.ts';
import { Server } from '../server/server.ts';
import { Context } from './context.ts';
import { offerGlobals } from './offer-globals.ts';
import { ARGB8888, XRGB8888 } from './shm-format.ts';

/** A constraint that a test makes ready. */
export class TestConstraint implements Constraint {
  readonly what: string;
  error: string | null = null;
  ready = false;
  cancelled = false;
  #listeners: (() => void)[] = [];

  constructor(what: string) {
    this.what = what;
  }

  whenReady(listener: () => void): void {
    if (this.ready) listener();
    else this.#listeners.push(listener);
  }

  cancel(): void {
    this.cancelled = true;
    this.#listeners = [];
  }

  signal(): void {
    this.ready = true;
    for (const listener of this.#listeners.splice(0)) listener();
  }
}

/** Holds every commit with a buffer while `holding`. */
export class TestWaiter implements AcquireWaiter {
  holding = false;
  readonly constraints: TestConstraint[] = [];
  readonly acquires: Acquire[] = [];

  wait(acquire: Acquire, label: string): Constraint | null {
    this.acquires.push(acquire);
    if (!this.holding) return null;
    const constraint = new TestConstraint(label);
    this.constraints.push(constraint);
    return constraint;
  }
}

/** Gives buffers back at once and counts how often. */
export class TestReleases implements ReleaseService {
  readonly released = new Map<BufferUse, number>();

  release(use: BufferUse): void {
    this.released.set(use, (this.released.get(use) ?? 0) + 1);
    use.targets.fenced?.immediate();
    use.targets.buffer();
  }
}

export class TestOutput implements Output {
  info: OutputInfo;
  readonly captures: CaptureRequest[] = [];
  readonly captureConstraints;

  constructor(name: string, x = 0, width = 640, height = 480) {
    this.info = {
      name,
      description: `${name} of a test`,
      make: 'Fencepost',
      model: 'test',
      geometry: { x, y: 0, width, height },
      mode: { width, height },
      refresh: 60_000,
      scale: 1,
      transform: 0,
      physical: { width: 0, height: 0 },
    };
    this.captureConstraints = {
      size: { width, height },
      shmFormats: [XRGB8888],
      dmabufFormats: [],
      dmabufDevice: null,
    };
  }

  capture(request: CaptureRequest): Disposable {
    this.captures.push(request);
    return { [Symbol.dispose]: () => {} };
  }

  histogram(): Disposable {
    return { [Symbol.dispose]: () => {} };
  }

  observe(): OutputObservation {
    const misses = { 'late client': 0, 'late render': 0, 'late commit': 0, device: 0 };
    return { state: 'idle', frames: 0, composited: 0, scannedOut: 0, misses, planes: [], places: [] };
  }

  nextVblank(): bigint {
    return 0n;
  }
}

export class TestOutputs implements Outputs {
  list: Output[];
  readonly #listeners = new Set<OutputsListener>();

  constructor(...list: Output[]) {
    this.list = list;
  }

  observe(listener: OutputsListener): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) };
  }

  remove(output: Output): void {
    this.list = this.list.filter(other => other !== output);
    for (const listener of [...this.#listeners]) listener.removed(output);
  }
}

/** Takes eventfds for sync files and syncobjs: files that are there in every kernel. */
function testCapabilities(task: Task): KernelCapabilities {
  const isEvent = (fd: number): boolean => task.files.get(fd).operations.kind === 'eventfd';
  return {
    mainDevice: 0xe280n,
    tranches: [
      { device: 0xe280n, scanout: true, formats: [{ format: XRGB8888, modifiers: [0n] }] },
      {
        device: 0xe280n,
        scanout: false,
        formats: [
          { format: XRGB8888, modifiers: [0n] },
          { format: ARGB8888, modifiers: [0n, 7n] },
          { format: 0x3231564e, modifiers: [0n] },
        ],
      },
    ],
    tryImport: ({ width }) => (width > 4096 ? { error: 'wider than 4096' } : { value: null }),
    importTimeline: fd => {
      if (!isEvent(fd)) return { error: 'EINVAL' };
      const lifetime = new Lifetime();
      const timeline = { handle: 1, hold: (consumer: string) => lifetime.hold(consumer) };
      return { value: { timeline, hold: lifetime.hold('import') } };
    },
    isSyncFile: isEvent,
  };
}

export interface TestServerOptions {
  readonly machine: VirtualMachine;
  /** The kernel, of which this folder knows processes alone. */
  readonly kernel: {
    createTask(options: { readonly name: string }): Task;
    adopt: KernelPort['adopt'];
  };
  readonly limits?: Partial<Limits>;
  readonly clock?: ClockControl;
}

export class TestServer {
  readonly machine: VirtualMachine;
  readonly trace: Trace;
  readonly counters = new Counters();
  readonly holdings = new Holdings();
  readonly task: Task;
  readonly output = new TestOutput('Virtual-1');
  readonly outputs = new TestOutputs(this.output);
  readonly waiter = new TestWaiter();
  readonly releases = new TestReleases();
  readonly scene: Scene;
  readonly seat: Seat;
  readonly server: Server;

  constructor({ machine, kernel: real, limits, clock }: TestServerOptions) {
    const kernel: KernelPort = {
      createTask: name => real.createTask({ name }),
      adopt: (task, fd) => real.adopt(task, fd),
      closeHost: () => {},
      nodes: () => [],
      lend: () => null,
    };
    this.machine = machine;
    this.trace = new Trace(machine);
    this.task = kernel.createTask('compositor');
    const { trace, counters, task } = this;
    this.scene = new Scene({ machine, trace, counters });
    this.scene.outputs = [this.output.info];
    this.seat = new Seat({ machine, scene: this.scene, keymap: usKeymap() });
    this.server = new Server({
      machine,
      trace,
      counters,
      task,
      kernel,
      settle: () => this.seat.settle(),
      ...(limits ? { limits } : {}),
    });
    const context = new Context({
      machine,
      clock: clock ?? null,
      trace,
      counters,
      holdings: this.holdings,
      scene: this.scene,
      seat: this.seat,
      task,
      kernel,
      outputs: this.outputs,
      acquireWaiter: this.waiter,
      releaseService: this.releases,
      kernelCapabilities: testCapabilities(task),
    });
    offerGlobals(context, this.server);
  }

  /** Connects a client and lets it learn of the globals. */
  connect(name = 'demo', capabilities: readonly Capability[] = ['capture', 'kernel-calls']): TestClient {
    return new TestClient(this, name, capabilities);
  }

  /** Everything a vblank would do to clients: frame callbacks and feedback of what is shown. */
  frame(): void {
    for (const { surface } of this.scene.stack) {
      for (const callback of surface.takeFrameCallbacks()) callback.done(0);
      for (const feedback of surface.takeFeedback())
        feedback.presented({
          output: this.output,
          time: this.machine.now(),
          refresh: 16_666_667n,
          sequence: 1n,
          flags: 1,
        });
    }
    this.machine.settle();
  }
}

/** What a client connects to: a TestServer, or a whole compositor. */
export interface Reachable {
  readonly machine: VirtualMachine;
  readonly server: Server;
}

export class TestClient {
  readonly client: Client;
  readonly objects: ClientObjects;
  readonly globals = new Map<string, { name: number; version: number }>();
  readonly registry: ObjectProxy<'wl_registry'>;
  /** What the server ended the client for. */
  error: ProtocolError | null = null;
  closed: string | null = null;
  readonly #test: Reachable;
  readonly #connection: Connection;

  /** `wire`: what the server is to take the client's connection for. */
  constructor(
    test: Reachable,
    name: string,
    capabilities: readonly Capability[],
    wire: Connection['wire'] = 'in-process',
  ) {
    this.#test = test;
    const { machine } = test;
    const [mine, theirs] = connectInProcess({ post: (label, run) => machine.post(label, run), name });
    Object.defineProperty(theirs, 'wire', { value: wire });
    this.objects = new ClientObjects({
      send: message => mine.send(message),
      failed: error => {
        this.error = error;
      },
    });
    this.#connection = mine;
    mine.receive({
      messages: batch => {
        for (const message of batch) this.objects.dispatch(message);
      },
      closed: reason => {
        this.closed = reason;
      },
    });
    this.client = test.server.accept(theirs, { name, capabilities });
    this.registry = this.objects.display.get_registry();
    this.registry.on('global', (id, interfaceName, version) => {
      this.globals.set(interfaceName, { name: id, version });
    });
    this.settle();
  }

  settle(): void {
    this.#test.machine.settle();
  }

  stopReading(): void {
    this.#connection.pause();
  }

  readAgain(): void {
    this.#connection.resume();
  }

  bind<N extends InterfaceName>(interfaceName: N, version?: number): ObjectProxy<N> {
    const global = this.globals.get(interfaceName);
    if (!global) throw new Error(`${interfaceName} is not offered`);
    return this.registry.bind(global.name, interfaceName, version ?? global.version);
  }

  /** A memfd of the client's Task. */
  memory(size: number): Handle {
    const fd = this.client.task.memfdCreate('pixels');
    this.client.task.truncate(fd, BigInt(size));
    return { kind: 'task', fd };
  }

  /** A file of the client's Task that the capabilities take for a sync file and a syncobj. */
  fence(): Handle {
    return { kind: 'task', fd: this.client.task.eventfd() };
  }

  /** A wl_shm buffer of its own pool. */
  buffer(width = 64, height = 64): ObjectProxy<'wl_buffer'> {
    const handle = this.memory(width * height * 4);
    const shm = this.bind('wl_shm');
    const pool = shm.create_pool(handle, width * height * 4);
    const buffer = pool.create_buffer(0, width, height, width * 4, 0);
    pool.destroy();
    this.settle();
    this.client.task.close(handle.fd);
    return buffer;
  }

  /** A buffer of one dma-buf, which is a memfd here: nobody looks into it. */
  dmabuf(width = 64, height = 64): ObjectProxy<'wl_buffer'> {
    const handle = this.memory(width * height * 4);
    const params = this.bind('zwp_linux_dmabuf_v1').create_params();
    params.add(handle, 0, 0, width * 4, 0, 0);
    const buffer = params.create_immed(width, height, XRGB8888, 0);
    params.destroy();
    this.settle();
    this.client.task.close(handle.fd);
    return buffer;
  }

  surface(version?: number): ObjectProxy<'wl_surface'> {
    return this.bind('wl_compositor', version).create_surface();
  }

  /** A window whose first configure is acknowledged. */
  window() {
    const surface = this.surface();
    const base = this.bind('xdg_wm_base');
    base.on('ping', serial => base.pong(serial));
    const xdg = base.get_xdg_surface(surface);
    const toplevel = xdg.get_toplevel();
    const configures: { width: number; height: number; serial: number }[] = [];
    let size = { width: 0, height: 0 };
    toplevel.on('configure', (width, height) => {
      size = { width, height };
    });
    xdg.on('configure', serial => {
      configures.push({ ...size, serial });
      xdg.ack_configure(serial);
    });
    surface.commit();
    this.settle();
    return { surface, base, xdg, toplevel, configures };
  }

  /** A window that shows a buffer. */
  mapped(width = 64, height = 64) {
    const window = this.window();
    const buffer = this.buffer(width, height);
    window.surface.attach(buffer, 0, 0);
    window.surface.commit();
    this.settle();
    return { ...window, buffer };
  }
}
