import { hdr_output_metadata } from '../../../../protocol/uapi/drm-mode.ts';
import { KernelError, require } from '../../task/kernel-error.ts';
import { constant } from './attach-plane.ts';
import type { PropertyBinding } from './binding.ts';
import { Blob } from './blob.ts';
import type { Connector, ConnectorDraft } from './connector.ts';
import { Crtc } from './crtc.ts';
import { Framebuffer } from './framebuffer.ts';
import type { KmsDevice } from './kms-device.ts';
import { requireHeld } from './lookup.ts';

type Binding = PropertyBinding<ConnectorDraft>;

export function attachConnectorProperties(
  device: KmsDevice,
  connector: Connector,
  writebackFormats: Blob | null,
): void {
  const { properties } = device;
  const bindings: Binding[] = [
    dpmsBinding(device, connector),
    linkStatusBinding(device),
    constant(properties.nonDesktop, 0n),
    constant(properties.tile, 0n),
    crtcBinding(device),
  ];
  if (writebackFormats)
    bindings.push(
      writebackFenceBinding(device, connector),
      writebackFbBinding(device),
      constant(properties.writebackFormats, BigInt(writebackFormats.id)),
    );
  else bindings.push(hdrMetadataBinding(device));
  for (const binding of bindings) connector.bindings.set(binding.property.id, binding);
}

/** DPMS is legacy: atomic clients set ACTIVE. */
const dpmsBinding = ({ properties }: KmsDevice, connector: Connector): Binding => ({
  property: properties.dpms,
  read: () => BigInt(connector.dpms),
  write: () => {
    throw new KernelError('EINVAL', 'DPMS cannot be set by an atomic request; set ACTIVE of the CRTC');
  },
});

/** Only the kernel may make a link bad; a client's Bad is ignored. */
const linkStatusBinding = ({ properties }: KmsDevice): Binding => ({
  property: properties.linkStatus,
  read: state => BigInt(state.linkStatus),
  write: (draft, value) => {
    if (value === 0n) draft.linkStatus = 0;
  },
});

const crtcBinding = ({ properties, objects }: KmsDevice): Binding => ({
  property: properties.crtcId,
  read: state => BigInt(state.crtc?.id ?? 0),
  write: (draft, value, { state, file }) => {
    const crtc = value === 0n ? null : objects.find(Number(value), Crtc);
    if (crtc) requireHeld(file, crtc);
    state.setConnectorCrtc(draft, crtc);
  },
});

/** `drm_property_replace_blob_from_id`: the blob is of the very size of the struct, EINVAL otherwise. */
const hdrMetadataBinding = ({ properties, objects }: KmsDevice): Binding => ({
  property: properties.hdrOutputMetadata,
  read: state => BigInt(state.hdrMetadata?.id ?? 0),
  write: (draft, value) => {
    const metadata = value === 0n ? null : objects.find(Number(value), Blob);
    const { size } = hdr_output_metadata;
    require(!metadata ||
      metadata.bytes.length ===
        size, 'EINVAL', `HDR_OUTPUT_METADATA has ${size} bytes, not ${metadata?.bytes.length}`);
    draft.hdrMetadata = metadata;
  },
});

const writebackFbBinding = ({ properties, objects }: KmsDevice): Binding => ({
  property: properties.writebackFbId,
  read: () => 0n,
  write: (draft, value) => {
    draft.writeback = { fb: value === 0n ? null : objects.find(Number(value), Framebuffer) };
  },
});

const writebackFenceBinding = ({ properties }: KmsDevice, connector: Connector): Binding => ({
  property: properties.writebackOutFencePtr,
  read: () => 0n,
  write: (_draft, value, request) => request.wantFence(request.fencePointers.writebacks, connector, value),
});
