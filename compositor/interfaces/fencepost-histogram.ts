// fencepost_histogram_manager_v1: what the display counted.
import type { Resource } from '../../protocol/object/resource.ts';
import type { Output } from '../scene/outputs.ts';
import type { Caller } from './context.ts';
import { demand } from './errors.ts';

export function bindHistogramManager(
  { context }: Caller,
  resource: Resource<'fencepost_histogram_manager_v1'>,
): void {
  resource.setHandlers({
    destroy: () => {},
    get_histogram: (_, histogram, output) => serveHistogram(histogram, context.outputs.get(output)),
  });
}

function serveHistogram(resource: Resource<'fencepost_histogram_v1'>, output: Output): void {
  let request: Disposable | null = null;
  let asked = false;
  let immediate = true;
  resource.onDestroy(() => request?.[Symbol.dispose]());
  const answered = (): void => {
    asked = false;
    request = null;
  };
  resource.setHandlers({
    destroy: () => {},
    next: () => {
      demand(!asked, resource, 'already_asked', 'the last request has not been answered yet');
      asked = true;
      const made = output.histogram({
        immediate,
        record: bytes => {
          answered();
          resource.events.record(bytes);
        },
        stopped: () => {
          answered();
          resource.events.stopped();
        },
      });
      immediate = false;
      // An output that is gone says so inside the call.
      if (asked) request = made;
    },
  });
}
