// zwlr_layer_shell_v1: makes layer surfaces of surfaces.
import type { Resource } from '../../protocol/object/resource.ts';
import { LAYERS } from '../scene/layer-surface.ts';
import type { Caller } from './context.ts';
import { demand } from './errors.ts';
import { LayerSurfaceObject } from './zwlr-layer-surface.ts';

export function bindLayerShell({ context }: Caller, resource: Resource<'zwlr_layer_shell_v1'>): void {
  resource.setHandlers({
    destroy: () => {},
    get_layer_surface: (_, id, surface, output, layer, namespace) => {
      const object = context.surfaces.get(surface);
      const { roleName, roleObject } = object;
      demand(
        (roleName === null || roleName === 'zwlr_layer_surface_v1') && roleObject === null,
        resource,
        'role',
        `wl_surface@${surface.id} has the role ${roleName ?? 'xdg_surface'} already`,
      );
      demand(
        !object.attachment && object.surface.committedSize === null,
        resource,
        'already_constructed',
        `wl_surface@${surface.id} has a buffer; a layer surface is made of a surface without content`,
      );
      const name = LAYERS[layer];
      demand(name, resource, 'invalid_layer', `${layer} is no layer; 0 (background) to 3 (overlay) are`);
      object.roleName = 'zwlr_layer_surface_v1';
      const wanted = output && context.outputs.get(output).info.name;
      new LayerSurfaceObject(object, id, { output: wanted, layer: name, namespace });
    },
  });
}
