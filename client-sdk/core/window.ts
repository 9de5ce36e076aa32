import { interfaces } from '../../protocol/interfaces/index.ts';
import type { ObjectProxy } from '../../protocol/object/proxy.ts';
import type { Client } from './client.ts';
import { Emitter } from './emitter.ts';
import type { Frame } from './frame.ts';
import type { FrameOptions, Size, SubsurfaceOptions, WaitOptions, WindowOptions } from './options.ts';
import { Subsurface } from './subsurface.ts';
import { Surface, type SurfaceRole } from './surface.ts';
import { Changes } from './wait.ts';

export type WindowState = keyof typeof interfaces.xdg_toplevel.enums.state;

interface Configuration {
  readonly serial: number;
  /** Null where the client may choose. */
  readonly size: Size | null;
  readonly states: ReadonlySet<WindowState>;
}

type WindowEvents = {
  /** The images to come have another size. */
  resized: [size: Size];
  /** The server asks the window to close. `frames()` ends. */
  close: [];
  configured: [states: ReadonlySet<WindowState>];
};

const DEFAULT_SIZE: Size = { width: 640, height: 480 };
const stateNames = new Map<number, WindowState>(
  Object.entries(interfaces.xdg_toplevel.enums.state).map(([name, value]) => [value, name as WindowState]),
);
const shells = new WeakMap<Client, ObjectProxy<'xdg_wm_base'>>();

/**
 * A window (xdg_toplevel) with a swapchain.
 *
 *     for await (const frame of window.frames()) {
 *       const { data, stride } = await frame.map();
 *       ...
 *       frame.present();
 *     }
 */
export class Window implements Disposable, SurfaceRole {
  readonly surface: Surface;
  readonly xdgSurface: ObjectProxy<'xdg_surface'>;
  readonly toplevel: ObjectProxy<'xdg_toplevel'>;
  readonly #options: WindowOptions;
  readonly #events = new Emitter<WindowEvents>();
  readonly #configured = new Changes();
  readonly #answers = new WeakMap<Frame, Configuration>();
  #title: string;
  #suggested: Omit<Configuration, 'serial'> = { size: null, states: new Set() };
  #configuration: Configuration | null = null;
  #acknowledged: number | null = null;

  /** See `createWindow`. */
  constructor(client: Client, options: WindowOptions) {
    this.#options = options;
    this.#title = options.title ?? '';
    // A surface is told of the outputs that the client knows.
    void client.outputs;
    this.surface = new Surface(client, this, options.size ?? DEFAULT_SIZE, options);
    this.xdgSurface = shellOf(client).get_xdg_surface(this.surface.proxy);
    this.toplevel = this.xdgSurface.get_toplevel();
    this.#listen();
    this.#introduce();
    this.surface.proxy.commit();
  }

  get client(): Client {
    return this.surface.client;
  }

  get name(): string {
    return this.#title === '' ? 'a window' : `window '${this.#title}'`;
  }

  /** Whether the server has configured the window. */
  get ready(): boolean {
    return this.#configuration !== null;
  }

  /** Of the images to come. */
  get size(): Size {
    return this.surface.size;
  }

  /** For a window of `fixedSize`: others get the size that the server configures. */
  set size(size: Size) {
    this.surface.size = size;
  }

