// wl_subcompositor and wl_subsurface.
import type { Resource } from '../../protocol/object/resource.ts';
import { MAX_DEPTH } from '../scene/subsurface.ts';
import type { Caller } from './context.ts';
import { demand } from './errors.ts';
import type { SurfaceObject } from './wl-surface.ts';

export function bindSubcompositor({ context }: Caller, resource: Resource<'wl_subcompositor'>): void {
  resource.setHandlers({
    destroy: () => {},
    get_subsurface: (_, id, surface, parent) =>
      createSubsurface(resource, id, context.surfaces.get(surface), context.surfaces.get(parent)),
  });
}

function createSubsurface(
  factory: Resource<'wl_subcompositor'>,
  resource: Resource<'wl_subsurface'>,
  child: SurfaceObject,
  parent: SurfaceObject,
): void {
  demand(
    child.roleName === null || (child.roleName === 'wl_subsurface' && child.roleObject === null),
    factory,
    'bad_surface',
    `wl_surface@${child.resource.id} has the role ${child.roleName}; a surface without one is expected`,
  );
  demand(
    !parent.surface.isWithin(child.surface),
    factory,
    'bad_parent',
    `wl_surface@${parent.resource.id} is wl_surface@${child.resource.id} or part of it; a surface can't be its own ancestor`,
  );
  const counted = child.context.subsurfaces.add(child.client, child);
  resource.onDestroy(() => counted[Symbol.dispose]());
  const subsurface = parent.surface.addChild(child.surface);
  demand(subsurface, factory, 'bad_parent', `subsurfaces are nested more than ${MAX_DEPTH} deep`);
  child.roleName = 'wl_subsurface';
  const role = { beforeCommit: () => {}, afterCommit: () => {} };
  child.roleObject = role;
  resource.onDestroy(() => {
    subsurface.destroy();
    if (child.roleObject === role) child.roleObject = null;
  });
  const place = (where: 'above' | 'below', sibling: Resource<'wl_surface'>): void => {
    if (subsurface.destroyed || parent.surface.destroyed) return;
    demand(
      subsurface.place(where, child.context.surfaces.get(sibling).surface),
      resource,
      'bad_surface',
      `wl_surface@${sibling.id} is neither the parent wl_surface@${parent.resource.id} nor another of its subsurfaces`,
    );
  };
  resource.setHandlers({
    destroy: () => {},
    set_position: (_, x, y) => subsurface.setPosition({ x, y }),
    place_above: (_, sibling) => place('above', sibling),
    place_below: (_, sibling) => place('below', sibling),
    set_sync: () => subsurface.setSynchronised(true),
    set_desync: () => subsurface.setSynchronised(false),
  });
}
