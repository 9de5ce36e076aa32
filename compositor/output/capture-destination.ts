// Where a capture is written to: a client's buffer, or one of our own that is copied from. Either the writeback connector
// writes, and wants a framebuffer, or the render engine, and wants an image.
import { DRM_FORMAT_MOD_LINEAR } from '../../protocol/uapi/fourcc.ts';
import { importImage } from '../render/image-cache.ts';
import type { GpuImage, RenderDevice } from '../render/render-device.ts';
import { RenderTarget } from '../render/render-target.ts';
import { shareShm, shmPages } from '../render/shm-source.ts';
import type { ClientBuffer, DmabufBuffer, ShmBuffer } from '../scene/client-buffer.ts';
import type { Card } from './card.ts';
import { addFramebuffer, addTargetFramebuffer, type ClientFramebuffers } from './framebuffers.ts';

interface Destination extends Disposable {
  /** The picture is written: brings it to the client. Throws a KernelError. */
  finish(): void;
}

export interface ConnectorDestination extends Destination {
  readonly writer: 'connector';
  readonly framebuffer: number;
}

export interface EngineDestination extends Destination {
  readonly writer: 'engine';
  readonly image: GpuImage;
  /** The image has nothing of what is in the client's buffer: all of it is to be drawn. */
  readonly blank: boolean;
}

export type CaptureDestination = ConnectorDestination | EngineDestination;
export type CaptureWriter = CaptureDestination['writer'];

export interface CaptureDevices {
  readonly card: Card;
  readonly device: RenderDevice;
  readonly framebuffers: ClientFramebuffers;
  /** Descriptor of /dev/udmabuf; null when there is none. */
  readonly udmabuf: number | null;
}

const nothing = (): void => {};

/** Throws a KernelError when nothing can be written to; a string says what the client did wrong. */
export function captureDestination(
  devices: CaptureDevices,
  buffer: ClientBuffer,
  writer: CaptureWriter,
): CaptureDestination | string {
  switch (buffer.kind) {
    case 'single-pixel':
      return 'a single pixel cannot take a capture';
    case 'dmabuf':
      return writer === 'connector' ? framebufferOf(devices, buffer) : imageOf(devices, buffer);
    case 'shm':
      return writer === 'connector' ? framebufferOfShm(devices, buffer) : imageOfShm(devices, buffer);
  }
}

function framebufferOf({ framebuffers }: CaptureDevices, buffer: DmabufBuffer): CaptureDestination | string {
  const answer = framebuffers.of(buffer);
  if (answer.kind === 'refused') return answer.reason;
  return { writer: 'connector', framebuffer: answer.id, finish: nothing, [Symbol.dispose]: nothing };
}

function imageOf({ device }: CaptureDevices, buffer: DmabufBuffer): CaptureDestination {
  const imported = importImage(device, buffer);
  return {
    writer: 'engine',
    image: imported.image,
    blank: false,
    finish: nothing,
    [Symbol.dispose]: () => imported[Symbol.dispose](),
  };
}

function framebufferOfShm(devices: CaptureDevices, buffer: ShmBuffer): CaptureDestination {
  const shared = framebufferOfPages(devices, buffer);
  if (shared) return shared;
  const { card, device } = devices;
  const target = new RenderTarget(device, buffer, buffer.format);
  const framebuffer = addTargetFramebuffer(card, target);
  return {
    writer: 'connector',
    framebuffer: framebuffer.id,
    finish: () => copyRows(device, target, buffer),
    [Symbol.dispose]: () => {
      framebuffer[Symbol.dispose]();
      target[Symbol.dispose]();
    },
  };
}

/** The client's own pages, written by the hardware. */
function framebufferOfPages({ card, udmabuf }: CaptureDevices, buffer: ShmBuffer): CaptureDestination | null {
  const pages = udmabuf === null ? null : shmPages(card.task, udmabuf, buffer);
  if (!pages) return null;
  try {
    const framebuffer = addFramebuffer(card, {
      width: buffer.width,
      height: buffer.height,
      format: buffer.format,
      modifier: DRM_FORMAT_MOD_LINEAR,
      planes: [{ fd: pages.dmabuf, offset: pages.offset, stride: buffer.stride }],
    });
    return {
      writer: 'connector',
      framebuffer: framebuffer.id,
      finish: nothing,
      [Symbol.dispose]: () => framebuffer[Symbol.dispose](),
    };
  } catch {
    return null;
  } finally {
    card.task.close(pages.dmabuf);
  }
}

/** The engine wants rows at multiples of a pixel. */
function imageOfShm({ device, udmabuf }: CaptureDevices, buffer: ShmBuffer): CaptureDestination {
  const aligned = buffer.offset % 4 === 0 && buffer.stride % 4 === 0;
  const shared = udmabuf === null || !aligned ? null : shareShm(device, udmabuf, buffer);
  if (shared)
    return {
      writer: 'engine',
      image: shared.image,
      blank: false,
      finish: nothing,
      [Symbol.dispose]: () => shared[Symbol.dispose](),
    };
  const target = new RenderTarget(device, buffer, buffer.format);
  return {
    writer: 'engine',
    image: target.image,
    blank: true,
    finish: () => copyRows(device, target, buffer),
    [Symbol.dispose]: () => target[Symbol.dispose](),
  };
}

function copyRows(device: RenderDevice, target: RenderTarget, buffer: ShmBuffer): void {
  const { task } = device;
  const length = target.stride * target.height;
  const address = device.map(target.handle, length);
  try {
    for (let row = 0; row < target.height; row++) {
      const pixels = task.memory.view(address + BigInt(row * target.stride), target.width * 4, false);
      task.pwrite(buffer.memory.fd, pixels, BigInt(buffer.offset + row * buffer.stride));
    }
  } finally {
    task.munmap(address, length);
  }
}
