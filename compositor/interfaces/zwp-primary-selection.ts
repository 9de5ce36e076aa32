// zwp_primary_selection_device_manager_v1 and its objects: what the middle button pastes.
import type { Resource } from '../../protocol/object/resource.ts';
import { Bindings } from './bindings.ts';
import type { Caller } from './context.ts';
import { ClientSource } from './data-source.ts';
import { receiveFrom, selectionDevice } from './selection-offers.ts';
import type { Selections } from './selections.ts';

/** What binds the global; sources of one client may be named by devices of another bind. */
export function primarySelection(
  selections: Selections,
): (caller: Caller, resource: Resource<'zwp_primary_selection_device_manager_v1'>) => void {
  const sources = new Bindings<'zwp_primary_selection_source_v1', ClientSource>();
  return (caller, resource) =>
    resource.setHandlers({
      create_source: (_, id) => {
        const source = new ClientSource(caller, id);
        sources.set(id, source);
        id.onDestroy(() => selections.primary.withdraw(source));
        id.setHandlers({ offer: (_, mimeType) => source.addType(mimeType), destroy: () => {} });
      },
      get_device: (_, id) => serveDevice(caller, id, selections, sources),
      destroy: () => {},
    });
}

function serveDevice(
  { client }: Caller,
  resource: Resource<'zwp_primary_selection_device_v1'>,
  selections: Selections,
  sources: Bindings<'zwp_primary_selection_source_v1', ClientSource>,
): void {
  const device = selectionDevice({
    client,
    create: source => {
      const offer = client.create('zwp_primary_selection_offer_v1', 1);
      offer.setHandlers({ receive: receiveFrom(source), destroy: () => {} });
      return offer;
    },
    introduce: offer => resource.events.data_offer(offer),
    select: offer => resource.events.selection(offer),
  });
  const added = selections.primaryDevices.add(device);
  resource.onDestroy(() => added[Symbol.dispose]());
  resource.setHandlers({
    set_selection: (_, source, serial) =>
      selections.request(client, 'primary', source && sources.get(source), serial),
    destroy: () => {},
  });
}
