import {
  DRM_CLIENT_CAP_ATOMIC,
  DRM_CLIENT_CAP_WRITEBACK_CONNECTORS,
  DRM_EVENT_CRTC_SEQUENCE,
  drm_event_crtc_sequence,
  drm_event_vblank,
  drmIoctls,
} from '../../../../protocol/uapi/drm.ts';
import { DRM_MODE_OBJECT_ANY, drm_mode_modeinfo, modeIoctls } from '../../../../protocol/uapi/drm-mode.ts';
import { O_CLOEXEC, O_NONBLOCK, O_RDWR } from '../../../../protocol/uapi/fcntl.ts';
import { DRM_FORMAT_XRGB8888 } from '../../../../protocol/uapi/fourcc.ts';
import { DRM_CLIENT_CAP_SIMKMS_HISTOGRAM } from '../../../../protocol/uapi/simkms.ts';
import { VirtualMachine, type VirtualMachineOptions } from '../../../machine/virtual-machine.ts';
import { VirtualEngine } from '../../engine/virtual-engine.ts';
import { Kernel } from '../../kernel.ts';
import { KernelError } from '../../task/kernel-error.ts';
import type { KernelThread } from '../../task/kernel-thread.ts';
import type { Task } from '../../task/task.ts';
import type { OutputOptions } from './output.ts';
import { createSimkms, type Simkms, type SimkmsOptions } from './simkms.ts';

/** A display in virtual time, and one client of it that has the seat: what the tests of this folder begin with. */
export function createDisplay(
  options: { machine?: VirtualMachineOptions; outputs?: OutputOptions[] } & Partial<SimkmsOptions> = {},
): { machine: VirtualMachine; kernel: Kernel; simkms: Simkms; client: DisplayClient } {
  const machine = new VirtualMachine(options.machine);
  const kernel = new Kernel({ machine, memoryBytes: 64 << 20 });
  const simkms = createSimkms(kernel, {
    outputs: options.outputs ?? [{ width: 64, height: 48, refresh: 60_000 }],
    engine: options.engine ?? ((m, memory) => new VirtualEngine(m, memory, 'display')),
    ...(options.speed ? { speed: options.speed } : {}),
    ...(options.overlays ? { overlays: options.overlays } : {}),
  });
  const task = kernel.createTask({ name: 'client', credentials: { seat: true } });
  return { machine, kernel, simkms, client: new DisplayClient(task) };
}

export type Mode = Parameters<typeof drm_mode_modeinfo.write>[2];
export type Properties = { readonly [name: string]: number | bigint };
/** Objects by id with the properties to set. */
export type Request = readonly (readonly [object: number, properties: Properties])[];

export interface TestBuffer {
  readonly handle: number;
  readonly fb: number;
  readonly pitch: number;
  /** Where the client has mapped it. */
  readonly address: bigint;
  /** Live bytes through that mapping. */
  readonly bytes: Uint8Array;
}

/** The ids of one output. */
export interface OutputIds {
  readonly crtc: number;
  readonly connector: number;
  readonly writeback: number;
  readonly primary: number;
  readonly overlays: readonly number[];
  readonly cursor: number;
  readonly modes: readonly Mode[];
  readonly mode: number;
}

/** A process that drives the display as a compositor would: through its system calls alone. */
export class DisplayClient {
  readonly task: Task;
  readonly fd: number;
  readonly #names = new Map<number, Map<string, number>>();

  /** `card` is the node to open, or a descriptor of it. */
  constructor(task: Task, card: string | number = '/dev/dri/card0') {
    this.task = task;
    this.fd = typeof card === 'number' ? card : task.open(card, O_RDWR | O_NONBLOCK | O_CLOEXEC);
    for (const capability of [
      DRM_CLIENT_CAP_ATOMIC,
      DRM_CLIENT_CAP_WRITEBACK_CONNECTORS,
      DRM_CLIENT_CAP_SIMKMS_HISTOGRAM,
    ])
      task.call(this.fd, drmIoctls.DRM_IOCTL_SET_CLIENT_CAP, { capability, value: 1n });
  }

