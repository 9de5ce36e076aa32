// wl_surface.enter and leave: on which outputs a surface is; and the scale that follows from that.
import type { Resource } from '../../protocol/object/resource.ts';
import { cursorExtent, cursorSurface } from '../scene/cursor.ts';
import type { OutputInfo } from '../scene/outputs.ts';
import { intersectRects } from '../scene/region.ts';
import type { Scene } from '../scene/scene.ts';
import { isShown } from '../scene/shown-stack.ts';
import type { Surface } from '../scene/surface.ts';
import type { Client } from '../server/client.ts';
import { displayRefusal } from './errors.ts';
import { scaleOf } from './preferred-scale.ts';
import type { SurfaceObject } from './wl-surface.ts';

type Names = ReadonlySet<string>;

const NOWHERE: Names = new Set();
/** Objects wl_output of a client: each is told of each surface that comes or goes. */
const MOST_BOUND = 256;

/** Who speaks of outputs in other ways. */
export interface PresenceListener {
  /** A surface is on other outputs than before. */
  moved(surface: Surface): void;
  /** A client has one more object for an output. */
  bound(client: Client, resource: Resource<'wl_output'>, output: OutputInfo): void;
}

/** Tells clients when their surfaces come to an output or go from it, for each wl_output they have bound. */
export class OutputPresence {
  readonly #scene: Scene;
  readonly #objects = new Map<Surface, SurfaceObject>();
  readonly #bound = new Map<Client, Map<Resource<'wl_output'>, string>>();
  /** Every set of outputs that surfaces have been on, by the names in it: the same set is the same object. */
  readonly #sets = new Map<string, Names>();
  readonly #present = new Map<Surface, Names>();
  readonly #listeners = new Set<PresenceListener>();
  /** The surface that the cursor showed at the last look. */
  #cursor: Surface | null = null;

  constructor(scene: Scene) {
    this.#scene = scene;
    scene.observe({
      restacked: changed => (changed ? this.#update(changed) : this.#updateAll()),
      cursorChanged: () => this.#cursorChanged(),
    });
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
    if (resources.size >= MOST_BOUND)
      throw displayRefusal(
        'no_memory',
        `the client has ${resources.size} objects wl_output, which is all it may; release some first`,
      );
    this.#bound.set(client, resources.set(resource, output.name));
    resource.onDestroy(() => {
      resources.delete(resource);
      if (resources.size === 0) this.#bound.delete(client);
    });
    for (const [surface, names] of this.#present) {
      const object = this.#objects.get(surface);
      if (object?.client === client && names.has(output.name)) object.resource.events.enter(resource);
    }
    for (const listener of this.#listeners) listener.bound(client, resource, output);
  }

  /** The wl_outputs by which a client knows an output. */
  resourcesOf(client: Client, output: { readonly name: string }): Resource<'wl_output'>[] {
    const bound = this.#bound.get(client) ?? [];
    return [...bound].filter(([, name]) => name === output.name).map(([resource]) => resource);
  }

  /** Is told of what changes from now on, until disposed. */
  observe(listener: PresenceListener): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) };
  }

  #updateAll(): void {
    const surfaces = new Set(this.#scene.stack.map(({ surface }) => surface));
    for (const surface of this.#present.keys()) surfaces.add(surface);
    this.#update(surfaces);
    // The outputs themselves may be others under the same names.
    for (const [surface, names] of this.#present)
      this.#objects.get(surface)?.scale.set(scaleOf(this.#scene, surface, names));
  }

  #update(surfaces: ReadonlySet<Surface>): void {
    const { outputs } = this.#scene;
    for (const surface of surfaces) {
      if (surface === this.#cursor) continue;
      const placement = this.#scene.placementOf(surface);
      const isOn = (output: OutputInfo): boolean =>
        placement !== null && isShown(placement, output, this.#scene.fullscreenOn(output));
      this.#move(surface, this.#setOf(outputs.filter(isOn)));
    }
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
    this.#move(surface, this.#setOf(outputs.filter(isOn)));
  }

  #move(surface: Surface, now: Names): void {
    const before = this.of(surface);
    if (before === now) return;
    if (now === NOWHERE) this.#present.delete(surface);
    else this.#present.set(surface, now);
    this.#tell(surface, before, now);
    for (const listener of this.#listeners) listener.moved(surface);
  }

  #setOf(outputs: readonly OutputInfo[]): Names {
    if (outputs.length === 0) return NOWHERE;
    const names = outputs.map(({ name }) => name);
    const key = names.join(',');
    const known = this.#sets.get(key) ?? new Set(names);
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
