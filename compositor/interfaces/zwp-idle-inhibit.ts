// zwp_idle_inhibit_manager_v1: surfaces that keep the session from counting as idle while they are seen.
import type { Resource } from '../../protocol/object/resource.ts';
import type { Surface } from '../scene/surface.ts';
import type { Caller, Context } from './context.ts';
import { PerClient } from './per-client.ts';

/** What binds the global. */
export function idleInhibit(
  context: Context,
): (caller: Caller, resource: Resource<'zwp_idle_inhibit_manager_v1'>) => void {
  const inhibitors = new PerClient<{ readonly surface: Surface }>('idle inhibitors');
  let observation: Disposable | null = null;
  /** Looks at the scene when it changes, and only while there are inhibitors. */
  const update = (): void => {
    const { scene, seat } = context.rooms;
    const surfaces = new Set<Surface>();
    for (const client of inhibitors.clients)
      for (const { surface } of inhibitors.of(client)) surfaces.add(surface);
    seat.idle.inhibited =
      surfaces.size > 0 &&
      scene.outputs.some(output => scene.stackOn(output).some(({ surface }) => surfaces.has(surface)));
    if (surfaces.size > 0) {
      observation ??= scene.observe({ restacked: update });
      return;
    }
    observation?.[Symbol.dispose]();
    observation = null;
  };
  return ({ client }, resource) =>
    resource.setHandlers({
      destroy: () => {},
      create_inhibitor: (_, id, surface) => {
        const added = inhibitors.add(client, { surface: context.surfaces.get(surface).surface });
        id.setHandlers({ destroy: () => {} });
        id.onDestroy(() => {
          added[Symbol.dispose]();
          update();
        });
        update();
      },
    });
}
