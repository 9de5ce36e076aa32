// One display server of the suite: a compositor of this process, and what the shim may ask of it.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Host } from '../../compositor/commands/host.ts';
import { Compositor } from '../../compositor/compositor.ts';
import type { Point } from '../../compositor/scene/region.ts';
import type { Surface } from '../../compositor/scene/surface.ts';
import type { Window } from '../../compositor/scene/window.ts';
import { type Client, type Server, WAYLAND_CAPABILITIES } from '../../compositor/server/index.ts';
import type { Connection } from '../../protocol/object/connection.ts';
import type { Listener } from '../../protocol/transport/socket-options.ts';
import { listenWayland } from '../../protocol/transport/unix.ts';
import { PatientConnection } from './patient-connection.ts';

/** The suite moves its windows around in the upper left corner of a screen like this. */
const OUTPUT = { name: 'Wlcs', width: 1280, height: 1024, refresh: 60_000 };
/** The one finger of the suite. */
const FINGER = 0;

export class DisplayServer {
  readonly #directory: string;
  readonly #host: Host<Compositor>;
  readonly #listener: Listener;
  readonly #arrivals: Arrivals;
  /** Where the suite put windows: there they come back when they are mapped again. */
  readonly #places = new WeakMap<Window, Point>();

  private constructor(directory: string, host: Host<Compositor>, listener: Listener, arrivals: Arrivals) {
    this.#directory = directory;
    this.#host = host;
    this.#listener = listener;
    this.#arrivals = arrivals;
    this.#compositor.scene.observe({ windowMapped: window => this.#mapped(window) });
  }

  static async start(): Promise<DisplayServer> {
    const directory = mkdtempSync(join(tmpdir(), 'fencepost-wlcs-'));
    try {
      const host = await Host.start(
        { output: [OUTPUT], socket: join(directory, 'fencepost') },
        kernel => new Compositor({ kernel, layout: 'floating' }),
      );
      const arrivals = new Arrivals(host.served.server);
      const listener = await listenWayland(join(directory, 'wayland'), {
        onConnection: connection => arrivals.accept(connection),
      });
      return new DisplayServer(directory, host, listener, arrivals);
    } catch (error) {
      rmSync(directory, { recursive: true, force: true });
      throw error;
    }
  }

  /** Where clients connect. */
  get socket(): string {
    return this.#listener.address;
  }

  /** What it offers to clients: names and versions. */
  get extensions(): readonly { readonly name: string; readonly version: number }[] {
    // Nobody has connected yet; what is offered depends on no more than this of a client.
    const client = {
      wire: 'wayland',
      may: (capability: (typeof WAYLAND_CAPABILITIES)[number]) => WAYLAND_CAPABILITIES.includes(capability),
    } as Client;
    return this.#compositor.server.globals
      .offeredTo(client)
      .map(global => ({ name: global.interface, version: global.versionFor(client) }));
  }

  /** Resolves with the number of the client whose connection was made next. */
  nextClient(): Promise<number> {
    return this.#arrivals.next();
  }

  /** Puts the corner of a surface's window geometry somewhere. */
  position(client: number, surface: number, place: Point): void {
    const found = this.#surface(client, surface);
    const root = found && this.#compositor.scene.rootOf(found);
    if (root?.kind === 'layer') this.#arrivals.connection(client)?.placeLayer(surface, place);
    if (root?.kind !== 'window') return;
    this.#places.set(root, place);
    this.#compositor.scene.moveWindow(root, place);
  }

  pointerTo(x: number, y: number): void {
    this.#compositor.seat.pointer.moveTo(this.#now, { x, y });
    this.#compositor.seat.pointer.frame();
  }

  pointerBy(x: number, y: number): void {
    this.#compositor.seat.pointer.motion(this.#now, { x, y });
    this.#compositor.seat.pointer.frame();
  }

  button(code: number, state: 'pressed' | 'released'): void {
    this.#compositor.seat.pointer.button(this.#now, code, state);
    this.#compositor.seat.pointer.frame();
  }

  touchDown(x: number, y: number): void {
    this.#compositor.seat.touch.down(this.#now, FINGER, { x, y });
    this.#compositor.seat.touch.frame();
  }

  touchTo(x: number, y: number): void {
    this.#compositor.seat.touch.motion(this.#now, FINGER, { x, y });
    this.#compositor.seat.touch.frame();
  }

  touchUp(): void {
    this.#compositor.seat.touch.up(this.#now, FINGER);
    this.#compositor.seat.touch.frame();
  }

  async stop(): Promise<void> {
    this.#listener[Symbol.dispose]();
    await this.#host.stop();
    rmSync(this.#directory, { recursive: true, force: true });
  }

  get #compositor(): Compositor {
    return this.#host.served;
  }

  get #now(): bigint {
    return this.#compositor.machine.now();
  }

  #mapped(window: Window): void {
    // The suite waits for a second configure once a window has been mapped, although nothing has changed by then.
    window.repeatConfiguration();
    const place = this.#places.get(window);
    if (!place) return;
    this.#compositor.machine.post('the place of a window', () => {
      this.#compositor.scene.moveWindow(window, place);
    });
  }

  #surface(client: number, id: number): Surface | undefined {
    const label = `wl_surface@${id} of ${nameOf(client)}`;
    return [...this.#compositor.scene.surfaces].find(surface => surface.label === label);
  }
}

/** A surface says whose it is by the client's name. */
const nameOf = (client: number): string => `client ${client} of wlcs`;

/** Numbers the connections in the order in which they are made. */
class Arrivals {
  readonly #server: Server;
  readonly #unasked: number[] = [];
  readonly #asking: ((client: number) => void)[] = [];
  readonly #connections: PatientConnection[] = [];

  constructor(server: Server) {
    this.#server = server;
  }

  accept(connection: Connection): void {
    const patient = new PatientConnection(connection);
    const number = this.#connections.push(patient) - 1;
    this.#server.accept(patient, { name: nameOf(number), capabilities: WAYLAND_CAPABILITIES });
    const asking = this.#asking.shift();
    if (asking) asking(number);
    else this.#unasked.push(number);
  }

  connection(number: number): PatientConnection | undefined {
    return this.#connections[number];
  }

  /** Each connection is told of once. */
  next(): Promise<number> {
    const number = this.#unasked.shift();
    return number === undefined
      ? new Promise(resolve => this.#asking.push(resolve))
      : Promise.resolve(number);
  }
}
