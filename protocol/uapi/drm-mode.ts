/** Kernel mode setting, `include/uapi/drm/drm_mode.h`: struct layouts and calls. */
import { drmIowr } from './ioctl.ts';
import { array, chars, pointer, s32, struct, u8, u16, u32, u64 } from './struct.ts';

export * from './mode-flags.ts';

/** `clock` is in kHz, `vrefresh` an approximation in Hz; also the content of a MODE_ID blob. */
export const drm_mode_modeinfo = struct('drm_mode_modeinfo', {
  clock: u32,
  hdisplay: u16,
  hsync_start: u16,
  hsync_end: u16,
  htotal: u16,
  hskew: u16,
  vdisplay: u16,
  vsync_start: u16,
  vsync_end: u16,
  vtotal: u16,
  vscan: u16,
  vrefresh: u32,
  flags: u32,
  type: u32,
  name: chars(32),
});

/** Each list is filled when its count has room for all of it; the counts on return are the whole lengths. */
export const drm_mode_card_res = struct('drm_mode_card_res', {
  fb_id_ptr: pointer(u32, { count: 'count_fbs', direction: 'out' }),
  crtc_id_ptr: pointer(u32, { count: 'count_crtcs', direction: 'out' }),
  connector_id_ptr: pointer(u32, { count: 'count_connectors', direction: 'out' }),
  encoder_id_ptr: pointer(u32, { count: 'count_encoders', direction: 'out' }),
  count_fbs: u32,
  count_crtcs: u32,
  count_connectors: u32,
  count_encoders: u32,
  min_width: u32,
  max_width: u32,
  min_height: u32,
  max_height: u32,
});

/** `set_connectors_ptr` is for SETCRTC alone. */
export const drm_mode_crtc = struct('drm_mode_crtc', {
  set_connectors_ptr: pointer(u32, { count: 'count_connectors' }),
  count_connectors: u32,
  crtc_id: u32,
  fb_id: u32,
  x: u32,
  y: u32,
  gamma_size: u32,
  mode_valid: u32,
  mode: drm_mode_modeinfo,
});

/** The source is in 16.16 fixed point, height before width. */
export const drm_mode_set_plane = struct('drm_mode_set_plane', {
  plane_id: u32,
  crtc_id: u32,
  fb_id: u32,
  flags: u32,
  crtc_x: s32,
  crtc_y: s32,
  crtc_w: u32,
  crtc_h: u32,
  src_x: u32,
  src_y: u32,
  src_h: u32,
  src_w: u32,
});

export const drm_mode_get_plane = struct('drm_mode_get_plane', {
  plane_id: u32,
  crtc_id: u32,
  fb_id: u32,
  possible_crtcs: u32,
  gamma_size: u32,
  count_format_types: u32,
  format_type_ptr: pointer(u32, { count: 'count_format_types', direction: 'out' }),
});
export const drm_mode_get_plane_res = struct('drm_mode_get_plane_res', {
  plane_id_ptr: pointer(u32, { count: 'count_planes', direction: 'out' }),
  count_planes: u32,
});
export const drm_mode_get_encoder = struct('drm_mode_get_encoder', {
  encoder_id: u32,
  encoder_type: u32,
  crtc_id: u32,
  possible_crtcs: u32,
  possible_clones: u32,
});

/** With `count_modes` 0 the master forces a probe of the connector, which may sleep. */
export const drm_mode_get_connector = struct('drm_mode_get_connector', {
  encoders_ptr: pointer(u32, { count: 'count_encoders', direction: 'out' }),
  modes_ptr: pointer(drm_mode_modeinfo, { count: 'count_modes', direction: 'out' }),
  props_ptr: pointer(u32, { count: 'count_props', direction: 'out' }),
  prop_values_ptr: pointer(u64, { count: 'count_props', direction: 'out' }),
  count_modes: u32,
  count_props: u32,
  count_encoders: u32,
  encoder_id: u32,
  connector_id: u32,
  connector_type: u32,
  connector_type_id: u32,
  connection: u32,
  mm_width: u32,
  mm_height: u32,
  subpixel: u32,
  pad: u32,
});

