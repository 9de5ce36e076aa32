// zxdg_decoration_manager_v1: who draws the border of a window.
import { interfaces } from '../../protocol/interfaces/index.ts';
import type { Resource } from '../../protocol/object/resource.ts';
import type { Decoration } from '../scene/window.ts';
import type { Caller } from './context.ts';
import { demand } from './errors.ts';
import type { ToplevelObject } from './xdg-toplevel.ts';

const { mode: MODE } = interfaces.zxdg_toplevel_decoration_v1.enums;

export function bindDecorationManager(
  { context }: Caller,
  resource: Resource<'zxdg_decoration_manager_v1'>,
): void {
  resource.setHandlers({
    destroy: () => {},
    get_toplevel_decoration: (_, id, toplevel) => {
      const object = context.toplevels.get(toplevel);
      demand(
        object.decoration === null,
        id,
        'already_constructed',
        `xdg_toplevel@${toplevel.id} has a decoration already`,
      );
      demand(
        !object.hasBuffer,
        id,
        'unconfigured_buffer',
        `xdg_toplevel@${toplevel.id} has a buffer; ask for the decoration before the first one is attached`,
      );
      createDecoration(context.rooms.scene, id, object);
    },
  });
}

function createDecoration(
  scene: Caller['context']['rooms']['scene'],
  resource: Resource<'zxdg_toplevel_decoration_v1'>,
  object: ToplevelObject,
): void {
  const wish = (decoration: Decoration | null): void =>
    object.answer(() => scene.setDecoration(object.window, decoration));
  object.decoration = resource;
  wish(null);
  resource.onDestroy(() => {
    object.decoration = null;
    if (!object.resource.destroyed) scene.setDecoration(object.window, 'none');
  });
  resource.setHandlers({
    destroy: () => {},
    // A mode that this version does not have is no preference.
    set_mode: (_, mode) =>
      wish(mode === MODE.server_side ? 'server' : mode === MODE.client_side ? 'client' : null),
    unset_mode: () => wish(null),
  });
}
