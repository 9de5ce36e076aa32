// The typist's keyboard: a virtual keyboard of its own, whose keymaps travel in memory of the client's Task.
import type { Client, ObjectProxy } from '../../client-sdk/core/index.ts';
import { interfaces } from '../../protocol/interfaces/index.ts';
import type { TypistKeyboard } from './typist.ts';

const { keymap_format: FORMAT, key_state: KEY } = interfaces.wl_keyboard.enums;

/** Making memory takes a while; keys that come meanwhile wait behind their keymap. */
export class TypingKeyboard implements TypistKeyboard {
  readonly #client: Client;
  readonly #proxy: ObjectProxy<'zwp_virtual_keyboard_v1'>;
  readonly #now: () => number;
  #last: Promise<void> = Promise.resolve();

  /** `now`: milliseconds of CLOCK_MONOTONIC. */
  constructor(client: Client, now: () => number) {
    this.#client = client;
    this.#now = now;
    const manager = client.shared('zwp_virtual_keyboard_manager_v1');
    this.#proxy = manager.create_virtual_keyboard(client.shared('wl_seat'));
  }

  keymap(text: string): void {
    const bytes = new TextEncoder().encode(`${text}\0`);
    this.behind(async () => {
      const { kernel } = this.#client;
      const fd = await kernel.memfdCreate('keymap');
      await kernel.truncate(fd, bytes.length);
      await kernel.pwrite(fd, bytes, 0);
      this.#proxy.keymap(FORMAT.xkb_v1, { kind: 'task', fd }, bytes.length);
      kernel.discard(fd);
    });
  }

  key(code: number, pressed: boolean): void {
    this.behind(() => this.#proxy.key(this.#now(), code, pressed ? KEY.pressed : KEY.released));
  }

  modifiers(depressed: number): void {
    this.behind(() => this.#proxy.modifiers(depressed, 0, 0, 0));
  }

  /** Resolves when everything so far has been sent. */
  typed(): Promise<void> {
    return this.#last;
  }

  /**
   * Runs something behind all that was typed. What fails has failed because the connection ended, and with it all that was to
   * follow.
   */
  behind(next: () => void | Promise<void>): void {
    this.#last = this.#last.then(next).catch(() => {});
  }
}
