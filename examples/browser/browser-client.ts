// A client that is a web page: what is drawn on its canvas is shown in a window of the server. The same SDK as in Node;
// pixels travel through the WebSocket, and only the rows that changed.
import { connect, type Frame, type Rect, type Window } from '../../client-sdk/browser.ts';

const canvas = document.querySelector('canvas')!;
const status = document.querySelector('output')!;
const context = canvas.getContext('2d', { willReadFrequently: true })!;

/** Puts rows of the canvas (red, green, blue, alpha) into the frame (0xAARRGGBB). */
async function put(frame: Frame, { y, height }: Rect): Promise<void> {
  const { data: rgba, width } = context.getImageData(0, y, canvas.width, height);
  const target = await frame.map();
  const words = target.pixels;
  for (let row = 0; row < height; row++) {
    let to = ((y + row) * target.stride) / 4;
    for (let from = row * width * 4; from < (row + 1) * width * 4; from += 4)
      words[to++] = 0xff000000 | (rgba[from]! << 16) | (rgba[from + 1]! << 8) | rgba[from + 2]!;
  }
}

/** Strokes of the pointer, and how much of the canvas they have touched. */
class Strokes {
  #touched: Rect | null = { x: 0, y: 0, width: canvas.width, height: canvas.height };
  #wake = () => {};
  #last: { x: number; y: number } | null = null;

  constructor() {
    context.fillStyle = '#1d2733';
    context.fillRect(0, 0, canvas.width, canvas.height);
    context.strokeStyle = '#ffb347';
    context.lineWidth = 6;
    context.lineCap = 'round';
    canvas.addEventListener('pointermove', event => this.#move(event));
  }

  /** What was touched since the last time; waits until something is. */
  async touched(): Promise<Rect> {
    while (this.#touched === null) await new Promise<void>(resolve => (this.#wake = resolve));
    const rect = this.#touched;
    this.#touched = null;
    return rect;
  }

  #move(event: PointerEvent): void {
    const scale = canvas.width / canvas.clientWidth;
    const to = { x: event.offsetX * scale, y: event.offsetY * scale };
    const from = event.buttons === 0 ? null : this.#last;
    this.#last = to;
    if (!from) return;
    context.beginPath();
    context.moveTo(from.x, from.y);
    context.lineTo(to.x, to.y);
    context.stroke();
    this.#touch(Math.min(from.y, to.y), Math.max(from.y, to.y));
  }

  #touch(from: number, to: number): void {
    const margin = context.lineWidth;
    const top = Math.max(0, Math.floor(Math.min(from - margin, this.#touched?.y ?? from - margin)));
    const old = this.#touched ? this.#touched.y + this.#touched.height : 0;
    const bottom = Math.min(canvas.height, Math.ceil(Math.max(to + margin, old)));
    this.#touched = { x: 0, y: top, width: canvas.width, height: bottom - top };
    this.#wake();
  }
}

async function show(window: Window): Promise<void> {
  const strokes = new Strokes();
  for await (const frame of window.frames()) {
    const touched = await strokes.touched();
    // The image is older than the canvas by as many frames as it was away: all of it is drawn, the stroke is the damage.
    await put(frame, { x: 0, y: 0, width: canvas.width, height: canvas.height });
    frame.present({ damage: [touched] });
    status.textContent = `frame ${frame.number} of ${frame.width} by ${frame.height} pixels`;
  }
}

async function run(): Promise<void> {
  const display = new URLSearchParams(location.search).get('display');
  if (!display) throw new Error('the address names no server: append ?display=ws://127.0.0.1:PORT/');
  status.textContent = `connecting to ${display}`;
  const client = await connect(display);
  client.closed.then(end => {
    if (end.kind === 'closed-by-peer') status.textContent = `the server is gone: ${end.reason}`;
  });
  const size = { width: canvas.width, height: canvas.height };
  const window = await client.createWindow({ title: 'from a browser', size, fixedSize: true });
  await show(window);
  await client.close();
  status.textContent = 'the server closed the window';
}

run().catch((error: unknown) => {
  status.textContent = error instanceof Error ? error.message : String(error);
});
