// What is drawn over a screen: the areas that planes scan out, and what has just changed. The compositor has no part in it.
import type { Rect } from '../stream/frame.ts';
import type { PlaneMessage } from '../stream/messages.ts';

/** Milliseconds that a change is seen. */
const FLASH = 320;
const MOST_FLASHES = 256;

interface Flash {
  readonly rect: Rect;
  readonly at: number;
}

const colour = (name: string): string =>
  getComputedStyle(document.documentElement).getPropertyValue(name).trim();

export class Overlay {
  readonly #canvas: HTMLCanvasElement;
  readonly #context: CanvasRenderingContext2D;
  #planes: readonly PlaneMessage[] = [];
  #flashes: Flash[] = [];
  #tint = false;
  #flash = false;
  #scheduled = false;

  constructor(canvas: HTMLCanvasElement) {
    this.#canvas = canvas;
    this.#context = canvas.getContext('2d')!;
  }

  switchTo(tint: boolean, flash: boolean): void {
    this.#tint = tint;
    this.#flash = flash;
    if (!flash) this.#flashes = [];
    this.#schedule();
  }

  showPlanes(planes: readonly PlaneMessage[]): void {
    // The cursor is where the pointer is, and elsewhere before anybody could tell of it: it is in the panel.
    this.#planes = planes.filter(({ content }) => content === 'surface');
    if (this.#tint) this.#schedule();
  }

  showDamage(rects: readonly Rect[]): void {
    if (!this.#flash) return;
    const at = performance.now();
    this.#flashes.push(...rects.map(rect => ({ rect, at })));
    this.#flashes.splice(0, this.#flashes.length - MOST_FLASHES);
    this.#schedule();
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    requestAnimationFrame(now => {
      this.#scheduled = false;
      this.#draw(now);
    });
  }

  #draw(now: number): void {
    this.#context.clearRect(0, 0, this.#canvas.width, this.#canvas.height);
    if (this.#tint) for (const plane of this.#planes) this.#drawPlane(plane);
    this.#flashes = this.#flashes.filter(({ at }) => now - at < FLASH);
    const damage = colour('--damage');
    for (const { rect, at } of this.#flashes) {
      const left = 1 - Math.max(0, now - at) / FLASH;
      this.#context.fillStyle = `rgb(${damage} / ${0.3 * left})`;
      this.#context.fillRect(rect.x, rect.y, rect.width, rect.height);
      this.#frame(rect, `rgb(${damage} / ${0.8 * left})`);
    }
    if (this.#flashes.length > 0) this.#schedule();
  }

  #drawPlane({ rect, type, plane }: PlaneMessage): void {
    const scanout = colour('--scanout');
    const unit = this.#unit;
    this.#context.fillStyle = `rgb(${scanout} / 0.28)`;
    this.#context.fillRect(rect.x, rect.y, rect.width, rect.height);
    this.#frame(rect, `rgb(${scanout} / 0.95)`);
    if (rect.width < 60 * unit) return;
    const label = `${type} ${plane}`;
    this.#context.font = `600 ${12 * unit}px ui-monospace, monospace`;
    const width = this.#context.measureText(label).width + 12 * unit;
    this.#context.fillStyle = `rgb(${scanout} / 0.95)`;
    this.#context.fillRect(rect.x, rect.y, width, 20 * unit);
    this.#context.fillStyle = colour('--on-accent');
    this.#context.fillText(label, rect.x + 6 * unit, rect.y + 14 * unit);
  }

  #frame({ x, y, width, height }: Rect, style: string): void {
    const line = 2 * this.#unit;
    this.#context.strokeStyle = style;
    this.#context.lineWidth = line;
    this.#context.strokeRect(
      x + line / 2,
      y + line / 2,
      Math.max(0, width - line),
      Math.max(0, height - line),
    );
  }

  /** Pixels of the screen in a pixel of the page: lines and labels are as large as everything else there. */
  get #unit(): number {
    return Math.max(1, this.#canvas.width / Math.max(1, this.#canvas.clientWidth));
  }
}
