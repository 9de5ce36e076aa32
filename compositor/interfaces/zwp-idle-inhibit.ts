// zwp_idle_inhibit_manager_v1: surfaces that keep the session from counting as idle while they are seen.
import type { Resource } from '../../protocol/object/resource.ts';
import type { Surface } from '../scene/surface.ts';
import type { Caller, Context } from './context.ts';

/** What binds the global. */
export function idleInhibit(
  context: Context,
): (caller: Caller, resource: Resource<'zwp_idle_inhibit_manager_v1'>) => void {
  const inhibitors = new IdleInhibitors(context);
  return (_, resource) =>
    resource.setHandlers({
      destroy: () => {},
      create_inhibitor: (__, id, surface) => {
        const added = inhibitors.add(context.surfaces.get(surface).surface);
        id.setHandlers({ destroy: () => {} });
        id.onDestroy(() => added[Symbol.dispose]());
      },
    });
}

/** Looks at the scene when it changes, and only while there are inhibitors. */
class IdleInhibitors {
  readonly #context: Context;
  /** By a key of their own: a surface may have several. */
  readonly #inhibitors = new Map<object, Surface>();
  #observation: Disposable | null = null;

  constructor(context: Context) {
    this.#context = context;
  }

  add(surface: Surface): Disposable {
    const key = {};
    this.#inhibitors.set(key, surface);
    this.#observation ??= this.#context.rooms.scene.observe({ restacked: () => this.#update() });
    this.#update();
    return {
      [Symbol.dispose]: () => {
        this.#inhibitors.delete(key);
        this.#update();
        if (this.#inhibitors.size > 0) return;
        this.#observation?.[Symbol.dispose]();
        this.#observation = null;
      },
    };
  }

  #update(): void {
    const { scene, seat } = this.#context.rooms;
    const surfaces = new Set(this.#inhibitors.values());
    seat.idle.inhibited =
      surfaces.size > 0 &&
      scene.outputs.some(output => scene.stackOn(output).some(({ surface }) => surfaces.has(surface)));
  }
}
