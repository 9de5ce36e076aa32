// zwp_pointer_gestures_v1: swipes, pinches and holds. There is no touchpad here that could make one: clients that ask
// for gestures get objects that never say anything, as on a machine with a mouse alone.
import type { Resource } from '../../protocol/object/resource.ts';
import type { Caller } from './context.ts';

export function bindPointerGestures(_: Caller, resource: Resource<'zwp_pointer_gestures_v1'>): void {
  resource.setHandlers({
    get_swipe_gesture: (__, id) => id.setHandlers({ destroy: () => {} }),
    get_pinch_gesture: (__, id) => id.setHandlers({ destroy: () => {} }),
    get_hold_gesture: (__, id) => id.setHandlers({ destroy: () => {} }),
    release: () => {},
  });
}
