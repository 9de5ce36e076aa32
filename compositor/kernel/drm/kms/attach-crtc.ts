import { drm_color_lut } from '../../../../protocol/uapi/drm-mode.ts';
import { simkms_histogram_record } from '../../../../protocol/uapi/simkms.ts';
import { require } from '../../task/kernel-error.ts';
import { constant } from './attach-plane.ts';
import type { PropertyBinding } from './binding.ts';
import { Blob } from './blob.ts';
import type { Crtc, CrtcDraft } from './crtc.ts';
import type { KmsDevice } from './kms-device.ts';
import { PinnedMemfd } from './memfd-property.ts';
import { modeFromBlob } from './mode.ts';

type Binding = PropertyBinding<CrtcDraft>;

/** Entries of GAMMA_LUT that the hardware takes at most, and has. */
export const GAMMA_SIZE = 256;

export function attachCrtcProperties(device: KmsDevice, crtc: Crtc, histogramCaps: Blob): void {
  const { properties } = device;
  const bindings: Binding[] = [
    activeBinding(device),
    modeBinding(device),
    outFenceBinding(device, crtc),
    gammaBinding(device),
    constant(properties.gammaLutSize, BigInt(GAMMA_SIZE)),
    backgroundBinding(device),
    constant(properties.histogramCaps, BigInt(histogramCaps.id)),
    histogramEnableBinding(device),
    histogramFdBinding(device),
    histogramFenceBinding(device, crtc),
  ];
  for (const binding of bindings) crtc.bindings.set(binding.property.id, binding);
}

const activeBinding = ({ properties }: KmsDevice): Binding => ({
  property: properties.active,
  read: state => (state.active ? 1n : 0n),
  write: (draft, value) => {
    draft.active = value === 1n;
  },
});

/** `drm_atomic_set_mode_prop_for_crtc`: another blob with the same id is a change only if its timings differ. */
const modeBinding = ({ properties, objects }: KmsDevice): Binding => ({
  property: properties.modeId,
  read: state => BigInt(state.modeBlob?.id ?? 0),
  write: (draft, value) => {
    const blob = value === 0n ? null : objects.find(Number(value), Blob);
    draft.mode = blob && modeFromBlob(blob.bytes);
    draft.modeBlob = blob;
  },
});

const outFenceBinding = ({ properties }: KmsDevice, crtc: Crtc): Binding => ({
  property: properties.outFencePtr,
  read: () => 0n,
  write: (_draft, value, request) => request.wantFence(request.fencePointers.crtcs, crtc, value),
});

const gammaBinding = ({ properties, objects }: KmsDevice): Binding => ({
  property: properties.gammaLut,
  read: state => BigInt(state.gammaLut?.id ?? 0),
  write: (draft, value) => {
    const lut = value === 0n ? null : objects.find(Number(value), Blob);
    require(!lut ||
      lut.bytes.length % drm_color_lut.size ===
        0, 'EINVAL', `GAMMA_LUT holds entries of ${drm_color_lut.size} bytes`);
    draft.gammaLut = lut;
  },
});

const backgroundBinding = ({ properties }: KmsDevice): Binding => ({
  property: properties.background,
  read: state => state.background,
  write: (draft, value) => {
    draft.background = value;
  },
});

const histogramEnableBinding = ({ properties }: KmsDevice): Binding => ({
  property: properties.histogramEnable,
  read: state => BigInt(state.histogramMode),
  write: (draft, value) => {
    draft.histogramMode = Number(value);
  },
});

/** The memory is pinned here, where the call may fail, and not where the frame is counted. Set twice is EINVAL. */
const histogramFdBinding = ({ properties }: KmsDevice): Binding => ({
  property: properties.histogramFd,
  read: () => BigInt.asUintN(64, -1n),
  write: (draft, value, { task, adopt }) => {
    require(draft.histogramMemory === null, 'EINVAL', 'HISTOGRAM_FD was set before in this request');
    const fd = Number(BigInt.asIntN(64, value));
    if (fd === -1) return;
    draft.histogramMemory = adopt(PinnedMemfd.take(task, fd, simkms_histogram_record.size));
  },
});

const histogramFenceBinding = ({ properties }: KmsDevice, crtc: Crtc): Binding => ({
  property: properties.histogramFencePtr,
  read: () => 0n,
  write: (_draft, value, request) => request.wantFence(request.fencePointers.histograms, crtc, value),
});
