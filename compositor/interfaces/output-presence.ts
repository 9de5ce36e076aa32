// wl_surface.enter and leave: on which outputs a surface is; and the scale that follows from that.
import type { Resource } from '../../protocol/object/resource.ts';
import { cursorExtent, cursorSurface } from '../scene/cursor.ts';
import type { OutputInfo } from '../scene/outputs.ts';
import { intersectRects } from '../scene/region.ts';
import type { Scene } from '../scene/scene.ts';
import type { Surface } from '../scene/surface.ts';
import type { Client } from '../server/client.ts';
import { scaleOf } from './preferred-scale.ts';
import type { SurfaceObject } from './wl-surface.ts';

type Names = ReadonlySet<string>;

const NOWHERE: Names = new Set();

/** Tells clients when their surfaces come to an output or go from it, for each wl_output they have bound. */
export class OutputPresence {
  readonly #scene: Scene;
  readonly #objects = new Map<Surface, SurfaceObject>();
  readonly #bound = new Map<Client, Map<Resource<'wl_output'>, string>>();
  /** Every set of outputs that surfaces have been on, by the names in it: the same set is the same object. */
  readonly #sets = new Map<string, Names>();
  #present = new Map<Surface, Names>();
  /** The surface that the cursor showed at the last look. */
  #cursor: Surface | null = null;

  constructor(scene: Scene) {
    this.#scene = scene;
    scene.observe({ restacked: () => this.#update(), cursorChanged: () => this.#cursorChanged() });
  }

  addSurface(object: SurfaceObject): void {
    this.#objects.set(object.surface, object);
  }

  removeSurface(surface: Surface): void {
    this.#objects.delete(surface);
    this.#present.delete(surface);
    if (this.#cursor === surface) this.#cursor = null;
  }

  /** The names of the outputs that show a surface. */
  of(surface: Surface): Names {
    return this.#present.get(surface) ?? NOWHERE;
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
  resourcesOf(client: Client, output: { readonly name: string }): Resource<'wl_output'>[] {
    const bound = this.#bound.get(client) ?? [];
    return [...bound].filter(([, name]) => name === output.name).map(([resource]) => resource);
  }

  #update(): void {
    const now = new Map<Surface, Names>();
    for (const output of this.#scene.outputs)
      for (const { surface } of this.#scene.stackOn(output))
        now.set(surface, this.#with(now.get(surface) ?? NOWHERE, output.name));
    if (this.#cursor) now.set(this.#cursor, this.of(this.#cursor));
    const before = this.#present;
    this.#present = now;
    for (const [surface, names] of now) {
      const were = before.get(surface) ?? NOWHERE;
      if (were !== names) this.#tell(surface, were, names);
    }
    for (const [surface, names] of before) if (!now.has(surface)) this.#tell(surface, names, NOWHERE);
  }

  /** Called for every event of the pointer: does nothing while the cursor stays on its outputs. */
  #cursorChanged(): void {
    const { cursor, outputs } = this.#scene;
    const surface = cursorSurface(cursor);
    const extent = cursorExtent(cursor);
    const isOn = ({ geometry }: OutputInfo): boolean =>
      extent !== null && intersectRects(extent, geometry) !== null;
    if (this.#cursor && this.#cursor !== surface) this.#move(this.#cursor, NOWHERE);
    this.#cursor = surface;
    if (!surface) return;
    const before = this.of(surface);
    if (outputs.every(output => before.has(output.name) === isOn(output))) return;
    this.#move(
      surface,
      outputs.filter(isOn).reduce((names, { name }) => this.#with(names, name), NOWHERE),
    );
  }

  #move(surface: Surface, now: Names): void {
    const before = this.of(surface);
    this.#present.set(surface, now);
    if (now === NOWHERE) this.#present.delete(surface);
    if (before !== now) this.#tell(surface, before, now);
  }

  #with(names: Names, name: string): Names {
    const key = [...names, name].join(',');
    const known = this.#sets.get(key) ?? new Set([...names, name]);
    this.#sets.set(key, known);
    return known;
  }

  #tell(surface: Surface, before: Names, now: Names): void {
    const object = this.#objects.get(surface);
    if (!object) return;
    for (const [resource, name] of this.#bound.get(object.client) ?? []) {
      if (now.has(name) && !before.has(name)) object.resource.events.enter(resource);
      if (before.has(name) && !now.has(name)) object.resource.events.leave(resource);
    }
    if (now !== NOWHERE) object.scale.set(scaleOf(this.#scene, surface, now));
  }
}
