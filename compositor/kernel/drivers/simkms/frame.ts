import {
  DRM_MODE_REFLECT_X,
  DRM_MODE_REFLECT_Y,
  DRM_MODE_ROTATE_90,
  DRM_MODE_ROTATE_180,
  DRM_MODE_ROTATE_270,
} from '../../../../protocol/uapi/drm-mode.ts';
import type { Blob } from '../../drm/kms/blob.ts';
import type { Connector } from '../../drm/kms/connector.ts';
import type { Crtc } from '../../drm/kms/crtc.ts';
import { gammaEntries } from '../../drm/kms/legacy-gamma.ts';
import type { Mode } from '../../drm/kms/mode.ts';
import { BLEND_COVERAGE, BLEND_PIXEL_NONE, type Plane, type PlaneState } from '../../drm/kms/plane.ts';
import type {
  ColorEncoding,
  ColorRange,
  CompositeCommand,
  PixelRect,
  Transform,
} from '../../engine/command.ts';
import * as engine from '../../engine/layout.ts';

/** A plane as the display engine reads it: a composition that lacks only its target. */
export type Layer = Omit<CompositeCommand, 'target' | 'clip'>;

/** Everything that the display engine needs to show a commit; a value that nothing changes afterwards. */
export interface Frame {
  readonly mode: Mode;
  /** 0xAARRGGBB, opaque. */
  readonly background: number;
  /** From the bottom to the top. */
  readonly layers: readonly Layer[];
  /** 256 bytes each for R, G and B; null: the identity. */
  readonly gamma: Uint8Array | null;
  /** What the monitor is told of it; null: nothing. */
  readonly hdrMetadata: Blob | null;
}

/** The current state of a CRTC with its planes and connector; the framebuffers are pinned. */
export function frameOf(crtc: Crtc, planes: readonly Plane[], connector: Connector): Frame {
  const { mode, background, gammaLut } = crtc.state;
  if (!mode) throw new Error(`${crtc.name} has no mode`);
  const layers = planes
    .filter(plane => plane.state.crtc === crtc && isVisible(plane.state, mode))
    .sort((a, b) => a.state.zpos - b.state.zpos || a.id - b.id)
    .map(plane => layerOf(plane.state));
  const { hdrMetadata } = connector.state;
  const gamma = gammaLut && gammaTable(gammaLut);
  return { mode, background: opaqueColor(background), layers, gamma, hdrMetadata };
}

/** Whether any pixel of the plane is on the screen. */
export function isVisible(state: PlaneState, mode: Mode): boolean {
  const { fb, crtcX, crtcY, crtcW, crtcH } = state;
  if (!fb || crtcW === 0 || crtcH === 0) return false;
  return crtcX < mode.hdisplay && crtcY < mode.vdisplay && crtcX + crtcW > 0 && crtcY + crtcH > 0;
}

function layerOf(state: PlaneState): Layer {
  return {
    op: 'composite',
    destination: { x: state.crtcX, y: state.crtcY, width: state.crtcW, height: state.crtcH },
    source: state.fb!.image,
    sourceRect: { x: state.srcX, y: state.srcY, width: state.srcW, height: state.srcH },
    transform: transformOf(state.rotation),
    filter: isPixelExact(state) ? engine.FILTER_NEAREST : engine.FILTER_BILINEAR,
    blend: blendOf(state.blend),
    alpha: state.alpha,
    encoding: state.colorEncoding as ColorEncoding,
    range: state.colorRange as ColorRange,
  };
}

function isPixelExact({ srcX, srcY, srcW, srcH, crtcW, crtcH, rotation }: PlaneState): boolean {
  const turned = (rotation & (DRM_MODE_ROTATE_90 | DRM_MODE_ROTATE_270)) !== 0;
  const [width, height] = turned ? [srcH, srcW] : [srcW, srcH];
  return ((srcX | srcY) & 0xffff) === 0 && width === crtcW * 65536 && height === crtcH * 65536;
}

function blendOf(blend: number): Layer['blend'] {
  if (blend === BLEND_PIXEL_NONE) return engine.BLEND_NONE;
  return blend === BLEND_COVERAGE ? engine.BLEND_COVERAGE : engine.BLEND_PREMULTIPLIED;
}

/**
 * KMS says what is to be done to the picture (reflect, then rotate counter-clockwise), the engine what has been done and
 * is to be undone. The inverse of a rotation is the opposite one; a reflection followed by a rotation is its own inverse.
 */
function transformOf(rotation: number): Transform {
  let quarters = quartersOf(rotation);
  // Reflecting both ways is half a turn; reflecting y is half a turn and reflecting x.
  if (rotation & DRM_MODE_REFLECT_Y) quarters = (quarters + 2) % 4;
  const flipped = ((rotation & DRM_MODE_REFLECT_X) !== 0) !== ((rotation & DRM_MODE_REFLECT_Y) !== 0);
  return (flipped ? 4 + quarters : (4 - quarters) % 4) as Transform;
}

function quartersOf(rotation: number): number {
  if (rotation & DRM_MODE_ROTATE_90) return 1;
  if (rotation & DRM_MODE_ROTATE_180) return 2;
  return rotation & DRM_MODE_ROTATE_270 ? 3 : 0;
}

/** BACKGROUND_COLOR has 16 bits a channel; the display's background is opaque whatever its alpha says. */
function opaqueColor(background: bigint): number {
  const channel = (shift: bigint): number => Math.round(Number((background >> shift) & 0xffffn) / 257);
  return ((0xff << 24) | (channel(32n) << 16) | (channel(16n) << 8) | channel(0n)) >>> 0;
}

const tables = new WeakMap<Blob, Uint8Array>();

/** A GAMMA_LUT at 8 bits, worked out once for each blob: blobs never change. */
function gammaTable(lut: Blob): Uint8Array {
  const known = tables.get(lut);
  if (known) return known;
  const entries = gammaEntries(lut);
  const table = new Uint8Array(768);
  for (const [index, { red, green, blue }] of entries.entries()) {
    table[index] = Math.round(red / 257);
    table[256 + index] = Math.round(green / 257);
    table[512 + index] = Math.round(blue / 257);
  }
  tables.set(lut, table);
  return table;
}

/** Whether the layer alone decides every pixel of the screen, so that nothing below it need be drawn. */
export function coversScreen({ destination, alpha, blend, source }: Layer, mode: Mode): boolean {
  const { x, y, width, height }: PixelRect = destination;
  const hidesAll = x <= 0 && y <= 0 && x + width >= mode.hdisplay && y + height >= mode.vdisplay;
  const transparent = source.format === engine.FORMAT_ARGB8888 || source.format === engine.FORMAT_ABGR8888;
  return hidesAll && alpha === 0xffff && (blend === engine.BLEND_NONE || !transparent);
}
