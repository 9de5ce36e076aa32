// Pictures that tests draw, and what they should look like on a screen. Alpha is premultiplied, as wl_shm has it.
import { type Color, fillRect, type Image } from './image.ts';

interface Rect {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** An image from a function of the place: red, green, blue, alpha. */
export function picture(
  width: number,
  height: number,
  at: (x: number, y: number) => readonly [red: number, green: number, blue: number, alpha: number],
): Image {
  const data = new Uint8Array(width * height * 4);
  for (let y = 0; y < height; y++) for (let x = 0; x < width; x++) data.set(at(x, y), (y * width + x) * 4);
  return { width, height, data };
}

/** An opaque image with no two pixels alike nearby: what is in a wrong place or of a wrong frame is seen. */
export const pattern = (width: number, height: number, seed = 0): Image =>
  picture(width, height, (x, y) => [
    (x * 5 + seed * 37) & 0xff,
    (y * 7 + seed * 11) & 0xff,
    ((x + y) * 3 + seed * 71) & 0xff,
    255,
  ]);

/** One colour, through which `1 - alpha / 255` of what is below is seen. */
export const veil = (width: number, height: number, color: Color, alpha: number): Image => {
  const part = (shift: number) => Math.round((((color >> shift) & 0xff) * alpha) / 255);
  return picture(width, height, () => [part(16), part(8), part(0), alpha]);
};

/** `upper` over `lower`, its corner at a place; blended as the render engine documents: each product rounded to nearest. */
export function over(lower: Image, upper: Image, x = 0, y = 0): Image {
  return picture(lower.width, lower.height, (px, py) => {
    const below = at(lower, px, py);
    const inside = px >= x && py >= y && px < x + upper.width && py < y + upper.height;
    if (!inside) return below;
    const [red, green, blue, alpha] = at(upper, px - x, py - y);
    const blend = (top: number, bottom: number) =>
      Math.min(255, top + Math.floor((bottom * (255 - alpha)) / 255 + 0.5));
    return [blend(red, below[0]), blend(green, below[1]), blend(blue, below[2]), 255];
  });
}

/** A part of an image. */
export const crop = (image: Image, { x, y, width, height }: Rect): Image =>
  picture(width, height, (px, py) => at(image, px + x, py + y));

/** Each pixel `times` as wide and high. */
export const enlarge = (image: Image, times: number): Image =>
  picture(image.width * times, image.height * times, (x, y) =>
    at(image, Math.floor(x / times), Math.floor(y / times)),
  );

/** Blocks of `size` pixels of one colour each, in rows of `columns`. */
export function blocks(size: number, columns: number, colors: readonly Color[]): Image {
  const rows = Math.ceil(colors.length / columns);
  return colors.reduce(
    (image, color, index) =>
      fillRect(
        image,
        {
          x: (index % columns) * size,
          y: Math.floor(index / columns) * size,
          width: size,
          height: size,
        },
        color,
      ),
    picture(columns * size, rows * size, () => [0, 0, 0, 255]),
  );
}

/**
 * What a buffer looks like whose content was drawn with a wl_output transform: turned back. 1 to 3 are quarter turns
 * of the content counter-clockwise, 4 and up are mirrored left to right first.
 */
export function upright(buffer: Image, transform: number): Image {
  const turned = transform % 2 === 1;
  const [width, height] = turned ? [buffer.height, buffer.width] : [buffer.width, buffer.height];
  return picture(width, height, (x, y) => {
    const mirrored = transform >= 4 ? width - 1 - x : x;
    if (transform % 4 === 0) return at(buffer, mirrored, y);
    if (transform % 4 === 1) return at(buffer, y, width - 1 - mirrored);
    if (transform % 4 === 2) return at(buffer, width - 1 - mirrored, height - 1 - y);
    return at(buffer, height - 1 - y, mirrored);
  });
}

type Rgba = [red: number, green: number, blue: number, alpha: number];

const at = ({ width, data }: Image, x: number, y: number): Rgba =>
  Array.from(data.subarray((y * width + x) * 4, (y * width + x) * 4 + 4)) as Rgba;
