// The buffers that an output is composed in, each knowing what it lacks.
import { DRM_FORMAT_XRGB8888 } from '../../protocol/uapi/fourcc.ts';
import { KernelError } from '../kernel/task/index.ts';
import type { RenderDevice } from '../render/render-device.ts';
import { RenderTarget } from '../render/render-target.ts';
import { Region, type Size } from '../scene/region.ts';
import type { Card } from './card.ts';
import { addTargetFramebuffer, type Framebuffer } from './framebuffers.ts';

/**
 * Rectangles of damage that are kept apart. Beyond them the bounds are drawn, and with them what lies between windows
 * that are on planes of their own; each costs a command for every layer it touches.
 */
export const DAMAGE_RECTANGLES = 64;

/** With one commit in flight, one buffer on the screen and one on its way, a third is never waited for. */
const MOST_SLOTS = 3;
/** Without these nothing could be composed, so they are there before clients take the memory. */
const FEWEST_SLOTS = 2;

export interface Slot {
  readonly target: RenderTarget;
  readonly framebuffer: Framebuffer;
  /** What has changed on the output since it was drawn: the damage of as many frames as the buffer is old. */
  stale: Region;
  /** On a plane, or committed to go there. */
  users: number;
}

export class Swapchain implements Disposable {
  readonly #device: RenderDevice;
  readonly #card: Card;
  readonly #size: Size;
  readonly #slots: Slot[] = [];

  /** Throws a KernelError. */
  constructor(device: RenderDevice, card: Card, size: Size) {
    this.#device = device;
    this.#card = card;
    this.#size = size;
    while (this.#slots.length < FEWEST_SLOTS) this.#add();
  }

  /** A buffer that no plane shows, with the least to draw; null when there is none. */
  free(): Slot | null {
    const free = this.#slots.filter(slot => slot.users === 0);
    const best = free.sort((a, b) => a.stale.area - b.stale.area)[0];
    if (best) return best;
    return this.#slots.length < MOST_SLOTS ? this.#tryAdd() : null;
  }

  damage(region: Region): void {
    for (const slot of this.#slots) slot.stale = slot.stale.union(region).simplified(DAMAGE_RECTANGLES);
  }

  [Symbol.dispose](): void {
    for (const { framebuffer, target } of this.#slots.splice(0)) {
      framebuffer[Symbol.dispose]();
      target[Symbol.dispose]();
    }
  }

  #tryAdd(): Slot | null {
    try {
      return this.#add();
    } catch (error) {
      if (error instanceof KernelError) return null;
      throw error;
    }
  }

  #add(): Slot {
    const target = new RenderTarget(this.#device, this.#size, DRM_FORMAT_XRGB8888);
    const framebuffer = addTargetFramebuffer(this.#card, target);
    const whole = Region.of({ x: 0, y: 0, ...this.#size });
    const slot: Slot = { target, framebuffer, stale: whole, users: 0 };
    this.#slots.push(slot);
    return slot;
  }
}
