// A server of the tests: answers as a test says, and keeps what it was asked.
import { interfaces } from '../../protocol/interfaces/index.ts';
import type { Connection } from '../../protocol/object/connection.ts';
import { ProtocolError } from '../../protocol/object/error.ts';
import type { Handle } from '../../protocol/object/message.ts';
import type { Resource } from '../../protocol/object/resource.ts';
import { ServerObjects } from '../../protocol/object/server-objects.ts';
import type { InterfaceName } from '../../protocol/object/types.ts';
import { connectInProcess } from '../../protocol/transport/in-process.ts';
import { type Client, connectOver } from '../core/client.ts';
import type { ClientOptions } from '../core/options.ts';
import { FakeKernel } from './fake-kernel.ts';
import { FakeSeat } from './fake-seat.ts';

const ignore = () => {};

type Versions = Readonly<Partial<Record<InterfaceName, number>>>;

/** One surface as the server sees it. */
export class FakeSurface {
  readonly resource: Resource<'wl_surface'>;
  /** Buffers of the commits, in order; null where there was none. */
  readonly commits: (Resource<'wl_buffer'> | null)[] = [];
  /** In buffer coordinates, and in those of the surface. */
  readonly damage: number[][] = [];
  readonly surfaceDamage: number[][] = [];
  readonly acknowledged: number[] = [];
  readonly callbacks: Resource<'wl_callback'>[] = [];
  xdgSurface: Resource<'xdg_surface'> | null = null;
  toplevel: Resource<'xdg_toplevel'> | null = null;
  title = '';
  #attached: Resource<'wl_buffer'> | null = null;
  #serial = 0;

  constructor(resource: Resource<'wl_surface'>) {
    this.resource = resource;
    resource.setHandlers({
      destroy: ignore,
      attach: (_, buffer) => {
        this.#attached = buffer;
      },
      damage: (_, ...rect) => this.surfaceDamage.push(rect),
      frame: (_, callback) => this.callbacks.push(callback),
      set_opaque_region: ignore,
      set_input_region: ignore,
      commit: () => this.#commit(),
      set_buffer_transform: ignore,
      set_buffer_scale: ignore,
      damage_buffer: (_, ...rect) => this.damage.push(rect),
      offset: ignore,
    });
  }

  configure(width: number, height: number): void {
    this.toplevel?.events.configure(width, height, new Uint8Array(0));
    this.xdgSurface?.events.configure(++this.#serial);
  }

  /** Has every frame callback so far called back. */
  done(): void {
    for (const callback of this.callbacks.splice(0)) callback.events.done(0);
  }

  #commit(): void {
    this.commits.push(this.#attached);
    this.#attached = null;
    if (this.commits.length === 1 && this.toplevel) this.configure(0, 0);
  }
}

export class FakeServer {
  readonly surfaces: FakeSurface[] = [];
  readonly kernel = new FakeKernel();
  readonly fakeSeat = new FakeSeat();
  readonly objects: ServerObjects;
  readonly disconnect: () => void;
  /** What came with each wl_shm.create_pool. */
  readonly pools: { readonly handle: Handle; readonly size: number }[] = [];
  /** What is offered, by the number to bind it by less one. */
  readonly #globals: readonly InterfaceName[];
  readonly #versions: Versions;
  readonly #connection: Connection | null;

  /** Serves a connection, or one to this process: see `connect`. Versions are the newest known unless given. */
  constructor(globals: readonly InterfaceName[], connection?: Connection, versions: Versions = {}) {
    const [client, server] = connection
      ? [null, connection]
      : connectInProcess({ post: (_, run) => void setImmediate(run) });
    this.#connection = client;
    this.#globals = globals;
    this.#versions = versions;
    this.disconnect = () => server.close();
    this.objects = new ServerObjects({
      send: message => server.send(message),
      failed: () => server.close(),
    });
    this.objects.display.setHandlers({
      sync: (_, callback) => callback.events.done(1),
      get_registry: (_, registry) => this.#registry(registry),
    });
    server.receive({
      messages: batch => {
        for (const message of batch) this.objects.dispatch(message);
      },
      closed: () => this.objects.disconnect(),
    });
  }

