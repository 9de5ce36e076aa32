// Where a capture is written to: a client's buffer as a framebuffer, or one of our own that is copied from.
import { DRM_FORMAT_MOD_LINEAR } from '../../protocol/uapi/fourcc.ts';
import type { RenderDevice } from '../render/render-device.ts';
import { RenderTarget } from '../render/render-target.ts';
import { shmPages } from '../render/shm-source.ts';
import type { ClientBuffer, DmabufBuffer, ShmBuffer } from '../scene/client-buffer.ts';
import type { Card } from './card.ts';
import { addFramebuffer, addTargetFramebuffer, type ClientFramebuffers } from './framebuffers.ts';

export interface CaptureDestination extends Disposable {
  readonly framebuffer: number;
  /** The picture is in the framebuffer: brings it to the client. Throws a KernelError. */
  finish(): void;
}

export interface CaptureDevices {
  readonly card: Card;
  readonly device: RenderDevice;
  readonly framebuffers: ClientFramebuffers;
  /** Descriptor of /dev/udmabuf; null when there is none. */
  readonly udmabuf: number | null;
}

/** Throws a KernelError when nothing can be written to; a string says what the client did wrong. */
export function captureDestination(
  devices: CaptureDevices,
  buffer: ClientBuffer,
): CaptureDestination | string {
  switch (buffer.kind) {
    case 'single-pixel':
      return 'a single pixel cannot take a capture';
    case 'dmabuf':
      return ofDmabuf(devices, buffer);
    case 'shm':
      return ofShmPages(devices, buffer) ?? ofOwnBuffer(devices, buffer);
  }
}

function ofDmabuf({ framebuffers }: CaptureDevices, buffer: DmabufBuffer): CaptureDestination | string {
  const answer = framebuffers.of(buffer);
  if (answer.kind === 'refused') return answer.reason;
  return { framebuffer: answer.id, finish: () => {}, [Symbol.dispose]: () => {} };
}

/** The client's own pages, written by the hardware. */
function ofShmPages({ card, udmabuf }: CaptureDevices, buffer: ShmBuffer): CaptureDestination | null {
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
      framebuffer: framebuffer.id,
      finish: () => {},
      [Symbol.dispose]: () => framebuffer[Symbol.dispose](),
    };
  } catch {
    return null;
  } finally {
    card.task.close(pages.dmabuf);
  }
}

function ofOwnBuffer({ card, device }: CaptureDevices, buffer: ShmBuffer): CaptureDestination {
  const target = new RenderTarget(device, buffer, buffer.format);
  const framebuffer = addTargetFramebuffer(card, target);
  return {
    framebuffer: framebuffer.id,
    finish: () => copyRows(device, target, buffer),
    [Symbol.dispose]: () => {
      framebuffer[Symbol.dispose]();
      target[Symbol.dispose]();
    },
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
