// wl_region: an area under construction.
import type { Resource } from '../../protocol/object/resource.ts';
import { Region } from '../scene/region.ts';
import type { Caller } from './context.ts';
import { displayRefusal } from './errors.ts';

/** More rectangles than any client has use for; operations on regions take time in proportion. */
const MAX_RECTANGLES = 4096;

export interface RegionObject {
  region: Region;
}

export function createRegion({ context }: Caller, resource: Resource<'wl_region'>): void {
  const object: RegionObject = { region: Region.empty };
  context.regions.set(resource, object);
  const change = (region: Region): void => {
    if (region.rects.length > MAX_RECTANGLES)
      throw displayRefusal(
        'no_memory',
        `wl_region@${resource.id} has ${region.rects.length} rectangles; at most ${MAX_RECTANGLES} are kept`,
      );
    object.region = region;
  };
  resource.setHandlers({
    destroy: () => {},
    add: (_, x, y, width, height) => change(object.region.union(Region.of({ x, y, width, height }))),
    subtract: (_, x, y, width, height) => change(object.region.subtract(Region.of({ x, y, width, height }))),
  });
}