export const drm_mode_property_enum = struct('drm_mode_property_enum', { value: u64, name: chars(32) });
export const drm_mode_get_property = struct('drm_mode_get_property', {
  values_ptr: pointer(u64, { count: 'count_values', direction: 'out' }),
  enum_blob_ptr: pointer(drm_mode_property_enum, { count: 'count_enum_blobs', direction: 'out' }),
  prop_id: u32,
  flags: u32,
  name: chars(32),
  count_values: u32,
  count_enum_blobs: u32,
});
export const drm_mode_connector_set_property = struct('drm_mode_connector_set_property', {
  value: u64,
  prop_id: u32,
  connector_id: u32,
});
export const drm_mode_obj_get_properties = struct('drm_mode_obj_get_properties', {
  props_ptr: pointer(u32, { count: 'count_props', direction: 'out' }),
  prop_values_ptr: pointer(u64, { count: 'count_props', direction: 'out' }),
  count_props: u32,
  obj_id: u32,
  obj_type: u32,
});
export const drm_mode_obj_set_property = struct('drm_mode_obj_set_property', {
  value: u64,
  prop_id: u32,
  obj_id: u32,
  obj_type: u32,
});
export const drm_mode_get_blob = struct('drm_mode_get_blob', {
  blob_id: u32,
  length: u32,
  data: pointer('void', { count: 'length', direction: 'out' }),
});
export const drm_mode_create_blob = struct('drm_mode_create_blob', {
  data: pointer('void', { count: 'length' }),
  length: u32,
  blob_id: u32,
});
export const drm_mode_destroy_blob = struct('drm_mode_destroy_blob', { blob_id: u32 });

export const drm_mode_fb_cmd = struct('drm_mode_fb_cmd', {
  fb_id: u32,
  width: u32,
  height: u32,
  pitch: u32,
  bpp: u32,
  depth: u32,
  handle: u32,
});
export const drm_mode_fb_cmd2 = struct('drm_mode_fb_cmd2', {
  fb_id: u32,
  width: u32,
  height: u32,
  pixel_format: u32,
  flags: u32,
  handles: array(u32, 4),
  pitches: array(u32, 4),
  offsets: array(u32, 4),
  modifier: array(u64, 4),
});
/** The argument of RMFB: an id alone. */
export const drm_mode_rmfb = struct('drm_mode_rmfb', { fb_id: u32 });
/** Drops the framebuffer, but leaves planes that show it as they are, unlike RMFB. */
export const drm_mode_closefb = struct('drm_mode_closefb', { fb_id: u32, pad: u32 });

export const drm_clip_rect = struct('drm_clip_rect', { x1: u16, y1: u16, x2: u16, y2: u16 });
export const drm_mode_fb_dirty_cmd = struct('drm_mode_fb_dirty_cmd', {
  fb_id: u32,
  flags: u32,
  color: u32,
  num_clips: u32,
  clips_ptr: pointer(drm_clip_rect, { count: 'num_clips' }),
});
/** A rectangle in an FB_DAMAGE_CLIPS blob; right and bottom edge exclusive. */
export const drm_mode_rect = struct('drm_mode_rect', { x1: s32, y1: s32, x2: s32, y2: s32 });

const cursor = { flags: u32, crtc_id: u32, x: s32, y: s32, width: u32, height: u32, handle: u32 };
export const drm_mode_cursor = struct('drm_mode_cursor', cursor);
export const drm_mode_cursor2 = struct('drm_mode_cursor2', { ...cursor, hot_x: s32, hot_y: s32 });

