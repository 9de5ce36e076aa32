// Who is told of a selection: what the devices of all selection protocols have in common.
import type { Handle } from '../../protocol/object/message.ts';
import { type Machine, MILLISECOND, type Nanoseconds } from '../machine/machine.ts';
import type { DataSource, Selection } from '../seat/selection.ts';
import type { Client } from '../server/client.ts';
import { displayRefusal } from './errors.ts';
import { PerClient } from './per-client.ts';

/** Offers that one device was given and that the client has not destroyed. */
const MAX_OFFERS = 1024;

/** The resource of an offer, whichever protocol it is of. */
export interface OfferResource {
  readonly events: { offer(mimeType: string): void };
  onDestroy(callback: () => void): void;
}

/** How one device says what is selected. */
export interface DeviceVoice<O extends OfferResource> {
  readonly client: Client;
  /** Makes an offer whose `receive` goes to the source. */
  create(source: DataSource): O;
  /** The `data_offer` event. */
  introduce(offer: O): void;
  /** The `selection` event. */
  select(offer: O | null): void;
}

/** A device that is to know a selection. */
export interface SelectionDevice {
  readonly client: Client;
  tell(source: DataSource | null): void;
}

/** Counts a device's offers: a client that destroys none of them is ended before it costs too much. */
export class OfferCount {
  readonly #client: Client;
  #alive = 0;

  constructor(client: Client) {
    this.#client = client;
  }

  add(offer: OfferResource): void {
    if (++this.#alive > MAX_OFFERS)
      this.#client.objects.fail(
        displayRefusal(
          'no_memory',
          `${MAX_OFFERS} offers are alive; an offer that was replaced must be destroyed`,
        ),
      );
    offer.onDestroy(() => {
      this.#alive--;
    });
  }
}

/** The device that speaks so. */
export function selectionDevice<O extends OfferResource>(
  voice: DeviceVoice<O>,
  count = new OfferCount(voice.client),
): SelectionDevice {
  return {
    client: voice.client,
    tell: source => {
      const offer = source && introduceOffer(voice, source, count);
      voice.select(offer);
    },
  };
}

/** An offer of the source, which the client knows with its types. */
export function introduceOffer<O extends OfferResource>(
  voice: Pick<DeviceVoice<O>, 'create' | 'introduce'>,
  source: DataSource,
  count: OfferCount,
): O {
  const offer = voice.create(source);
  count.add(offer);
  voice.introduce(offer);
  for (const mimeType of source.mimeTypes) offer.events.offer(mimeType);
  return offer;
}

/** The handlers of an offer that do nothing but hand the reader's end on: the message's own descriptor, closed after it. */
export const receiveFrom =
  (source: DataSource) =>
  (_: unknown, mimeType: string, handle: Handle): void =>
    source.send(mimeType, handle.fd);

/**
 * A client for which more bytes than these wait hears of a selection once it has read them: others may change it as often
 * as they like, and a client that does not read is disconnected in the end.
 */
const MAX_QUEUED = 256 << 10;
const AGAIN: Nanoseconds = 50n * MILLISECOND;

/** Which clients hear of a selection. */
export type Audience = (client: Client) => boolean;

/** Tells the devices of the audience what is selected, once in a turn however often it changes. */
export class SelectionDevices {
  readonly #machine: Machine;
  readonly #selection: Selection;
  readonly #audience: Audience;
  readonly #devices = new PerClient<SelectionDevice>('devices of a selection');
  /** They have not read of the last one yet. */
  readonly #late = new Set<Client>();
  #posted = false;

  constructor(machine: Machine, selection: Selection, audience: Audience) {
    this.#machine = machine;
    this.#selection = selection;
    this.#audience = audience;
    selection.observe({ changed: () => this.#changed() });
  }

  /** Until the result is disposed. A device whose client hears of the selection already is told at once. */
  add(device: SelectionDevice): Disposable {
    const added = this.#devices.add(device.client, device);
    if (this.#audience(device.client)) device.tell(this.#selection.source);
    return added;
  }

  /** The client belongs to the audience from now on. */
  tell(client: Client): void {
    if (client.connection.queuedBytes > MAX_QUEUED) this.#tellLater(client);
    else for (const device of this.#devices.of(client)) device.tell(this.#selection.source);
  }

  #tellLater(client: Client): void {
    this.#late.add(client);
    if (this.#late.size > 1) return;
    this.#machine.at(this.#machine.now() + AGAIN, 'selection for those who were late', () => {
      const late = [...this.#late];
      this.#late.clear();
      for (const each of late) if (each.connected && this.#audience(each)) this.tell(each);
    });
  }

  #changed(): void {
    if (this.#posted) return;
    this.#posted = true;
    this.#machine.post('the selection changed', () => {
      this.#posted = false;
      for (const client of this.#devices.clients) if (this.#audience(client)) this.tell(client);
    });
  }
}
