// ext-image-capture-source-v1.xml: what can be captured.
import { defineInterface, newId, object } from '../object/table.ts';

export const ext_image_capture_source_v1 = defineInterface({
  name: 'ext_image_capture_source_v1',
  version: 1,
  requests: { destroy: { type: 'destructor', args: [] } },
  events: {},
  enums: {},
});

export const ext_output_image_capture_source_manager_v1 = defineInterface({
  name: 'ext_output_image_capture_source_manager_v1',
  version: 1,
  requests: {
    create_source: {
      args: [newId('source', 'ext_image_capture_source_v1'), object('output', 'wl_output')],
    },
    destroy: { type: 'destructor', args: [] },
  },
  events: {},
  enums: {},
});
