// What the SDK exports wherever it runs.
export { ProtocolError } from '../../protocol/object/error.ts';
export type { ObjectProxy } from '../../protocol/object/proxy.ts';
export * from './card.ts';
export * from './client.ts';
export * from './describe.ts';
export * from './errors.ts';
export * from './feedback.ts';
export * from './fence.ts';
export type { Frame } from './frame.ts';
export * from './gpu.ts';
export type * from './gpu-command.ts';
export {
  type Chromaticity,
  encodeHdrMetadata,
  type HdrMetadata,
  HdrMetadataTable,
  HdrRecord,
} from './hdr-metadata.ts';
export * from './histogram.ts';
export * from './image.ts';
export * from './kernel.ts';
export type { MappedPlane, Mapping } from './mapping.ts';
export type * from './memory-ports.ts';
export type * from './options.ts';
export type * from './outputs.ts';
export type * from './registry.ts';
export * from './screen-capture.ts';
export * from './screenshot.ts';
export { Seat } from './seat.ts';
export type * from './seat-events.ts';
export * from './single-pixel.ts';
export * from './subsurface.ts';
export type { Surface } from './surface.ts';
export type * from './swapchain.ts';
export * from './timeline.ts';
export type { Viewport } from './viewport.ts';
export * from './window.ts';
