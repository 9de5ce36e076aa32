// Every global, and who is offered it.
import type { Server } from '../server/server.ts';
import type { Context } from './context.ts';
import { bindControl } from './fencepost-control.ts';
import { bindHistogramManager } from './fencepost-histogram.ts';
import { bindMetadata } from './fencepost-metadata.ts';
import { bindObservation } from './fencepost-observation.ts';
import { everybody, type OfferedTo, type OfferGlobal } from './global-offer.ts';
import { offerCapture } from './offer-capture.ts';
import { offerInput } from './offer-input.ts';
import { offerKernel } from './offer-kernel.ts';
import { offerSeatExtensions } from './offer-seat-extensions.ts';
import { offerSelection } from './offer-selection.ts';
import { offerShell } from './offer-shell.ts';
import { bindCompositor } from './wl-compositor.ts';
import { offerOutputs } from './wl-output.ts';
import { bindShm } from './wl-shm.ts';
import { bindSubcompositor } from './wl-subcompositor.ts';
import { bindSyncobjManager } from './wp-linux-drm-syncobj.ts';
import { bindPresentation } from './wp-presentation.ts';
import { bindSinglePixelBuffer } from './wp-single-pixel-buffer.ts';
import { bindViewporter } from './wp-viewporter.ts';
import { bindDmabuf } from './zwp-linux-dmabuf.ts';
import { bindExplicitSynchronization } from './zwp-linux-explicit-synchronization.ts';

/** Fences and dma-bufs are files of a Task: a client without kernel calls could never have one. */
const withKernelCalls: OfferedTo = client => client.may('kernel-calls');

/** Offers everything there is, in the order in which clients are told of it. Disposing withdraws it all. */
export function offerGlobals(context: Context, server: Server): Disposable {
  const offered: Disposable[] = [];
  const offer: OfferGlobal = (name, version, offeredTo, bind) => {
    offered.push(
      server.globals.add({
        interface: name,
        version,
        offeredTo,
        bind: (client, resource) => bind({ context, client }, resource),
      }),
    );
  };
  offer('wl_compositor', { native: 6, wayland: 4 }, everybody, bindCompositor);
  offer('wl_subcompositor', 1, everybody, bindSubcompositor);
  offer('wl_shm', { native: 2, wayland: 1 }, everybody, bindShm);
  offerShell(context, offer);
  offer('wp_presentation', 1, everybody, bindPresentation);
  offer('wp_viewporter', 1, everybody, bindViewporter);
  offer('wp_single_pixel_buffer_manager_v1', 1, everybody, bindSinglePixelBuffer);
  offer('fencepost_metadata_manager_v1', { native: 1, wayland: 0 }, everybody, bindMetadata);
  const capabilities = context.rooms.kernelCapabilities;
  if (capabilities) {
    offer('zwp_linux_dmabuf_v1', 4, withKernelCalls, (caller, resource) =>
      bindDmabuf(caller, resource, capabilities),
    );
    offer('zwp_linux_explicit_synchronization_v1', 2, withKernelCalls, (caller, resource) =>
      bindExplicitSynchronization(caller, resource, capabilities),
    );
    offer('wp_linux_drm_syncobj_manager_v1', 1, withKernelCalls, (caller, resource) =>
      bindSyncobjManager(caller, resource, capabilities),
    );
  }
  offerCapture(offer);
  offer('fencepost_histogram_manager_v1', 1, client => client.may('histogram'), bindHistogramManager);
  offer('fencepost_observation_v1', 2, client => client.may('observation'), bindObservation);
  offer('fencepost_control_v1', 1, client => client.may('test-control'), bindControl);
  offered.push(offerKernel(server.globals, context.rooms));
  offered.push(offerOutputs(context, server));
  offered.push(offerInput(context, server));
  offerSelection(context, offer);
  offerSeatExtensions(context, offer);
  return {
    [Symbol.dispose]: () => {
      for (const global of offered.splice(0)) global[Symbol.dispose]();
    },
  };
}
