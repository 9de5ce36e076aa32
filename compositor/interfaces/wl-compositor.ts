// wl_compositor: makes surfaces and regions.
import type { Resource } from '../../protocol/object/resource.ts';
import type { Caller } from './context.ts';
import { createRegion } from './wl-region.ts';
import { SurfaceObject } from './wl-surface.ts';

export function bindCompositor(caller: Caller, resource: Resource<'wl_compositor'>): void {
  resource.setHandlers({
    create_surface: (_, surface) => void new SurfaceObject(caller, surface),
    create_region: (_, region) => createRegion(caller, region),
  });
}
