// The globals that give surfaces a place: windows, layers, decorations, and what is said of outputs for them.
import type { Context } from './context.ts';
import { everybody, type OfferGlobal } from './global-offer.ts';
import { bindFractionalScaleManager } from './wp-fractional-scale.ts';
import { WmBase } from './xdg-wm-base.ts';
import { ForeignToplevels } from './zwlr-foreign-toplevel.ts';
import { bindLayerShell } from './zwlr-layer-shell.ts';
import { bindDecorationManager } from './zxdg-decoration.ts';
import { XdgOutputs } from './zxdg-output.ts';

export function offerShell(context: Context, offer: OfferGlobal): void {
  offer(
    'xdg_wm_base',
    { native: 6, wayland: 3 },
    everybody,
    (caller, resource) => void new WmBase(caller, resource),
  );
  offer('zxdg_decoration_manager_v1', 1, everybody, bindDecorationManager);
  offer('zwlr_layer_shell_v1', 4, everybody, bindLayerShell);
  const xdgOutputs = new XdgOutputs(context);
  offer('zxdg_output_manager_v1', 3, everybody, (caller, resource) => xdgOutputs.bind(caller, resource));
  offer('wp_fractional_scale_manager_v1', 1, everybody, bindFractionalScaleManager);
  const foreignToplevels = new ForeignToplevels(context);
  offer('zwlr_foreign_toplevel_manager_v1', 3, everybody, (caller, resource) =>
    foreignToplevels.bind(caller, resource),
  );
}
