// ext-image-copy-capture-v1.xml: capturing a source into the client's buffers.
import { array, defineInterface, int, newId, object, uint } from '../object/table.ts';

export const ext_image_copy_capture_manager_v1 = defineInterface({
  name: 'ext_image_copy_capture_manager_v1',
  version: 1,
  requests: {
    create_session: {
      args: [
        newId('session', 'ext_image_copy_capture_session_v1'),
        object('source', 'ext_image_capture_source_v1'),
        uint('options', { enum: 'options' }),
      ],
    },
    create_pointer_cursor_session: {
      args: [
        newId('session', 'ext_image_copy_capture_cursor_session_v1'),
        object('source', 'ext_image_capture_source_v1'),
        object('pointer', 'wl_pointer'),
      ],
    },
    destroy: { type: 'destructor', args: [] },
  },
  events: {},
  enums: { error: { invalid_option: 1 }, options: { paint_cursors: 1 } },
  bitfields: ['options'],
});

export const ext_image_copy_capture_session_v1 = defineInterface({
  name: 'ext_image_copy_capture_session_v1',
  version: 1,
  requests: {
    create_frame: { args: [newId('frame', 'ext_image_copy_capture_frame_v1')] },
    destroy: { type: 'destructor', args: [] },
  },
  events: {
    buffer_size: { args: [uint('width'), uint('height')] },
    shm_format: { args: [uint('format', { enum: 'wl_shm.format' })] },
    dmabuf_device: { args: [array('device')] },
    dmabuf_format: { args: [uint('format'), array('modifiers')] },
    done: { args: [] },
    stopped: { args: [] },
  },
  enums: { error: { duplicate_frame: 1 } },
});

export const ext_image_copy_capture_frame_v1 = defineInterface({
  name: 'ext_image_copy_capture_frame_v1',
  version: 1,
  requests: {
    destroy: { type: 'destructor', args: [] },
    attach_buffer: { args: [object('buffer', 'wl_buffer')] },
    damage_buffer: { args: [int('x'), int('y'), int('width'), int('height')] },
    capture: { args: [] },
  },
  events: {
    transform: { args: [uint('transform', { enum: 'wl_output.transform' })] },
    damage: { args: [int('x'), int('y'), int('width'), int('height')] },
    presentation_time: { args: [uint('tv_sec_hi'), uint('tv_sec_lo'), uint('tv_nsec')] },
    ready: { args: [] },
    failed: { args: [uint('reason', { enum: 'failure_reason' })] },
  },
  enums: {
    error: { no_buffer: 1, invalid_buffer_damage: 2, already_captured: 3 },
    failure_reason: { unknown: 0, buffer_constraints: 1, stopped: 2 },
  },
});

export const ext_image_copy_capture_cursor_session_v1 = defineInterface({
  name: 'ext_image_copy_capture_cursor_session_v1',
  version: 1,
  requests: {
    destroy: { type: 'destructor', args: [] },
    get_capture_session: { args: [newId('session', 'ext_image_copy_capture_session_v1')] },
  },
  events: {
    enter: { args: [] },
    leave: { args: [] },
    position: { args: [int('x'), int('y')] },
    hotspot: { args: [int('x'), int('y')] },
  },
  enums: { error: { duplicate_session: 1 } },
});