/** Read by SETGAMMA, written by GETGAMMA. */
const ramp = pointer(u16, { count: 'gamma_size', direction: 'inout' });
export const drm_mode_crtc_lut = struct('drm_mode_crtc_lut', {
  crtc_id: u32,
  gamma_size: u32,
  red: ramp,
  green: ramp,
  blue: ramp,
});
/** One entry of a GAMMA_LUT or DEGAMMA_LUT blob; 0xffff is 1.0. */
export const drm_color_lut = struct('drm_color_lut', { red: u16, green: u16, blue: u16, reserved: u16 });
/** A chromaticity in steps of 0.00002. */
export const hdr_chromaticity = struct('hdr_chromaticity', { x: u16, y: u16 });
/** `eotf`, as CTA-861-G numbers them. */
export const HDMI_EOTF_TRADITIONAL_GAMMA_SDR = 0;
export const HDMI_EOTF_TRADITIONAL_GAMMA_HDR = 1;
export const HDMI_EOTF_SMPTE_ST2084 = 2;
export const HDMI_EOTF_BT_2100_HLG = 3;
export const HDMI_STATIC_METADATA_TYPE1 = 0;
/** Primaries in any order; luminances in cd/m2, the smallest in steps of 0.0001. `metadata_type` as that around it. */
export const hdr_metadata_infoframe = struct('hdr_metadata_infoframe', {
  eotf: u8,
  metadata_type: u8,
  display_primaries: array(hdr_chromaticity, 3),
  white_point: hdr_chromaticity,
  max_display_mastering_luminance: u16,
  min_display_mastering_luminance: u16,
  max_cll: u16,
  max_fall: u16,
});
/** The HDR_OUTPUT_METADATA blob: 32 bytes with its padding. */
export const hdr_output_metadata = struct('hdr_output_metadata', {
  metadata_type: u32,
  hdmi_metadata_type1: hdr_metadata_infoframe,
});
/** The CTM blob: row by row, 31.32 fixed point in sign and magnitude. */
export const drm_color_ctm = struct('drm_color_ctm', { matrix: array(u64, 9) });

/** `reserved` must be 0. */
export const drm_mode_crtc_page_flip = struct('drm_mode_crtc_page_flip', {
  crtc_id: u32,
  fb_id: u32,
  flags: u32,
  reserved: u32,
  user_data: u64,
});

export const drm_mode_create_dumb = struct('drm_mode_create_dumb', {
  height: u32,
  width: u32,
  bpp: u32,
  flags: u32,
  handle: u32,
  pitch: u32,
  size: u64,
});
/** `offset` is the one to give mmap on the device's descriptor. */
export const drm_mode_map_dumb = struct('drm_mode_map_dumb', { handle: u32, pad: u32, offset: u64 });
export const drm_mode_destroy_dumb = struct('drm_mode_destroy_dumb', { handle: u32 });

/**
 * For each of the objects `count_props_ptr` says how many entries of `props_ptr` and `prop_values_ptr` are its own, so
 * the length of these two is the sum of the former. `user_data` comes back in the flip events.
 */
export const drm_mode_atomic = struct('drm_mode_atomic', {
  flags: u32,
  count_objs: u32,
  objs_ptr: pointer(u32, { count: 'count_objs' }),
  count_props_ptr: pointer(u32, { count: 'count_objs' }),
  props_ptr: pointer(u32),
  prop_values_ptr: pointer(u64),
  reserved: u64,
  user_data: u64,
});

/** Head of a plane's IN_FORMATS blob; the two offsets are from the blob's start. */
export const drm_format_modifier_blob = struct('drm_format_modifier_blob', {
  version: u32,
  flags: u32,
  count_formats: u32,
  formats_offset: u32,
  count_modifiers: u32,
  modifiers_offset: u32,
});
/** A modifier and the formats it goes with: bit n of `formats` is format number `offset` + n of the blob. */
export const drm_format_modifier = struct('drm_format_modifier', {
  formats: u64,
  offset: u32,
  pad: u32,
  modifier: u64,
});

