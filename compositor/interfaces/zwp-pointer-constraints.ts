// zwp_pointer_constraints_v1: pointers that stay in a surface, or stand still.
import { interfaces } from '../../protocol/interfaces/index.ts';
import type { Resource } from '../../protocol/object/resource.ts';
import type { Region } from '../scene/region.ts';
import type { Caller, Context } from './context.ts';
import { demand, displayRefusal } from './errors.ts';
import { type Constraint, PointerConstraints } from './pointer-constraints.ts';

const { lifetime: LIFETIME } = interfaces.zwp_pointer_constraints_v1.enums;

/** What the two ways to constrain a pointer have in common. */
interface Request {
  readonly surface: Resource<'wl_surface'>;
  readonly region: Resource<'wl_region'> | null;
  readonly lifetime: number;
}

/** What binds the global. */
export function pointerConstraints(
  context: Context,
): (caller: Caller, resource: Resource<'zwp_pointer_constraints_v1'>) => void {
  const constraints = new PointerConstraints(context);
  const regionOf = (region: Resource<'wl_region'> | null): Region | null =>
    region && context.regions.get(region).region;
  return (_, resource) => {
    const common = ({ surface, region, lifetime }: Request) => {
      demand(
        !constraints.has(context.surfaces.get(surface).surface),
        resource,
        'already_constrained',
        `wl_surface@${surface.id} has a constraint of the pointer already; destroy that first`,
      );
      if (lifetime !== LIFETIME.oneshot && lifetime !== LIFETIME.persistent)
        throw displayRefusal('invalid_method', `${lifetime} is no lifetime; 1 is oneshot, 2 persistent`);
      return {
        surface: context.surfaces.get(surface).surface,
        region: regionOf(region),
        persistent: lifetime === LIFETIME.persistent,
      };
    };
    resource.setHandlers({
      destroy: () => {},
      lock_pointer: (__, id, surface, ___, region, lifetime) => {
        const constraint = constraints.add({
          ...common({ surface, region, lifetime }),
          kind: 'lock',
          activated: () => id.events.locked(),
          deactivated: () => id.events.unlocked(),
        });
        id.onDestroy(() => constraints.remove(constraint));
        id.setHandlers({
          destroy: () => {},
          set_cursor_position_hint: (____, x, y) => constraint.stash({ hint: { x, y } }),
          set_region: setRegion(constraint),
        });
      },
      confine_pointer: (__, id, surface, ___, region, lifetime) => {
        const constraint = constraints.add({
          ...common({ surface, region, lifetime }),
          kind: 'confine',
          activated: () => id.events.confined(),
          deactivated: () => id.events.unconfined(),
        });
        id.onDestroy(() => constraints.remove(constraint));
        id.setHandlers({ destroy: () => {}, set_region: setRegion(constraint) });
      },
    });
  };

  function setRegion(constraint: Constraint) {
    return (_: unknown, region: Resource<'wl_region'> | null): void =>
      constraint.stash({ region: regionOf(region) });
  }
}
