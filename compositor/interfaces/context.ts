// What the protocol objects share.
import type { Resource } from '../../protocol/object/resource.ts';
import type { Task } from '../kernel/task/index.ts';
import type { ClockControl } from '../machine/clock-control.ts';
import type { Machine } from '../machine/machine.ts';
import type { Counters } from '../observe/counters.ts';
import type { Holdings } from '../observe/holdings.ts';
import type { Trace } from '../observe/trace.ts';
import type { KernelCapabilities } from '../scene/kernel-capabilities.ts';
import type { LayerSurface } from '../scene/layer-surface.ts';
import type { CaptureRequest, Output, Outputs } from '../scene/outputs.ts';
import type { Scene } from '../scene/scene.ts';
import type { Surface } from '../scene/surface.ts';
import type { AcquireWaiter, ReleaseService, Timeline } from '../scene/synchronisation.ts';
import type { Seat } from '../seat/seat.ts';
import type { Client } from '../server/client.ts';
import type { KernelPort } from '../server/kernel-port.ts';
import { Bindings } from './bindings.ts';
import { MOST_CAPTURES } from './captures.ts';
import type { CaptureSource } from './ext-image-capture-source.ts';
import type { MetadataTable, TableUsage } from './metadata-table.ts';
import { OutputPresence } from './output-presence.ts';
import { PerClient } from './per-client.ts';
import { SeatResources } from './seat-resources.ts';
import { WindowIds } from './window-ids.ts';
import type { BufferObject } from './wl-buffer.ts';
import type { RegionObject } from './wl-region.ts';
import type { SurfaceObject } from './wl-surface.ts';
import type { PopupObject } from './xdg-popup.ts';
import type { PositionerRules } from './xdg-positioner.ts';
import type { XdgSurfaceObject } from './xdg-surface.ts';
import type { ToplevelObject } from './xdg-toplevel.ts';

/** The rooms that the protocol objects work with. */
export interface Rooms {
  readonly machine: Machine;
  /** Null in real time, which nobody steers. */
  readonly clock: ClockControl | null;
  readonly trace: Trace;
  readonly counters: Counters;
  readonly holdings: Holdings;
  readonly scene: Scene;
  readonly seat: Seat;
  /** The compositor's own process. */
  readonly task: Task;
  readonly kernel: KernelPort;
  readonly outputs: Outputs;
  readonly acquireWaiter: AcquireWaiter;
  readonly releaseService: ReleaseService;
  /** Null where the kernel has no render device: dma-bufs and fences are not offered then. */
  readonly kernelCapabilities: KernelCapabilities | null;
}

const MOST_WINDOWS = 256;
const MOST_SUBSURFACES = 512;

/** The rooms and the objects behind resources that other requests name. One per compositor. */
export class Context {
  readonly rooms: Rooms;
  readonly presence: OutputPresence;
  /** Who hears of input. */
  readonly input: SeatResources;
  readonly surfaces = new Bindings<'wl_surface', SurfaceObject>();
  readonly regions = new Bindings<'wl_region', RegionObject>();
  readonly buffers = new Bindings<'wl_buffer', BufferObject>();
  readonly outputs = new Bindings<'wl_output', Output>();
  readonly positioners = new Bindings<'xdg_positioner', PositionerRules>();
  readonly xdgSurfaces = new Bindings<'xdg_surface', XdgSurfaceObject>();
  readonly toplevels = new Bindings<'xdg_toplevel', ToplevelObject>();
  readonly popups = new Bindings<'xdg_popup', PopupObject>();
  readonly layerSurfaces = new Bindings<'zwlr_layer_surface_v1', LayerSurface>();
  readonly timelines = new Bindings<'wp_linux_drm_syncobj_timeline_v1', Timeline>();
  readonly metadataTables = new Bindings<'fencepost_metadata_table_v1', MetadataTable>();
  readonly captureSources = new Bindings<'ext_image_capture_source_v1', CaptureSource>();
  readonly windowIds: WindowIds;
  /** All that has a place of its own in the stack, which is gone through for each that comes, goes or moves. */
  readonly windows = new PerClient<SurfaceObject>('windows, popups and layer surfaces', MOST_WINDOWS);
  readonly subsurfaces = new PerClient<SurfaceObject>('subsurfaces', MOST_SUBSURFACES);
  readonly captures = new PerClient<CaptureRequest>('captures under way', MOST_CAPTURES);
  readonly tableUsage = new WeakMap<Client, TableUsage>();
  /** By whom a surface was made; known also when it is gone. */
  readonly #surfaceObjects = new WeakMap<Surface, SurfaceObject>();
  #nextBuffer = 1;

  constructor(rooms: Rooms) {
    this.rooms = rooms;
    this.presence = new OutputPresence(rooms.scene);
    this.input = new SeatResources(this);
    this.windowIds = new WindowIds(rooms.scene);
  }

  /** Serials grow through all clients and all kinds of events, skipping 0, which means none. */
  serial(): number {
    return this.rooms.seat.serials.next();
  }

  addSurface(object: SurfaceObject): void {
    this.#surfaceObjects.set(object.surface, object);
    this.presence.addSurface(object);
  }

  /** What stands behind a surface, which may be destroyed by now. */
  surfaceObject(surface: Surface): SurfaceObject | undefined {
    return this.#surfaceObjects.get(surface);
  }

  /** The client whose surface it is, or was. */
  clientOf(surface: Surface): Client | undefined {
    return this.#surfaceObjects.get(surface)?.client;
  }

  /** The resource of a surface; undefined once it is destroyed. */
  resourceOf(surface: Surface): Resource<'wl_surface'> | undefined {
    const resource = this.#surfaceObjects.get(surface)?.resource;
    return resource?.destroyed ? undefined : resource;
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
