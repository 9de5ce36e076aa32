import { interfaces } from '../../protocol/interfaces/index.ts';
import type { ObjectProxy } from '../../protocol/object/proxy.ts';
import type { Client } from './client.ts';
import type { PresentationFeedback } from './options.ts';
import { joined } from './words.ts';

const kinds = interfaces.wp_presentation_feedback.enums.kind;
const SECOND = 1_000_000_000n;

/** Asks what becomes of the surface's next commit. The promise may be left alone: it rejects with the connection's end. */
export function presentationFeedback(
  client: Client,
  surface: ObjectProxy<'wl_surface'>,
): Promise<PresentationFeedback> {
  const feedback = client.shared('wp_presentation').feedback(surface);
  const told = client.until<PresentationFeedback>({
    start: resolve => {
      const listener = feedback.listen({
        presented: (secondsHigh, secondsLow, nanoseconds, refresh, high, low, flags) =>
          resolve({
            kind: 'presented',
            time: joined(secondsHigh, secondsLow) * SECOND + BigInt(nanoseconds),
            refresh,
            sequence: joined(high, low),
            vsync: (flags & kinds.vsync) !== 0,
            hardwareClock: (flags & kinds.hw_clock) !== 0,
            hardwareCompletion: (flags & kinds.hw_completion) !== 0,
            zeroCopy: (flags & kinds.zero_copy) !== 0,
          }),
        discarded: () => resolve({ kind: 'discarded' }),
      });
      return () => listener[Symbol.dispose]();
    },
    explain: () => ({ waitedFor: 'presentation feedback', holders: [] }),
  });
  told.catch(() => {});
  return told;
}
