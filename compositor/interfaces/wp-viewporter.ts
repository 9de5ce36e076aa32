// wp_viewporter: cropping and scaling.
import type { Resource } from '../../protocol/object/resource.ts';
import { NO_VIEWPORT } from '../scene/surface-state.ts';
import type { Caller } from './context.ts';
import { demand } from './errors.ts';
import type { SurfaceObject } from './wl-surface.ts';

export function bindViewporter({ context }: Caller, resource: Resource<'wp_viewporter'>): void {
  resource.setHandlers({
    destroy: () => {},
    get_viewport: (_, viewport, surface) => {
      const object = context.surfaces.get(surface);
      demand(
        object.viewport === null,
        resource,
        'viewport_exists',
        `wl_surface@${surface.id} has a wp_viewport already`,
      );
      createViewport(viewport, object);
    },
  });
}

function createViewport(resource: Resource<'wp_viewport'>, object: SurfaceObject): void {
  const { surface } = object;
  object.viewport = resource;
  resource.onDestroy(() => {
    object.viewport = null;
    surface.pending.viewport = NO_VIEWPORT;
  });
  const checkSurface = (): void =>
    demand(!surface.destroyed, resource, 'no_surface', 'the wl_surface was destroyed');
  resource.setHandlers({
    destroy: () => {},
    set_source: (_, x, y, width, height) => {
      checkSurface();
      const unset = x === -1 && y === -1 && width === -1 && height === -1;
      demand(
        unset || (x >= 0 && y >= 0 && width > 0 && height > 0),
        resource,
        'bad_value',
        `the source ${width}x${height} at ${x},${y} is neither a rectangle with content nor -1, -1, -1, -1 to unset it`,
      );
      surface.pending.viewport = {
        ...surface.pending.viewport,
        source: unset ? null : { x, y, width, height },
      };
    },
    set_destination: (_, width, height) => {
      checkSurface();
      const unset = width === -1 && height === -1;
      demand(
        unset || (width > 0 && height > 0),
        resource,
        'bad_value',
        `the destination ${width}x${height} is neither positive nor -1, -1 to unset it`,
      );
      surface.pending.viewport = {
        ...surface.pending.viewport,
        destination: unset ? null : { width, height },
      };
    },
  });
}
