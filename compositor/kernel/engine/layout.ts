// The command of the engines: 32 little-endian 32-bit words, one after the other in physical memory.
//
// This file is compiled twice, as TypeScript and as AssemblyScript (where each constant is an `i32`), so that the two
// sides cannot disagree. It holds plain integer constants and nothing else.
//
// What an engine relies on, and what the driver that writes the commands therefore checks:
// - every pixel of every plane (of NV12 chroma, half the rows and half the columns, rounded up) is inside physical memory, and so
//   is what a table address names; padding after a row's last pixel is never touched and need not be there after the last row;
// - a stride is at least the width's bytes and a multiple of the pixel's bytes, an address too; width, height and the
//   sides of every rectangle are at most 32767, and so are the magnitudes of its coordinates;
// - the clip rectangle is inside the target, the source rectangle is inside the source and not empty, nor is the destination;
// - formats, transform, filter, blend mode, encoding and range are values listed here, fit for the opcode.
// A command that breaks a rule about its values (not its addresses) has undefined pixels; an opcode that is not listed is skipped.

/** Words and bytes of a command. */
export const CMD_WORDS = 32;
export const CMD_BYTES = 128;

/** What to do: one of the `OP_` values. */
export const CMD_OPCODE = 0;

/** The image written (or looked at, for `OP_HISTOGRAM` and `OP_CRC`): byte address, bytes per row, pixels, fourcc. */
export const CMD_TARGET_ADDRESS = 1;
export const CMD_TARGET_STRIDE = 2;
export const CMD_TARGET_WIDTH = 3;
export const CMD_TARGET_HEIGHT = 4;
export const CMD_TARGET_FORMAT = 5;
/** `OP_ZERO` has no image but a number of bytes, in place of the stride. */
export const CMD_LENGTH = 2;

/** Where the whole source rectangle lands in the target, in pixels; may be partly or wholly outside of it. */
export const CMD_DEST_X = 6;
export const CMD_DEST_Y = 7;
export const CMD_DEST_WIDTH = 8;
export const CMD_DEST_HEIGHT = 9;

/** The area really touched, in pixels of the target. Pixels in the clip but not in the destination stay as they are. */
export const CMD_CLIP_X = 10;
export const CMD_CLIP_Y = 11;
export const CMD_CLIP_WIDTH = 12;
export const CMD_CLIP_HEIGHT = 13;

/** The image read; plane 1 is the chroma of NV12 (U and V in turn, one pair for 2x2 pixels). */
export const CMD_SOURCE_ADDRESS = 14;
export const CMD_SOURCE_STRIDE = 15;
export const CMD_SOURCE_WIDTH = 16;
export const CMD_SOURCE_HEIGHT = 17;
export const CMD_SOURCE_FORMAT = 18;
export const CMD_CHROMA_ADDRESS = 19;
export const CMD_CHROMA_STRIDE = 20;

/** The part of the source that is shown, in pixels of the buffer, 16.16 fixed point (`OP_COPY`: whole pixels). */
export const CMD_SOURCE_X = 21;
export const CMD_SOURCE_Y = 22;
export const CMD_SOURCE_RECT_WIDTH = 23;
export const CMD_SOURCE_RECT_HEIGHT = 24;

/**
 * A wl_output.transform, with the meaning of wl_surface.set_buffer_transform: what has been done to the content of the
 * buffer, and what the engine undoes. 1 is a buffer turned by 90 degrees counter-clockwise.
 */
export const CMD_TRANSFORM = 25;
/** One of the `FILTER_` values. */
export const CMD_FILTER = 26;
/** 0 (invisible) to 0xffff, as the KMS plane property `alpha`. Rounded to 8 bits: `(alpha + 128) / 257`, rounded down. */
export const CMD_PLANE_ALPHA = 27;
/** One of the `BLEND_` values. */
export const CMD_BLEND = 28;
/** 0xAARRGGBB, colours multiplied by alpha. */
export const CMD_FILL_COLOR = 29;
/** An `ENCODING_` value in bits 0 to 7, a `RANGE_` value in bits 8 to 15. Only NV12 looks at it. */
export const CMD_COLOR_ENCODING = 30;
/** Byte address, a multiple of 4, of what the opcode needs besides. */
export const CMD_TABLE_ADDRESS = 31;

