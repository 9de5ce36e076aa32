// What hangs on the seat besides its devices: text, idleness, the focus, and devices that programs move.
import type { Context } from './context.ts';
import { idleNotifier } from './ext-idle-notifier.ts';
import { virtualTouch } from './fencepost-virtual-touch.ts';
import { everybody, type OfferedTo, type OfferGlobal } from './global-offer.ts';
import { TextInputs } from './text-inputs.ts';
import { bindCursorShapes } from './wp-cursor-shape.ts';
import { activation } from './xdg-activation.ts';
import { bindVirtualPointers } from './zwlr-virtual-pointer.ts';
import { idleInhibit } from './zwp-idle-inhibit.ts';
import { shortcutsInhibit } from './zwp-keyboard-shortcuts-inhibit.ts';
import { pointerConstraints } from './zwp-pointer-constraints.ts';
import { bindPointerGestures } from './zwp-pointer-gestures.ts';
import { bindRelativePointer } from './zwp-relative-pointer.ts';
import { textInputV1 } from './zwp-text-input-v1.ts';
import { textInputV3 } from './zwp-text-input-v3.ts';
import { virtualKeyboards } from './zwp-virtual-keyboard.ts';

/** They act for a person: not for everybody. */
const withInput: OfferedTo = client => client.may('input');

export function offerSeatExtensions(context: Context, offer: OfferGlobal): void {
  offer('wp_cursor_shape_manager_v1', 1, everybody, bindCursorShapes);
  offer('zwp_relative_pointer_manager_v1', 1, everybody, bindRelativePointer);
  offer('zwp_pointer_constraints_v1', 1, everybody, pointerConstraints(context));
  const textInputs = new TextInputs(context);
  offer('zwp_text_input_manager_v3', 1, everybody, textInputV3(textInputs));
  offer('zwp_text_input_manager_v1', 1, everybody, textInputV1(textInputs));
  offer('ext_idle_notifier_v1', 1, everybody, idleNotifier(context));
  offer('zwp_idle_inhibit_manager_v1', 1, everybody, idleInhibit(context));
  offer('xdg_activation_v1', 1, everybody, activation(context));
  offer('zwp_keyboard_shortcuts_inhibit_manager_v1', 1, everybody, shortcutsInhibit(context));
  offer('zwp_pointer_gestures_v1', 3, everybody, bindPointerGestures);
  offer('zwp_virtual_keyboard_manager_v1', 1, withInput, virtualKeyboards(context));
  offer('zwlr_virtual_pointer_manager_v1', 2, withInput, bindVirtualPointers);
  offer('fencepost_virtual_touch_manager_v1', 1, withInput, virtualTouch(context));
}
