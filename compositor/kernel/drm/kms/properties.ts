import {
  DRM_PLANE_TYPE_CURSOR,
  DRM_PLANE_TYPE_OVERLAY,
  DRM_PLANE_TYPE_PRIMARY,
} from '../../../../protocol/uapi/drm-mode.ts';
import * as histogram from '../../../../protocol/uapi/simkms.ts';
import type { ObjectTable } from './mode-object.ts';
import {
  address,
  bitmask,
  blob,
  boolean,
  enumeration,
  object,
  Property,
  type PropertyOptions,
  type PropertyType,
  range,
  signedRange,
} from './property.ts';

const INT_MIN = -0x80000000n;
const INT_MAX = 0x7fffffffn;
const UINT_MAX = 0xffffffffn;
const ATOMIC: PropertyOptions = { audience: 'atomic' };
const IMMUTABLE: PropertyOptions = { immutable: true };
const HISTOGRAM: PropertyOptions = { audience: 'histogram' };

/** The properties of a device, by the names that `Documentation/gpu/drm-kms.rst` gives them. */
export class Properties {
  readonly #objects: ObjectTable;
  readonly type: Property;
  readonly dpms: Property;
  readonly linkStatus: Property;
  readonly nonDesktop: Property;
  readonly tile: Property;
  readonly fbId: Property;
  readonly inFenceFd: Property;
  readonly crtcId: Property;
  readonly crtcX: Property;
  readonly crtcY: Property;
  readonly crtcW: Property;
  readonly crtcH: Property;
  readonly srcX: Property;
  readonly srcY: Property;
  readonly srcW: Property;
  readonly srcH: Property;
  readonly damage: Property;
  readonly inFormats: Property;
  readonly sizeHints: Property;
  readonly rotation: Property;
  readonly alpha: Property;
  readonly blend: Property;
  readonly colorEncoding: Property;
  readonly colorRange: Property;
  readonly active: Property;
  readonly modeId: Property;
  readonly outFencePtr: Property;
  readonly gammaLut: Property;
  readonly gammaLutSize: Property;
  readonly background: Property;
  readonly hdrOutputMetadata: Property;
  readonly writebackFbId: Property;
  readonly writebackOutFencePtr: Property;
  readonly writebackFormats: Property;
  readonly histogramCaps: Property;
  readonly histogramEnable: Property;
  readonly histogramFd: Property;
  readonly histogramFencePtr: Property;

  constructor(objects: ObjectTable) {
    this.#objects = objects;
    const make = (name: string, type: PropertyType, options?: PropertyOptions): Property =>
      new Property(objects, name, type, options);
    this.dpms = make('DPMS', enumeration(['On', 0], ['Standby', 1], ['Suspend', 2], ['Off', 3]));
    this.linkStatus = make('link-status', enumeration(['Good', 0], ['Bad', 1]));
    this.nonDesktop = make('non-desktop', boolean(), IMMUTABLE);
    this.tile = make('TILE', blob(), IMMUTABLE);
    this.type = make(
      'type',
      enumeration(
        ['Overlay', DRM_PLANE_TYPE_OVERLAY],
        ['Primary', DRM_PLANE_TYPE_PRIMARY],
        ['Cursor', DRM_PLANE_TYPE_CURSOR],
      ),
      IMMUTABLE,
    );
    this.srcX = make('SRC_X', range(0n, UINT_MAX), ATOMIC);
    this.srcY = make('SRC_Y', range(0n, UINT_MAX), ATOMIC);
    this.srcW = make('SRC_W', range(0n, UINT_MAX), ATOMIC);
    this.srcH = make('SRC_H', range(0n, UINT_MAX), ATOMIC);
    this.crtcX = make('CRTC_X', signedRange(INT_MIN, INT_MAX), ATOMIC);
    this.crtcY = make('CRTC_Y', signedRange(INT_MIN, INT_MAX), ATOMIC);
    this.crtcW = make('CRTC_W', range(0n, INT_MAX), ATOMIC);
    this.crtcH = make('CRTC_H', range(0n, INT_MAX), ATOMIC);
    this.fbId = make('FB_ID', object('fb'), ATOMIC);
    this.inFenceFd = make('IN_FENCE_FD', signedRange(-1n, INT_MAX), ATOMIC);
    this.outFencePtr = make('OUT_FENCE_PTR', address(), ATOMIC);
    this.crtcId = make('CRTC_ID', object('crtc'), ATOMIC);
    this.damage = make('FB_DAMAGE_CLIPS', blob(), ATOMIC);
    this.active = make('ACTIVE', boolean(), ATOMIC);
    this.modeId = make('MODE_ID', blob(), ATOMIC);
    this.gammaLut = make('GAMMA_LUT', blob());
    this.gammaLutSize = make('GAMMA_LUT_SIZE', range(0n, UINT_MAX), IMMUTABLE);
    this.background = make('BACKGROUND_COLOR', address());
    this.inFormats = make('IN_FORMATS', blob(), IMMUTABLE);
    this.sizeHints = make('SIZE_HINTS', blob(), IMMUTABLE);
    this.rotation = make(
      'rotation',
      bitmask(
        ['rotate-0', 0],
        ['rotate-90', 1],
        ['rotate-180', 2],
        ['rotate-270', 3],
        ['reflect-x', 4],
        ['reflect-y', 5],
      ),
    );
    this.alpha = make('alpha', range(0n, 0xffffn));
    this.blend = make('pixel blend mode', enumeration(['None', 2], ['Pre-multiplied', 0], ['Coverage', 1]));
    this.colorEncoding = make(
      'COLOR_ENCODING',
      enumeration(['ITU-R BT.601 YCbCr', 0], ['ITU-R BT.709 YCbCr', 1], ['ITU-R BT.2020 YCbCr', 2]),
    );
    this.colorRange = make('COLOR_RANGE', enumeration(['YCbCr limited range', 0], ['YCbCr full range', 1]));
    this.hdrOutputMetadata = make('HDR_OUTPUT_METADATA', blob());
    this.writebackFbId = make('WRITEBACK_FB_ID', object('fb'), ATOMIC);
    this.writebackOutFencePtr = make('WRITEBACK_OUT_FENCE_PTR', address(), ATOMIC);
    this.writebackFormats = make('WRITEBACK_PIXEL_FORMATS', blob(), { ...ATOMIC, immutable: true });
    this.histogramCaps = make(histogram.SIMKMS_HISTOGRAM_CAPS, blob(), { ...HISTOGRAM, immutable: true });
    this.histogramEnable = make(
      histogram.SIMKMS_HISTOGRAM_ENABLE,
      enumeration(['Off', histogram.SIMKMS_HISTOGRAM_OFF], ['Max RGB', histogram.SIMKMS_HISTOGRAM_MAX_RGB]),
      HISTOGRAM,
    );
    this.histogramFd = make(histogram.SIMKMS_HISTOGRAM_FD, signedRange(-1n, INT_MAX), HISTOGRAM);
    this.histogramFencePtr = make(histogram.SIMKMS_HISTOGRAM_FENCE_PTR, address(), HISTOGRAM);
  }

  /** A `zpos` of its own for a plane, whose range it states; immutable where the plane cannot move. */
  zpos(lowest: number, highest: number): Property {
    const options = lowest === highest ? IMMUTABLE : {};
    return new Property(this.#objects, 'zpos', range(BigInt(lowest), BigInt(highest)), options);
  }
}
