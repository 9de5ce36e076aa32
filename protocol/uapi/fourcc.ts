/** Pixel formats and modifiers, `include/uapi/drm/drm_fourcc.h`. */

/** Four letters as a little-endian number, as in `fourcc_code`. */
export const fourcc = (letters: string): number =>
  (letters.charCodeAt(0) |
    (letters.charCodeAt(1) << 8) |
    (letters.charCodeAt(2) << 16) |
    (letters.charCodeAt(3) << 24)) >>>
  0;

/** A format's four letters: `XR24` for XRGB8888. */
export const fourccText = (format: number): string =>
  String.fromCharCode(format & 0xff, (format >>> 8) & 0xff, (format >>> 16) & 0xff, (format >>> 24) & 0xff);

export const DRM_FORMAT_INVALID = 0;

// Indexed and single channels.
export const DRM_FORMAT_C8 = fourcc('C8  ');
export const DRM_FORMAT_R8 = fourcc('R8  ');
export const DRM_FORMAT_R16 = fourcc('R16 ');
export const DRM_FORMAT_GR88 = fourcc('GR88');
export const DRM_FORMAT_GR1616 = fourcc('GR32');

// 16 bits of colour.
export const DRM_FORMAT_RGB565 = fourcc('RG16');
export const DRM_FORMAT_BGR565 = fourcc('BG16');
export const DRM_FORMAT_XRGB1555 = fourcc('XR15');
export const DRM_FORMAT_ARGB1555 = fourcc('AR15');
export const DRM_FORMAT_XRGB4444 = fourcc('XR12');
export const DRM_FORMAT_ARGB4444 = fourcc('AR12');

// 24 and 32 bits of colour; little endian, so that the bytes of XRGB8888 in memory are B, G, R, X.
export const DRM_FORMAT_RGB888 = fourcc('RG24');
export const DRM_FORMAT_BGR888 = fourcc('BG24');
export const DRM_FORMAT_XRGB8888 = fourcc('XR24');
export const DRM_FORMAT_XBGR8888 = fourcc('XB24');
export const DRM_FORMAT_RGBX8888 = fourcc('RX24');
export const DRM_FORMAT_BGRX8888 = fourcc('BX24');
export const DRM_FORMAT_ARGB8888 = fourcc('AR24');
export const DRM_FORMAT_ABGR8888 = fourcc('AB24');
export const DRM_FORMAT_RGBA8888 = fourcc('RA24');
export const DRM_FORMAT_BGRA8888 = fourcc('BA24');

// 10 bits a channel.
export const DRM_FORMAT_XRGB2101010 = fourcc('XR30');
export const DRM_FORMAT_XBGR2101010 = fourcc('XB30');
export const DRM_FORMAT_ARGB2101010 = fourcc('AR30');
export const DRM_FORMAT_ABGR2101010 = fourcc('AB30');

// 16 bits a channel, integers and floats.
export const DRM_FORMAT_XRGB16161616 = fourcc('XR48');
export const DRM_FORMAT_XBGR16161616 = fourcc('XB48');
export const DRM_FORMAT_ARGB16161616 = fourcc('AR48');
export const DRM_FORMAT_ABGR16161616 = fourcc('AB48');
export const DRM_FORMAT_XRGB16161616F = fourcc('XR4H');
export const DRM_FORMAT_XBGR16161616F = fourcc('XB4H');
export const DRM_FORMAT_ARGB16161616F = fourcc('AR4H');
export const DRM_FORMAT_ABGR16161616F = fourcc('AB4H');

// Packed YCbCr.
export const DRM_FORMAT_YUYV = fourcc('YUYV');
export const DRM_FORMAT_YVYU = fourcc('YVYU');
export const DRM_FORMAT_UYVY = fourcc('UYVY');
export const DRM_FORMAT_VYUY = fourcc('VYUY');
export const DRM_FORMAT_AYUV = fourcc('AYUV');
export const DRM_FORMAT_XYUV8888 = fourcc('XYUV');

// YCbCr with one plane of luma and one of interleaved chroma.
export const DRM_FORMAT_NV12 = fourcc('NV12');
export const DRM_FORMAT_NV21 = fourcc('NV21');
export const DRM_FORMAT_NV16 = fourcc('NV16');
export const DRM_FORMAT_NV61 = fourcc('NV61');
export const DRM_FORMAT_NV24 = fourcc('NV24');
export const DRM_FORMAT_NV42 = fourcc('NV42');
export const DRM_FORMAT_P010 = fourcc('P010');
export const DRM_FORMAT_P012 = fourcc('P012');
export const DRM_FORMAT_P016 = fourcc('P016');

// YCbCr in three planes.
export const DRM_FORMAT_YUV420 = fourcc('YU12');
export const DRM_FORMAT_YVU420 = fourcc('YV12');
export const DRM_FORMAT_YUV422 = fourcc('YU16');
export const DRM_FORMAT_YVU422 = fourcc('YV16');
export const DRM_FORMAT_YUV444 = fourcc('YU24');
export const DRM_FORMAT_YVU444 = fourcc('YV24');

/** Pixels row by row. */
export const DRM_FORMAT_MOD_LINEAR = 0n;
/** No modifier: the layout is the driver's own knowledge. */
export const DRM_FORMAT_MOD_INVALID = 0x00ffffffffffffffn;
