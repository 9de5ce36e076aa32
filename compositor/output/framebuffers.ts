// Buffers as framebuffers of the card: clients' dma-bufs and the compositor's own.
import { DRM_MODE_FB_MODIFIERS, modeIoctls } from '../../protocol/uapi/drm-mode.ts';
import { DRM_FORMAT_MOD_INVALID, DRM_FORMAT_MOD_LINEAR } from '../../protocol/uapi/fourcc.ts';
import { KernelError } from '../kernel/task/index.ts';
import { isPassing } from '../render/passing.ts';
import type { RenderTarget } from '../render/render-target.ts';
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

/** A buffer of the render device as a framebuffer, which stays the caller's. Throws a KernelError, and then the buffer is gone. */
export function addTargetFramebuffer(card: Card, target: RenderTarget): Framebuffer {
  try {
    const fd = target.export();
    try {
      const { width, height, format, stride } = target;
      const planes = [{ fd, offset: 0, stride }];
      return addFramebuffer(card, { width, height, format, modifier: DRM_FORMAT_MOD_LINEAR, planes });
    } finally {
      card.task.close(fd);
    }
  } catch (error) {
    target[Symbol.dispose]();
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

/**
 * Framebuffers of clients' buffers, made on first use and kept until the buffer is gone. So is a refusal, unless it was
 * for lack of something.
 */
export class ClientFramebuffers implements Disposable {
  readonly #card: Card;
  readonly #entries = new Map<number, Entry>();

  constructor(card: Card) {
    this.#card = card;
  }

  of(buffer: DmabufBuffer): FramebufferAnswer {
    const known = this.#entries.get(buffer.id);
    if (known) return known;
    const { entry, passing } = this.#make(buffer);
    if (passing) return entry;
    this.#entries.set(buffer.id, entry);
    buffer.lifetime.whenEnded(() => this.#forget(buffer.id));
    return entry;
  }

  [Symbol.dispose](): void {
    for (const id of [...this.#entries.keys()]) this.#forget(id);
  }

  #make(buffer: DmabufBuffer): { readonly entry: Entry; readonly passing: boolean } {
    try {
      const framebuffer = addFramebuffer(this.#card, buffer);
      return { entry: { kind: 'framebuffer', id: framebuffer.id, framebuffer }, passing: false };
    } catch (error) {
      if (!(error instanceof KernelError)) throw error;
      const reason = `no framebuffer of it: ${error.message}`;
      return { entry: { kind: 'refused', reason }, passing: isPassing(error) };
    }
  }

  #forget(id: number): void {
    const entry = this.#entries.get(id);
    this.#entries.delete(id);
    if (entry?.kind === 'framebuffer') entry.framebuffer[Symbol.dispose]();
  }
}
