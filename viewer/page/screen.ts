// One output in the page: its picture, what is drawn over it, and the input that it takes.
import type { Abilities, InputMessage, OutputMessage, PlaneMessage } from '../stream/messages.ts';
import { icon, make, setAttribute, setText } from './dom.ts';
import { Overlay } from './overlay.ts';
import { FramePainter, type Painted } from './paint.ts';
import { PointerInput } from './pointer-input.ts';

/** An input message as a screen makes it: the page numbers it. */
export type Unnumbered<M = InputMessage> = M extends { readonly n: number } ? Omit<M, 'n'> : M;

export interface ScreenListener {
  input(message: Unnumbered): void;
  /** It was clicked, or asked for the keyboard. */
  keysWanted(screen: Screen): void;
  keysLost(screen: Screen): void;
}

export class Screen {
  readonly element: HTMLElement;
  /** What is looked at, pointed at and typed into. */
  readonly glass: HTMLElement;
  readonly #canvas = make('canvas');
  readonly #over = make('canvas', { 'aria-hidden': 'true' });
  readonly #name = make('b');
  readonly #mode = make('span', { class: 'mode' });
  readonly #overlay: Overlay;
  readonly #pointer: PointerInput;
  #painter: FramePainter;
  #output: OutputMessage;

  constructor(output: OutputMessage, abilities: Abilities, listener: ScreenListener) {
    this.#output = output;
    this.glass = make(
      'div',
      { class: 'glass', tabindex: '0', role: 'application' },
      this.#canvas,
      this.#over,
    );
    const whole = make('button', { type: 'button' }, icon('full'));
    this.element = make(
      'figure',
      { class: 'screen' },
      make('figcaption', {}, this.#name, this.#mode, whole),
      this.glass,
    );
    this.#overlay = new Overlay(this.#over);
    this.#painter = new FramePainter(this.#canvas);
    this.#pointer = new PointerInput(this.glass, abilities, {
      output: () => this.#output,
      input: message => listener.input(message),
      pressed: () => listener.keysWanted(this),
    });
    if (abilities.pointer) this.glass.setAttribute('data-pointer', '');
    whole.addEventListener('click', () => void this.#fill());
    setAttribute(whole, 'aria-label', `Show ${output.name} on the full screen`);
    whole.title = 'Full screen';
    // Telephones of some makers have none.
    whole.hidden = !document.fullscreenEnabled;
    this.glass.addEventListener('keyswanted', () => listener.keysWanted(this));
    this.glass.addEventListener('blur', () => listener.keysLost(this));
    this.update(output);
  }

  get output(): OutputMessage {
    return this.#output;
  }

  update(output: OutputMessage): void {
    const { name, width, height, refresh, scale } = output;
    const resized = this.#canvas.width !== width || this.#canvas.height !== height;
    this.#output = output;
    if (resized) {
      for (const canvas of [this.#canvas, this.#over]) Object.assign(canvas, { width, height });
      this.#painter = new FramePainter(this.#canvas);
    }
    this.element.style.setProperty('--ratio', `${width / height}`);
    setText(this.#name, name);
    const scaled = scale === 1 ? '' : ` · scale ${scale}`;
    setText(this.#mode, `${width}×${height} · ${(refresh / 1000).toFixed(2)} Hz${scaled}`);
    setAttribute(
      this.glass,
      'aria-label',
      `Screen ${name}, ${width} by ${height}. Press Enter to type into it; Control, Alt and Escape together, or Control, Alt and Home, give the keyboard back.`,
    );
    this.fitPixels();
  }

  /** At 1:1 a pixel of the output is one of the display, whatever the browser's zoom. */
  fitPixels(): void {
    this.element.style.setProperty('--actual', `${this.#output.width / devicePixelRatio}px`);
  }

  async paint(bytes: Uint8Array): Promise<Painted> {
    const painted = await this.#painter.paint(bytes);
    this.#overlay.showDamage(painted.header.rects);
    return painted;
  }

  switchOverlay(tint: boolean, flash: boolean): void {
    this.#overlay.switchTo(tint, flash);
  }

  showPlanes(planes: readonly PlaneMessage[]): void {
    this.#overlay.showPlanes(planes.filter(({ output }) => output === this.#output.name));
  }

  showKeys(here: boolean): void {
    setAttribute(this.glass, 'data-keys', here ? '' : null);
  }

  [Symbol.dispose](): void {
    this.#pointer[Symbol.dispose]();
    this.element.remove();
  }

  /** On the full screen the browser can be asked for keys that are its own otherwise. */
  async #fill(): Promise<void> {
    try {
      await this.element.requestFullscreen({ navigationUI: 'hide' });
    } catch {
      return;
    }
    this.glass.focus({ preventScroll: true });
    const { keyboard } = navigator as { keyboard?: { lock?(): Promise<void> } };
    await keyboard?.lock?.().catch(() => {});
  }
}
