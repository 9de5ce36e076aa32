// What the protocol objects share.
import type { Task } from '../kernel/task/index.ts';
import type { Machine } from '../machine/machine.ts';
import type { Counters } from '../observe/counters.ts';
import type { Holdings } from '../observe/holdings.ts';
import type { Trace } from '../observe/trace.ts';
import type { KernelCapabilities } from '../scene/kernel-capabilities.ts';
import type { Output, Outputs } from '../scene/outputs.ts';
import type { Scene } from '../scene/scene.ts';
import type { AcquireWaiter, ReleaseService, Timeline } from '../scene/synchronisation.ts';
import type { Client } from '../server/client.ts';
import type { KernelPort } from '../server/kernel-port.ts';
import { Bindings } from './bindings.ts';
import type { CaptureSource } from './ext-image-capture-source.ts';
import type { MetadataTable, TableUsage } from './metadata-table.ts';
import { OutputPresence } from './output-presence.ts';
import { WindowIds } from './window-ids.ts';
import type { BufferObject } from './wl-buffer.ts';
import type { RegionObject } from './wl-region.ts';
import type { SurfaceObject } from './wl-surface.ts';
import type { PositionerRules } from './xdg-positioner.ts';
import type { XdgSurfaceObject } from './xdg-surface.ts';
import type { ToplevelObject } from './xdg-toplevel.ts';

/** The rooms that the protocol objects work with. */
export interface Rooms {
  readonly machine: Machine;
  readonly trace: Trace;
  readonly counters: Counters;
  readonly holdings: Holdings;
  readonly scene: Scene;
  /** The compositor's own process. */
  readonly task: Task;
  readonly kernel: KernelPort;
  readonly outputs: Outputs;
  readonly acquireWaiter: AcquireWaiter;
  readonly releaseService: ReleaseService;
  /** Null where the kernel has no render device: dma-bufs and fences are not offered then. */
  readonly kernelCapabilities: KernelCapabilities | null;
}

/** The rooms and the objects behind resources that other requests name. One per compositor. */
export class Context {
  readonly rooms: Rooms;
  readonly presence: OutputPresence;
  readonly surfaces = new Bindings<'wl_surface', SurfaceObject>();
  readonly regions = new Bindings<'wl_region', RegionObject>();
  readonly buffers = new Bindings<'wl_buffer', BufferObject>();
  readonly outputs = new Bindings<'wl_output', Output>();
  readonly positioners = new Bindings<'xdg_positioner', PositionerRules>();
  readonly xdgSurfaces = new Bindings<'xdg_surface', XdgSurfaceObject>();
  readonly toplevels = new Bindings<'xdg_toplevel', ToplevelObject>();
  readonly timelines = new Bindings<'wp_linux_drm_syncobj_timeline_v1', Timeline>();
  readonly metadataTables = new Bindings<'fencepost_metadata_table_v1', MetadataTable>();
  readonly captureSources = new Bindings<'ext_image_capture_source_v1', CaptureSource>();
  readonly windowIds: WindowIds;
  readonly tableUsage = new WeakMap<Client, TableUsage>();
  #nextSerial = 1;
  #nextBuffer = 1;

  constructor(rooms: Rooms) {
    this.rooms = rooms;
    this.presence = new OutputPresence(rooms.scene);
    this.windowIds = new WindowIds(rooms.scene);
  }

  /** Serials grow through all clients, skipping 0, which means none. */
  serial(): number {
    const serial = this.#nextSerial;
    this.#nextSerial = serial === 0xffff_ffff ? 1 : serial + 1;
    return serial;
  }

  bufferId(): number {
    return this.#nextBuffer++;
  }
}

/** One client as the protocol objects see it. */
export interface Caller {
  readonly context: Context;
  readonly client: Client;
}
