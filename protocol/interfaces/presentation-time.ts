// presentation-time.xml: when a commit was shown.
import { defineInterface, newId, object, uint } from '../object/table.ts';

export const wp_presentation = defineInterface({
  name: 'wp_presentation',
  version: 1,
  requests: {
    destroy: { type: 'destructor', args: [] },
    feedback: { args: [object('surface', 'wl_surface'), newId('callback', 'wp_presentation_feedback')] },
  },
  events: { clock_id: { args: [uint('clk_id')] } },
  enums: { error: { invalid_timestamp: 0, invalid_flag: 1 } },
});

export const wp_presentation_feedback = defineInterface({
  name: 'wp_presentation_feedback',
  version: 1,
  requests: {},
  events: {
    sync_output: { args: [object('output', 'wl_output')] },
    presented: {
      type: 'destructor',
      args: [
        uint('tv_sec_hi'),
        uint('tv_sec_lo'),
        uint('tv_nsec'),
        uint('refresh'),
        uint('seq_hi'),
        uint('seq_lo'),
        uint('flags', { enum: 'kind' }),
      ],
    },
    discarded: { type: 'destructor', args: [] },
  },
  enums: { kind: { vsync: 0x1, hw_clock: 0x2, hw_completion: 0x4, zero_copy: 0x8 } },
  bitfields: ['kind'],
});
