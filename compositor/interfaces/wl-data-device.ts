// wl_data_device: a client's ear for the clipboard and for what is dragged over its surfaces.
import type { Resource } from '../../protocol/object/resource.ts';
import type { Caller } from './context.ts';
import { demand } from './errors.ts';
import { OfferCount, receiveFrom, selectionDevice } from './selection-offers.ts';
import type { DataExchange } from './wl-data-device-manager.ts';
import { serveSelectionOffer } from './wl-data-offer.ts';
import type { DataSourceObject } from './wl-data-source.ts';
import type { SurfaceObject } from './wl-surface.ts';

export function serveDataDevice(
  caller: Caller,
  resource: Resource<'wl_data_device'>,
  exchange: DataExchange,
): void {
  const { client, context } = caller;
  const { selections, drags, sources } = exchange;
  const count = new OfferCount(client);
  const device = selectionDevice(
    {
      client,
      create: source => {
        const offer = client.create('wl_data_offer', resource.version);
        serveSelectionOffer(offer, receiveFrom(source));
        return offer;
      },
      introduce: offer => resource.events.data_offer(offer),
      select: offer => resource.events.selection(offer),
    },
    count,
  );
  const added = [selections.clipboardDevices.add(device), drags.addDevice({ client, resource, count })];
  resource.onDestroy(() => {
    for (const registration of added) registration[Symbol.dispose]();
  });
  resource.setHandlers({
    start_drag: (_, source, origin, icon, serial) =>
      startDrag(resource, exchange, {
        source: source && sources.get(source),
        origin: context.surfaces.get(origin),
        icon: icon && context.surfaces.get(icon),
        serial,
      }),
    set_selection: (_, sourceResource, serial) => {
      const source = sourceResource && sources.get(sourceResource);
      source?.useForSelection();
      selections.request(client, 'clipboard', source, serial);
    },
    release: () => {},
  });
}

interface DragRequest {
  readonly source: DataSourceObject | null;
  readonly origin: SurfaceObject;
  readonly icon: SurfaceObject | null;
  readonly serial: number;
}

function startDrag(device: Resource<'wl_data_device'>, { drags }: DataExchange, request: DragRequest): void {
  const { icon } = request;
  demand(
    !icon || icon.roleName === null || (icon.roleName === 'drag-icon' && icon.roleObject === null),
    device,
    'role',
    `wl_surface@${icon?.resource.id} has the role ${icon?.roleName}; a surface without one is expected for an icon`,
  );
  request.source?.useForDrag();
  drags.start(request);
}
