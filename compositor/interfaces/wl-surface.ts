// wl_surface: requests stash, commit decides.
import type { Resource } from '../../protocol/object/resource.ts';
import { Region } from '../scene/region.ts';
import type { Surface } from '../scene/surface.ts';
import { isTransform } from '../scene/transform.ts';
import type { Client } from '../server/client.ts';
import type { Caller, Context } from './context.ts';
import { demand } from './errors.ts';
import { PreferredScale, scaleOf } from './preferred-scale.ts';
import { commitSurface } from './surface-commit.ts';
import type { SurfaceSynchronisation } from './surface-synchronisation.ts';
import type { BufferObject } from './wl-buffer.ts';

/** The role object of a surface, as far as commits are concerned. */
export interface RoleObject {
  /** Throws a ProtocolError when this commit is not allowed now. `attaching` as in SurfaceCommit. */
  beforeCommit(attaching: 'buffer' | 'null' | 'unchanged'): void;
  /** The commit was queued, maybe applied. */
  afterCommit(): void;
}

/** The role a surface was given, which it keeps although the role object is destroyed. */
export type RoleName =
  | 'wl_subsurface'
  | 'xdg_toplevel'
  | 'xdg_popup'
  | 'zwlr_layer_surface_v1'
  | 'cursor'
  | 'drag-icon';

const NOWHERE: ReadonlySet<string> = new Set();

export class SurfaceObject {
  readonly resource: Resource<'wl_surface'>;
  readonly client: Client;
  readonly context: Context;
  readonly surface: Surface;
  roleName: RoleName | null = null;
  /** The xdg_surface or wl_subsurface that the surface has now. */
  roleObject: RoleObject | null = null;
  /** What there is of explicit synchronisation on this surface; set by those protocols. */
  synchronisation: SurfaceSynchronisation | null = null;
  /** What the client is told of the scale of its outputs. */
  readonly scale: PreferredScale;
  /** The wp_viewport of this surface. */
  viewport: Resource<'wp_viewport'> | null = null;
  /** The fencepost_surface_metadata_v1 of this surface. */
  metadata: Resource<'fencepost_surface_metadata_v1'> | null = null;
  /** Attached and not committed yet; null removes the content. A wl_buffer that is destroyed meanwhile counts as null. */
  attachment: BufferObject | null | undefined = undefined;

  constructor(caller: Caller, resource: Resource<'wl_surface'>) {
    this.resource = resource;
    this.client = caller.client;
    this.context = caller.context;
    this.surface = caller.context.rooms.scene.createSurface(caller.client.label(resource));
    caller.context.addSurface(this);
    caller.context.surfaces.set(resource, this);
    resource.onDestroy(() => this.#destroyed());
    resource.setHandlers({
      destroy: () => {
        this.#checkDestroy();
        this.context.rooms.seat.surfaceGoes(this.surface);
      },
      attach: (_, buffer, x, y) => this.#attach(buffer, x, y),
      damage: (_, x, y, width, height) =>
        this.surface.pending.damageSurface(Region.of({ x, y, width, height })),
      damage_buffer: (_, x, y, width, height) =>
        this.surface.pending.damageBuffer(Region.of({ x, y, width, height })),
      frame: (_, callback) => this.#frame(callback),
      set_opaque_region: (_, region) => {
        this.surface.pending.opaque = region ? this.context.regions.get(region).region : Region.empty;
      },
      set_input_region: (_, region) => {
        this.surface.pending.input = region ? this.context.regions.get(region).region : null;
      },
      commit: () => commitSurface(this),
      set_buffer_transform: (_, transform) => this.#setTransform(transform),
      set_buffer_scale: (_, scale) => this.#setScale(scale),
      offset: (_, x, y) => {
        this.surface.pending.offset = { x, y };
      },
    });
    this.scale = new PreferredScale(resource, scaleOf(caller.context.rooms.scene, this.surface, NOWHERE));
    if (resource.version >= 6) resource.events.preferred_buffer_transform(0);
  }

  #attach(buffer: Resource<'wl_buffer'> | null, x: number, y: number): void {
    if (this.resource.version >= 5)
      demand(
        x === 0 && y === 0,
        this.resource,
        'invalid_offset',
        `attach was given the offset ${x},${y}; since version 5 it must be 0,0 and wl_surface.offset is used`,
      );
    else this.surface.pending.offset = { x, y };
    this.attachment = buffer && this.context.buffers.get(buffer);
  }

  #frame(callback: Resource<'wl_callback'>): void {
    this.surface.pending.frameCallbacks.push({
      done: time => this.client.afterEvents(() => callback.events.done(time)),
      cancel: () => callback.destroy(),
    });
  }

  #setTransform(transform: number): void {
    demand(
      isTransform(transform),
      this.resource,
      'invalid_transform',
      `${transform} is no transform; those of wl_output.transform are 0 to 7`,
    );
    this.surface.pending.transform = transform;
  }

  #setScale(scale: number): void {
    demand(
      scale >= 1,
      this.resource,
      'invalid_scale',
      `${scale} is no buffer scale; positive integers are expected`,
    );
    this.surface.pending.scale = scale;
  }

  #checkDestroy(): void {
    demand(
      this.roleObject === null || this.#mayLeaveRole || this.resource.version < 6,
      this.resource,
      'defunct_role_object',
      `the surface still has its ${this.roleName ?? 'role object'}; destroy that first`,
    );
  }

  /** There is no object of the role, or one that lives on without its surface. */
  get #mayLeaveRole(): boolean {
    return this.roleName === 'wl_subsurface' || this.roleName === 'cursor' || this.roleName === 'drag-icon';
  }

  #destroyed(): void {
    this.synchronisation?.[Symbol.dispose]();
    this.surface.destroy();
    this.context.presence.removeSurface(this.surface);
  }
}