  /** In the surface's own coordinates, which events of the seat have: what the images of a window of `fixedSize` are scaled to. */
  get extent(): Size {
    return (this.#options.fixedSize && this.#configuration?.size) || this.size;
  }

  get states(): ReadonlySet<WindowState> {
    return this.#configuration?.states ?? new Set();
  }

  /** True once the server asked for it to close, or it was disposed of. */
  get closed(): boolean {
    return this.surface.ended;
  }

  get title(): string {
    return this.#title;
  }

  set title(title: string) {
    this.#title = title;
    this.toplevel.set_title(title);
  }

  on<E extends keyof WindowEvents>(event: E, listener: (...args: WindowEvents[E]) => void): Disposable {
    return this.#events.on(event, listener);
  }

  /**
   * The next image to draw. Waits, without keeping anything else from going on, until the last commit's frame callback has
   * come and an image of the swapchain is free: given back by the server, and its release fence signalled.
   */
  async nextFrame(options?: FrameOptions): Promise<Frame> {
    const frame = await this.surface.nextFrame(options);
    if (frame === null) throw new Error(`${this.name} is closed`);
    return frame;
  }

  /** Frame after frame until the window closes. One that is neither presented nor discarded is discarded. */
  frames(options?: FrameOptions): AsyncGenerator<Frame, void> {
    return this.surface.frames(options);
  }

  /** A surface on top of this one, with a swapchain of its own. */
  createSubsurface(options: SubsurfaceOptions): Subsurface {
    return new Subsurface(this.surface, options);
  }

  /** Commits without a new image: position of subsurfaces, regions, viewport. */
  commit(): void {
    this.surface.proxy.commit();
  }

  setFullscreen(fullscreen: boolean | ObjectProxy<'wl_output'>): void {
    if (fullscreen === false) this.toplevel.unset_fullscreen();
    else this.toplevel.set_fullscreen(fullscreen === true ? null : fullscreen);
  }

  setMaximized(maximized: boolean): void {
    if (maximized) this.toplevel.set_maximized();
    else this.toplevel.unset_maximized();
  }

  minimize(): void {
    this.toplevel.set_minimized();
  }

  /** Waits until the server has configured the window. */
  configured(options?: WaitOptions): Promise<void> {
    return this.client.until<void>(
      {
        start: resolve => {
          const check = () => {
            if (!this.ready) return;
            watching[Symbol.dispose]();
            resolve();
          };
          const watching = this.#configured.on(check);
          check();
          return () => watching[Symbol.dispose]();
        },
        explain: () => ({
          waitedFor: `the first configure of ${this.name}`,
          holders: ['the server has sent no xdg_surface.configure'],
        }),
      },
      options,
    );
  }

  drawing(frame: Frame): void {
    if (this.#configuration) this.#answers.set(frame, this.#configuration);
  }

  committing(frame: Frame): void {
    const configuration = this.#answers.get(frame);
    if (!configuration) return;
    if (configuration.serial !== this.#acknowledged) {
      this.#acknowledged = configuration.serial;
      this.xdgSurface.ack_configure(configuration.serial);
    }
    const { fixedSize } = this.#options;
    if (fixedSize) this.surface.viewport.fit(frame, configuration.size, fixedSize === 'cover');
  }

  [Symbol.dispose](): void {
    const { client, surface } = this;
    if (client.error === null && !this.toplevel.destroyed) {
      this.toplevel.destroy();
      this.xdgSurface.destroy();
    }
    surface[Symbol.dispose]();
  }

  #listen(): void {
    this.toplevel.listen({
      configure: (width, height, states) => {
        const size = width > 0 && height > 0 ? { width, height } : null;
        this.#suggested = { size, states: statesOf(states) };
      },
      close: () => {
        this.surface.end();
        this.#events.emit('close');
      },
    });
    this.xdgSurface.on('configure', serial => this.#configure({ serial, ...this.#suggested }));
  }

  #configure(configuration: Configuration): void {
    this.#configuration = configuration;
    const { size } = configuration;
    const before = this.surface.size;
    const resized = size && (size.width !== before.width || size.height !== before.height);
    if (resized && !this.#options.fixedSize) this.surface.size = evenFor(this.#options, size);
    this.#configured.notify();
    this.surface.changed();
    this.#events.emit('configured', configuration.states);
    if (this.surface.size !== before) this.#events.emit('resized', this.surface.size);
  }

  #introduce(): void {
    const { title, appId, minSize, maxSize, maximized, fullscreen } = this.#options;
    if (title !== undefined) this.toplevel.set_title(title);
    if (appId !== undefined) this.toplevel.set_app_id(appId);
    if (minSize) this.toplevel.set_min_size(minSize.width, minSize.height);
    if (maxSize) this.toplevel.set_max_size(maxSize.width, maxSize.height);
    if (maximized) this.toplevel.set_maximized();
    if (fullscreen) this.setFullscreen(fullscreen);
  }
}

/** Makes a window and waits until the server has configured it. */
export async function createWindow(
  client: Client,
  options: WindowOptions = {},
  limits?: WaitOptions,
): Promise<Window> {
  const window = new Window(client, options);
  try {
    await window.configured(limits);
    return window;
  } catch (error) {
    window[Symbol.dispose]();
    throw error;
  }
}

/** The shell, whose pings are answered as long as the client lives. */
function shellOf(client: Client): ObjectProxy<'xdg_wm_base'> {
  const known = shells.get(client);
  if (known) return known;
  const shell = client.shared('xdg_wm_base');
  shell.on('ping', serial => shell.pong(serial));
  shells.set(client, shell);
  return shell;
}

/** Formats with shared chroma have even sides. */
function evenFor({ format }: WindowOptions, size: Size): Size {
  if (format !== 'NV12') return size;
  return { width: Math.max(2, size.width & ~1), height: Math.max(2, size.height & ~1) };
}

function statesOf(words: Uint8Array): ReadonlySet<WindowState> {
  const view = new DataView(words.buffer, words.byteOffset, words.byteLength);
  const states = new Set<WindowState>();
  for (let at = 0; at + 4 <= words.length; at += 4) {
    const name = stateNames.get(view.getUint32(at, true));
    if (name) states.add(name);
  }
  return states;
}
