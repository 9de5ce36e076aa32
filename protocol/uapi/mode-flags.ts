/** The numbers of `include/uapi/drm/drm_mode.h`: modes, objects, properties, framebuffers and commits. */

export const DRM_DISPLAY_MODE_LEN = 32;
export const DRM_PROP_NAME_LEN = 32;

export const DRM_MODE_TYPE_PREFERRED = 1 << 3;
export const DRM_MODE_TYPE_USERDEF = 1 << 5;
export const DRM_MODE_TYPE_DRIVER = 1 << 6;

export const DRM_MODE_FLAG_PHSYNC = 1 << 0;
export const DRM_MODE_FLAG_NHSYNC = 1 << 1;
export const DRM_MODE_FLAG_PVSYNC = 1 << 2;
export const DRM_MODE_FLAG_NVSYNC = 1 << 3;
export const DRM_MODE_FLAG_INTERLACE = 1 << 4;
export const DRM_MODE_FLAG_DBLSCAN = 1 << 5;
export const DRM_MODE_FLAG_CSYNC = 1 << 6;
export const DRM_MODE_FLAG_PCSYNC = 1 << 7;
export const DRM_MODE_FLAG_NCSYNC = 1 << 8;
export const DRM_MODE_FLAG_HSKEW = 1 << 9;
export const DRM_MODE_FLAG_DBLCLK = 1 << 12;
export const DRM_MODE_FLAG_CLKDIV2 = 1 << 13;
export const DRM_MODE_FLAG_3D_MASK = 0x1f << 14;
export const DRM_MODE_FLAG_PIC_AR_MASK = 0x0f << 19;

/** Values of the DPMS property. */
export const DRM_MODE_DPMS_ON = 0;
export const DRM_MODE_DPMS_STANDBY = 1;
export const DRM_MODE_DPMS_SUSPEND = 2;
export const DRM_MODE_DPMS_OFF = 3;

/** Bits of a plane's rotation property; degrees counter-clockwise, reflection before rotation. */
export const DRM_MODE_ROTATE_0 = 1 << 0;
export const DRM_MODE_ROTATE_90 = 1 << 1;
export const DRM_MODE_ROTATE_180 = 1 << 2;
export const DRM_MODE_ROTATE_270 = 1 << 3;
export const DRM_MODE_ROTATE_MASK = 0xf;
export const DRM_MODE_REFLECT_X = 1 << 4;
export const DRM_MODE_REFLECT_Y = 1 << 5;
export const DRM_MODE_REFLECT_MASK = DRM_MODE_REFLECT_X | DRM_MODE_REFLECT_Y;

/** Values of a plane's immutable `type` property (`enum drm_plane_type`). */
export const DRM_PLANE_TYPE_OVERLAY = 0;
export const DRM_PLANE_TYPE_PRIMARY = 1;
export const DRM_PLANE_TYPE_CURSOR = 2;

export const DRM_MODE_ENCODER_NONE = 0;
export const DRM_MODE_ENCODER_DAC = 1;
export const DRM_MODE_ENCODER_TMDS = 2;
export const DRM_MODE_ENCODER_LVDS = 3;
export const DRM_MODE_ENCODER_TVDAC = 4;
export const DRM_MODE_ENCODER_VIRTUAL = 5;
export const DRM_MODE_ENCODER_DSI = 6;
export const DRM_MODE_ENCODER_DPMST = 7;
export const DRM_MODE_ENCODER_DPI = 8;

export const DRM_MODE_CONNECTOR_Unknown = 0;
export const DRM_MODE_CONNECTOR_VGA = 1;
export const DRM_MODE_CONNECTOR_DVII = 2;
export const DRM_MODE_CONNECTOR_DVID = 3;
export const DRM_MODE_CONNECTOR_DVIA = 4;
export const DRM_MODE_CONNECTOR_Composite = 5;
export const DRM_MODE_CONNECTOR_SVIDEO = 6;
export const DRM_MODE_CONNECTOR_LVDS = 7;
export const DRM_MODE_CONNECTOR_Component = 8;
export const DRM_MODE_CONNECTOR_9PinDIN = 9;
export const DRM_MODE_CONNECTOR_DisplayPort = 10;
export const DRM_MODE_CONNECTOR_HDMIA = 11;
export const DRM_MODE_CONNECTOR_HDMIB = 12;
export const DRM_MODE_CONNECTOR_TV = 13;
export const DRM_MODE_CONNECTOR_eDP = 14;
export const DRM_MODE_CONNECTOR_VIRTUAL = 15;
export const DRM_MODE_CONNECTOR_DSI = 16;
export const DRM_MODE_CONNECTOR_DPI = 17;
export const DRM_MODE_CONNECTOR_WRITEBACK = 18;
export const DRM_MODE_CONNECTOR_SPI = 19;
export const DRM_MODE_CONNECTOR_USB = 20;

