import type { Nanoseconds } from '../../compositor/machine/machine.ts';
import { type Color, type Image, pixel } from './image.ts';

/** One scan of an output. */
export interface FilmFrame {
  /** The vblank at which the scan began. */
  readonly sequence: bigint;
  readonly time: Nanoseconds;
  readonly image: Image;
}

/** Every scan of an output, from `TestSession.film` until disposed. */
export class Film implements Disposable {
  readonly frames: FilmFrame[] = [];
  /** Resolves with the first frame. */
  readonly developed: Promise<void>;
  readonly #stop: () => void;

  constructor(attach: (take: (scanned: FilmFrame) => void) => Disposable) {
    let first = (): void => {};
    this.developed = new Promise(resolve => {
      first = resolve;
    });
    const camera = attach(scanned => {
      this.frames.push(scanned);
      first();
    });
    this.#stop = () => camera[Symbol.dispose]();
  }

  /** What was shown at a time: the frame whose scan began last before it, or null. */
  at(time: Nanoseconds): FilmFrame | null {
    return this.frames.findLast(frame => frame.time <= time) ?? null;
  }

  [Symbol.dispose](): void {
    this.#stop();
  }
}

/** The colours in an image, or in a part of it. */
export function colorsOf(
  image: Image,
  { x = 0, y = 0, width = image.width, height = image.height } = {},
): Set<Color> {
  const colors = new Set<Color>();
  for (let row = y; row < y + height; row++)
    for (let column = x; column < x + width; column++) colors.add(pixel(image, column, row));
  return colors;
}
