// wl_seat: one person's pointer, keyboard and touch screen. All three are always there: any of them may be virtual.
import { interfaces } from '../../protocol/interfaces/index.ts';
import type { Resource } from '../../protocol/object/resource.ts';
import type { Caller } from './context.ts';
import { servePointer } from './wl-pointer.ts';

const { pointer: POINTER, keyboard: KEYBOARD, touch: TOUCH } = interfaces.wl_seat.enums.capability;
const NAME_SINCE = 2;

export function bindSeat(caller: Caller, resource: Resource<'wl_seat'>): void {
  const { context, client } = caller;
  const { input, rooms } = context;
  resource.setHandlers({
    get_pointer: (_, pointer) => {
      input.pointer.resources.add(client, pointer);
      servePointer(caller, pointer);
      input.pointer.introduce(client, pointer);
    },
    get_keyboard: (_, keyboard) => {
      input.keyboard.resources.add(client, keyboard);
      keyboard.setHandlers({ release: () => {} });
      input.keyboard.introduce(client, keyboard);
    },
    get_touch: (_, touch) => {
      input.touch.resources.add(client, touch);
      touch.setHandlers({ release: () => {} });
    },
    release: () => {},
  });
  resource.events.capabilities(POINTER | KEYBOARD | TOUCH);
  if (resource.version >= NAME_SINCE) resource.events.name(rooms.seat.name);
}
