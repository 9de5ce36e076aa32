import { PAGE_SIZE, pageAlign } from '../task/address-space.ts';
import type { GemObject } from './gem.ts';

/** `DRM_FILE_PAGE_OFFSET_START`: beyond anything that a 32-bit offset could mean. */
const START = 0x1_0000_0000n;

interface Place {
  readonly start: bigint;
  readonly end: bigint;
}

/** The "fake offsets" by which objects are mapped through the device's nodes (`drivers/gpu/drm/drm_vma_manager.c`). */
export class OffsetManager {
  readonly #objects = new Map<bigint, { readonly end: bigint; readonly object: GemObject }>();
  /** Between places that are taken, in the order in which they came to be. No two touch. */
  #holes: Place[] = [];
  /** Everything from here on is free. */
  #end = START;

  /** A place of the object's size: the smallest hole that it fits into, of equal ones the newest (`drm_mm`). */
  add(object: GemObject): bigint {
    const size = BigInt(pageAlign(Math.max(object.size, PAGE_SIZE)));
    const hole = this.#bestHole(size);
    const start = hole?.start ?? this.#end;
    const end = start + size;
    this.#objects.set(start, { end, object });
    if (!hole) this.#end = end;
    else {
      this.#holes = this.#holes.filter(other => other !== hole);
      if (end < hole.end) this.#holes.push({ start: end, end: hole.end });
    }
    return start;
  }

  remove(object: GemObject): void {
    const { offset } = object;
    const node = this.#objects.get(offset);
    if (node?.object !== object) return;
    this.#objects.delete(offset);
    const before = this.#holes.find(({ end }) => end === offset);
    const after = this.#holes.find(({ start }) => start === node.end);
    this.#holes = this.#holes.filter(hole => hole !== before && hole !== after);
    const start = before?.start ?? offset;
    if (node.end === this.#end) this.#end = start;
    else this.#holes.push({ start, end: after?.end ?? node.end });
  }

  /** The live object that begins at `offset` and is at least `length` bytes long (`drm_vma_offset_exact_lookup`). */
  find(offset: bigint, length: bigint): GemObject | null {
    const node = this.#objects.get(offset);
    return node && node.object.references > 0 && offset + length <= node.end ? node.object : null;
  }

  #bestHole(size: bigint): Place | null {
    let best: Place | null = null;
    for (const hole of this.#holes) {
      const room = hole.end - hole.start;
      if (room >= size && (!best || room <= best.end - best.start)) best = hole;
    }
    return best;
  }
}
