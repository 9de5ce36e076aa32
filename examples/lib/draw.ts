// Drawing with the CPU into mapped images: bytes blue, green, red, alpha.
import type { Mapping, Rect, SharedImage } from '../../client-sdk/index.ts';
import { drawCovering, type Picture } from './photos.ts';

/** A colour as its bytes in memory. */
export type Bytes4 = readonly [blue: number, green: number, red: number, alpha: number];

/** Fills a rectangle, cut at the edges of the image. */
export function fillRect(target: Mapping, rect: Rect, colour: Bytes4): void {
  const { data, stride } = target;
  const left = Math.max(0, rect.x);
  const right = Math.min(target.width, rect.x + rect.width);
  const bottom = Math.min(target.height, rect.y + rect.height);
  for (let y = Math.max(0, rect.y); y < bottom; y++)
    for (let at = y * stride + left * 4, end = y * stride + right * 4; at < end; at += 4)
      data.set(colour, at);
}

/** Puts a photograph into an image, which is scaled to cover it. */
export async function putPhoto(image: SharedImage, picture: Picture): Promise<void> {
  const mapping = await image.map();
  const { width, height, data, stride } = mapping;
  drawCovering(picture, { width, height, data, stride });
  mapping.unmap();
}
