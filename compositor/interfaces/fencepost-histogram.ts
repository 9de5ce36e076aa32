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
  let asked: Disposable | null = null;
  let immediate = true;
  resource.onDestroy(() => asked?.[Symbol.dispose]());
  resource.setHandlers({
    destroy: () => {},
    next: () => {
      demand(asked === null, resource, 'already_asked', 'the last request has not been answered yet');
      const request = output.histogram({
        immediate,
        record: bytes => {
          asked = null;
          resource.events.record(bytes);
        },
        stopped: () => {
          asked = null;
          resource.events.stopped();
        },
      });
      // The first answer may have come from inside the call: an output that is gone says so at once.
      if (immediate) immediate = false;
      asked = request;
    },
  });
}
