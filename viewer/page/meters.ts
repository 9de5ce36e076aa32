// The numbers in the bar.
import { byId, setText } from './dom.ts';

const SECOND = 1000;
/** Input that no picture has followed for this long did not change the screen. */
const TOO_LATE = 1000;
const SAMPLES = 31;

export class Meters {
  readonly #rate = byId('rate', HTMLSpanElement);
  readonly #bytes = byId('bytes', HTMLSpanElement);
  readonly #latency = byId('latency', HTMLSpanElement);
  readonly #sent = new Map<number, number>();
  readonly #delays: number[] = [];
  #frames = 0;
  #received = 0;

  constructor() {
    setInterval(() => this.#show(), SECOND);
  }

  sent(n: number): void {
    this.#sent.set(n, performance.now());
  }

  /** A picture was painted that came after the input `input`. */
  painted(input: number, bytes: number): void {
    this.#frames++;
    this.#received += bytes;
    const now = performance.now();
    let oldest: number | null = null;
    for (const [n, at] of this.#sent) {
      if (n > input) break;
      this.#sent.delete(n);
      if (oldest === null && now - at < TOO_LATE) oldest = now - at;
    }
    if (oldest === null) return;
    this.#delays.push(oldest);
    if (this.#delays.length > SAMPLES) this.#delays.shift();
  }

  #show(): void {
    setText(this.#rate, String(this.#frames));
    setText(this.#bytes, amount(this.#received));
    const sorted = this.#delays.toSorted((a, b) => a - b);
    const median = sorted[sorted.length >> 1];
    setText(this.#latency, median === undefined ? '–' : median.toFixed(median < 10 ? 1 : 0));
    this.#frames = 0;
    this.#received = 0;
  }
}

function amount(bytes: number): string {
  if (bytes >= 1e6) return `${(bytes / 1e6).toFixed(1)} MB`;
  if (bytes >= 1e3) return `${(bytes / 1e3).toFixed(0)} kB`;
  return `${bytes} B`;
}
