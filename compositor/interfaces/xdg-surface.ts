// xdg_surface: the cycle of configure, acknowledgement and commit.
import type { Resource } from '../../protocol/object/resource.ts';
import type { Rect } from '../scene/region.ts';
import { NO_SIZE, type RoleState } from '../scene/surface-state.ts';
import { ConfigureSerials } from './configure-serials.ts';
import type { Context } from './context.ts';
import { demand } from './errors.ts';
import type { RoleObject, SurfaceObject } from './wl-surface.ts';
import { PopupObject } from './xdg-popup.ts';
import { ToplevelObject } from './xdg-toplevel.ts';
import type { WmBase } from './xdg-wm-base.ts';

type XdgRole =
  | { readonly kind: 'toplevel'; readonly object: ToplevelObject }
  | { readonly kind: 'popup'; readonly object: PopupObject };

/**
 * `new` until the first commit without a buffer, which asks for a configuration; `configured` from then on; buffers are
 * taken once one configure was acknowledged. A commit that takes the content away leads back to `new`.
 */
type Stage = 'new' | 'configured';

export class XdgSurfaceObject implements RoleObject {
  readonly resource: Resource<'xdg_surface'>;
  readonly wmBase: WmBase;
  readonly object: SurfaceObject;
  role: XdgRole | null = null;
  #stage: Stage = 'new';
  /** The last commit left the surface with a buffer. */
  #hadContent = false;
  readonly #serials = new ConfigureSerials();

  constructor(wmBase: WmBase, resource: Resource<'xdg_surface'>, object: SurfaceObject) {
    this.wmBase = wmBase;
    this.resource = resource;
    this.object = object;
    const counted = this.context.windows.add(object.client, object);
    object.roleObject = this;
    this.context.xdgSurfaces.set(resource, this);
    this.changeState({ geometry: null, acknowledged: null, minimum: NO_SIZE, maximum: NO_SIZE });
    resource.onDestroy(() => {
      counted[Symbol.dispose]();
      if (object.roleObject === this) object.roleObject = null;
    });
    resource.setHandlers({
      destroy: () =>
        demand(
          this.role === null,
          resource,
          'defunct_role_object',
          `the xdg_${this.role?.kind} of this xdg_surface is still there; destroy it first`,
        ),
      get_toplevel: (_, toplevel) => {
        this.#checkConstruction('xdg_toplevel');
        this.role = { kind: 'toplevel', object: new ToplevelObject(this, toplevel) };
      },
      get_popup: (_, popup, parent, positioner) => {
        this.#checkConstruction('xdg_popup');
        this.role = { kind: 'popup', object: new PopupObject(this, popup, parent, positioner) };
      },
      set_window_geometry: (_, x, y, width, height) => this.#setGeometry({ x, y, width, height }),
      ack_configure: (_, serial) => this.#acknowledge(serial),
    });
  }

  get context(): Context {
    return this.object.context;
  }

  /** Whether the client has asked for its first configuration. */
  get configured(): boolean {
    return this.#stage === 'configured';
  }

  /** Configures that the client has not acknowledged. */
  get unacknowledged(): number {
    return this.#serials.unacknowledged;
  }

  /** Ends a configure sequence. Returns the serial. */
  sendConfigure(): number {
    const serial = this.context.serial();
    this.#serials.sent(serial);
    this.resource.events.configure(serial);
    return serial;
  }

  /** Changes the pending role state. */
  changeState(change: Partial<Omit<RoleState & { kind: 'xdg' }, 'kind'>>): void {
    const { pending } = this.object.surface;
    const before = pending.role.kind === 'xdg' ? pending.role : null;
    pending.role = {
      kind: 'xdg',
      geometry: before?.geometry ?? null,
      acknowledged: before?.acknowledged ?? null,
      minimum: before?.minimum ?? NO_SIZE,
      maximum: before?.maximum ?? NO_SIZE,
      ...change,
    };
  }

  /** The role object was destroyed. */
  roleDestroyed(): void {
    this.role = null;
    this.#reset();
  }

  beforeCommit(attaching: 'buffer' | 'null' | 'unchanged'): void {
    demand(
      this.role !== null,
      this.resource,
      'not_constructed',
      'a commit came before get_toplevel or get_popup; give the xdg_surface a role first',
    );
    demand(
      attaching !== 'buffer' || this.#serials.acknowledged !== null,
      this.resource,
      'unconfigured_buffer',
      'a buffer was committed before the first configure was acknowledged; commit without a buffer, wait for configure, acknowledge it, then attach',
    );
    this.role.object.beforeCommit();
  }

  afterCommit(): void {
    const hasContent = this.object.surface.committedSize !== null;
    if (this.#hadContent && !hasContent) {
      this.#reset();
      this.role?.object.unmapped();
      return;
    }
    this.#hadContent = hasContent;
    if (this.#stage === 'configured') {
      if (this.role?.kind === 'popup') this.role.object.afterCommit(this.#serials.acknowledged);
      return;
    }
    this.#stage = 'configured';
    this.role?.object.introduce();
  }

  #reset(): void {
    this.#stage = 'new';
    this.#hadContent = false;
    this.#serials.reset();
    this.changeState({ acknowledged: null });
  }

  #checkConstruction(roleName: 'xdg_toplevel' | 'xdg_popup'): void {
    const { object } = this;
    demand(
      this.role === null,
      this.resource,
      'already_constructed',
      `the xdg_surface is an xdg_${this.role?.kind} already`,
    );
    demand(
      object.roleName === null || object.roleName === roleName,
      this.wmBase.resource,
      'role',
      `wl_surface@${object.resource.id} was an ${object.roleName} and can't become an ${roleName}`,
    );
    object.roleName = roleName;
  }

  #setGeometry(geometry: Rect): void {
    this.#checkConstructed('set_window_geometry');
    demand(
      geometry.width > 0 && geometry.height > 0,
      this.resource,
      'invalid_size',
      `the window geometry ${geometry.width}x${geometry.height} is not positive`,
    );
    this.changeState({ geometry });
  }

  #acknowledge(serial: number): void {
    this.#checkConstructed('ack_configure');
    const answer = this.#serials.acknowledge(serial);
    demand(
      answer !== 'unknown',
      this.resource,
      'invalid_serial',
      `serial ${serial} is of no configure that waits to be acknowledged (${this.#serials.text})`,
    );
    if (answer !== 'now') return;
    this.changeState({ acknowledged: serial });
    if (this.role?.kind === 'toplevel') this.role.object.acknowledged();
  }

  #checkConstructed(request: string): void {
    demand(
      this.role !== null,
      this.resource,
      'not_constructed',
      `${request} came before get_toplevel or get_popup`,
    );
  }
}
