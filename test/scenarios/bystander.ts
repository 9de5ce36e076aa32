// Somebody who draws while others misbehave.
import type { Client, Window } from '../../client-sdk/core/index.ts';
import { type Color, colorsOf, type Film, type TestSession } from '../kit/index.ts';

const BACKGROUND: Color = 0x202020;

/** A client with a window on the first display, which it fills with one new colour after another. */
export class Bystander {
  readonly client: Client;
  readonly #session: TestSession;
  readonly #window: Window;
  readonly #film: Film;
  #frames = 0;

  private constructor(session: TestSession, client: Client, window: Window) {
    this.#session = session;
    this.client = client;
    this.#window = window;
    this.#film = session.film();
  }

  static async create(session: TestSession): Promise<Bystander> {
    const client = await session.connect('bystander');
    // Fullscreen: nobody else's windows are seen beside it.
    const window = await session.until(client.createWindow({ fullscreen: true }));
    const bystander = new Bystander(session, client, window);
    await bystander.draw(1);
    return bystander;
  }

  /** Draws as many frames as that, each when it may. */
  async draw(frames: number): Promise<void> {
    for (let count = 0; count < frames; count++) {
      await this.#session.draw(this.#window, BACKGROUND + (++this.#frames % 0xd0));
      await this.#session.vblank();
    }
  }

  /** Throws unless the client lives and the screen has shown whole frames of it, and all of them. */
  async check(): Promise<void> {
    if (this.client.error) throw this.client.error;
    await this.#session.vblank(3);
    const scans = this.#film.frames.splice(0).map(({ image }) => [...colorsOf(image)]);
    const torn = scans.find(colors => colors.length !== 1);
    if (torn) throw new Error(`a scan shows the colours ${torn.map(color => color.toString(16))}`);
    const last = scans.at(-1)?.[0];
    const expected = BACKGROUND + (this.#frames % 0xd0);
    if (last !== expected)
      throw new Error(`the screen shows ${last?.toString(16)}, not ${expected.toString(16)}`);
    const backwards = scans
      .flat()
      .some((color, at, all) => at > 0 && color < all[at - 1]! && all[at - 1]! - color < 0x40);
    if (backwards) throw new Error('a frame was shown after a later one');
  }
}
