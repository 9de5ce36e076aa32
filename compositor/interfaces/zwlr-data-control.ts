// zwlr_data_control_manager_v1 and its objects: both selections, for programs that never have the focus.
import type { Resource } from '../../protocol/object/resource.ts';
import { Bindings } from './bindings.ts';
import type { Caller } from './context.ts';
import { ClientSource } from './data-source.ts';
import { demand } from './errors.ts';
import { OfferCount, receiveFrom, selectionDevice } from './selection-offers.ts';
import type { SelectionName, Selections } from './selections.ts';

type Sources = Bindings<'zwlr_data_control_source_v1', ClientSource>;

/** What binds the global. */
export function dataControl(
  selections: Selections,
): (caller: Caller, resource: Resource<'zwlr_data_control_manager_v1'>) => void {
  const sources: Sources = new Bindings();
  return (caller, resource) =>
    resource.setHandlers({
      create_data_source: (_, id) => createSource(caller, id, selections, sources),
      get_data_device: (_, id) => serveDevice(caller, id, selections, sources),
      destroy: () => {},
    });
}

function createSource(
  caller: Caller,
  resource: Resource<'zwlr_data_control_source_v1'>,
  selections: Selections,
  sources: Sources,
): void {
  const source = new ClientSource(caller, resource);
  sources.set(resource, source);
  resource.onDestroy(() => {
    selections.clipboard.withdraw(source);
    selections.primary.withdraw(source);
  });
  resource.setHandlers({
    offer: (_, mimeType) => {
      demand(
        source.use === 'nothing',
        resource,
        'invalid_offer',
        'the source is a selection already; offer its types before that',
      );
      source.addType(mimeType);
    },
    destroy: () => {},
  });
}

function serveDevice(
  { client }: Caller,
  resource: Resource<'zwlr_data_control_device_v1'>,
  selections: Selections,
  sources: Sources,
): void {
  const count = new OfferCount(client);
  const device = (name: SelectionName) =>
    selectionDevice(
      {
        client,
        create: source => {
          const offer = client.create('zwlr_data_control_offer_v1', 1);
          offer.setHandlers({ receive: receiveFrom(source), destroy: () => {} });
          return offer;
        },
        introduce: offer => resource.events.data_offer(offer),
        select: offer =>
          name === 'clipboard' ? resource.events.selection(offer) : resource.events.primary_selection(offer),
      },
      count,
    );
  const added = [selections.clipboardControl.add(device('clipboard'))];
  if (resource.version >= 2) added.push(selections.primaryControl.add(device('primary')));
  resource.onDestroy(() => {
    for (const registration of added) registration[Symbol.dispose]();
  });
  const set = (name: SelectionName, sourceResource: Resource<'zwlr_data_control_source_v1'> | null): void => {
    const source = sourceResource && sources.get(sourceResource);
    demand(
      source === null || source.use === 'nothing',
      resource,
      'used_source',
      `zwlr_data_control_source_v1@${sourceResource?.id} was a selection before; make another source`,
    );
    if (source) source.use = 'selection';
    selections[name].set(source);
  };
  resource.setHandlers({
    set_selection: (_, source) => set('clipboard', source),
    set_primary_selection: (_, source) => set('primary', source),
    destroy: () => {},
  });
}
