// What the tests of this room begin with: a kernel with both devices in virtual time, a scene, displays, and clients
// that are Tasks of their own.
import { DRM_CLOEXEC, DRM_RDWR, drmIoctls } from '../../protocol/uapi/drm.ts';
import { F_ADD_SEALS, MFD_ALLOW_SEALING, MFD_CLOEXEC, POLLIN } from '../../protocol/uapi/fcntl.ts';
import { DRM_FORMAT_MOD_LINEAR, DRM_FORMAT_XRGB8888 } from '../../protocol/uapi/fourcc.ts';
import * as simgpu from '../../protocol/uapi/simgpu.ts';
import type { Task } from '../kernel/task/index.ts';
import type { HostFiles } from '../machine/host-files.ts';
import { VirtualMachine, type VirtualMachineOptions } from '../machine/virtual-machine.ts';
import { Counters } from '../observe/counters.ts';
import { formatNote, Trace } from '../observe/trace.ts';
import { BufferUse } from '../scene/buffer-use.ts';
import type { ClientBuffer, DmabufBuffer, ShmBuffer } from '../scene/client-buffer.ts';
import { Lifetime } from '../scene/lifetime.ts';
import type { CaptureRequest, CaptureResult } from '../scene/outputs.ts';
import { type Point, type Rect, Region } from '../scene/region.ts';
import { Scene } from '../scene/scene.ts';
import type { Surface } from '../scene/surface.ts';
import type { Presentation } from '../scene/surface-state.ts';
import type { Acquire, ReleaseTargets } from '../scene/synchronisation.ts';
import { Window } from '../scene/window.ts';
import { syncFileStatus } from '../sync/sync-file.ts';
import { Display } from './display.ts';

interface OutputShape {
  width: number;
  height: number;
  /** In millihertz. */
  refresh: number;
}

export interface TestDesktopOptions {
  /** Real descriptors and mappings; without them memory is the kernel's own. */
  host?: HostFiles;
  outputs?: OutputShape[];
  machine?: VirtualMachineOptions;
}

/** The computer, of which this room knows its processes alone. */
export interface TestDevices {
  readonly kernel: Disposable & {
    readonly memory: {
      readonly memory: WebAssembly.Memory;
      readonly used: number;
      readonly windows: { readonly count: number; readonly mapped: number };
    };
    adopt(task: Task, hostDescriptor: number): number;
    createTask(options: { name: string; credentials?: { seat: boolean } }): Task;
  };
  readonly simkms: {
    statistics(connector: string): { flips: number; framesScanned: number };
    attachMonitor(
      connector: string,
      monitor: { frame(frame: { readonly hdrMetadata: Uint8Array | null; readonly address: number }): void },
    ): Disposable;
  };
}

/** `createDevices`, which a test may import. */
export type CreateTestDevices = (options: {
  machine: VirtualMachine;
  memoryBytes: number;
  outputs: readonly OutputShape[];
  host?: HostFiles;
  engines: 'virtual';
}) => TestDevices;

let nextBuffer = 1;

export class TestDesktop implements Disposable {
  readonly machine: VirtualMachine;
  readonly kernel: TestDevices['kernel'];
  readonly simkms: TestDevices['simkms'];
  readonly task: Task;
  readonly scene: Scene;
  readonly trace: Trace;
  readonly counters = new Counters();
  readonly display: Display;
  /** Releases and flips in the order in which clients would hear of them. */
  readonly events: string[] = [];

  constructor(createDevices: CreateTestDevices, options: TestDesktopOptions = {}) {
    this.machine = new VirtualMachine(options.machine);
    const devices = createDevices({
      machine: this.machine,
      memoryBytes: 256 << 20,
      outputs: options.outputs ?? [{ width: 64, height: 48, refresh: 60_000 }],
      engines: 'virtual',
      ...(options.host ? { host: options.host } : {}),
    });
    this.kernel = devices.kernel;
    this.simkms = devices.simkms;
    this.task = this.kernel.createTask({ name: 'compositor', credentials: { seat: true } });
    this.trace = new Trace(this.machine);
    const { machine, task, trace, counters } = this;
    this.scene = new Scene({ machine, trace, counters });
    this.display = new Display({ task, machine, trace, counters, scene: this.scene });
  }

