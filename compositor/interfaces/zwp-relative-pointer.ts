// zwp_relative_pointer_manager_v1: how the device moved, wherever the pointer could go.
import type { Resource } from '../../protocol/object/resource.ts';
import type { Caller } from './context.ts';

export function bindRelativePointer(
  { context, client }: Caller,
  resource: Resource<'zwp_relative_pointer_manager_v1'>,
): void {
  resource.setHandlers({
    destroy: () => {},
    get_relative_pointer: (_, id) => {
      context.input.pointer.relative.add(client, id);
      id.setHandlers({ destroy: () => {} });
    },
  });
}
