// A client that is a web page: its canvas is a window of the server, beside the windows of other programs. People draw on
// both, here and there. The same SDK as in Node; pixels travel through the WebSocket, and only the rows that changed.
import { type Client, connect, type Frame, type Rect, type Window } from '../../client-sdk/browser.ts';

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

interface Point {
  readonly x: number;
  readonly y: number;
}

/** The canvas, and how much of it has changed. */
class Drawing {
  #touched: Rect | null = { x: 0, y: 0, width: canvas.width, height: canvas.height };
  #wake = () => {};

  constructor() {
    context.fillStyle = '#1d2733';
    context.fillRect(0, 0, canvas.width, canvas.height);
    context.lineWidth = 6;
    context.lineCap = 'round';
  }

  /** What was touched since the last time; waits until something is. */
  async touched(): Promise<Rect> {
    while (this.#touched === null) await new Promise<void>(resolve => (this.#wake = resolve));
    const rect = this.#touched;
    this.#touched = null;
    return rect;
  }

  line(from: Point, to: Point, colour: string): void {
    context.strokeStyle = colour;
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

/** A hand that draws while it is down. */
class Pen {
  readonly #drawing: Drawing;
  readonly #colour: string;
  #last: Point | null = null;
  down = false;

  constructor(drawing: Drawing, colour: string) {
    this.#drawing = drawing;
    this.#colour = colour;
  }

  move(to: Point): void {
    if (this.down && this.#last) this.#drawing.line(this.#last, to, this.#colour);
    this.#last = to;
  }
}

/** Whoever has the page before them. */
function drawOnPage(drawing: Drawing): void {
  const pen = new Pen(drawing, '#ffb347');
  canvas.addEventListener('pointermove', event => {
    const scale = canvas.width / canvas.clientWidth;
    pen.down = event.buttons !== 0;
    pen.move({ x: event.offsetX * scale, y: event.offsetY * scale });
  });
}

/** Whoever has the server's screen before them: their pointer is on the window, the page shows what they draw. */
function drawOnServer(drawing: Drawing, client: Client, window: Window): void {
  if (client.offers('wl_seat') === 0) return;
  const pen = new Pen(drawing, '#6fc3ff');
  client.seat.on('pointer', event => {
    if (event.kind === 'leave') pen.down = false;
    if (event.kind === 'button') pen.down = event.pressed;
    if (event.kind !== 'enter' && event.kind !== 'motion') return;
    const { width, height } = window.extent;
    pen.move({ x: (event.x * canvas.width) / width, y: (event.y * canvas.height) / height });
  });
}

async function show(window: Window, drawing: Drawing): Promise<void> {
  for await (const frame of window.frames()) {
    const touched = await drawing.touched();
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
  const drawing = new Drawing();
  drawOnPage(drawing);
  drawOnServer(drawing, client, window);
  await show(window, drawing);
  await client.close();
  status.textContent = 'the server closed the window';
}

run().catch((error: unknown) => {
  status.textContent = error instanceof Error ? error.message : String(error);
});