  /** Where monitors find their pictures. */
  get memory(): WebAssembly.Memory {
    return this.kernel.memory.memory;
  }

  get log(): string[] {
    return this.trace.notes().map(formatNote);
  }

  /** A floating window at `place`, without content yet. */
  window(name: string, place: Rect | 'fullscreen'): Surface {
    const surface = this.scene.createSurface(name);
    const window = new Window(surface, { configure: () => {}, close: () => {} });
    surface.role = { kind: 'toplevel', window };
    if (place === 'fullscreen') window.wishes.fullscreen = { output: null };
    else window.wishes.place = place;
    this.scene.addWindow(window);
    return surface;
  }

  /** Puts a window above the others, as a click would. */
  raise(surface: Surface): void {
    if (surface.role?.kind === 'toplevel') this.scene.raise(surface.role.window);
  }

  /** Attaches and commits with damage everywhere unless told otherwise; returns the use. */
  commit(
    surface: Surface,
    buffer: ClientBuffer,
    options: {
      damage?: Region;
      acquire?: Acquire;
      targets?: Partial<ReleaseTargets>;
      name?: string;
      hdrMetadata?: Uint8Array | null;
    } = {},
  ): BufferUse {
    const name = options.name ?? buffer.label;
    const acquire: Acquire =
      options.acquire ?? (buffer.kind === 'dmabuf' ? { kind: 'implicit', buffer } : { kind: 'none' });
    const use = new BufferUse({
      buffer,
      acquire,
      targets: {
        buffer: () => this.events.push(`release ${name}`),
        fenced: null,
        point: null,
        ...options.targets,
      },
      release: this.display.release,
    });
    surface.pending.damageBuffer(options.damage ?? Region.infinite);
    if (options.hdrMetadata !== undefined) surface.pending.hdrMetadata = options.hdrMetadata;
    surface.commit(use, this.display.acquire.wait(acquire, `acquire fence of ${buffer.label}`));
    return use;
  }

  /** Asks for a frame callback and feedback with the next commit, noted as events. */
  follow(surface: Surface, name: string): { presented: Presentation[]; discarded: number } {
    const answers = { presented: [] as Presentation[], discarded: 0 };
    surface.pending.frameCallbacks.push({ done: () => this.events.push(`done ${name}`) });
    surface.pending.feedback.push({
      presented: presentation => answers.presented.push(presentation),
      discarded: () => answers.discarded++,
    });
    return answers;
  }

  /** Lets `count` refreshes of 60 Hz pass. */
  frames(count: number): void {
    this.machine.advance(BigInt(count) * 16_666_667n);
  }

  /** The surface of a cursor; give it content with `commit`. */
  cursor(name: string, position: Point, hotspot: Point = { x: 0, y: 0 }): Surface {
    const surface = this.scene.createSurface(name);
    surface.role = { kind: 'cursor' };
    this.scene.cursor = { position, hotspot, content: { kind: 'surface', surface } };
    return surface;
  }

  /** Moves the cursor to where the pointer is. */
  point(x: number, y: number): void {
    this.scene.cursor = { ...this.scene.cursor!, position: { x, y } };
  }

  /** What the first display (or the named one) shows, through a capture into shared memory. */
  screenshot(
    name?: string,
    options: Partial<Pick<CaptureRequest, 'paintCursors' | 'region'>> = {},
  ): Screenshot {
    const output = this.display.list.find(({ info }) => name === undefined || info.name === name)!;
    const { width, height } = options.region ?? output.info.mode;
    const client = new TestClient(this, 'screenshot');
    const buffer = client.shm(width, height);
    let result: CaptureResult | null = null;
    output.capture({
      ...captureDefaults,
      ...options,
      buffer,
      immediate: true,
      ready: answer => {
        result = answer;
      },
      failed: reason => {
        throw new Error(`the capture failed: ${reason}; ${this.log.join('\n')}`);
      },
    });
    this.machine.runUntil(() => result !== null, 1_000_000_000n, 'the capture');
    const bytes = new Uint8Array(width * height * 4);
    client.task.pread(client.numbers.get(buffer)!, bytes, 0n);
    client.destroy(buffer);
    client.task.exit();
    return new Screenshot(width, new Uint32Array(bytes.buffer));
  }

