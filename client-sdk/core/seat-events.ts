// What a person does, as a client is told. Places are in the surface's coordinates, times in milliseconds of a clock
// without a known start, keys and buttons evdev codes (`linux/input-event-codes.h`).
import type { ObjectProxy } from '../../protocol/object/proxy.ts';

export type SurfaceProxy = ObjectProxy<'wl_surface'>;

interface Place {
  readonly surface: SurfaceProxy;
  readonly x: number;
  readonly y: number;
}

/** What was pressed; `serial` is for requests that must follow from it, such as a move. */
interface Press {
  readonly serial: number;
  readonly time: number;
  readonly pressed: boolean;
}

export type PointerEvent =
  | ({ readonly kind: 'enter'; readonly serial: number } & Place)
  | { readonly kind: 'leave' }
  | ({ readonly kind: 'motion'; readonly time: number } & Place)
  | ({ readonly kind: 'button'; readonly button: number } & Press & Place)
  | ({
      readonly kind: 'scroll';
      readonly time: number;
      readonly axis: 'vertical' | 'horizontal';
      /** In the length unit of motion; down and right are positive. */
      readonly distance: number;
    } & Place)
  /** What came since the last one belongs together. Servers before version 5 of wl_seat send none. */
  | { readonly kind: 'frame' };

export interface Modifiers {
  /** Bits as the keymap numbers them: 1 is Shift, 4 Control, 8 Alt in the usual ones. */
  readonly depressed: number;
  readonly latched: number;
  readonly locked: number;
  /** The layout in force. */
  readonly group: number;
}

export type KeyboardEvent =
  | {
      readonly kind: 'enter';
      readonly serial: number;
      readonly surface: SurfaceProxy;
      /** What is down already. */
      readonly keys: readonly number[];
    }
  | { readonly kind: 'leave' }
  | ({ readonly kind: 'key'; readonly key: number; readonly surface: SurfaceProxy } & Press)
  | { readonly kind: 'modifiers'; readonly modifiers: Modifiers };

export type TouchEvent =
  | ({ readonly kind: 'down'; readonly id: number; readonly serial: number; readonly time: number } & Place)
  | ({ readonly kind: 'motion'; readonly id: number; readonly time: number } & Place)
  | { readonly kind: 'up'; readonly id: number; readonly time: number }
  /** What came since the last one belongs together. */
  | { readonly kind: 'frame' }
  /** The server took the whole gesture for itself. */
  | { readonly kind: 'cancel' };
