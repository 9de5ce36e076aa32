// ext_image_capture_source_v1: what can be captured. Outputs, here.
import type { Resource } from '../../protocol/object/resource.ts';
import type { Output } from '../scene/outputs.ts';
import type { Caller } from './context.ts';

export interface CaptureSource {
  readonly output: Output;
}

export function bindOutputCaptureSource(
  { context }: Caller,
  resource: Resource<'ext_output_image_capture_source_manager_v1'>,
): void {
  resource.setHandlers({
    destroy: () => {},
    create_source: (_, source, output) => {
      context.captureSources.set(source, { output: context.outputs.get(output) });
      source.setHandlers({ destroy: () => {} });
    },
  });
}
