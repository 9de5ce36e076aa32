// Every interface this tree knows, by name: where a table names another interface, it is found here.

import * as cursorShape from './cursor-shape.ts';
import * as idleNotify from './ext-idle-notify.ts';
import * as imageCaptureSource from './ext-image-capture-source.ts';
import * as imageCopyCapture from './ext-image-copy-capture.ts';
import * as control from './fencepost-control.ts';
import * as descriptors from './fencepost-descriptors.ts';
import * as histogram from './fencepost-histogram.ts';
import * as kernel from './fencepost-kernel.ts';
import * as metadata from './fencepost-metadata.ts';
import * as observation from './fencepost-observation.ts';
import * as virtualTouch from './fencepost-virtual-touch.ts';
import * as fractionalScale from './fractional-scale.ts';
import * as idleInhibit from './idle-inhibit.ts';
import * as shortcutsInhibit from './keyboard-shortcuts-inhibit.ts';
import * as dmabuf from './linux-dmabuf.ts';
import * as syncobj from './linux-drm-syncobj.ts';
import * as explicitSynchronization from './linux-explicit-synchronization.ts';
import * as pointerConstraints from './pointer-constraints.ts';
import * as pointerGestures from './pointer-gestures.ts';
import * as presentationTime from './presentation-time.ts';
import * as primarySelection from './primary-selection.ts';
import * as relativePointer from './relative-pointer.ts';
import * as singlePixelBuffer from './single-pixel-buffer.ts';
import * as textInputV1 from './text-input-v1.ts';
import * as textInputV3 from './text-input-v3.ts';
import * as viewporter from './viewporter.ts';
import * as virtualKeyboard from './virtual-keyboard.ts';
import * as wayland from './wayland.ts';
import * as data from './wayland-data.ts';
import * as seat from './wayland-seat.ts';
import * as shm from './wayland-shm.ts';
import * as dataControl from './wlr-data-control.ts';
import * as foreignToplevel from './wlr-foreign-toplevel.ts';
import * as layerShell from './wlr-layer-shell.ts';
import * as screencopy from './wlr-screencopy.ts';
import * as virtualPointer from './wlr-virtual-pointer.ts';
import * as activation from './xdg-activation.ts';
import * as decoration from './xdg-decoration.ts';
import * as xdgOutput from './xdg-output.ts';
import * as xdgShell from './xdg-shell.ts';

export const interfaces = {
  ...wayland,
  ...shm,
  ...seat,
  ...xdgShell,
  ...dmabuf,
  ...explicitSynchronization,
  ...syncobj,
  ...data,
  ...cursorShape,
  ...idleNotify,
  ...fractionalScale,
  ...idleInhibit,
  ...shortcutsInhibit,
  ...pointerConstraints,
  ...pointerGestures,
  ...primarySelection,
  ...relativePointer,
  ...textInputV1,
  ...textInputV3,
  ...virtualKeyboard,
  ...dataControl,
  ...foreignToplevel,
  ...layerShell,
  ...screencopy,
  ...virtualPointer,
  ...activation,
  ...decoration,
  ...xdgOutput,
  ...presentationTime,
  ...viewporter,
  ...singlePixelBuffer,
  ...imageCaptureSource,
  ...imageCopyCapture,
  ...control,
  ...descriptors,
  ...histogram,
  ...kernel,
  ...metadata,
  ...observation,
  ...virtualTouch,
} as const;

export type Interfaces = typeof interfaces;
