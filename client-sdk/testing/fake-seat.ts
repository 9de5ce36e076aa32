// A wl_seat whose devices a test speaks for.
import type { Resource } from '../../protocol/object/resource.ts';

const ignore = () => {};

export class FakeSeat {
  proxy: Resource<'wl_seat'> | null = null;
  pointer: Resource<'wl_pointer'> | null = null;
  keyboard: Resource<'wl_keyboard'> | null = null;
  touch: Resource<'wl_touch'> | null = null;
  /** Arguments of wl_pointer.set_cursor. */
  readonly cursors: unknown[][] = [];

  serve(seat: Resource<'wl_seat'>): void {
    this.proxy = seat;
    seat.setHandlers({
      release: ignore,
      get_pointer: (_, pointer) => {
        this.pointer = pointer;
        pointer.setHandlers({ release: ignore, set_cursor: (_, ...words) => this.cursors.push(words) });
      },
      get_keyboard: (_, keyboard) => {
        this.keyboard = keyboard;
        keyboard.setHandlers({ release: ignore });
      },
      get_touch: (_, touch) => {
        this.touch = touch;
        touch.setHandlers({ release: ignore });
      },
    });
  }
}
