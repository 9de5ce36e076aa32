// The keyboard while it belongs to a screen, and the way out.
import { KEY_CODES } from '../stream/key-codes.ts';
import { usCharacter } from '../stream/us-layout.ts';
import type { Screen, Unnumbered } from './screen.ts';

export interface KeyboardListener {
  input(message: Unnumbered): void;
  /** The keyboard goes to a screen, or to nobody. */
  changed(owner: Screen | null): void;
}

/** Keys of a Mac's browser are not told of being released while the command key is down. */
const META = new Set(['MetaLeft', 'MetaRight']);

/** With Control and Alt. Some desktops keep the first one for themselves. */
const WAYS_OUT = new Set(['Escape', 'Home']);

/**
 * A screen that has the focus does not get the keys yet, so that Tab passes it as it passes every button: a click does that,
 * or Enter. Then all keys are its own, but for the ways out.
 */
export class KeyboardInput {
  readonly #listener: KeyboardListener;
  readonly #pressed = new Set<number>();
  #owner: Screen | null = null;

  constructor(listener: KeyboardListener) {
    this.#listener = listener;
    addEventListener('keydown', event => this.#down(event), { capture: true });
    addEventListener('keyup', event => this.#up(event), { capture: true });
    addEventListener('blur', () => this.leave());
    document.addEventListener('visibilitychange', () => {
      if (document.hidden) this.leave();
    });
  }

  get owner(): Screen | null {
    return this.#owner;
  }

  enter(screen: Screen): void {
    if (this.#owner === screen) return;
    this.leave();
    this.#owner = screen;
    screen.showKeys(true);
    this.#listener.changed(screen);
  }

  leave(): void {
    if (!this.#owner) return;
    this.#owner.showKeys(false);
    this.#owner = null;
    this.#pressed.clear();
    this.#listener.input({ type: 'release' });
    this.#listener.changed(null);
  }

  #down(event: KeyboardEvent): void {
    if (!this.#owner) {
      this.#offer(event);
      return;
    }
    event.preventDefault();
    event.stopPropagation();
    if (WAYS_OUT.has(event.code) && event.ctrlKey && event.altKey) this.leave();
    else this.#press(event);
  }

  /** Enter on a screen that has the focus. */
  #offer(event: KeyboardEvent): void {
    const { target } = event;
    if (event.key !== 'Enter' || !(target instanceof HTMLElement) || !target.classList.contains('glass'))
      return;
    event.preventDefault();
    target.dispatchEvent(new CustomEvent('keyswanted'));
  }

  /** Programs repeat keys that are held by themselves; text is repeated here. */
  #press(event: KeyboardEvent): void {
    // It has no character yet; the next press has, and that one may be of none of the keys of a US keyboard.
    if (event.key === 'Dead') return;
    const code = KEY_CODES.get(event.code);
    const text = textOf(event, code);
    if (text !== null) this.#listener.input({ type: 'text', text });
    else if (code !== undefined && !event.repeat) {
      this.#pressed.add(code);
      this.#listener.input({ type: 'key', code, pressed: true });
    }
  }

  #up(event: KeyboardEvent): void {
    const code = KEY_CODES.get(event.code);
    if (!this.#owner || code === undefined || !this.#pressed.has(code)) return;
    event.preventDefault();
    if (META.has(event.code)) {
      this.#pressed.clear();
      this.#listener.input({ type: 'release' });
      return;
    }
    this.#pressed.delete(code);
    this.#listener.input({ type: 'key', code, pressed: false });
  }
}

/**
 * The character that a press has made, where the key alone would not: on another layout than a US one, with Caps Lock, from
 * a keyboard on the screen. Null for keys that are what they are, shortcuts among them.
 */
function textOf(
  { key, shiftKey, ctrlKey, altKey, metaKey }: KeyboardEvent,
  code: number | undefined,
): string | null {
  const isCharacter = [...key].length === 1;
  // AltGr counts as Control and Alt together on some systems, and makes characters.
  const isShortcut = ctrlKey !== altKey || metaKey;
  if (!isCharacter || isShortcut) return null;
  return code !== undefined && usCharacter(code, shiftKey) === key ? null : key;
}
