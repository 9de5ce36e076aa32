// The clipboard of the person's own machine, as far as the browser lets a page near it.
import { MOST_CLIPBOARD } from '../stream/messages.ts';

/**
 * Text that programs copy goes to the browser's clipboard at once, or with the next press of a button or key where the
 * browser wants one. Text of the person goes to the programs when they get the keyboard, where the browser asks once and
 * remembers (Chromium), and when it is pasted into the page anywhere.
 */
export class PageClipboard {
  readonly #send: (text: string) => void;
  /** What both sides have. */
  #known = '';
  /** Waits for a press. */
  #waiting: string | null = null;

  constructor(send: (text: string) => void) {
    this.#send = send;
    for (const press of ['pointerup', 'keydown'])
      addEventListener(press, () => void this.#writeWaiting(), { capture: true });
    document.addEventListener('paste', event =>
      this.#offer(event.clipboardData?.getData('text/plain') ?? ''),
    );
    addEventListener('focus', () => void this.read('granted'));
  }

  /** A program has copied a text. */
  received(text: string): void {
    this.#known = text;
    this.#waiting = text;
    void this.#writeWaiting();
  }

  /**
   * A program gets the keyboard. `least`: 'prompt' where the browser may ask the person for it; where it would ask each time
   * (it has no such permission), it is not asked.
   */
  async read(least: 'granted' | 'prompt'): Promise<void> {
    // The program's text is the newer one.
    if (this.#waiting !== null) return this.#writeWaiting();
    try {
      const { state } = await navigator.permissions.query({ name: 'clipboard-read' as PermissionName });
      if (state === 'granted' || (state === 'prompt' && least === 'prompt'))
        this.#offer(await navigator.clipboard.readText());
    } catch {
      // Not here, not now, or not allowed: what programs have stays as it is.
    }
  }

  async #writeWaiting(): Promise<void> {
    const text = this.#waiting;
    if (text === null) return;
    try {
      await navigator.clipboard.writeText(text);
      if (this.#waiting === text) this.#waiting = null;
    } catch {
      // The next press may be allowed to.
    }
  }

  #offer(text: string): void {
    if (text === '' || text === this.#known || text.length > MOST_CLIPBOARD) return;
    this.#known = text;
    this.#waiting = null;
    this.#send(text);
  }
}
