import { describe, expect, it } from 'vitest';
import { PHOTO_VIDEO, photoVideo } from './photo-video.ts';
import { headerLine, parseHeader, readY4m, writeNv12 } from './y4m.ts';

const bytes = (text: string) => new TextEncoder().encode(text);

async function* inPieces(whole: Uint8Array, size: number) {
  for (let at = 0; at < whole.length; at += size) yield whole.subarray(at, at + size);
}

const tiny = Uint8Array.from([
  ...bytes('YUV4MPEG2 W4 H2 F25:1 C420jpeg\nFRAME\n'),
  1,
  2,
  3,
  4,
  5,
  6,
  7,
  8,
  10,
  11,
  20,
  21,
]);

describe('readY4m', () => {
  it.each([1, 3, 1000])('reads a stream that comes %i bytes at a time', async size => {
    const { header, frames } = await readY4m(inPieces(tiny, size));
    expect(header).toEqual({ width: 4, height: 2, rate: [25, 1] });
    const all = [];
    for await (const frame of frames) all.push(frame);
    expect(all).toHaveLength(1);
    expect([...all[0]!.luma]).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    expect([...all[0]!.blue, ...all[0]!.red]).toEqual([10, 11, 20, 21]);
  });

  it('leaves out a frame that is cut off', async () => {
    const { frames } = await readY4m(inPieces(tiny.subarray(0, -1), 7));
    for await (const _ of frames) expect.unreachable();
  });

  it.each([
    ['RIFF....', /not a Y4M stream/],
    ['YUV4MPEG2 W3 H2', /even sides/],
    ['YUV4MPEG2 W99999 H2', /even sides/],
    ['YUV4MPEG2 W4 H2 C444', /only 4:2:0/],
    ['YUV4MPEG2 W4 H2 F0:1', /a fraction/],
  ])('refuses %s in words', (line, words) => expect(() => parseHeader(line)).toThrow(words));

  it('writes what it reads', () => {
    expect(parseHeader(headerLine(PHOTO_VIDEO))).toEqual(PHOTO_VIDEO);
  });
});

describe('writeNv12', () => {
  it('interleaves chroma and honours strides', async () => {
    const { header, frames } = await readY4m(inPieces(tiny, 100));
    const frame = (await frames.next()).value!;
    const target = { luma: new Uint8Array(16), lumaStride: 8, chroma: new Uint8Array(8), chromaStride: 8 };
    writeNv12(frame, header, target);
    expect([...target.luma]).toEqual([1, 2, 3, 4, 0, 0, 0, 0, 5, 6, 7, 8, 0, 0, 0, 0]);
    expect([...target.chroma]).toEqual([10, 20, 11, 21, 0, 0, 0, 0]);
  });
});

describe('photoVideo', () => {
  it('is a Y4M stream of all photographs that moves', async () => {
    const { header, frames } = await readY4m(photoVideo(1));
    expect(header).toEqual(PHOTO_VIDEO);
    let count = 0;
    let first: Uint8Array | null = null;
    for await (const frame of frames) {
      first ??= frame.luma;
      if (count === 10) expect(frame.luma).not.toEqual(first);
      count++;
    }
    expect(count).toBe(150);
  });
});
