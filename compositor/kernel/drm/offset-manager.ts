import { PAGE_SIZE, pageAlign } from '../task/address-space.ts';
import type { GemObject } from './gem.ts';

/** `DRM_FILE_PAGE_OFFSET_START`: beyond anything that a 32-bit offset could mean. */
const START = 0x1_0000_0000n;

interface Node {
  readonly start: bigint;
  readonly end: bigint;
  readonly object: GemObject;
}

/** The "fake offsets" by which objects are mapped through the device's nodes (`drivers/gpu/drm/drm_vma_manager.c`). */
export class OffsetManager {
  /** Ascending. */
  readonly #nodes: Node[] = [];

  /** A place of the object's size: the smallest hole that it fits into. */
  add(object: GemObject): bigint {
    const size = BigInt(pageAlign(Math.max(object.size, PAGE_SIZE)));
    let best: { at: number; start: bigint; room: bigint } | null = null;
    let start = START;
    for (const [at, node] of this.#nodes.entries()) {
      const room = node.start - start;
      if (room >= size && (!best || room < best.room)) best = { at, start, room };
      start = node.end;
    }
    const { at, start: found } = best ?? { at: this.#nodes.length, start };
    this.#nodes.splice(at, 0, { start: found, end: found + size, object });
    return found;
  }

  remove(object: GemObject): void {
    const at = this.#nodes.findIndex(node => node.object === object);
    if (at >= 0) this.#nodes.splice(at, 1);
  }

  /** The live object that begins at `offset` and is at least `length` bytes long (`drm_vma_offset_exact_lookup`). */
  find(offset: bigint, length: bigint): GemObject | null {
    const node = this.#nodes.find(({ start }) => start === offset);
    return node && node.object.references > 0 && offset + length <= node.end ? node.object : null;
  }
}
