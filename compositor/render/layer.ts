// What an output shows of one surface, in device pixels, and what is hidden of it.
import type { BufferUse } from '../scene/buffer-use.ts';
import { type Rect, Region } from '../scene/region.ts';
import type { Transform } from '../scene/transform.ts';

export interface Layer {
  readonly use: BufferUse;
  /** For people. */
  readonly label: string;
  /** The part of the buffer that is shown, in buffer pixels, possibly with fractions. */
  readonly source: Rect;
  /** Where all of it comes to lie, in pixels of the output; may be partly outside. */
  readonly destination: Rect;
  /** How the content of the buffer was turned, which is undone. */
  readonly transform: Transform;
  /** Pixels of the output that it hides completely. */
  readonly opaque: Region;
}

export interface VisibleLayer {
  readonly layer: Layer;
  /** Pixels of the output where it can be seen. */
  readonly region: Region;
}

/**
 * The layers that can be seen within `area`, lowest first, and what no layer hides. `layers` are lowest first too.
 */
export function cull(
  layers: readonly Layer[],
  area: Region,
): { readonly visible: readonly VisibleLayer[]; readonly uncovered: Region } {
  const visible: VisibleLayer[] = [];
  let open = area;
  for (const layer of [...layers].reverse()) {
    if (open.isEmpty) break;
    const region = open.intersect(Region.of(layer.destination));
    if (region.isEmpty) continue;
    visible.push({ layer, region });
    open = open.subtract(layer.opaque);
  }
  return { visible: visible.reverse(), uncovered: open };
}