  [Symbol.dispose](): void {
    this.kernel[Symbol.dispose]();
  }
}

export const captureDefaults: Omit<CaptureRequest, 'buffer' | 'immediate' | 'ready' | 'failed'> = {
  bufferDamage: Region.infinite,
  paintCursors: false,
};

export class Screenshot {
  readonly pixels: Uint32Array;
  readonly #width: number;

  constructor(width: number, pixels: Uint32Array) {
    this.#width = width;
    this.pixels = pixels;
  }

  /** Colour without alpha, as text: `ff0000`. */
  at(x: number, y: number): string {
    return (this.pixels[y * this.#width + x]! & 0xffffff).toString(16).padStart(6, '0');
  }
}

/** A client process with buffers; the compositor has its own numbers for their descriptors. */
export class TestClient {
  readonly task: Task;
  /** The client's own descriptors of its buffers. */
  readonly numbers = new Map<ClientBuffer, number>();
  readonly #desktop: TestDesktop;
  readonly #gpu: number;
  readonly #context: number;
  readonly #handles = new Map<ClientBuffer, number>();
  readonly #objects = new Map<ClientBuffer, Disposable>();

  constructor(desktop: TestDesktop, name = 'client') {
    this.#desktop = desktop;
    this.task = desktop.kernel.createTask({ name });
    this.#gpu = this.task.open('/dev/dri/renderD128');
    this.#context = this.task.call(this.#gpu, simgpu.simgpuIoctls.SIMGPU_CONTEXT_CREATE, { priority: 1 }).id;
  }

  shm(
    width: number,
    height: number,
    options: { sealable?: boolean; format?: number } = {},
  ): ShmBuffer & {
    faults: string[];
  } {
    const flags = MFD_CLOEXEC | (options.sealable === false ? 0 : MFD_ALLOW_SEALING);
    const memfd = this.task.memfdCreate('pool', flags);
    const byteLength = width * height * 4;
    this.task.truncate(memfd, BigInt(Math.ceil(byteLength / 4096) * 4096));
    const faults: string[] = [];
    const buffer: ShmBuffer & { faults: string[] } = {
      kind: 'shm',
      ...this.#base(width, height, options.format ?? DRM_FORMAT_XRGB8888),
      memory: { fd: this.task.send(memfd, this.#desktop.task), owner: this, size: byteLength },
      offset: 0,
      stride: width * 4,
      byteLength,
      faults,
      fault: message => faults.push(message),
    };
    return this.#adopt(buffer, memfd, [buffer.memory.fd]);
  }

  dmabuf(width: number, height: number, format = DRM_FORMAT_XRGB8888): DmabufBuffer {
    const nv12 = format !== DRM_FORMAT_XRGB8888 && format === 0x3231564e;
    const stride = nv12 ? width : width * 4;
    const size = nv12 ? width * height + width * Math.ceil(height / 2) : stride * height;
    const { handle } = this.task.call(this.#gpu, simgpu.simgpuIoctls.SIMGPU_GEM_CREATE, {
      size: BigInt(size),
    });
    const flags = DRM_RDWR | DRM_CLOEXEC;
    const own = this.task.call(this.#gpu, drmIoctls.DRM_IOCTL_PRIME_HANDLE_TO_FD, { handle, flags }).fd;
    const fds = (nv12 ? [0, width * height] : [0]).map(() => this.task.send(own, this.#desktop.task));
    const buffer: DmabufBuffer = {
      kind: 'dmabuf',
      ...this.#base(width, height, format),
      planes: fds.map((fd, plane) => ({ fd, offset: plane * width * height, stride })),
      modifier: DRM_FORMAT_MOD_LINEAR,
      yInverted: false,
    };
    this.#handles.set(buffer, handle);
    return this.#adopt(buffer, own, fds);
  }

  singlePixel(argb: number): ClientBuffer {
    return this.#adopt({ kind: 'single-pixel', ...this.#base(1, 1, 0x34325241), argb }, -1, []);
  }

  /** Writes pixels with the CPU, row by row. */
  write(buffer: ClientBuffer, pixels: Uint32Array | Uint8Array): void {
    const bytes = new Uint8Array(pixels.buffer, pixels.byteOffset, pixels.byteLength);
    if (buffer.kind === 'shm') this.task.pwrite(this.numbers.get(buffer)!, bytes, 0n);
    else this.#map(buffer, bytes.length).set(bytes);
  }

  /** F_ADD_SEALS of one of its own files. */
  seal(fd: number, seals: number): void {
    this.task.fcntl(fd, F_ADD_SEALS, seals);
  }

  fill(buffer: ClientBuffer, argb: number): void {
    this.write(buffer, new Uint32Array(buffer.width * buffer.height).fill(argb));
  }

  /** Has the GPU fill a dma-buf after `delay` nanoseconds; returns the job's fence, a number of the client. */
  render(buffer: DmabufBuffer, argb: number, delay = 0n): number {
    const { width, height, format } = buffer;
    const target = {
      handle: this.#handles.get(buffer)!,
      format,
      width,
      height,
      offsets: [0, 0],
      pitches: [width * 4, 0],
    };
    const spin = { opcode: simgpu.SIMGPU_OP_SPIN, duration_ns: delay };
    const clip = { x1: 0, y1: 0, x2: width, y2: height };
    const fill = {
      opcode: simgpu.SIMGPU_OP_FILL,
      target,
      destination: clip,
      clip,
      color: argb,
      alpha: 0xffff,
    };
    return this.task.call(this.#gpu, simgpu.simgpuIoctls.SIMGPU_SUBMIT, {
      context: this.#context,
      flags: simgpu.SIMGPU_SUBMIT_FENCE_OUT,
      in_fence_fd: -1,
      commands: delay > 0n ? [spin, fill] : [fill],
    }).out_fence_fd;
  }

  /** wl_buffer.destroy. */
  destroy(buffer: ClientBuffer): void {
    this.#objects.get(buffer)?.[Symbol.dispose]();
  }

  #map(buffer: ClientBuffer, length: number): Uint8Array {
    const address = this.task.mmap(this.numbers.get(buffer)!, length);
    return this.task.memory.view(address, length);
  }

  #base(width: number, height: number, format: number) {
    const id = nextBuffer++;
    return { id, label: `buffer ${id}`, width, height, format, lifetime: new Lifetime() };
  }

  #adopt<B extends ClientBuffer>(buffer: B, own: number, fds: readonly number[]): B {
    this.numbers.set(buffer, own);
    this.#objects.set(buffer, buffer.lifetime.hold('wl_buffer'));
    buffer.lifetime.whenEnded(() => {
      if (!this.#desktop.task.exited) for (const fd of fds) this.#desktop.task.close(fd);
    });
    return buffer;
  }
}

/** A release by sync file: what the compositor handed over, kept open by the compositor's own duplicate. */
export class FencedRelease {
  readonly #desktop: TestDesktop;
  readonly #name: string;
  #fence: number | null = null;
  kind: 'none' | 'fenced' | 'immediate' = 'none';
  times = 0;

  constructor(desktop: TestDesktop, name: string) {
    this.#desktop = desktop;
    this.#name = name;
  }

  get target() {
    return {
      fenced: (fd: number): void => {
        this.#answer('fenced');
        this.#fence = this.#desktop.task.dup(fd);
        this.#desktop.task.watch(this.#fence, POLLIN, () =>
          this.#desktop.events.push(`signalled ${this.#name}`),
        );
      },
      immediate: (): void => this.#answer('immediate'),
    };
  }

  get signalled(): boolean {
    return this.#fence === null || syncFileStatus(this.#desktop.task, this.#fence).signalled;
  }

  #answer(kind: 'fenced' | 'immediate'): void {
    this.kind = kind;
    this.times++;
    this.#desktop.events.push(`${kind} ${this.#name}`);
  }
}
