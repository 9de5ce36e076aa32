import {
  SIMKMS_HISTOGRAM_BINS,
  SIMKMS_HISTOGRAM_COMPLETE,
  SIMKMS_HISTOGRAM_MAX_RGB,
  SIMKMS_HISTOGRAM_TAP_POST_GAMMA,
  SIMKMS_HISTOGRAM_VERSION,
  simkms_histogram_caps,
  simkms_histogram_mode,
  simkms_histogram_record,
} from '../../../../protocol/uapi/simkms.ts';
import type { HistogramJob } from '../../drm/kms/crtc-commit.ts';
import type { VblankTime } from '../../drm/kms/vblank.ts';

/** What is the same in the caps and in each record. */
const SHAPE = {
  bin_count: SIMKMS_HISTOGRAM_BINS,
  channels: 1,
  counter_bits: 32,
  tap: SIMKMS_HISTOGRAM_TAP_POST_GAMMA,
  bits_per_channel: 8,
} as const;

/** The HISTOGRAM_CAPS blob: one mode. */
export function histogramCaps(): Uint8Array {
  const bytes = new Uint8Array(simkms_histogram_caps.size + simkms_histogram_mode.size);
  const view = new DataView(bytes.buffer);
  simkms_histogram_caps.write(view, 0, {
    version: SIMKMS_HISTOGRAM_VERSION,
    mode_count: 1,
    modes_offset: simkms_histogram_caps.size,
    mode_stride: simkms_histogram_mode.size,
  });
  simkms_histogram_mode.write(view, simkms_histogram_caps.size, {
    ...SHAPE,
    mode: SIMKMS_HISTOGRAM_MAX_RGB,
    record_size: simkms_histogram_record.size,
    flags: 0,
  });
  return bytes;
}

/**
 * Writes the record of a finished scan into the client's pinned memory: everything first, then the flag that says so.
 * Counters of 32 bits cannot overflow in a picture of at most 8192x8192.
 */
export function writeRecord(
  memory: Uint8Array,
  job: HistogramJob,
  vblank: VblankTime,
  bins: Uint32Array,
): void {
  const view = new DataView(
    memory.buffer,
    memory.byteOffset + job.memory.address,
    simkms_histogram_record.size,
  );
  const { flags } = simkms_histogram_record.offsets;
  view.setUint32(flags, 0, true);
  simkms_histogram_record.write(view, 0, {
    ...SHAPE,
    version: SIMKMS_HISTOGRAM_VERSION,
    flags: 0,
    sequence: vblank.sequence,
    time_ns: vblank.time,
    user_data: job.userData,
    mode: job.mode,
    pixels: BigInt(bins.reduce((sum, count) => sum + count, 0)),
    bins: [...bins],
  });
  view.setUint32(flags, SIMKMS_HISTOGRAM_COMPLETE, true);
}
