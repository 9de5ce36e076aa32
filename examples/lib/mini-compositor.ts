// A compositor that has the display to itself: mode setting, buffers, flips and fences, by kernel calls alone.
import {
  type Card,
  type Client,
  type DisplayMode,
  type Fence,
  Gpu,
  OUT_FENCE,
  SharedImage,
} from '../../client-sdk/index.ts';
import { drmIoctls } from '../../protocol/uapi/drm.ts';
import * as kms from '../../protocol/uapi/drm-mode.ts';
import { DRM_FORMAT_XRGB8888 } from '../../protocol/uapi/fourcc.ts';

const { modeIoctls: calls } = kms;
const PRIMARY = 1n;
const FLIP = kms.DRM_MODE_ATOMIC_NONBLOCK | kms.DRM_MODE_PAGE_FLIP_EVENT;

/** A buffer that the GPU draws, as the display knows it. */
interface Buffer {
  readonly image: SharedImage;
  readonly fb: number;
  /** Signals when the display has stopped reading it; what is drawn next waits for that. */
  release: Fence | null;
}

export interface Output {
  readonly crtc: number;
  readonly connector: number;
  readonly plane: number;
  readonly mode: DisplayMode;
  readonly buffers: readonly Buffer[];
  frames: number;
  /** The vblank of the last flip. */
  sequence: number;
}

export class MiniCompositor {
  readonly card: Card;
  readonly outputs: readonly Output[];
  readonly #gpu: Gpu;

  private constructor(card: Card, gpu: Gpu, outputs: readonly Output[]) {
    this.card = card;
    this.#gpu = gpu;
    this.outputs = outputs;
  }

  /** Lights every output that the card shows: all of the device, or what is in a lease. */
  static async start(client: Client, card: Card): Promise<MiniCompositor> {
    const gpu = await Gpu.open(client);
    const { crtcs, connectors, planes } = await card.resources();
    const free = new Set(planes);
    const outputs: Output[] = [];
    for (const [index, connector] of connectors.entries()) {
      const crtc = crtcs[index];
      const plane = crtc === undefined ? null : await primaryOf(card, free, index);
      if (crtc === undefined || plane === null) continue;
      free.delete(plane);
      const mode = (await card.modes(connector))[0]!;
      const buffers = [await createBuffer(card, gpu, mode), await createBuffer(card, gpu, mode)];
      outputs.push({ crtc, connector, plane, mode, buffers, frames: 0, sequence: 0 });
    }
    const compositor = new MiniCompositor(card, gpu, outputs);
    for (const output of outputs) await compositor.#light(output);
    return compositor;
  }

  /** Draws and flips one output `count` times, as often as the display refreshes. */
  async run(output: Output, count: number): Promise<void> {
    for (let frame = 0; frame < count; frame++) {
      const buffer = output.buffers[output.frames % output.buffers.length]!;
      const shown = output.buffers[(output.frames + 1) % output.buffers.length]!;
      const acquire = await this.#draw(output, buffer);
      const [done] = await this.card.commit(
        [
          [output.plane, { FB_ID: buffer.fb, IN_FENCE_FD: acquire.fd }],
          [output.crtc, { OUT_FENCE_PTR: OUT_FENCE }],
        ],
        FLIP,
        BigInt(output.crtc),
      );
      acquire[Symbol.dispose]();
      // When this commit is on the screen, what it replaces is free.
      shown.release = done!;
      await this.#flipped(output);
    }
  }

  /** Lends an output to another program: it is the master of that from now on. Resolves with the lease's descriptor. */
  async lease({ crtc, connector, plane }: Output): Promise<number> {
    const object_ids = [crtc, connector, plane];
    const { client, fd } = this.card;
    return (await client.kernel.call(fd, calls.DRM_IOCTL_MODE_CREATE_LEASE, { object_ids })).fd;
  }

