// text-input-unstable-v3.xml: text that does not come from keys.
import { defineInterface, int, newId, object, string, uint } from '../object/table.ts';

export const zwp_text_input_v3 = defineInterface({
  name: 'zwp_text_input_v3',
  version: 1,
  requests: {
    destroy: { type: 'destructor', args: [] },
    enable: { args: [] },
    disable: { args: [] },
    set_surrounding_text: { args: [string('text'), int('cursor'), int('anchor')] },
    set_text_change_cause: { args: [uint('cause', { enum: 'change_cause' })] },
    set_content_type: {
      args: [uint('hint', { enum: 'content_hint' }), uint('purpose', { enum: 'content_purpose' })],
    },
    set_cursor_rectangle: { args: [int('x'), int('y'), int('width'), int('height')] },
    commit: { args: [] },
  },
  events: {
    enter: { args: [object('surface', 'wl_surface')] },
    leave: { args: [object('surface', 'wl_surface')] },
    preedit_string: { args: [string('text', { nullable: true }), int('cursor_begin'), int('cursor_end')] },
    commit_string: { args: [string('text', { nullable: true })] },
    delete_surrounding_text: { args: [uint('before_length'), uint('after_length')] },
    done: { args: [uint('serial')] },
  },
  enums: {
    change_cause: { input_method: 0, other: 1 },
    content_hint: {
      none: 0x0,
      completion: 0x1,
      spellcheck: 0x2,
      auto_capitalization: 0x4,
      lowercase: 0x8,
      uppercase: 0x10,
      titlecase: 0x20,
      hidden_text: 0x40,
      sensitive_data: 0x80,
      latin: 0x100,
      multiline: 0x200,
    },
    content_purpose: {
      normal: 0,
      alpha: 1,
      digits: 2,
      number: 3,
      phone: 4,
      url: 5,
      email: 6,
      name: 7,
      password: 8,
      pin: 9,
      date: 10,
      time: 11,
      datetime: 12,
      terminal: 13,
    },
  },
  bitfields: ['content_hint'],
});

export const zwp_text_input_manager_v3 = defineInterface({
  name: 'zwp_text_input_manager_v3',
  version: 1,
  requests: {
    destroy: { type: 'destructor', args: [] },
    get_text_input: { args: [newId('id', 'zwp_text_input_v3'), object('seat', 'wl_seat')] },
  },
  events: {},
  enums: {},
});
