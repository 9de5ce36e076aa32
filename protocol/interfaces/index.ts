// Every interface this tree knows, by name: where a table names another interface, it is found here.
import * as imageCaptureSource from './ext-image-capture-source.ts';
import * as imageCopyCapture from './ext-image-copy-capture.ts';
import * as descriptors from './fencepost-descriptors.ts';
import * as histogram from './fencepost-histogram.ts';
import * as kernel from './fencepost-kernel.ts';
import * as metadata from './fencepost-metadata.ts';
import * as observation from './fencepost-observation.ts';
import * as dmabuf from './linux-dmabuf.ts';
import * as syncobj from './linux-drm-syncobj.ts';
import * as explicitSynchronization from './linux-explicit-synchronization.ts';
import * as presentationTime from './presentation-time.ts';
import * as singlePixelBuffer from './single-pixel-buffer.ts';
import * as viewporter from './viewporter.ts';
import * as wayland from './wayland.ts';
import * as seat from './wayland-seat.ts';
import * as shm from './wayland-shm.ts';
import * as xdgShell from './xdg-shell.ts';

export const interfaces = {
  ...wayland,
  ...shm,
  ...seat,
  ...xdgShell,
  ...dmabuf,
  ...explicitSynchronization,
  ...syncobj,
  ...presentationTime,
  ...viewporter,
  ...singlePixelBuffer,
  ...imageCaptureSource,
  ...imageCopyCapture,
  ...descriptors,
  ...histogram,
  ...kernel,
  ...metadata,
  ...observation,
} as const;

export type Interfaces = typeof interfaces;