  /** The first picture is one that the CPU draws. Resolves when it is on the screen. */
  async #light(output: Output): Promise<void> {
    const { card } = this;
    const { crtc, connector, plane, mode } = output;
    const [width, height] = [mode.hdisplay, mode.vdisplay];
    const bytes = new Uint8Array(kms.drm_mode_modeinfo.size);
    kms.drm_mode_modeinfo.write(new DataView(bytes.buffer), 0, mode);
    await card.commit(
      [
        [connector, { CRTC_ID: crtc }],
        [crtc, { MODE_ID: await card.blob(bytes), ACTIVE: 1 }],
        [
          plane,
          {
            FB_ID: await picture(card, mode),
            CRTC_ID: crtc,
            CRTC_X: 0,
            CRTC_Y: 0,
            CRTC_W: width,
            CRTC_H: height,
            SRC_X: 0,
            SRC_Y: 0,
            SRC_W: width * 65536,
            SRC_H: height * 65536,
          },
        ],
      ],
      kms.DRM_MODE_ATOMIC_ALLOW_MODESET,
    );
  }

  /** A square that moves, over a colour of the output's own. */
  async #draw(output: Output, buffer: Buffer): Promise<Fence> {
    const { image, release } = buffer;
    const side = Math.floor(Math.min(image.width, image.height) / 4);
    const x = (output.frames * 4) % (image.width - side);
    const rect = { x, y: Math.floor((image.height - side) / 2), width: side, height: side };
    const shade = ((output.connector * 37) % 64) / 255;
    const drawn = await this.#gpu.submit(
      [
        { op: 'fill', target: image, colour: { red: shade, green: shade, blue: 0.4 } },
        { op: 'fill', target: image, colour: { red: 1, green: 0.8, blue: 0.2 }, rect },
      ],
      { waitFor: release ? [release] : [] },
    );
    release?.[Symbol.dispose]();
    buffer.release = null;
    return drawn;
  }

  /** Events come by CRTC: several outputs read the same queue, and each takes note for the others. */
  async #flipped(output: Output): Promise<void> {
    const wanted = output.frames + 1;
    while (output.frames < wanted)
      for (const { userData, sequence } of await this.card.flips()) {
        const flipped = this.outputs.find(({ crtc }) => BigInt(crtc) === userData);
        if (!flipped) continue;
        flipped.frames++;
        flipped.sequence = sequence;
      }
  }
}

/** The primary plane of the CRTC with this index: masks count the CRTCs that one sees. */
async function primaryOf(card: Card, free: ReadonlySet<number>, index: number): Promise<number | null> {
  for (const plane of free) {
    const { kernel } = card.client;
    const { possible_crtcs } = await kernel.call(card.fd, calls.DRM_IOCTL_MODE_GETPLANE, { plane_id: plane });
    if (possible_crtcs & (1 << index) && (await card.values(plane)).get('type') === PRIMARY) return plane;
  }
  return null;
}

/** What the display knows an image by: its dma-buf is imported, and a framebuffer made of it. */
async function framebufferOf(card: Card, { dmabuf, width, height, layout }: SharedImage): Promise<number> {
  const { kernel } = card.client;
  const imported = await kernel.call(card.fd, drmIoctls.DRM_IOCTL_PRIME_FD_TO_HANDLE, { fd: dmabuf });
  const { fb_id } = await kernel.call(card.fd, calls.DRM_IOCTL_MODE_ADDFB2, {
    width,
    height,
    pixel_format: DRM_FORMAT_XRGB8888,
    handles: [imported.handle, 0, 0, 0],
    pitches: [layout.planes[0]!.stride, 0, 0, 0],
    offsets: [0, 0, 0, 0],
    modifier: [0n, 0n, 0n, 0n],
  });
  return fb_id;
}

/** The GPU's memory. */
async function createBuffer(card: Card, gpu: Gpu, mode: DisplayMode): Promise<Buffer> {
  const image = await gpu.createImage({ width: mode.hdisplay, height: mode.vdisplay });
  return { image, fb: await framebufferOf(card, image), release: null };
}

/**
 * A gradient that the CPU draws. A dumb buffer would have to be mapped, which not every connection allows; pages of a memfd, made
 * a dma-buf by udmabuf, can be written over all of them.
 */
async function picture(card: Card, { hdisplay: width, vdisplay: height }: DisplayMode): Promise<number> {
  const image = await SharedImage.create(card.client, { width, height, kind: 'dmabuf', memory: 'udmabuf' });
  const mapping = await image.map();
  const row = mapping.stride / 4;
  for (let y = 0; y < height; y++)
    mapping.pixels.fill(Math.floor((y * 255) / height), y * row, (y + 1) * row);
  mapping.unmap();
  return framebufferOf(card, image);
}
