// fencepost-virtual-touch-v1: a touch screen that a program puts its fingers on, as zwlr_virtual_pointer_v1 is a pointer that
// a program moves. Offered to whom virtual pointers and keyboards are offered.
import { defineInterface, int, newId, object, uint } from '../object/table.ts';

const placed = [uint('time'), int('id'), uint('x'), uint('y'), uint('x_extent'), uint('y_extent')] as const;

export const fencepost_virtual_touch_manager_v1 = defineInterface({
  name: 'fencepost_virtual_touch_manager_v1',
  version: 1,
  requests: {
    destroy: { type: 'destructor', args: [] },
    // Places on it are places on this output.
    create_virtual_touch: {
      args: [
        newId('id', 'fencepost_virtual_touch_v1'),
        object('seat', 'wl_seat'),
        object('output', 'wl_output'),
      ],
    },
  },
  events: {},
  enums: {},
});

export const fencepost_virtual_touch_v1 = defineInterface({
  name: 'fencepost_virtual_touch_v1',
  version: 1,
  requests: {
    // Lifts the fingers that are still down.
    destroy: { type: 'destructor', args: [] },
    // `time` in milliseconds of CLOCK_MONOTONIC; `id` is a finger of this object, 0 to 15, and does not meet the fingers of
    // others; `x` of `x_extent` is where it is from the left edge of the output to the right one, and likewise downwards, as
    // zwlr_virtual_pointer_v1.motion_absolute has it; an extent of 0 is no place. A finger that is down comes down
    // nowhere else, and one that is not down neither moves nor is lifted: such requests change nothing.
    down: { args: placed },
    motion: { args: placed },
    up: { args: [uint('time'), int('id')] },
    // What came since the last one belongs together.
    frame: { args: [] },
    // It was no touch after all: all fingers are gone as if they had never been.
    cancel: { args: [] },
  },
  events: {},
  enums: { error: { invalid_id: 0 } },
});
