// ext_image_copy_capture_cursor_session_v1: the cursor captured on its own, which there is not here. Whoever asks is told
// as if the cursor never came to the source: outputs are captured with it by the option paint_cursors.
import { interfaces } from '../../protocol/interfaces/index.ts';
import type { Resource } from '../../protocol/object/resource.ts';
import { demand } from './errors.ts';

const { stopped: STOPPED } = interfaces.ext_image_copy_capture_frame_v1.enums.failure_reason;

export function serveCursorSession(resource: Resource<'ext_image_copy_capture_cursor_session_v1'>): void {
  let asked = false;
  resource.setHandlers({
    destroy: () => {},
    get_capture_session: (_, session) => {
      demand(!asked, resource, 'duplicate_session', 'the cursor session has its session already');
      asked = true;
      serveStoppedSession(session);
    },
  });
}

/** A session that is over before it begins: its frames fail. */
function serveStoppedSession(session: Resource<'ext_image_copy_capture_session_v1'>): void {
  session.setHandlers({
    destroy: () => {},
    create_frame: (_, frame) =>
      frame.setHandlers({
        destroy: () => {},
        attach_buffer: () => {},
        damage_buffer: () => {},
        capture: () => frame.events.failed(STOPPED),
      }),
  });
  session.events.stopped();
}
