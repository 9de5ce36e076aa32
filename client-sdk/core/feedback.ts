import { interfaces } from '../../protocol/interfaces/index.ts';
import type { ObjectProxy } from '../../protocol/object/proxy.ts';
import type { Client } from './client.ts';
import type { PresentationFeedback } from './options.ts';
import { after } from './wait.ts';
import { joined } from './words.ts';

const kinds = interfaces.wp_presentation_feedback.enums.kind;
const SECOND = 1_000_000_000n;
/** Milliseconds after a frame callback in which somebody else's server has to say what became of the frame. */
const PATIENCE = 2000;

/**
 * Asks what becomes of the surface's next commit. The promise may be left alone: it rejects with the connection's end.
 * `whenShown` calls back when the surface's next frame callback has come.
 */
export function presentationFeedback(
  client: Client,
  surface: ObjectProxy<'wl_surface'>,
  whenShown: (told: () => void) => void = () => {},
): Promise<PresentationFeedback> {
  const feedback = client.shared('wp_presentation').feedback(surface);
  const told = client.until<PresentationFeedback>({
    start: resolve => {
      let timer: Disposable | null = null;
      const answer = (is: PresentationFeedback) => {
        timer?.[Symbol.dispose]();
        resolve(is);
      };
      const listener = feedback.listen({
        presented: (secondsHigh, secondsLow, nanoseconds, refresh, high, low, flags) =>
          answer({
            kind: 'presented',
            time: joined(secondsHigh, secondsLow) * SECOND + BigInt(nanoseconds),
            refresh,
            sequence: joined(high, low),
            vsync: (flags & kinds.vsync) !== 0,
            hardwareClock: (flags & kinds.hw_clock) !== 0,
            hardwareCompletion: (flags & kinds.hw_completion) !== 0,
            zeroCopy: (flags & kinds.zero_copy) !== 0,
          }),
        discarded: () => answer({ kind: 'discarded' }),
      });
      // Some servers without a real display (Sway 1.7) forget to answer.
      if (client.connection.wire === 'wayland')
        whenShown(() => {
          if (!feedback.destroyed) timer = after(PATIENCE, () => answer({ kind: 'unanswered' }));
        });
      return () => {
        timer?.[Symbol.dispose]();
        listener[Symbol.dispose]();
      };
    },
    explain: () => ({ waitedFor: 'presentation feedback', holders: [] }),
  });
  told.catch(() => {});
  return told;
}
