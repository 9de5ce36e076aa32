// zxdg_output_manager_v1: where outputs lie in the global space, in logical pixels.
import type { Resource } from '../../protocol/object/resource.ts';
import type { Output } from '../scene/outputs.ts';
import type { Caller, Context } from './context.ts';

/** One wl_output of a client, described in logical pixels. */
interface Described {
  readonly resource: Resource<'zxdg_output_v1'>;
  readonly outputResource: Resource<'wl_output'>;
}

/** Keeps the clients that asked informed. */
export class XdgOutputs {
  readonly #described = new Map<Output, Set<Described>>();

  constructor({ rooms }: Context) {
    rooms.outputs.observe({
      added: () => {},
      changed: output => {
        for (const described of this.#described.get(output) ?? []) {
          describe(described, output);
          finish(described);
        }
      },
      removed: output => void this.#described.delete(output),
    });
  }

  bind({ context }: Caller, resource: Resource<'zxdg_output_manager_v1'>): void {
    resource.setHandlers({
      destroy: () => {},
      get_xdg_output: (_, id, outputResource) => {
        id.setHandlers({ destroy: () => {} });
        this.#create({ resource: id, outputResource }, context.outputs.get(outputResource));
      },
    });
  }

  #create(described: Described, output: Output): void {
    const { resource } = described;
    const all = this.#described.get(output) ?? new Set();
    this.#described.set(output, all.add(described));
    resource.onDestroy(() => {
      all.delete(described);
      if (all.size === 0) this.#described.delete(output);
    });
    describe(described, output);
    if (resource.version >= 2) {
      resource.events.name(output.info.name);
      resource.events.description(output.info.description);
    }
    finish(described);
  }
}

function describe({ resource }: Described, { info }: Output): void {
  const { x, y, width, height } = info.geometry;
  resource.events.logical_position(x, y);
  resource.events.logical_size(width, height);
}

/** Since version 3 it is wl_output.done that ends a description. */
function finish({ resource, outputResource }: Described): void {
  if (resource.version < 3) resource.events.done();
  else if (outputResource.version >= 2 && !outputResource.destroyed) outputResource.events.done();
}
