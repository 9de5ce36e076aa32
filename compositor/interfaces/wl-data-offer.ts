// wl_data_offer: what a client is offered, to be pasted or to be dropped on it.
import type { Handle } from '../../protocol/object/message.ts';
import type { Resource } from '../../protocol/object/resource.ts';
import { isAction, isActionMask } from '../seat/drag-actions.ts';
import type { DragOffer } from '../seat/drag-offer.ts';
import { demand, refusal } from './errors.ts';
import { receiveFrom } from './selection-offers.ts';

type Offer = Resource<'wl_data_offer'>;

/** An offer of the clipboard, which is received and nothing else. */
export function serveSelectionOffer(
  resource: Offer,
  receive: (resource: unknown, mimeType: string, handle: Handle) => void,
): void {
  resource.setHandlers({
    accept: () => {},
    receive,
    destroy: () => {},
    finish: () => {
      throw refusal(resource, 'invalid_finish', 'only what was dropped can be finished; this is a selection');
    },
    set_actions: () => {
      throw refusal(resource, 'invalid_offer', 'only what is dragged has actions; this is a selection');
    },
  });
}

/** An offer of what is dragged. */
export function serveDragOffer(resource: Offer, offer: DragOffer): void {
  resource.setHandlers({
    accept: (_, __, mimeType) => offer.accept(mimeType),
    receive: receiveFrom(offer.source),
    destroy: () => {},
    finish: () => {
      const problem = offer.finish();
      demand(problem === null, resource, 'invalid_finish', `finish is not possible: ${problem}`);
    },
    set_actions: (_, actions, preferred) => {
      demand(
        isActionMask(actions),
        resource,
        'invalid_action_mask',
        `0x${actions.toString(16)} has bits that are no action; copy, move and ask are 1, 2 and 4`,
      );
      demand(
        isAction(preferred),
        resource,
        'invalid_action',
        `0x${preferred.toString(16)} is not one action; prefer copy (1), move (2), ask (4) or none (0)`,
      );
      offer.want({ actions, preferred });
    },
  });
}
