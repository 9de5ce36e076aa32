import { expect } from 'vitest';
import {
  DRM_MODE_ATOMIC_ALLOW_MODESET as ALLOW_MODESET,
  DRM_MODE_ATOMIC_NONBLOCK as NONBLOCK,
} from '../../../../protocol/uapi/drm-mode.ts';
import { F_ADD_SEALS, F_SEAL_GROW, F_SEAL_SHRINK } from '../../../../protocol/uapi/fcntl.ts';
import { simkms_histogram_record as record } from '../../../../protocol/uapi/simkms.ts';
import type { StructValue } from '../../../../protocol/uapi/struct.ts';
import { MILLISECOND } from '../../../machine/machine.ts';
import { fenceOf } from '../../sync/sync-file.ts';
import { createDisplay, lightUp, type Request, type TestBuffer } from './testing.ts';

export const WIDTH = 64;
export const HEIGHT = 48;
/** A little more than one frame at 60 Hz. */
export const FRAME = 17n * MILLISECOND;

const wordsOf = ({ bytes }: TestBuffer) => new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);

/** The colours of a buffer, without what is in the unused byte. */
export const visible = (buffer: TestBuffer) => wordsOf(buffer).map(pixel => pixel & 0xffffff);

/** Every pixel another colour. */
export function paint(buffer: TestBuffer): void {
  const words = wordsOf(buffer);
  for (const index of words.keys()) words[index] = 0xff000000 | (index * 0x10305);
}

/** A display with connector and writeback connector on its CRTC, showing a painted framebuffer. */
export function lit(options: Parameters<typeof createDisplay>[0] = {}) {
  const display = createDisplay(options);
  const { client, machine, simkms } = display;
  const ids = client.output();
  const front = client.buffer(WIDTH, HEIGHT);
  paint(front);
  const target = client.buffer(WIDTH, HEIGHT);
  const request: Request = [...lightUp(ids, front.fb, WIDTH, HEIGHT), [ids.writeback, { CRTC_ID: ids.crtc }]];
  client.startCommit(request, ALLOW_MODESET);
  machine.advance(2n * FRAME);
  const word = client.task.memory.mapAnonymous(4096);
  const fenceAt = (offset = 0) => {
    const bytes = client.task.memory.copyFromUser(word + BigInt(offset), 4);
    return fenceOf(client.task, new DataView(bytes.buffer).getInt32(0, true));
  };
  /** Commits and writes the picture back. */
  const shoot = (request: Request = []) => {
    client.commit(
      [...request, [ids.writeback, { WRITEBACK_FB_ID: target.fb, WRITEBACK_OUT_FENCE_PTR: word }]],
      NONBLOCK,
    );
    const fence = fenceAt();
    machine.advance(2n * FRAME);
    expect(fence.status).toBe(1);
    return visible(target);
  };
  const statistics = () => simkms.statistics('Virtual-1');
  return { ...display, ids, front, target, word, fenceAt, shoot, statistics };
}

export type LitDisplay = ReturnType<typeof lit>;

/** A memfd for one record, sealed as the device wants it. */
export function recordMemfd(
  { client: { task } }: Pick<LitDisplay, 'client'>,
  size = record.size,
  seals = F_SEAL_SHRINK | F_SEAL_GROW,
): number {
  const fd = task.memfdCreate('histogram');
  task.truncate(fd, BigInt(size));
  task.fcntl(fd, F_ADD_SEALS, seals);
  return fd;
}

export function readRecord(
  { client: { task } }: Pick<LitDisplay, 'client'>,
  fd: number,
): StructValue<typeof record> {
  const bytes = new Uint8Array(record.size);
  task.pread(fd, bytes, 0n);
  return record.read(new DataView(bytes.buffer), 0);
}

/** max(R, G, B) of each pixel, counted in 256 bins by a plain loop. */
export function countMaxRgb(pixels: Iterable<number>): number[] {
  const bins = new Array<number>(256).fill(0);
  for (const pixel of pixels) bins[Math.max((pixel >>> 16) & 255, (pixel >>> 8) & 255, pixel & 255)]!++;
  return bins;
}

/** What a commit asks the CRTC for to have its frame counted; the fence's number goes to `word`. */
export const countInto = ({ ids, word }: LitDisplay, fd: number): Request[number] => [
  ids.crtc,
  { HISTOGRAM_ENABLE: 1, HISTOGRAM_FD: fd, HISTOGRAM_FENCE_PTR: word },
];
