import type { ObjectProxy } from '../../protocol/object/proxy.ts';
import type { Client } from './client.ts';
import type { Rect } from './options.ts';

/** Makes a wl_region of rectangles for one request, which copies it. */
export function withRegion(
  client: Client,
  rects: readonly Rect[] | null,
  use: (region: ObjectProxy<'wl_region'> | null) => void,
): void {
  if (rects === null) {
    use(null);
    return;
  }
  const region = client.shared('wl_compositor').create_region();
  for (const { x, y, width, height } of rects) region.add(x, y, width, height);
  use(region);
  region.destroy();
}
