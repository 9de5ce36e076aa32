// Drawing with the CPU into mapped images.
import type { Mapping, Rect, SharedImage } from '../../client-sdk/index.ts';
import { drawCovering, type Picture } from './photos.ts';

/** Fills a rectangle, cut at the edges of the image, with a colour 0xAARRGGBB. */
export function fillRect(target: Mapping, rect: Rect, colour: number): void {
  const { pixels, stride } = target;
  const left = Math.max(0, rect.x);
  const right = Math.max(left, Math.min(target.width, rect.x + rect.width));
  const bottom = Math.min(target.height, rect.y + rect.height);
  for (let y = Math.max(0, rect.y); y < bottom; y++) {
    const row = (y * stride) / 4;
    pixels.fill(colour, row + left, row + right);
  }
}

/** Puts a photograph into an image, which is scaled to cover it. */
export async function putPhoto(image: SharedImage, picture: Picture): Promise<void> {
  const mapping = await image.map();
  const { width, height, data, stride } = mapping;
  drawCovering(picture, { width, height, data, stride });
  mapping.unmap();
}
