// The globals by which pictures of the screen are taken.
import { bindOutputCaptureSource } from './ext-image-capture-source.ts';
import { bindImageCopyCapture } from './ext-image-copy-capture.ts';
import type { OfferedTo, OfferGlobal } from './global-offer.ts';
import { Screencopy } from './zwlr-screencopy.ts';

const withCapture: OfferedTo = client => client.may('capture');

export function offerCapture(offer: OfferGlobal): void {
  offer('ext_output_image_capture_source_manager_v1', 1, withCapture, bindOutputCaptureSource);
  offer('ext_image_copy_capture_manager_v1', 1, withCapture, bindImageCopyCapture);
  offer(
    'zwlr_screencopy_manager_v1',
    3,
    withCapture,
    (caller, resource) => void new Screencopy(caller, resource),
  );
}
