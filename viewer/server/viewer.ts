// The viewer: a page that shows the outputs of a compositor and takes input.
import type { WebSocket } from 'ws';
import { Door } from './door.ts';
import { PageConnection } from './page-connection.ts';
import { type Connected, Studio } from './studio.ts';

export interface ViewerOptions {
  /** A loopback address unless others are to see the screen. */
  readonly host: string;
  /** 0 chooses a free one. */
  readonly port: number;
  /** `dist/viewer`: where the built page is. */
  readonly directory: string;
  /** Connects to the compositor: called when somebody looks, and again when somebody looks after everybody had gone. */
  connect(): Promise<Connected>;
  warn(error: Error): void;
}

/** Pages at a time. */
const MOST_PAGES = 16;
const TRY_AGAIN_LATER = 1013;
const SERVICE_RESTART = 1012;
const GOING_AWAY = 1001;

/**
 * ```ts
 * const viewer = await Viewer.open({ host: '127.0.0.1', port: 0, directory, connect, warn });
 * console.log(viewer.address); // http://127.0.0.1:43210/?token=...
 * ```
 *
 * There is a client of the compositor only while somebody looks.
 */
export class Viewer implements Disposable {
  readonly #options: ViewerOptions;
  readonly #pages = new Set<WebSocket>();
  #door: Door | null = null;
  #studio: Promise<Studio> | null = null;

  private constructor(options: ViewerOptions) {
    this.#options = options;
  }

  /** Rejects when nobody may listen there. */
  static async open(options: ViewerOptions): Promise<Viewer> {
    const viewer = new Viewer(options);
    const { host, port, directory } = options;
    viewer.#door = await Door.open({
      host,
      port,
      directory,
      entered: socket => void viewer.#entered(socket),
    });
    return viewer;
  }

  /** Where people find the page, with the token that lets them in. */
  get address(): string {
    return this.#door!.address;
  }

  [Symbol.dispose](): void {
    for (const page of this.#pages) page.close(GOING_AWAY, 'the session ends');
    this.#pages.clear();
    this.#leave();
    this.#door?.[Symbol.dispose]();
  }

  async #entered(socket: WebSocket): Promise<void> {
    socket.on('error', () => socket.terminate());
    if (this.#pages.size >= MOST_PAGES) {
      socket.close(TRY_AGAIN_LATER, `${MOST_PAGES} pages look already`);
      return;
    }
    this.#pages.add(socket);
    socket.on('close', () => this.#left(socket));
    // What the page says meanwhile waits.
    socket.pause();
    try {
      this.#studio ??= this.#openStudio();
      const studio = await this.#studio;
      if (this.#pages.has(socket)) new PageConnection(socket, studio);
    } catch (error) {
      this.#options.warn(error instanceof Error ? error : new Error(String(error)));
      socket.close(SERVICE_RESTART, 'the compositor does not answer');
    } finally {
      socket.resume();
    }
  }

  async #openStudio(): Promise<Studio> {
    const connected = await this.#options.connect();
    // Ended from the other side, every page is asked to come again.
    const studio = new Studio(connected);
    void connected.client.closed.then(({ kind }) => {
      if (kind === 'closed-here') return;
      this.#leave();
      for (const page of this.#pages) page.close(SERVICE_RESTART, 'the compositor ended the connection');
    });
    return studio;
  }

  #left(socket: WebSocket): void {
    this.#pages.delete(socket);
    if (this.#pages.size === 0) this.#leave();
  }

  /** Nobody looks: nothing is left of it. */
  #leave(): void {
    const studio = this.#studio;
    this.#studio = null;
    studio?.then(
      open => open[Symbol.dispose](),
      () => {},
    );
  }
}
