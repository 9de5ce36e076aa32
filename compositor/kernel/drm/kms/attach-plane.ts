import { DRM_MODE_ROTATE_MASK, drm_mode_rect } from '../../../../protocol/uapi/drm-mode.ts';
import { fenceOf } from '../../sync/sync-file.ts';
import { require } from '../../task/kernel-error.ts';
import type { PropertyBinding } from './binding.ts';
import { Blob } from './blob.ts';
import { Crtc } from './crtc.ts';
import { Framebuffer } from './framebuffer.ts';
import type { KmsDevice } from './kms-device.ts';
import { requireHeld } from './lookup.ts';
import type { Plane, PlaneDraft } from './plane.ts';
import type { Property } from './property.ts';

type Binding = PropertyBinding<PlaneDraft>;
type NumberField = { [K in keyof PlaneDraft]: PlaneDraft[K] extends number ? K : never }[keyof PlaneDraft];

const unsigned = (value: number): bigint => BigInt.asUintN(64, BigInt(value));

/** A property that is one number of the state, stored as it is. */
const field = (property: Property, name: NumberField): Binding => ({
  property,
  read: state => unsigned(state[name]),
  write: (draft, value) => {
    draft[name] = Number(BigInt.asIntN(64, value));
  },
});

/** An immutable property. */
export const constant = (property: Property, value: bigint): { property: Property; read(): bigint } => ({
  property,
  read: () => value,
});

export interface PlaneAttachments {
  inFormats: Blob;
  zpos: Property;
  sizeHints?: Blob;
  /** Shows YCbCr. */
  ycbcr: boolean;
}

/** Attaches the properties that a plane of this hardware has, in the order in which they are listed. */
export function attachPlaneProperties(device: KmsDevice, plane: Plane, attachments: PlaneAttachments): void {
  const { properties } = device;
  const bindings: Binding[] = [
    constant(properties.type, BigInt(plane.options.type)),
    fbBinding(device),
    inFenceBinding(device),
    crtcBinding(device),
    field(properties.crtcX, 'crtcX'),
    field(properties.crtcY, 'crtcY'),
    field(properties.crtcW, 'crtcW'),
    field(properties.crtcH, 'crtcH'),
    field(properties.srcX, 'srcX'),
    field(properties.srcY, 'srcY'),
    field(properties.srcW, 'srcW'),
    field(properties.srcH, 'srcH'),
    constant(properties.inFormats, BigInt(attachments.inFormats.id)),
    damageBinding(device),
    rotationBinding(device),
    field(properties.alpha, 'alpha'),
    field(properties.blend, 'blend'),
    zposBinding(attachments.zpos),
  ];
  if (attachments.sizeHints) bindings.push(constant(properties.sizeHints, BigInt(attachments.sizeHints.id)));
  if (attachments.ycbcr)
    bindings.push(
      field(properties.colorEncoding, 'colorEncoding'),
      field(properties.colorRange, 'colorRange'),
    );
  for (const binding of bindings) plane.bindings.set(binding.property.id, binding);
}

const zposBinding = (property: Property): Binding =>
  property.immutable ? { property, read: state => unsigned(state.zpos) } : field(property, 'zpos');

const fbBinding = ({ properties, objects }: KmsDevice): Binding => ({
  property: properties.fbId,
  read: state => BigInt(state.fb?.id ?? 0),
  write: (draft, value) => {
    draft.fb = value === 0n ? null : objects.find(Number(value), Framebuffer);
  },
});

const crtcBinding = ({ properties, objects }: KmsDevice): Binding => ({
  property: properties.crtcId,
  read: state => BigInt(state.crtc?.id ?? 0),
  write: (draft, value, { state, file }) => {
    const crtc = value === 0n ? null : objects.find(Number(value), Crtc);
    if (crtc) requireHeld(file, crtc);
    state.setPlaneCrtc(draft, crtc);
  },
});

const inFenceBinding = ({ properties }: KmsDevice): Binding => ({
  property: properties.inFenceFd,
  read: () => unsigned(-1),
  write: (draft, value, { task }) => {
    require(draft.inFence === null, 'EINVAL', 'IN_FENCE_FD was set before in this request');
    const fd = Number(BigInt.asIntN(64, value));
    if (fd === -1) return;
    draft.inFence = fenceOf(task, fd);
  },
});

const damageBinding = ({ properties, objects }: KmsDevice): Binding => ({
  property: properties.damage,
  read: state => BigInt(state.damage?.id ?? 0),
  write: (draft, value) => {
    const damage = value === 0n ? null : objects.find(Number(value), Blob);
    require(!damage ||
      damage.bytes.length % drm_mode_rect.size ===
        0, 'EINVAL', `FB_DAMAGE_CLIPS holds rectangles of ${drm_mode_rect.size} bytes`);
    draft.damage = damage;
  },
});

const rotationBinding = ({ properties }: KmsDevice): Binding => ({
  property: properties.rotation,
  read: state => BigInt(state.rotation),
  write: (draft, value) => {
    const angle = Number(value) & DRM_MODE_ROTATE_MASK;
    require(angle !== 0 && (angle & (angle - 1)) === 0, 'EINVAL', 'rotation has exactly one angle');
    draft.rotation = Number(value);
  },
});
