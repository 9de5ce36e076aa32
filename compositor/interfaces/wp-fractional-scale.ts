// wp_fractional_scale_manager_v1: tells surfaces the exact scale of their outputs.
import type { Resource } from '../../protocol/object/resource.ts';
import type { Caller } from './context.ts';
import { demand } from './errors.ts';

export function bindFractionalScaleManager(
  { context }: Caller,
  resource: Resource<'wp_fractional_scale_manager_v1'>,
): void {
  resource.setHandlers({
    destroy: () => {},
    get_fractional_scale: (_, id, surface) => {
      const { scale } = context.surfaces.get(surface);
      demand(
        scale.fractional === null,
        resource,
        'fractional_scale_exists',
        `wl_surface@${surface.id} has a wp_fractional_scale_v1 already`,
      );
      id.setHandlers({ destroy: () => {} });
      id.onDestroy(() => {
        scale.fractional = null;
      });
      scale.fractional = id;
    },
  });
}