  connect(options?: ClientOptions): Promise<Client> {
    if (!this.#connection) throw new Error('the client is at the other end of its connection');
    return connectOver(this.#connection, options);
  }

  /** The surface of a window or subsurface, in order of creation. */
  surface(index = 0): FakeSurface {
    const surface = this.surfaces[index];
    if (!surface) throw new Error(`there are ${this.surfaces.length} surfaces`);
    return surface;
  }

  #registry(registry: Resource<'wl_registry'>): void {
    registry.setHandlers({
      bind: (_, name, made) => {
        if (this.#globals[name - 1] !== made.interface)
          throw new ProtocolError(registry, 0, 'no such global');
        this.#serve(made as Resource<InterfaceName>);
      },
    });
    for (const [index, name] of this.#globals.entries())
      registry.events.global(index + 1, name, this.#versions[name] ?? interfaces[name].version);
  }

  #serve(resource: Resource<InterfaceName>): void {
    const served = resource as unknown;
    if (resource.interface === 'wl_compositor') this.#compositor(served as Resource<'wl_compositor'>);
    else if (resource.interface === 'wl_shm') this.#shm(served as Resource<'wl_shm'>);
    else if (resource.interface === 'xdg_wm_base') this.#shell(served as Resource<'xdg_wm_base'>);
    else if (resource.interface === 'wl_seat') this.fakeSeat.serve(served as Resource<'wl_seat'>);
    // Feedback is asked for and never given.
    else if (resource.interface === 'wp_presentation')
      (served as Resource<'wp_presentation'>).setHandlers({ destroy: ignore, feedback: ignore });
    else if (resource.interface === 'fencepost_kernel_v1')
      this.kernel.serve(served as Resource<'fencepost_kernel_v1'>);
  }

  #compositor(compositor: Resource<'wl_compositor'>): void {
    compositor.setHandlers({
      create_surface: (_, surface) => void this.surfaces.push(new FakeSurface(surface)),
      create_region: (_, region) => region.setHandlers({ destroy: ignore, add: ignore, subtract: ignore }),
    });
  }

  #shm(shm: Resource<'wl_shm'>): void {
    shm.setHandlers({
      release: ignore,
      create_pool: (_, pool, handle, size) => {
        this.pools.push({ handle, size });
        pool.setHandlers({
          destroy: ignore,
          resize: ignore,
          create_buffer: (_, buffer) => buffer.setHandlers({ destroy: ignore }),
        });
      },
    });
  }

  #shell(shell: Resource<'xdg_wm_base'>): void {
    shell.setHandlers({
      destroy: ignore,
      create_positioner: ignore,
      pong: ignore,
      get_xdg_surface: (_, xdgSurface, of) => {
        const surface = this.surfaces.find(({ resource }) => resource === of)!;
        surface.xdgSurface = xdgSurface;
        xdgSurface.setHandlers({
          destroy: ignore,
          get_toplevel: (_, toplevel) => serveToplevel(surface, toplevel),
          get_popup: ignore,
          set_window_geometry: ignore,
          ack_configure: (_, serial) => void surface.acknowledged.push(serial),
        });
      },
    });
  }
}

function serveToplevel(surface: FakeSurface, toplevel: Resource<'xdg_toplevel'>): void {
  surface.toplevel = toplevel;
  toplevel.setHandlers({
    destroy: ignore,
    set_parent: ignore,
    set_title: (_, title) => {
      surface.title = title;
    },
    set_app_id: ignore,
    show_window_menu: ignore,
    move: ignore,
    resize: ignore,
    set_max_size: ignore,
    set_min_size: ignore,
    set_maximized: ignore,
    unset_maximized: ignore,
    set_fullscreen: ignore,
    unset_fullscreen: ignore,
    set_minimized: ignore,
  });
}
