// fencepost-histogram-v1: the display's histogram for clients that may have it. Offered only on connections with the
// histogram capability: the counts are a measure of everybody's pixels.
//
// A client asks for one record at a time, so a slow reader costs nothing. The record is small and travels by value:
// `record` is the kernel's `simkms_histogram_record` (`protocol/uapi/simkms.ts`), which names the vblank it describes.
import { array, defineInterface, newId, object } from '../object/table.ts';

export const fencepost_histogram_manager_v1 = defineInterface({
  name: 'fencepost_histogram_manager_v1',
  version: 1,
  requests: {
    destroy: { type: 'destructor', args: [] },
    get_histogram: { args: [newId('id', 'fencepost_histogram_v1'), object('output', 'wl_output')] },
  },
  events: {},
  enums: {},
});

export const fencepost_histogram_v1 = defineInterface({
  name: 'fencepost_histogram_v1',
  version: 1,
  requests: {
    destroy: { type: 'destructor', args: [] },
    // Asks for the next frame that the output shows; an output that stays as it is is scanned once more for the first
    // request of an object. Asking again before the answer is the error `already_asked`.
    next: { args: [] },
  },
  events: {
    record: { args: [array('record')] },
    // The output is gone or has no histogram; there will be no record.
    stopped: { args: [] },
  },
  enums: { error: { already_asked: 0 } },
});
