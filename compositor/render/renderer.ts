// The scene of an output turned into one submission of ordered passes.
import { POLLIN } from '../../protocol/uapi/fcntl.ts';
import { KernelError } from '../kernel/task/index.ts';
import type { Machine } from '../machine/machine.ts';
import type { Trace } from '../observe/trace.ts';
import { Region } from '../scene/region.ts';
import { fillCommands, layerCommands } from './commands.ts';
import { ImageCache, type Source } from './image-cache.ts';
import { cull, type Layer, type VisibleLayer } from './layer.ts';
import { isPassing } from './passing.ts';
import type { GpuCommand, GpuImage, RenderDevice } from './render-device.ts';

export interface Composition {
  readonly target: GpuImage;
  /** Lowest first. */
  readonly layers: readonly Layer[];
  /** What is drawn anew, in pixels of the target, inside it. */
  readonly damage: Region;
  /** Premultiplied ARGB of what no layer covers. */
  readonly background: number;
  /** For people: who draws. */
  readonly consumer: string;
}

/** A submission. */
export interface RenderJob {
  /** A sync file, the receiver's own. */
  readonly fence: number;
  /** The job is known to be over: lets go what was held for it, before the watch of its fence does. */
  settle(): void;
  /** Where a layer was left out, or drawn as it was, for a reason that may pass, in pixels of the target. */
  readonly missing: Region;
}

export class Renderer implements Disposable {
  readonly device: RenderDevice;
  readonly images: ImageCache;

  constructor(device: RenderDevice, trace: Trace, machine: Machine) {
    this.device = device;
    this.images = new ImageCache(device, trace, machine);
  }

  /**
   * Draws. The job's fence is left in the reservations of all sources as a reader's and of the target as a writer's.
   * Returns null when there was nothing to draw. Throws a KernelError when the device takes no job.
   */
  compose(composition: Composition): RenderJob | null {
    const { target, damage, background } = composition;
    if (damage.isEmpty) return null;
    const { visible, uncovered } = cull(composition.layers, damage);
    const sources = visible.map(({ layer }) => this.images.source(layer.use));
    // What lies under a layer that cannot be drawn was culled; it shows the background.
    const missing = visible.filter((_, at) => sources[at] === null);
    const commands: GpuCommand[] = missing.reduce<GpuCommand[]>(
      (list, { region }) => list.concat(fillCommands(target, region, background)),
      fillCommands(target, uncovered, background),
    );
    for (const [at, { layer, region }] of visible.entries()) {
      const source = sources[at];
      if (source) commands.push(...layerCommands(target, layer, source, region));
    }
    if (commands.length === 0) return null;
    let fence: number;
    try {
      fence = this.device.submit(commands);
    } catch (error) {
      if (!(error instanceof KernelError) || isPassing(error)) throw error;
      if (!this.#refuseOffenders(composition.target, visible, sources)) throw error;
      return this.compose(composition);
    }
    return {
      fence,
      settle: this.#keepShared(visible, sources, fence, composition.consumer),
      missing: visible
        .filter(({ layer: { use } }, at) =>
          sources[at] === null ? this.images.mayRecover(use) : this.images.isLate(use),
        )
        .reduce((all, { region }) => all.union(region), Region.empty),
    };
  }

  /**
   * The device refused the whole submission: each layer is tried alone, and what is refused then is not drawn from any
   * more, for one client's buffer must not stop the display. False when no layer is to blame.
   */
  #refuseOffenders(
    target: GpuImage,
    visible: readonly VisibleLayer[],
    sources: readonly (Source | null)[],
  ): boolean {
    let found = false;
    for (const [at, { layer, region }] of visible.entries()) {
      const source = sources[at];
      if (!source) continue;
      try {
        this.device.task.close(this.device.submit(layerCommands(target, layer, source, region)));
      } catch (error) {
        if (!(error instanceof KernelError) || isPassing(error)) throw error;
        found = true;
        this.images.refuse(layer.use.buffer, error.message);
      }
    }
    return found;
  }

  [Symbol.dispose](): void {
    this.images[Symbol.dispose]();
  }

  /** Memory without a reservation of the client's own is held until the job is over. */
  #keepShared(
    visible: readonly VisibleLayer[],
    sources: readonly (Source | null)[],
    fence: number,
    consumer: string,
  ): () => void {
    const holder = `render job of ${consumer}`;
    const holds: Disposable[] = [];
    for (const [at, source] of sources.entries())
      if (source?.kind === 'image' && source.memory === 'shared')
        holds.push(visible[at]!.layer.use.hold(holder));
    if (holds.length === 0) return () => {};
    const watch = this.device.task.watch(fence, POLLIN, () => settle());
    const settle = (): void => {
      watch.cancel();
      for (const hold of holds.splice(0)) hold[Symbol.dispose]();
    };
    return settle;
  }
}
