// zwp_linux_dmabuf_v1: buffers made of dma-bufs.
import type { Resource } from '../../protocol/object/resource.ts';
import type { KernelCapabilities } from '../scene/kernel-capabilities.ts';
import type { Caller } from './context.ts';
import { BufferParams } from './zwp-linux-buffer-params.ts';
import { sendFeedback } from './zwp-linux-dmabuf-feedback.ts';

export function bindDmabuf(
  caller: Caller,
  resource: Resource<'zwp_linux_dmabuf_v1'>,
  capabilities: KernelCapabilities,
): void {
  const feedback = (id: Resource<'zwp_linux_dmabuf_feedback_v1'>): void => {
    id.setHandlers({ destroy: () => {} });
    sendFeedback(caller.context.rooms.task, id, capabilities);
  };
  resource.setHandlers({
    destroy: () => {},
    create_params: (_, params) => void new BufferParams(caller, params, capabilities),
    get_default_feedback: (_, id) => feedback(id),
    // Every surface may be scanned out or composed by the same devices.
    get_surface_feedback: (_, id) => feedback(id),
  });
  if (resource.version < 4) announceFormats(resource, capabilities);
}

/** What clients without feedback are told: every format, and from version 3 on with its modifiers. */
function announceFormats(resource: Resource<'zwp_linux_dmabuf_v1'>, { tranches }: KernelCapabilities): void {
  const modifiers = new Map<number, Set<bigint>>();
  for (const { formats } of tranches)
    for (const entry of formats) {
      const known = modifiers.get(entry.format) ?? new Set();
      for (const modifier of entry.modifiers) known.add(modifier);
      modifiers.set(entry.format, known);
    }
  for (const [format, known] of modifiers) {
    if (resource.version < 3) resource.events.format(format);
    else
      for (const modifier of known)
        resource.events.modifier(format, Number(modifier >> 32n), Number(modifier & 0xffffffffn));
  }
}