/** `connection` of GETCONNECTOR (`enum drm_connector_status`). */
export const DRM_MODE_CONNECTED = 1;
export const DRM_MODE_DISCONNECTED = 2;
export const DRM_MODE_UNKNOWNCONNECTION = 3;

/** `subpixel` of GETCONNECTOR, counted from 1 as the X server counts them (`enum subpixel_order`). */
export const DRM_MODE_SUBPIXEL_UNKNOWN = 1;
export const DRM_MODE_SUBPIXEL_HORIZONTAL_RGB = 2;
export const DRM_MODE_SUBPIXEL_HORIZONTAL_BGR = 3;
export const DRM_MODE_SUBPIXEL_VERTICAL_RGB = 4;
export const DRM_MODE_SUBPIXEL_VERTICAL_BGR = 5;
export const DRM_MODE_SUBPIXEL_NONE = 6;

export const DRM_MODE_PROP_RANGE = 1 << 1;
export const DRM_MODE_PROP_IMMUTABLE = 1 << 2;
/** A value out of an enumeration, named texts. */
export const DRM_MODE_PROP_ENUM = 1 << 3;
export const DRM_MODE_PROP_BLOB = 1 << 4;
/** A set out of an enumeration, whose values are bit numbers. */
export const DRM_MODE_PROP_BITMASK = 1 << 5;
export const DRM_MODE_PROP_LEGACY_TYPE = 0x3a;
/** Holds a type number, not flags: OBJECT or SIGNED_RANGE. */
export const DRM_MODE_PROP_EXTENDED_TYPE = 0xffc0;
export const DRM_MODE_PROP_OBJECT = 1 << 6;
export const DRM_MODE_PROP_SIGNED_RANGE = 2 << 6;
/** Hidden from clients without DRM_CLIENT_CAP_ATOMIC. */
export const DRM_MODE_PROP_ATOMIC = 0x80000000;

export const DRM_MODE_OBJECT_CRTC = 0xcccccccc;
export const DRM_MODE_OBJECT_CONNECTOR = 0xc0c0c0c0;
export const DRM_MODE_OBJECT_ENCODER = 0xe0e0e0e0;
export const DRM_MODE_OBJECT_MODE = 0xdededede;
export const DRM_MODE_OBJECT_PROPERTY = 0xb0b0b0b0;
export const DRM_MODE_OBJECT_FB = 0xfbfbfbfb;
export const DRM_MODE_OBJECT_BLOB = 0xbbbbbbbb;
export const DRM_MODE_OBJECT_PLANE = 0xeeeeeeee;
export const DRM_MODE_OBJECT_COLOROP = 0xfafafafa;
export const DRM_MODE_OBJECT_ANY = 0;

export const DRM_MODE_FB_INTERLACED = 1 << 0;
/** The `modifier` array of ADDFB2 is meant. */
export const DRM_MODE_FB_MODIFIERS = 1 << 1;
export const DRM_MODE_FB_DIRTY_ANNOTATE_COPY = 1;
export const DRM_MODE_FB_DIRTY_ANNOTATE_FILL = 2;
export const DRM_MODE_FB_DIRTY_FLAGS = 3;
export const DRM_MODE_FB_DIRTY_MAX_CLIPS = 256;

export const DRM_MODE_CURSOR_BO = 1;
export const DRM_MODE_CURSOR_MOVE = 2;
export const DRM_MODE_CURSOR_FLAGS = 3;

export const DRM_MODE_PAGE_FLIP_EVENT = 0x01;
export const DRM_MODE_PAGE_FLIP_ASYNC = 0x02;
export const DRM_MODE_PAGE_FLIP_TARGET_ABSOLUTE = 0x04;
export const DRM_MODE_PAGE_FLIP_TARGET_RELATIVE = 0x08;
export const DRM_MODE_PAGE_FLIP_TARGET =
  DRM_MODE_PAGE_FLIP_TARGET_ABSOLUTE | DRM_MODE_PAGE_FLIP_TARGET_RELATIVE;
export const DRM_MODE_PAGE_FLIP_FLAGS =
  DRM_MODE_PAGE_FLIP_EVENT | DRM_MODE_PAGE_FLIP_ASYNC | DRM_MODE_PAGE_FLIP_TARGET;

export const DRM_MODE_ATOMIC_TEST_ONLY = 0x100;
export const DRM_MODE_ATOMIC_NONBLOCK = 0x200;
export const DRM_MODE_ATOMIC_ALLOW_MODESET = 0x400;
export const DRM_MODE_ATOMIC_FLAGS =
  DRM_MODE_PAGE_FLIP_EVENT |
  DRM_MODE_PAGE_FLIP_ASYNC |
  DRM_MODE_ATOMIC_TEST_ONLY |
  DRM_MODE_ATOMIC_NONBLOCK |
  DRM_MODE_ATOMIC_ALLOW_MODESET;

/** Version of the IN_FORMATS blob. */
export const FORMAT_BLOB_CURRENT = 1;
