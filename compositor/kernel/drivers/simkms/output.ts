import {
  DRM_MODE_CONNECTOR_VIRTUAL,
  DRM_MODE_CONNECTOR_WRITEBACK,
  DRM_PLANE_TYPE_CURSOR,
  DRM_PLANE_TYPE_OVERLAY,
  DRM_PLANE_TYPE_PRIMARY,
} from '../../../../protocol/uapi/drm-mode.ts';
import { attachConnectorProperties } from '../../drm/kms/attach-connector.ts';
import { attachCrtcProperties } from '../../drm/kms/attach-crtc.ts';
import { attachPlaneProperties } from '../../drm/kms/attach-plane.ts';
import { Blob } from '../../drm/kms/blob.ts';
import { Connector, Encoder } from '../../drm/kms/connector.ts';
import { Crtc } from '../../drm/kms/crtc.ts';
import type { KmsDevice } from '../../drm/kms/kms-device.ts';
import { type Mode, makeMode } from '../../drm/kms/mode.ts';
import { Plane, type PlaneOptions, type PlaneType } from '../../drm/kms/plane.ts';
import {
  CURSOR_FORMATS,
  CURSOR_SIZES,
  fourccList,
  inFormats,
  PLANE_FORMATS,
  sizeHints,
  WRITEBACK_FORMATS,
} from './formats.ts';
import { histogramCaps } from './histogram.ts';
import { checkRate, type OverlayLimits } from './limits.ts';

export interface OutputOptions {
  /** Name of the connector in the simulator; userspace sees `Virtual-N`. Default `Virtual-N`. */
  name?: string;
  /** Native size of the panel in pixels. */
  width: number;
  height: number;
  /** Native refresh rate in mHz, as wl_output has it, 1000 to 1000000; default 60000. */
  refresh?: number;
}

/** What one output is made of. */
export interface Output {
  readonly crtc: Crtc;
  readonly connector: Connector;
  readonly writeback: Connector;
  readonly width: number;
  readonly height: number;
}

const OVERLAYS = 2;
const CURSOR_ZPOS = 255;
const STANDARD_SIZES = [
  [2560, 1440],
  [1920, 1080],
  [1600, 900],
  [1280, 720],
  [1024, 768],
  [800, 600],
  [640, 480],
] as const;

/** The native mode first, then smaller standard ones at 60 Hz. */
function modesOf({ width, height, refresh = 60_000 }: OutputOptions): readonly Mode[] {
  const smaller = STANDARD_SIZES.filter(([w, h]) => w <= width && h <= height && w * h < width * height);
  const native = makeMode(width, height, refresh, true);
  checkRate(native);
  return [native, ...smaller.map(([w, h]) => makeMode(w, h, 60_000))];
}

/** Makes the objects of one output: planes, CRTC, encoders, connector and writeback connector. */
export function createOutput(kms: KmsDevice, options: OutputOptions, { scale }: OverlayLimits): Output {
  const index = kms.crtcs.length;
  const primary = addPlane(kms, index, DRM_PLANE_TYPE_PRIMARY, 0, 1);
  for (let overlay = 1; overlay <= OVERLAYS; overlay++)
    addPlane(kms, index, DRM_PLANE_TYPE_OVERLAY, overlay, scale);
  const cursor = addPlane(kms, index, DRM_PLANE_TYPE_CURSOR, CURSOR_ZPOS, 1);
  const driver = kms.driver.name;
  const crtc = new Crtc(kms.kernel, kms.objects, { index, driver, primary, cursor });
  attachCrtcProperties(kms, crtc, new Blob(kms.objects, histogramCaps()));
  kms.crtcs.push(crtc);
  const modes = modesOf(options);
  const clones = (1 << kms.encoders.length) | (1 << (kms.encoders.length + 1));
  const encoder = (): Encoder => {
    const made = new Encoder(kms.objects, kms.encoders.length, 1 << index, clones);
    kms.encoders.push(made);
    return made;
  };
  const common = { driver, modes, typeId: index + 1 };
  const connector = new Connector(kms.kernel, kms.objects, {
    ...common,
    name: options.name ?? `Virtual-${index + 1}`,
    type: DRM_MODE_CONNECTOR_VIRTUAL,
    encoder: encoder(),
    writebackFormats: [],
  });
  attachConnectorProperties(kms, connector, null);
  const writeback = new Connector(kms.kernel, kms.objects, {
    ...common,
    name: `Writeback-${index + 1}`,
    type: DRM_MODE_CONNECTOR_WRITEBACK,
    encoder: encoder(),
    writebackFormats: WRITEBACK_FORMATS,
  });
  attachConnectorProperties(kms, writeback, new Blob(kms.objects, fourccList(WRITEBACK_FORMATS)));
  kms.connectors.push(connector, writeback);
  return { crtc, connector, writeback, width: options.width, height: options.height };
}

function addPlane(kms: KmsDevice, index: number, type: PlaneType, zpos: number, scale: number): Plane {
  const overlay = type === DRM_PLANE_TYPE_OVERLAY;
  const cursor = type === DRM_PLANE_TYPE_CURSOR;
  const options: PlaneOptions = {
    type,
    possibleCrtcs: 1 << index,
    formats: cursor ? CURSOR_FORMATS : PLANE_FORMATS,
    scale: { least: 1 / scale, greatest: scale },
    zpos,
  };
  const plane = new Plane(kms.objects, options);
  attachPlaneProperties(kms, plane, {
    inFormats: new Blob(kms.objects, inFormats(options.formats)),
    zpos: overlay ? kms.properties.zpos(1, OVERLAYS) : kms.properties.zpos(zpos, zpos),
    ycbcr: !cursor,
    ...(cursor ? { sizeHints: new Blob(kms.objects, sizeHints(CURSOR_SIZES)) } : {}),
  });
  kms.planes.push(plane);
  return plane;
}
