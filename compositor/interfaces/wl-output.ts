// wl_output: a display, as clients see it.

import { interfaces } from '../../protocol/interfaces/index.ts';
import type { Resource } from '../../protocol/object/resource.ts';
import type { Output, OutputInfo } from '../scene/outputs.ts';
import type { Server } from '../server/server.ts';
import type { Caller, Context } from './context.ts';

const { mode, subpixel } = interfaces.wl_output.enums;

/** Offers a global for each output as long as it is there. */
export function offerOutputs(context: Context, server: Server): Disposable {
  const globals = new Map<Output, Disposable>();
  const bound = new Map<Output, Set<Resource<'wl_output'>>>();
  const add = (output: Output): void => {
    bound.set(output, new Set());
    globals.set(
      output,
      server.globals.add({
        interface: 'wl_output',
        version: 4,
        bind: (client, resource) => bindOutput({ context, client }, resource, output, bound.get(output)),
      }),
    );
  };
  const { outputs } = context.rooms;
  for (const output of outputs.list) add(output);
  return outputs.observe({
    added: add,
    changed: output => {
      for (const resource of bound.get(output) ?? []) describe(resource, output.info);
    },
    removed: output => {
      globals.get(output)?.[Symbol.dispose]();
      globals.delete(output);
      bound.delete(output);
    },
  });
}

function bindOutput(
  { context, client }: Caller,
  resource: Resource<'wl_output'>,
  output: Output,
  bound: Set<Resource<'wl_output'>> | undefined,
): void {
  context.outputs.set(resource, output);
  resource.setHandlers({ release: () => {} });
  describe(resource, output.info);
  // An output that is gone is bound by who has not heard of it; nothing more will happen to it.
  bound?.add(resource);
  resource.onDestroy(() => bound?.delete(resource));
  context.presence.bound(client, resource, output.info);
}

function describe({ events, version }: Resource<'wl_output'>, info: OutputInfo): void {
  events.geometry(
    info.geometry.x,
    info.geometry.y,
    info.physical.width,
    info.physical.height,
    subpixel.unknown,
    info.make,
    info.model,
    info.transform,
  );
  events.mode(mode.current | mode.preferred, info.mode.width, info.mode.height, info.refresh);
  if (version >= 2) events.scale(Math.ceil(info.scale));
  if (version >= 4) {
    events.name(info.name);
    events.description(info.description);
  }
  if (version >= 2) events.done();
}
