// Everything by which data goes from one client to another.
import type { Context } from './context.ts';
import { Drags } from './drags.ts';
import { everybody, type OfferGlobal } from './global-offer.ts';
import { Selections } from './selections.ts';
import { dataDevices } from './wl-data-device-manager.ts';
import { dataControl } from './zwlr-data-control.ts';
import { primarySelection } from './zwp-primary-selection.ts';

export function offerSelection(context: Context, offer: OfferGlobal): void {
  const selections = new Selections(context);
  const drags = new Drags(context);
  offer('wl_data_device_manager', 3, everybody, dataDevices(selections, drags));
  offer('zwp_primary_selection_device_manager_v1', 1, everybody, primarySelection(selections));
  offer('zwlr_data_control_manager_v1', 2, client => client.may('clipboard'), dataControl(selections));
}
