// zwp_keyboard_shortcuts_inhibit_manager_v1: surfaces that want the keys that the compositor would use itself.
import type { Resource } from '../../protocol/object/resource.ts';
import type { Surface } from '../scene/surface.ts';
import type { Caller, Context } from './context.ts';
import { demand } from './errors.ts';

type Inhibitor = Resource<'zwp_keyboard_shortcuts_inhibitor_v1'>;

/** What binds the global. */
export function shortcutsInhibit(
  context: Context,
): (caller: Caller, resource: Resource<'zwp_keyboard_shortcuts_inhibit_manager_v1'>) => void {
  const { seat } = context.rooms;
  const inhibitors = new Map<Surface, Inhibitor>();
  let active: Inhibitor | null = null;
  const update = (surface: Surface | null): void => {
    const now = (surface && inhibitors.get(surface)) ?? null;
    if (now === active) return;
    active?.events.inactive();
    now?.events.active();
    active = now;
    seat.shortcutsInhibited = now !== null;
  };
  seat.keyboard.onFocus(update);
  return (_, resource) =>
    resource.setHandlers({
      destroy: () => {},
      inhibit_shortcuts: (__, id, surfaceResource) => {
        const { surface } = context.surfaces.get(surfaceResource);
        demand(
          !inhibitors.has(surface),
          resource,
          'already_inhibited',
          `wl_surface@${surfaceResource.id} has an inhibitor for this seat already`,
        );
        inhibitors.set(surface, id);
        id.setHandlers({ destroy: () => {} });
        id.onDestroy(() => {
          inhibitors.delete(surface);
          update(seat.keyboard.focus);
        });
        update(seat.keyboard.focus);
      },
    });
}
