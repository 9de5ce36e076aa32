// What hangs on the seat besides its devices: text, idleness, the focus, and devices that programs move.
import type { Context } from './context.ts';
import { bindIdleNotifier } from './ext-idle-notifier.ts';
import { everybody, type OfferGlobal } from './global-offer.ts';
import { TextInputs } from './text-inputs.ts';
import { activation } from './xdg-activation.ts';
import { idleInhibit } from './zwp-idle-inhibit.ts';
import { shortcutsInhibit } from './zwp-keyboard-shortcuts-inhibit.ts';
import { bindPointerGestures } from './zwp-pointer-gestures.ts';
import { textInputV1 } from './zwp-text-input-v1.ts';
import { textInputV3 } from './zwp-text-input-v3.ts';

export function offerSeatExtensions(context: Context, offer: OfferGlobal): void {
  const textInputs = new TextInputs(context);
  offer('zwp_text_input_manager_v3', 1, everybody, textInputV3(textInputs));
  offer('zwp_text_input_manager_v1', 1, everybody, textInputV1(textInputs));
  offer('ext_idle_notifier_v1', 1, everybody, bindIdleNotifier);
  offer('zwp_idle_inhibit_manager_v1', 1, everybody, idleInhibit(context));
  offer('xdg_activation_v1', 1, everybody, activation(context));
  offer('zwp_keyboard_shortcuts_inhibit_manager_v1', 1, everybody, shortcutsInhibit(context));
  offer('zwp_pointer_gestures_v1', 3, everybody, bindPointerGestures);
}
