// wp_cursor_shape_manager_v1: cursors by name, drawn by the compositor.
import { interfaces } from '../../protocol/interfaces/index.ts';
import type { Resource } from '../../protocol/object/resource.ts';
import { CURSOR_SHAPES } from '../scene/cursor.ts';
import type { Caller } from './context.ts';
import { demand } from './errors.ts';

const { shape: SHAPE } = interfaces.wp_cursor_shape_device_v1.enums;

export function bindCursorShapes(caller: Caller, resource: Resource<'wp_cursor_shape_manager_v1'>): void {
  resource.setHandlers({
    destroy: () => {},
    get_pointer: (_, device) => serveDevice(caller, device),
  });
}

/** There is one pointer, so that it does not matter which wl_pointer the device was made of, nor when that goes. */
function serveDevice({ context, client }: Caller, device: Resource<'wp_cursor_shape_device_v1'>): void {
  device.setHandlers({
    destroy: () => {},
    set_shape: (_, serial, number) => {
      const shape = CURSOR_SHAPES.find(name => SHAPE[name] === number);
      demand(
        shape,
        device,
        'invalid_shape',
        `there is no shape ${number}; ${SHAPE.default} (default) to ${SHAPE.zoom_out} (zoom_out) are known`,
      );
      if (context.input.mayChooseCursor(client, serial))
        context.rooms.seat.cursor.show({ kind: 'shape', shape });
    },
  });
}
