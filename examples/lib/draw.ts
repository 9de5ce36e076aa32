// Drawing with the CPU into mapped images.
import type { SharedImage } from '../../client-sdk/index.ts';
import { drawCovering, type Picture } from './photos.ts';

/** Puts a photograph into an image, which is scaled to cover it. */
export async function putPhoto(image: SharedImage, picture: Picture): Promise<void> {
  const mapping = await image.map();
  const { width, height, data, stride } = mapping;
  drawCovering(picture, { width, height, data, stride });
  mapping.unmap();
}
