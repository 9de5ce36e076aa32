import type { Client } from './client.ts';
import type { SharedImage } from './image.ts';
import type { Screenshot, ScreenshotOptions } from './options.ts';
import { ScreenCapture } from './screen-capture.ts';

/** Captures an output as it is composed next (ext_image_copy_capture). */
export async function screenshot(client: Client, options: ScreenshotOptions = {}): Promise<Screenshot> {
  const capture = await ScreenCapture.open(client, options);
  try {
    const image = await capture.createImage();
    try {
      await capture.next(image, options);
      return await toRgba(image);
    } finally {
      image[Symbol.dispose]();
    }
  } finally {
    capture[Symbol.dispose]();
  }
}

async function toRgba(image: SharedImage): Promise<Screenshot> {
  const { width, height } = image;
  const mapping = await image.map({ access: 'read' });
  const { data: source, stride } = mapping;
  const opaque = image.format === 'XRGB8888';
  const data = new Uint8Array(width * height * 4);
  for (let y = 0, to = 0; y < height; y++)
    for (let x = 0, from = y * stride; x < width; x++, from += 4, to += 4) {
      data[to] = source[from + 2]!;
      data[to + 1] = source[from + 1]!;
      data[to + 2] = source[from]!;
      data[to + 3] = opaque ? 0xff : source[from + 3]!;
    }
  mapping.unmap();
  return { width, height, data };
}
