// wl_data_device_manager: where sources and devices of the clipboard and of drags come from.
import type { Resource } from '../../protocol/object/resource.ts';
import { Bindings } from './bindings.ts';
import type { Caller } from './context.ts';
import type { Drags } from './drags.ts';
import type { Selections } from './selections.ts';
import { serveDataDevice } from './wl-data-device.ts';
import { DataSourceObject } from './wl-data-source.ts';

/** What all data devices share. */
export interface DataExchange {
  readonly selections: Selections;
  readonly drags: Drags;
  readonly sources: Bindings<'wl_data_source', DataSourceObject>;
}

/** What binds the global. */
export function dataDevices(
  selections: Selections,
  drags: Drags,
): (caller: Caller, resource: Resource<'wl_data_device_manager'>) => void {
  const exchange: DataExchange = { selections, drags, sources: new Bindings() };
  return (caller, resource) =>
    resource.setHandlers({
      create_data_source: (_, id) => {
        const source = new DataSourceObject(caller, id);
        exchange.sources.set(id, source);
        id.onDestroy(() => {
          selections.clipboard.withdraw(source);
          drags.sourceGone(source);
        });
      },
      get_data_device: (_, id) => serveDataDevice(caller, id, exchange),
    });
}
