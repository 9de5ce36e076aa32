// wp_presentation: when a commit was shown.
import type { Resource } from '../../protocol/object/resource.ts';
import type { Presentation } from '../scene/surface-state.ts';
import type { Caller } from './context.ts';
import { timestampWords } from './timestamp.ts';

/** The clock of every time stamp here: that of the Machine and of the kernel's events. */
const CLOCK_MONOTONIC = 1;

export function bindPresentation({ context, client }: Caller, resource: Resource<'wp_presentation'>): void {
  resource.setHandlers({
    destroy: () => {},
    feedback: (_, surface, callback) =>
      context.surfaces.get(surface).surface.pending.feedback.push({
        presented: presentation =>
          client.afterEvents(() => {
            for (const output of context.presence.resourcesOf(client, presentation.output.info))
              callback.events.sync_output(output);
            sendPresented(callback, presentation);
          }),
        discarded: () => client.afterEvents(() => callback.events.discarded()),
      }),
  });
  resource.events.clock_id(CLOCK_MONOTONIC);
}

function sendPresented({ events }: Resource<'wp_presentation_feedback'>, presentation: Presentation): void {
  events.presented(
    ...timestampWords(presentation.time),
    Number(presentation.refresh),
    Number((presentation.sequence >> 32n) & 0xffff_ffffn),
    Number(presentation.sequence & 0xffff_ffffn),
    presentation.flags,
  );
}