  /** The ids of an output, in the order in which the device lists them, and a blob of its native mode. */
  output(index = 0): OutputIds {
    const { task, fd } = this;
    const room = { crtc_id_ptr: new Uint32Array(8), connector_id_ptr: new Uint32Array(8) };
    const resources = task.call(fd, modeIoctls.DRM_IOCTL_MODE_GETRESOURCES, room);
    const planes = task.call(fd, modeIoctls.DRM_IOCTL_MODE_GETPLANERESOURCES, {
      plane_id_ptr: new Uint32Array(16),
    });
    const connectors = Array.from(resources.connector_id_ptr as ArrayLike<number>);
    const [primary, first, second, cursor] = Array.from(planes.plane_id_ptr as ArrayLike<number>).slice(
      index * 4,
    );
    const modes = this.#modes(connectors[index * 2]!);
    return {
      crtc: (resources.crtc_id_ptr as ArrayLike<number>)[index]!,
      connector: connectors[index * 2]!,
      writeback: connectors[index * 2 + 1]!,
      primary: primary!,
      overlays: [first!, second!],
      cursor: cursor!,
      modes,
      mode: this.modeBlob(modes[0]!),
    };
  }

  /** A blob for MODE_ID. */
  modeBlob(mode: Mode): number {
    return this.blob(encodeMode(mode));
  }

