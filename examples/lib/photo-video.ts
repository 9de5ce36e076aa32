import { loadPhoto, PHOTOS, type Picture } from './photos.ts';
import { headerLine, type Y4mHeader } from './y4m.ts';

export const PHOTO_VIDEO: Y4mHeader = { width: 480, height: 270, rate: [25, 1] };
const FRAMES_PER_PHOTO = 50;

/** A camera that moves slowly over a photograph: which part of it frame `at` (0 to 1) shows. */
function view(picture: Picture, at: number, header: Y4mHeader) {
  const fit = Math.min(picture.width / header.width, picture.height / header.height);
  const scale = fit * (1 - 0.25 * at);
  return {
    scale,
    left: (picture.width - header.width * scale) * (0.2 + 0.6 * at),
    top: (picture.height - header.height * scale) * (0.4 - 0.4 * at),
  };
}

/** One frame as planar 4:2:0 in limited-range BT.601, chroma taken from the upper left of each four pixels. */
function encode(picture: Picture, at: number, header: Y4mHeader): Uint8Array {
  const { width, height } = header;
  const { scale, left, top } = view(picture, at, header);
  const bytes = new Uint8Array((width * height * 3) / 2);
  let blue = width * height;
  let red = (width * height * 5) / 4;
  for (let y = 0; y < height; y++) {
    const row = Math.floor(top + y * scale) * picture.width;
    for (let x = 0; x < width; x++) {
      const from = (row + Math.floor(left + x * scale)) * 4;
      const [r, g, b] = [picture.data[from]!, picture.data[from + 1]!, picture.data[from + 2]!];
      bytes[y * width + x] = 16 + (65.738 * r + 129.057 * g + 25.064 * b) / 256;
      if ((x | y) & 1) continue;
      bytes[blue++] = 128.5 + (-37.945 * r - 74.494 * g + 112.439 * b) / 256;
      bytes[red++] = 128.5 + (112.439 * r - 94.154 * g - 18.285 * b) / 256;
    }
  }
  return bytes;
}

/** A Y4M video of the photographs, as the bytes of its stream: two seconds each, `loops` times over. */
export async function* photoVideo(loops = Number.POSITIVE_INFINITY): AsyncGenerator<Uint8Array> {
  const text = new TextEncoder();
  yield text.encode(headerLine(PHOTO_VIDEO));
  const marker = text.encode('FRAME\n');
  const made: Uint8Array[] = [];
  // Backwards: not the same as a photo viewer beside it shows.
  for (const name of PHOTOS.toReversed()) {
    const picture = loadPhoto(name);
    for (let n = 0; n < FRAMES_PER_PHOTO; n++) {
      const frame = encode(picture, n / FRAMES_PER_PHOTO, PHOTO_VIDEO);
      made.push(frame);
      yield marker;
      yield frame;
    }
  }
  for (let loop = 1; loop < loops; loop++)
    for (const frame of made) {
      yield marker;
      yield frame;
    }
}
