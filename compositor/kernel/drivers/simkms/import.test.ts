import { describe, expect, it } from 'vitest';
import { DMA_BUF_IOCTL_EXPORT_SYNC_FILE, DMA_BUF_SYNC_RW } from '../../../../protocol/uapi/dma-buf.ts';
import { drmIoctls } from '../../../../protocol/uapi/drm.ts';
import {
  DRM_MODE_ATOMIC_ALLOW_MODESET as ALLOW_MODESET,
  modeIoctls,
  DRM_MODE_ATOMIC_NONBLOCK as NONBLOCK,
} from '../../../../protocol/uapi/drm-mode.ts';
import { F_ADD_SEALS, F_SEAL_SHRINK } from '../../../../protocol/uapi/fcntl.ts';
import { DRM_FORMAT_NV12 } from '../../../../protocol/uapi/fourcc.ts';
import { UDMABUF_CREATE } from '../../../../protocol/uapi/udmabuf.ts';
import { MILLISECOND } from '../../../machine/machine.ts';
import { addUdmabufDevice } from '../../memory/udmabuf.ts';
import { fenceOf } from '../../sync/sync-file.ts';
import { createDisplay, lightUp, planeOf } from './testing.ts';

const WIDTH = 64;
const HEIGHT = 48;

/** An NV12 picture in a client's memfd, imported by way of a udmabuf, of one colour. */
function imported(luma: number, chroma: readonly [number, number]) {
  const display = createDisplay();
  const { client, kernel } = display;
  const { task, fd } = client;
  addUdmabufDevice(kernel);
  const memfd = task.memfdCreate('nv12');
  const length = 8192;
  task.truncate(memfd, BigInt(length));
  task.fcntl(memfd, F_ADD_SEALS, F_SEAL_SHRINK);
  const picture = new Uint8Array(length).fill(luma);
  for (let at = 4096; at < length; at += 2) picture.set(chroma, at);
  task.pwrite(memfd, picture, 0n);
  const dmaBuf = task.callForNumber(task.open('/dev/udmabuf'), UDMABUF_CREATE, {
    memfd,
    size: BigInt(length),
  });
  task.close(memfd);
  const { handle } = task.call(fd, drmIoctls.DRM_IOCTL_PRIME_FD_TO_HANDLE, { fd: dmaBuf });
  const { fb_id } = task.call(fd, modeIoctls.DRM_IOCTL_MODE_ADDFB2, {
    width: WIDTH,
    height: HEIGHT,
    pixel_format: DRM_FORMAT_NV12,
    handles: [handle!, handle!, 0, 0],
    pitches: [WIDTH, WIDTH, 0, 0],
    offsets: [0, 4096, 0, 0],
    modifier: [0n, 0n, 0n, 0n],
  });
  return { ...display, dmaBuf, fb: fb_id! };
}

describe("a client's NV12 buffer", () => {
  it('is shown from its own memory, by encoding and range of the plane', () => {
    const { client, machine, fb } = imported(235, [128, 128]);
    const ids = client.output();
    const target = client.buffer(WIDTH, HEIGHT);
    client.commit(
      [
        ...lightUp(ids, fb, WIDTH, HEIGHT),
        [ids.writeback, { CRTC_ID: ids.crtc, WRITEBACK_FB_ID: target.fb }],
      ],
      ALLOW_MODESET | NONBLOCK,
    );
    machine.advance(60n * MILLISECOND);
    const first = () =>
      new DataView(target.bytes.buffer, target.bytes.byteOffset).getUint32(0, true) & 0xffffff;
    expect(first()).toBe(0xffffff);
    client.commit(
      [
        [ids.primary, { COLOR_RANGE: 1 }],
        [ids.writeback, { WRITEBACK_FB_ID: target.fb }],
      ],
      NONBLOCK,
    );
    machine.advance(60n * MILLISECOND);
    expect(first()).toBe(0xebebeb);
  });

  it('grows on an overlay, and nothing of it is left in the reservation', () => {
    const { client, machine, fb, dmaBuf } = imported(16, [128, 128]);
    const ids = client.output();
    const back = client.buffer(WIDTH, HEIGHT, 0xffffffff);
    const target = client.buffer(WIDTH, HEIGHT);
    const overlay = {
      ...planeOf(ids.crtc, fb, { width: WIDTH, height: HEIGHT, x: -WIDTH, y: -HEIGHT }),
      CRTC_W: 96,
      CRTC_H: 72,
    };
    client.commit(
      [
        ...lightUp(ids, back.fb, WIDTH, HEIGHT),
        [ids.overlays[0]!, overlay],
        [ids.writeback, { CRTC_ID: ids.crtc, WRITEBACK_FB_ID: target.fb }],
      ],
      ALLOW_MODESET | NONBLOCK,
    );
    const { fd } = client.task.call(dmaBuf, DMA_BUF_IOCTL_EXPORT_SYNC_FILE, {
      flags: DMA_BUF_SYNC_RW,
      fd: -1,
    });
    expect(fenceOf(client.task, fd!).signalled).toBe(true);
    machine.advance(60n * MILLISECOND);
    const words = new Uint32Array(target.bytes.buffer, target.bytes.byteOffset, WIDTH * HEIGHT);
    const at = (x: number, y: number) => words[y * WIDTH + x]! & 0xffffff;
    expect([at(0, 0), at(31, 23), at(32, 23), at(31, 24)]).toEqual([0, 0, 0xffffff, 0xffffff]);
  });
});