  #modes(connector: number) {
    const answer = this.task.call(this.fd, modeIoctls.DRM_IOCTL_MODE_GETCONNECTOR, {
      connector_id: connector,
      modes_ptr: Array.from({ length: 16 }, () => ({})),
    });
    return Array.from(answer.modes_ptr as ArrayLike<Mode>).slice(0, answer.count_modes);
  }

  blob(data: Uint8Array): number {
    return this.task.call(this.fd, modeIoctls.DRM_IOCTL_MODE_CREATEPROPBLOB, { data }).blob_id!;
  }

  /** A dumb buffer with a framebuffer of 32 bits a pixel, filled with one value. */
  buffer(width: number, height: number, fill = 0, format = DRM_FORMAT_XRGB8888): TestBuffer {
    const { task, fd } = this;
    const dumb = task.call(fd, modeIoctls.DRM_IOCTL_MODE_CREATE_DUMB, { width, height, bpp: 32 });
    const { handle, pitch } = { handle: dumb.handle!, pitch: dumb.pitch! };
    const { fb_id } = task.call(fd, modeIoctls.DRM_IOCTL_MODE_ADDFB2, {
      width,
      height,
      pixel_format: format,
      handles: [handle, 0, 0, 0],
      pitches: [pitch, 0, 0, 0],
      offsets: [0, 0, 0, 0],
      modifier: [0n, 0n, 0n, 0n],
    });
    const { offset } = task.call(fd, modeIoctls.DRM_IOCTL_MODE_MAP_DUMB, { handle });
    const length = pitch * height;
    const address = task.mmap(fd, length, { offset: offset! });
    const bytes = task.memory.view(address, length);
    new Uint32Array(bytes.buffer, bytes.byteOffset, length / 4).fill(fill);
    return { handle, fb: fb_id!, pitch, address, bytes };
  }

  property(object: number, name: string): number {
    const id = this.#propertiesOf(object).get(name);
    if (id === undefined) throw new Error(`object ${object} has no property ${name}`);
    return id;
  }

  /** The current value of a property. */
  value(object: number, name: string): bigint {
    const { props, values } = this.#read(object);
    return values[props.indexOf(this.property(object, name))]!;
  }

  /** An atomic commit that does not sleep; throws the KernelError. */
  commit(request: Request, flags: number, userData = 0n): void {
    const thread = this.startCommit(request, flags, userData);
    if (!thread.ended) throw new Error(`the commit sleeps: ${thread.describe()}`);
    thread.result();
  }

  /** An atomic commit that may sleep. */
  startCommit(request: Request, flags: number, userData = 0n): KernelThread<unknown> {
    const entries = request.map(([object, properties]) => [object, Object.entries(properties)] as const);
    const all = entries.flatMap(([object, list]) =>
      list.map(([name, value]) => [object, name, value] as const),
    );
    return this.task.startCall(this.fd, modeIoctls.DRM_IOCTL_MODE_ATOMIC, {
      flags,
      objs_ptr: entries.map(([object]) => object),
      count_props_ptr: entries.map(([, list]) => list.length),
      props_ptr: all.map(([object, name]) => this.property(object, name)),
      prop_values_ptr: all.map(([, , value]) => BigInt.asUintN(64, BigInt(value))),
      user_data: userData,
    });
  }

  /** The errno of a commit, or null when it is accepted. */
  errno(request: Request, flags: number): string | null {
    try {
      this.commit(request, flags);
      return null;
    } catch (error) {
      if (error instanceof KernelError) return error.code;
      throw error;
    }
  }

  /** Events that can be read now. */
  events(): { type: number; userData: bigint; sequence: bigint; time: bigint; crtc: number }[] {
    let bytes: Uint8Array;
    try {
      bytes = this.task.read(this.fd, 4096);
    } catch (error) {
      if (error instanceof KernelError && error.code === 'EAGAIN') return [];
      throw error;
    }
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    return Array.from({ length: bytes.length / drm_event_vblank.size }, (_, index) => {
      const at = index * drm_event_vblank.size;
      if (view.getUint32(at, true) === DRM_EVENT_CRTC_SEQUENCE) {
        const { base, user_data, time_ns, sequence } = drm_event_crtc_sequence.read(view, at);
        return { type: base.type, userData: user_data, sequence, time: time_ns, crtc: 0 };
      }
      const event = drm_event_vblank.read(view, at);
      const time = BigInt(event.tv_sec) * 1_000_000_000n + BigInt(event.tv_usec) * 1000n;
      const sequence = BigInt(event.sequence);
      return { type: event.base.type, userData: event.user_data, sequence, time, crtc: event.crtc_id };
    });
  }

  #propertiesOf(object: number): Map<string, number> {
    let names = this.#names.get(object);
    if (!names) {
      names = new Map(this.#read(object).props.map(id => [this.#nameOf(id), id]));
      this.#names.set(object, names);
    }
    return names;
  }

  #nameOf(prop_id: number): string {
    return this.task.call(this.fd, modeIoctls.DRM_IOCTL_MODE_GETPROPERTY, { prop_id }).name!;
  }

  #read(object: number): { props: number[]; values: bigint[] } {
    const answer = this.task.call(this.fd, modeIoctls.DRM_IOCTL_MODE_OBJ_GETPROPERTIES, {
      obj_id: object,
      obj_type: DRM_MODE_OBJECT_ANY,
      props_ptr: new Uint32Array(64),
      prop_values_ptr: new BigUint64Array(64),
      count_props: 64,
    });
    return {
      props: Array.from(answer.props_ptr as ArrayLike<number>).slice(0, answer.count_props),
      values: Array.from(answer.prop_values_ptr as ArrayLike<bigint>).slice(0, answer.count_props),
    };
  }
}

function encodeMode(mode: Mode): Uint8Array {
  const bytes = new Uint8Array(drm_mode_modeinfo.size);
  drm_mode_modeinfo.write(new DataView(bytes.buffer), 0, mode);
  return bytes;
}

/** What switches an output on, showing a framebuffer of its native size. */
export function lightUp(ids: OutputIds, fb: number, width: number, height: number): Request {
  return [
    [ids.connector, { CRTC_ID: ids.crtc }],
    [ids.crtc, { MODE_ID: ids.mode, ACTIVE: 1 }],
    [ids.primary, planeOf(ids.crtc, fb, { width, height })],
  ];
}

/** All of a plane's geometry, source and destination of the same size unless told. */
export function planeOf(
  crtc: number,
  fb: number,
  { x = 0, y = 0, width, height }: { x?: number; y?: number; width: number; height: number },
): Properties {
  return {
    FB_ID: fb,
    CRTC_ID: crtc,
    SRC_X: 0,
    SRC_Y: 0,
    SRC_W: width * 65536,
    SRC_H: height * 65536,
    CRTC_X: x,
    CRTC_Y: y,
    CRTC_W: width,
    CRTC_H: height,
  };
}
