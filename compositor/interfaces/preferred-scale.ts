// The scale that a surface had best be drawn at: wl_surface.preferred_buffer_scale and wp_fractional_scale_v1.
import type { Resource } from '../../protocol/object/resource.ts';
import type { OutputInfo } from '../scene/outputs.ts';
import type { Scene } from '../scene/scene.ts';
import type { Surface } from '../scene/surface.ts';

/** wp_fractional_scale_v1 counts in parts of this. */
const PARTS = 120;

/** What one surface's client has been told; each scale once. */
export class PreferredScale {
  readonly #surface: Resource<'wl_surface'>;
  #fractional: Resource<'wp_fractional_scale_v1'> | null = null;
  #scale: number;

  constructor(surface: Resource<'wl_surface'>, scale: number) {
    this.#surface = surface;
    this.#scale = scale;
    this.#tell();
  }

  set(scale: number): void {
    if (scale === this.#scale || this.#surface.destroyed) return;
    this.#scale = scale;
    this.#tell();
    this.#tellFractional();
  }

  /** The wp_fractional_scale_v1 of this surface, of which there is at most one. */
  get fractional(): Resource<'wp_fractional_scale_v1'> | null {
    return this.#fractional;
  }

  set fractional(resource: Resource<'wp_fractional_scale_v1'> | null) {
    this.#fractional = resource;
    this.#tellFractional();
  }

  #tell(): void {
    const { version, events } = this.#surface;
    if (version >= 6) events.preferred_buffer_scale(Math.ceil(this.#scale));
  }

  #tellFractional(): void {
    this.#fractional?.events.preferred_scale(Math.round(this.#scale * PARTS));
  }
}

/** The largest scale of the outputs that show a surface; of one that none shows, that of the output it will come to. */
export function scaleOf(scene: Scene, surface: Surface, shownOn: ReadonlySet<string>): number {
  const shown = scene.outputs.filter(({ name }) => shownOn.has(name));
  if (shown.length > 0) return shown.reduce((most, { scale }) => Math.max(most, scale), 0);
  return expectedOutput(scene, surface)?.scale ?? 1;
}

function expectedOutput(scene: Scene, surface: Surface): OutputInfo | undefined {
  const root = scene.rootOf(surface);
  const name = root?.kind === 'window' ? (root.slot?.output ?? root.home) : root?.output;
  return scene.outputs.find(output => output.name === name) ?? scene.outputs[0];
}