/**
 * Puts the fill colour on the clip rectangle: in blend mode none as it is, alpha included and plane alpha not looked at; in
 * the others as a source of that colour would be.
 */
export const OP_FILL = 1;
/** Copies pixels of one format as they are, padding included. Source and target areas may overlap within one row only. */
export const OP_COPY = 2;
/** Draws the source rectangle over the target: transform, filter, colour conversion, plane alpha, blend mode. */
export const OP_COMPOSITE = 3;
/** Replaces each channel but alpha of the clip rectangle by its table entry. Table: 256 bytes each for R, G and B. */
export const OP_GAMMA = 4;
/** Counts max(R, G, B) of each pixel of the clip rectangle. Table: 256 words, added to. */
export const OP_HISTOGRAM = 5;
/**
 * Goes on with a CRC-32 (reflected, polynomial 0xedb88320, no inversion) over the rows of the clip rectangle, each pixel
 * as 16-bit little-endian A, R, G, B (a channel times 257; A is 0xffff without an alpha channel). Table: the CRC, a word.
 */
export const OP_CRC = 6;
/** Clears `CMD_LENGTH` bytes from the target's address on. */
export const OP_ZERO = 7;
/** Does not end before the table's word is other than 0; with a table address of 0, never. To test resets with. */
export const OP_SPIN = 8;

/** The pixel whose area the sampling point lies in. */
export const FILTER_NEAREST = 0;
/** The mean of the four pixels around the sampling point, with 8-bit weights; no pixel outside the source rectangle counts. */
export const FILTER_BILINEAR = 1;

// Blending, channel by channel and for alpha alike, where s is the source (alpha 255 in a format without), d the target,
// p the plane's alpha byte and x / 255 is to nearest (there are no ties):
//   none           (s * p + d * (255 - p)) / 255, with alpha 255 for s
//   coverage       (s * w + d * (255 - w)) / 255, where w = alpha * p / 255, with alpha 255 for s
//   premultiplied  s' + d * (255 - alpha') / 255, where s' = s * p / 255 and alpha' its alpha; beyond 255 it is 255
// The padding byte of a target without alpha is written as 255.
// NV12 becomes RGB by a matrix whose coefficients are times 8192 to nearest; sums are to nearest and clamped to 0..255; a pixel
// has the chroma of its 2x2 block. RGB565 is scaled by 255 / 31 and 255 / 63, to nearest. The sampling of scaled sources is
// defined in `assembly/sample.ts`. Every way of doing a command, vector or not, in any thread, gives these pixels to the bit.

/** Pixel alpha is ignored: the source is opaque, but for the plane's alpha. KMS `pixel blend mode` "None". */
export const BLEND_NONE = 0;
/** Colours have been multiplied by alpha. KMS "Pre-multiplied". */
export const BLEND_PREMULTIPLIED = 1;
/** Colours have not been multiplied by alpha. KMS "Coverage". */
export const BLEND_COVERAGE = 2;

/** The matrices of ITU-R BT.601, BT.709 and BT.2020, as KMS `COLOR_ENCODING`. */
export const ENCODING_BT601 = 0;
export const ENCODING_BT709 = 1;
export const ENCODING_BT2020 = 2;

/** Luma 16 to 235 and chroma 16 to 240, or 0 to 255 both, as KMS `COLOR_RANGE`. */
export const RANGE_LIMITED = 0;
export const RANGE_FULL = 1;

/** The four-character codes of drm_fourcc.h; what they mean to the host is in `formats.ts`. */
export const FORMAT_XRGB8888 = 0x34325258;
export const FORMAT_ARGB8888 = 0x34325241;
export const FORMAT_XBGR8888 = 0x34324258;
export const FORMAT_ABGR8888 = 0x34324241;
export const FORMAT_RGB565 = 0x36314752;
export const FORMAT_NV12 = 0x3231564e;
/** Single planes, for `OP_COPY` alone: NV12 is copied as its luma (R8) and its chroma (GR88). */
export const FORMAT_R8 = 0x20203852;
export const FORMAT_GR88 = 0x38385247;
