import type { DrmDriver, NodeKind } from '../../drm/device.ts';
import type { SizeLimits } from '../../drm/kms/framebuffer-check.ts';

/** What a driver of Linux looks like to those who only allocate, share and synchronise. */
export interface Shape {
  readonly driver: DrmDriver;
  /** The nodes it has, in this order. */
  readonly nodes: readonly NodeKind[];
  /** Framebuffers in pixels. */
  readonly limits: SizeLimits;
}

export const squareLimits = (smallest: number, largest: number): SizeLimits => ({
  minWidth: smallest,
  maxWidth: largest,
  minHeight: smallest,
  maxHeight: largest,
});