export const drm_mode_create_lease = struct('drm_mode_create_lease', {
  object_ids: pointer(u32, { count: 'object_count' }),
  object_count: u32,
  flags: u32,
  lessee_id: u32,
  fd: u32,
});
/** The header's comment speaks of 64-bit ids, `drivers/gpu/drm/drm_lease.c` writes 32-bit ones. */
export const drm_mode_list_lessees = struct('drm_mode_list_lessees', {
  count_lessees: u32,
  pad: u32,
  lessees_ptr: pointer(u32, { count: 'count_lessees', direction: 'out' }),
});
export const drm_mode_get_lease = struct('drm_mode_get_lease', {
  count_objects: u32,
  pad: u32,
  objects_ptr: pointer(u32, { count: 'count_objects', direction: 'out' }),
});
export const drm_mode_revoke_lease = struct('drm_mode_revoke_lease', { lessee_id: u32 });

const master = { permission: 'master' } as const;
/** Legacy calls commit with blocking, so they sleep until the change is on the screen. */
const commits = { permission: 'master', sleeps: true } as const;
const sleeps = { sleeps: true } as const;

/** Permissions as `drivers/gpu/drm/drm_ioctl.c` lists them; none of these is for render nodes. */
export const modeIoctls = {
  DRM_IOCTL_MODE_GETRESOURCES: drmIowr('DRM_IOCTL_MODE_GETRESOURCES', 0xa0, drm_mode_card_res),
  DRM_IOCTL_MODE_GETCRTC: drmIowr('DRM_IOCTL_MODE_GETCRTC', 0xa1, drm_mode_crtc),
  DRM_IOCTL_MODE_SETCRTC: drmIowr('DRM_IOCTL_MODE_SETCRTC', 0xa2, drm_mode_crtc, commits),
  DRM_IOCTL_MODE_CURSOR: drmIowr('DRM_IOCTL_MODE_CURSOR', 0xa3, drm_mode_cursor, commits),
  DRM_IOCTL_MODE_GETGAMMA: drmIowr('DRM_IOCTL_MODE_GETGAMMA', 0xa4, drm_mode_crtc_lut),
  DRM_IOCTL_MODE_SETGAMMA: drmIowr('DRM_IOCTL_MODE_SETGAMMA', 0xa5, drm_mode_crtc_lut, commits),
  DRM_IOCTL_MODE_GETENCODER: drmIowr('DRM_IOCTL_MODE_GETENCODER', 0xa6, drm_mode_get_encoder),
  DRM_IOCTL_MODE_GETCONNECTOR: drmIowr('DRM_IOCTL_MODE_GETCONNECTOR', 0xa7, drm_mode_get_connector, sleeps),
  DRM_IOCTL_MODE_GETPROPERTY: drmIowr('DRM_IOCTL_MODE_GETPROPERTY', 0xaa, drm_mode_get_property),
  DRM_IOCTL_MODE_SETPROPERTY: drmIowr(
    'DRM_IOCTL_MODE_SETPROPERTY',
    0xab,
    drm_mode_connector_set_property,
    commits,
  ),
  DRM_IOCTL_MODE_GETPROPBLOB: drmIowr('DRM_IOCTL_MODE_GETPROPBLOB', 0xac, drm_mode_get_blob),
  DRM_IOCTL_MODE_GETFB: drmIowr('DRM_IOCTL_MODE_GETFB', 0xad, drm_mode_fb_cmd),
  DRM_IOCTL_MODE_ADDFB: drmIowr('DRM_IOCTL_MODE_ADDFB', 0xae, drm_mode_fb_cmd),
  /** Sleeps when planes still show the framebuffer, which are then switched off. */
  DRM_IOCTL_MODE_RMFB: drmIowr('DRM_IOCTL_MODE_RMFB', 0xaf, drm_mode_rmfb, sleeps),
  DRM_IOCTL_MODE_PAGE_FLIP: drmIowr('DRM_IOCTL_MODE_PAGE_FLIP', 0xb0, drm_mode_crtc_page_flip, master),
  DRM_IOCTL_MODE_DIRTYFB: drmIowr('DRM_IOCTL_MODE_DIRTYFB', 0xb1, drm_mode_fb_dirty_cmd, commits),
  DRM_IOCTL_MODE_CREATE_DUMB: drmIowr('DRM_IOCTL_MODE_CREATE_DUMB', 0xb2, drm_mode_create_dumb),
  DRM_IOCTL_MODE_MAP_DUMB: drmIowr('DRM_IOCTL_MODE_MAP_DUMB', 0xb3, drm_mode_map_dumb),
  DRM_IOCTL_MODE_DESTROY_DUMB: drmIowr('DRM_IOCTL_MODE_DESTROY_DUMB', 0xb4, drm_mode_destroy_dumb),
  DRM_IOCTL_MODE_GETPLANERESOURCES: drmIowr('DRM_IOCTL_MODE_GETPLANERESOURCES', 0xb5, drm_mode_get_plane_res),
  DRM_IOCTL_MODE_GETPLANE: drmIowr('DRM_IOCTL_MODE_GETPLANE', 0xb6, drm_mode_get_plane),
  DRM_IOCTL_MODE_SETPLANE: drmIowr('DRM_IOCTL_MODE_SETPLANE', 0xb7, drm_mode_set_plane, commits),
  DRM_IOCTL_MODE_ADDFB2: drmIowr('DRM_IOCTL_MODE_ADDFB2', 0xb8, drm_mode_fb_cmd2),
  DRM_IOCTL_MODE_OBJ_GETPROPERTIES: drmIowr(
    'DRM_IOCTL_MODE_OBJ_GETPROPERTIES',
    0xb9,
    drm_mode_obj_get_properties,
  ),
  DRM_IOCTL_MODE_OBJ_SETPROPERTY: drmIowr(
    'DRM_IOCTL_MODE_OBJ_SETPROPERTY',
    0xba,
    drm_mode_obj_set_property,
    commits,
  ),
  DRM_IOCTL_MODE_CURSOR2: drmIowr('DRM_IOCTL_MODE_CURSOR2', 0xbb, drm_mode_cursor2, commits),
  /** Sleeps without NONBLOCK until the commit is on the screen. */
  DRM_IOCTL_MODE_ATOMIC: drmIowr('DRM_IOCTL_MODE_ATOMIC', 0xbc, drm_mode_atomic, commits),
  DRM_IOCTL_MODE_CREATEPROPBLOB: drmIowr('DRM_IOCTL_MODE_CREATEPROPBLOB', 0xbd, drm_mode_create_blob),
  DRM_IOCTL_MODE_DESTROYPROPBLOB: drmIowr('DRM_IOCTL_MODE_DESTROYPROPBLOB', 0xbe, drm_mode_destroy_blob),
  DRM_IOCTL_MODE_CREATE_LEASE: drmIowr('DRM_IOCTL_MODE_CREATE_LEASE', 0xc6, drm_mode_create_lease),
  DRM_IOCTL_MODE_LIST_LESSEES: drmIowr('DRM_IOCTL_MODE_LIST_LESSEES', 0xc7, drm_mode_list_lessees),
  DRM_IOCTL_MODE_GET_LEASE: drmIowr('DRM_IOCTL_MODE_GET_LEASE', 0xc8, drm_mode_get_lease),
  DRM_IOCTL_MODE_REVOKE_LEASE: drmIowr('DRM_IOCTL_MODE_REVOKE_LEASE', 0xc9, drm_mode_revoke_lease),
  DRM_IOCTL_MODE_GETFB2: drmIowr('DRM_IOCTL_MODE_GETFB2', 0xce, drm_mode_fb_cmd2),
  DRM_IOCTL_MODE_CLOSEFB: drmIowr('DRM_IOCTL_MODE_CLOSEFB', 0xd0, drm_mode_closefb),
};
