// xdg_wm_base: makes windows of surfaces, and finds out whether their client still answers.
import type { Resource } from '../../protocol/object/resource.ts';
import { type Nanoseconds, SECOND, type Timer } from '../machine/machine.ts';
import type { Window } from '../scene/window.ts';
import type { Caller } from './context.ts';
import { demand } from './errors.ts';
import type { SurfaceObject } from './wl-surface.ts';
import { createPositioner } from './xdg-positioner.ts';
import { XdgSurfaceObject } from './xdg-surface.ts';

/** How long a client may take to answer a ping before its windows count as unresponsive. */
const PING_TIMEOUT: Nanoseconds = 10n * SECOND;

export class WmBase {
  readonly caller: Caller;
  readonly resource: Resource<'xdg_wm_base'>;
  readonly #surfaces = new Set<XdgSurfaceObject>();
  #ping: { readonly serial: number; readonly timer: Timer } | null = null;

  constructor(caller: Caller, resource: Resource<'xdg_wm_base'>) {
    this.caller = caller;
    this.resource = resource;
    resource.onDestroy(() => this.#ping?.timer.cancel());
    resource.setHandlers({
      destroy: () =>
        demand(
          this.#surfaces.size === 0,
          resource,
          'defunct_surfaces',
          `${this.#surfaces.size} xdg_surfaces made by it are still there; destroy them first`,
        ),
      create_positioner: (_, positioner) => createPositioner(caller, positioner),
      get_xdg_surface: (_, id, surface) => this.#createSurface(id, caller.context.surfaces.get(surface)),
      pong: (_, serial) => this.#pong(serial),
    });
  }

  /** Asks whether the client is there, unless an answer is due already. */
  ping(): void {
    if (this.#ping || this.resource.destroyed) return;
    const { machine } = this.caller.context.rooms;
    const serial = this.caller.context.serial();
    const timer = machine.at(machine.now() + PING_TIMEOUT, `ping of ${this.caller.client.name}`, () =>
      this.#unanswered(),
    );
    this.#ping = { serial, timer };
    this.resource.events.ping(serial);
  }

  #createSurface(resource: Resource<'xdg_surface'>, object: SurfaceObject): void {
    const { roleName, roleObject } = object;
    demand(
      (roleName === null || roleName === 'xdg_toplevel' || roleName === 'xdg_popup') && roleObject === null,
      this.resource,
      'role',
      `wl_surface@${object.resource.id} has the role ${roleName ?? 'xdg_surface'} already`,
    );
    demand(
      !object.attachment && object.surface.committedSize === null,
      this.resource,
      'invalid_surface_state',
      `wl_surface@${object.resource.id} has a buffer; an xdg_surface is made of a surface without content`,
    );
    const surface = new XdgSurfaceObject(this, resource, object);
    this.#surfaces.add(surface);
    resource.onDestroy(() => this.#surfaces.delete(surface));
  }

  /** A pong that nobody waits for means nothing. */
  #pong(serial: number): void {
    if (this.#ping?.serial !== serial) return;
    this.#ping.timer.cancel();
    this.#ping = null;
    for (const window of this.#windows()) window.unresponsive = false;
  }

  #unanswered(): void {
    const { trace } = this.caller.context.rooms;
    trace.note('client', `${this.caller.client.name} does not answer a ping`, {
      seconds: Number(PING_TIMEOUT / SECOND),
    });
    for (const window of this.#windows()) window.unresponsive = true;
  }

  *#windows(): IterableIterator<Window> {
    for (const surface of this.#surfaces)
      if (surface.role?.kind === 'toplevel') yield surface.role.object.window;
  }
}
