// Captures under way, whichever protocol asked for them.
import type { CaptureRequest, Output } from '../scene/outputs.ts';
import type { Caller } from './context.ts';

/** Of one client. Each may need the memory of a picture until it is done, and is drawn with the next frame. */
export const MOST_CAPTURES = 16;

/** Starts a capture, which is given up when the result is disposed. Refuses a client that has too many under way. */
export function startCapture(
  { context, client }: Caller,
  output: Output,
  request: CaptureRequest,
): Disposable {
  const counted = context.captures.add(client, request);
  const capture = output.capture({
    ...request,
    ready: result => {
      counted[Symbol.dispose]();
      request.ready(result);
    },
    failed: reason => {
      counted[Symbol.dispose]();
      request.failed(reason);
    },
  });
  return {
    [Symbol.dispose]: () => {
      counted[Symbol.dispose]();
      capture[Symbol.dispose]();
    },
  };
}
