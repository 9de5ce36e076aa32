// Comets on Lissajous curves: what the animation draws, with the CPU, and where.
import type { Mapping, Rect, Size } from '../../client-sdk/index.ts';

interface Light {
  readonly x: number;
  readonly y: number;
  readonly radius: number;
}

/** A head and its tail, and the rectangle around them. */
export interface Comet {
  readonly colour: readonly [red: number, green: number, blue: number];
  readonly lights: readonly Light[];
  readonly extent: Rect;
}

const COLOURS = [
  [255, 96, 32],
  [255, 48, 128],
  [96, 80, 255],
  [32, 192, 255],
  [64, 255, 128],
] as const;
const LIGHTS = 38;
const HEAD = 32;
/** Of the comet's way, in radians, from one light of the tail to the next and from one frame to the next. */
const SPACING = 0.007;
const SPEED = 0.012;

const TOP = [9, 12, 34] as const;
const BOTTOM = [46, 16, 72] as const;

/** Stars, each by its place in a sky of 1 by 1. */
const STARS = Array.from({ length: 180 }, (_, star) => ({
  x: (star * 0.618034) % 1,
  y: (star * star * 0.324718 + star * 0.754878) % 1,
  grey: 0x40 + ((star * 37) % 0x60),
}));

/** How bright a light is around its middle, 0 to 255: squares of 2 * radius + 1, by radius. */
const glows = Array.from({ length: HEAD + 1 }, (_, radius) => glow(radius));

function glow(radius: number): Uint8Array {
  const side = 2 * radius + 1;
  return Uint8Array.from({ length: side * side }, (_, index) => {
    const x = (index % side) - radius;
    const y = Math.floor(index / side) - radius;
    return 120 * Math.max(0, 1 - (x * x + y * y) / (radius * radius)) ** 3;
  });
}

/** Where the comets are in a frame. */
export function cometsAt(frame: number, size: Size): Comet[] {
  return COLOURS.map((colour, index) => {
    const lights = Array.from({ length: LIGHTS }, (_, place) => {
      const at = frame * SPEED - place * SPACING + index * 1.3;
      return {
        x: Math.round((size.width / 2) * (1 + 0.9 * Math.sin(3 * at + index))),
        y: Math.round((size.height / 2) * (1 + 0.85 * Math.sin((2 + 2 * (index % 2)) * at))),
        radius: Math.round(HEAD * (1 - place / LIGHTS)),
      };
    });
    return { colour, lights, extent: around(lights) };
  });
}

function around(lights: readonly Light[]): Rect {
  const x = Math.min(...lights.map(light => light.x - light.radius));
  const y = Math.min(...lights.map(light => light.y - light.radius));
  const right = Math.max(...lights.map(light => light.x + light.radius)) + 1;
  const bottom = Math.max(...lights.map(light => light.y + light.radius)) + 1;
  return { x, y, width: right - x, height: bottom - y };
}

/** The rectangle around two. */
export function joined(one: Rect, other: Rect): Rect {
  const [x, y] = [Math.min(one.x, other.x), Math.min(one.y, other.y)];
  const right = Math.max(one.x + one.width, other.x + other.width);
  const bottom = Math.max(one.y + one.height, other.y + other.height);
  return { x, y, width: right - x, height: bottom - y };
}

/** Draws the night sky in a rectangle, cut at the edges of the image. */
export function drawSky(target: Mapping, rect: Rect): void {
  const { pixels, stride, width, height } = target;
  const left = Math.max(0, rect.x);
  const right = Math.max(left, Math.min(width, rect.x + rect.width));
  const bottom = Math.min(height, rect.y + rect.height);
  for (let y = Math.max(0, rect.y); y < bottom; y++) {
    const mix = (part: 0 | 1 | 2) => TOP[part] + ((BOTTOM[part] - TOP[part]) * y) / height;
    const row = (y * stride) / 4;
    pixels.fill(0xff000000 | (mix(0) << 16) | (mix(1) << 8) | mix(2), row + left, row + right);
  }
  for (const star of STARS) {
    const [x, y] = [Math.floor(star.x * width), Math.floor(star.y * height)];
    if (x < left || x >= right || y < rect.y || y >= bottom) continue;
    pixels[(y * stride) / 4 + x] = 0xff000000 + star.grey * 0x10101;
  }
}

/** Adds a comet's light to what is there. */
export function drawComet(target: Mapping, { lights, colour }: Comet): void {
  for (const light of lights) drawLight(target, light, colour);
}

function drawLight({ pixels, stride, width, height }: Mapping, light: Light, colour: Comet['colour']): void {
  const { x, y, radius } = light;
  const [red, green, blue] = colour;
  const brightness = glows[radius]!;
  const side = 2 * radius + 1;
  for (let row = Math.max(0, y - radius); row < Math.min(height, y + radius + 1); row++) {
    const from = (row - y + radius) * side - x + radius;
    const to = (row * stride) / 4;
    for (let column = Math.max(0, x - radius); column < Math.min(width, x + radius + 1); column++) {
      const bright = brightness[from + column]!;
      if (bright === 0) continue;
      const there = pixels[to + column]!;
      const r = Math.min(255, ((there >> 16) & 255) + ((red * bright) >> 8));
      const g = Math.min(255, ((there >> 8) & 255) + ((green * bright) >> 8));
      const b = Math.min(255, (there & 255) + ((blue * bright) >> 8));
      pixels[to + column] = 0xff000000 | (r << 16) | (g << 8) | b;
    }
  }
}
