// Buffers as framebuffers of the card: clients' dma-bufs and the compositor's own.
import { DRM_MODE_FB_MODIFIERS, modeIoctls } from '../../protocol/uapi/drm-mode.ts';
import { DRM_FORMAT_MOD_INVALID } from '../../protocol/uapi/fourcc.ts';
import { KernelError } from '../kernel/task/index.ts';
import type { DmabufBuffer } from '../scene/client-buffer.ts';
import type { DmabufDescription } from '../scene/kernel-capabilities.ts';
import type { Card } from './card.ts';

/** A framebuffer; its disposal leaves planes that show it as they are (CLOSEFB). */
export interface Framebuffer extends Disposable {
  readonly id: number;
}

/** Imports dma-bufs into the card and makes a framebuffer of them. Throws a KernelError. */
export function addFramebuffer(card: Card, buffer: DmabufDescription): Framebuffer {
  const handles: number[] = [];
  const drop = (): void => {
    for (const handle of handles.splice(0)) card.buffers.drop(handle);
  };
  const { width, height, format, modifier, planes } = buffer;
  const four = <T>(value: (plane: number) => T, none: T): T[] =>
    [0, 1, 2, 3].map(plane => (plane < planes.length ? value(plane) : none));
  const explicit = modifier !== DRM_FORMAT_MOD_INVALID;
  try {
    for (const { fd } of planes) handles.push(card.buffers.import(fd));
    const { fb_id } = card.task.call(card.fd, modeIoctls.DRM_IOCTL_MODE_ADDFB2, {
      width,
      height,
      pixel_format: format,
      flags: explicit ? DRM_MODE_FB_MODIFIERS : 0,
      handles: four(plane => handles[plane]!, 0),
      pitches: four(plane => planes[plane]!.stride, 0),
      offsets: four(plane => planes[plane]!.offset, 0),
      modifier: four(() => (explicit ? modifier : 0n), 0n),
    });
    return {
      id: fb_id,
      [Symbol.dispose]: () => {
        if (!card.task.exited) card.task.call(card.fd, modeIoctls.DRM_IOCTL_MODE_CLOSEFB, { fb_id });
        drop();
      },
    };
  } catch (error) {
    drop();
    throw error;
  }
}

/** A framebuffer, or why there is none. */
export type FramebufferAnswer =
  | { readonly kind: 'framebuffer'; readonly id: number }
  | { readonly kind: 'refused'; readonly reason: string };

type Entry =
  | { readonly kind: 'framebuffer'; readonly id: number; readonly framebuffer: Framebuffer }
  | { readonly kind: 'refused'; readonly reason: string };

/** Framebuffers of clients' buffers, made on first use and kept until the buffer is gone. */
export class ClientFramebuffers implements Disposable {
  readonly #card: Card;
  readonly #entries = new Map<number, Entry>();

  constructor(card: Card) {
    this.#card = card;
  }

  of(buffer: DmabufBuffer): FramebufferAnswer {
    let entry = this.#entries.get(buffer.id);
    if (!entry) {
      entry = this.#make(buffer);
      this.#entries.set(buffer.id, entry);
      buffer.lifetime.whenEnded(() => this.#forget(buffer.id));
    }
    return entry;
  }

  [Symbol.dispose](): void {
    for (const id of [...this.#entries.keys()]) this.#forget(id);
  }

  #make(buffer: DmabufBuffer): Entry {
    try {
      const framebuffer = addFramebuffer(this.#card, buffer);
      return { kind: 'framebuffer', id: framebuffer.id, framebuffer };
    } catch (error) {
      if (!(error instanceof KernelError)) throw error;
      return { kind: 'refused', reason: `no framebuffer of it: ${error.message}` };
    }
  }

  #forget(id: number): void {
    const entry = this.#entries.get(id);
    this.#entries.delete(id);
    if (entry?.kind === 'framebuffer') entry.framebuffer[Symbol.dispose]();
  }
}
