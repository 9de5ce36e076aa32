// wl_surface.enter and leave: on which outputs a surface is.
import type { Resource } from '../../protocol/object/resource.ts';
import type { OutputInfo } from '../scene/outputs.ts';
import type { Scene } from '../scene/scene.ts';
import type { Surface } from '../scene/surface.ts';
import type { Client } from '../server/client.ts';
import type { SurfaceObject } from './wl-surface.ts';

const NOWHERE: ReadonlySet<string> = new Set();

/** Tells clients when their surfaces come to an output or go from it, for each wl_output they have bound. */
export class OutputPresence {
  readonly #objects = new Map<Surface, SurfaceObject>();
  readonly #bound = new Map<Client, Map<Resource<'wl_output'>, string>>();
  #present = new Map<Surface, ReadonlySet<string>>();

  constructor(scene: Scene) {
    scene.observe({ restacked: () => this.#update(scene) });
  }

  addSurface(object: SurfaceObject): void {
    this.#objects.set(object.surface, object);
  }

  removeSurface(surface: Surface): void {
    this.#objects.delete(surface);
    this.#present.delete(surface);
  }

  /** A client bound the output: it learns which of its surfaces are there. */
  bound(client: Client, resource: Resource<'wl_output'>, output: OutputInfo): void {
    const resources = this.#bound.get(client) ?? new Map<Resource<'wl_output'>, string>();
    this.#bound.set(client, resources.set(resource, output.name));
    resource.onDestroy(() => {
      resources.delete(resource);
      if (resources.size === 0) this.#bound.delete(client);
    });
    for (const [surface, names] of this.#present) {
      const object = this.#objects.get(surface);
      if (object?.client === client && names.has(output.name)) object.resource.events.enter(resource);
    }
  }

  /** The wl_outputs by which a client knows an output. */
  resourcesOf(client: Client, output: OutputInfo): Resource<'wl_output'>[] {
    const bound = this.#bound.get(client) ?? [];
    return [...bound].filter(([, name]) => name === output.name).map(([resource]) => resource);
  }

  #update(scene: Scene): void {
    const now = new Map<Surface, Set<string>>();
    for (const output of scene.outputs)
      for (const { surface } of scene.stackOn(output))
        now.set(surface, (now.get(surface) ?? new Set()).add(output.name));
    const before = this.#present;
    this.#present = now;
    for (const surface of new Set([...before.keys(), ...now.keys()]))
      this.#tell(surface, before.get(surface) ?? NOWHERE, now.get(surface) ?? NOWHERE);
  }

  #tell(surface: Surface, before: ReadonlySet<string>, now: ReadonlySet<string>): void {
    const object = this.#objects.get(surface);
    if (!object) return;
    for (const [resource, name] of this.#bound.get(object.client) ?? []) {
      if (now.has(name) && !before.has(name)) object.resource.events.enter(resource);
      if (before.has(name) && !now.has(name)) object.resource.events.leave(resource);
    }
  }
}
