import { DRM_MODE_CONNECTED, drm_mode_modeinfo, modeIoctls } from '../../../../protocol/uapi/drm-mode.ts';
import { u32, u64 } from '../../../../protocol/uapi/struct.ts';
import type { Task } from '../../task/task.ts';
import type { DrmFile } from '../file.ts';
import { type DrmIoctl, drmIoctl } from '../ioctl.ts';
import { GAMMA_SIZE } from './attach-crtc.ts';
import { Connector, Encoder } from './connector.ts';
import { Crtc } from './crtc.ts';
import type { KmsDevice } from './kms-device.ts';
import { lookup, lookupFor } from './lookup.ts';
import type { Mode } from './mode.ts';
import type { ModeObject } from './mode-object.ts';
import { Plane } from './plane.ts';
import { visibleProperties } from './property-ioctls.ts';
import { giveArray } from './user-array.ts';

/** Linux counts subpixel orders from 0 here; userspace's names for them begin with 1. */
const SUBPIXEL_UNKNOWN = 0;

const NO_MODE: Mode = drm_mode_modeinfo.read(new DataView(new ArrayBuffer(drm_mode_modeinfo.size)), 0);

const ids = (objects: Iterable<ModeObject>): number[] => [...objects].map(object => object.id);

/**
 * Writeback connectors show themselves to those who asked for them, planes that are no overlays likewise; a lessee sees
 * what is in its lease.
 */
const connectorsFor = (device: KmsDevice, file: DrmFile): Connector[] =>
  device.connectors.filter(
    ({ id, isWriteback }) => file.holds(id) && (!isWriteback || file.clientCaps.writebackConnectors),
  );
const planesFor = (device: KmsDevice, file: DrmFile): Plane[] =>
  device.planes.filter(
    ({ id, options }) => file.holds(id) && (options.type === 0 || file.clientCaps.universalPlanes),
  );

/** A CRTC as a lessee may know of it: its id, or 0. */
const visibleId = (file: DrmFile, crtc: Crtc | null | undefined): number =>
  crtc && file.holds(crtc.id) ? crtc.id : 0;

/** `drm_lease_filter_crtcs`: a mask of the CRTCs that the file sees, which it counts from 0. */
function filterCrtcs(device: KmsDevice, file: DrmFile, mask: number): number {
  const seen = device.crtcs.filter(({ id }) => file.holds(id));
  return seen.reduce((out, { index }, at) => (mask & (1 << index) ? out | (1 << at) : out), 0);
}

/** Calls that tell what a device has and what it shows. */
export const resourceIoctls = (device: KmsDevice): DrmIoctl[] => [
  drmIoctl(modeIoctls.DRM_IOCTL_MODE_GETRESOURCES, ({ task, file }, argument) => {
    const give = (list: number[], room: number, address: bigint): number =>
      giveArray(task, u32, list, room, address);
    const framebuffers = ids(device.client(file).framebuffers);
    argument.count_fbs = give(framebuffers, argument.count_fbs, argument.fb_id_ptr);
    argument.count_crtcs = give(
      ids(device.crtcs.filter(({ id }) => file.holds(id))),
      argument.count_crtcs,
      argument.crtc_id_ptr,
    );
    argument.count_encoders = give(ids(device.encoders), argument.count_encoders, argument.encoder_id_ptr);
    const connectors = ids(connectorsFor(device, file));
    argument.count_connectors = give(connectors, argument.count_connectors, argument.connector_id_ptr);
    const { limits } = device.driver;
    argument.min_width = limits.minWidth;
    argument.max_width = limits.maxWidth;
    argument.min_height = limits.minHeight;
    argument.max_height = limits.maxHeight;
  }),
  drmIoctl(modeIoctls.DRM_IOCTL_MODE_GETPLANERESOURCES, ({ task, file }, argument) => {
    const planes = ids(planesFor(device, file));
    argument.count_planes = giveArray(task, u32, planes, argument.count_planes, argument.plane_id_ptr);
  }),
  drmIoctl(modeIoctls.DRM_IOCTL_MODE_GETCRTC, ({ file }, argument) => {
    const crtc = lookupFor(device, file, argument.crtc_id, Crtc);
    const { mode } = crtc.state;
    const { fb, srcX, srcY } = crtc.primary.state;
    argument.fb_id = fb?.id ?? 0;
    argument.x = fb ? srcX >>> 16 : 0;
    argument.y = fb ? srcY >>> 16 : 0;
    argument.gamma_size = GAMMA_SIZE;
    argument.mode_valid = mode ? 1 : 0;
    argument.mode = mode ?? NO_MODE;
  }),
  drmIoctl(modeIoctls.DRM_IOCTL_MODE_GETENCODER, ({ file }, argument) => {
    const encoder = lookup(device, argument.encoder_id, Encoder);
    const connector = device.connectors.find(({ options }) => options.encoder === encoder);
    argument.encoder_type = encoder.type;
    argument.crtc_id = visibleId(file, connector?.state.crtc);
    argument.possible_crtcs = filterCrtcs(device, file, encoder.possibleCrtcs);
    argument.possible_clones = encoder.possibleClones;
  }),
  drmIoctl(modeIoctls.DRM_IOCTL_MODE_GETCONNECTOR, ({ task, file }, argument) => {
    const connector = lookupFor(device, file, argument.connector_id, Connector);
    const { modes, encoder, type, typeId } = connector.options;
    const properties = visibleProperties(device, file, connector);
    if (argument.count_modes >= modes.length) giveModes(task, modes, argument.modes_ptr);
    argument.count_modes = modes.length;
    const room = argument.count_props;
    const values = properties.map(([, value]) => value);
    const names = properties.map(([property]) => property.id);
    argument.count_props = giveArray(task, u32, names, room, argument.props_ptr);
    giveArray(task, u64, values, room, argument.prop_values_ptr);
    argument.count_encoders = giveArray(
      task,
      u32,
      [encoder.id],
      argument.count_encoders,
      argument.encoders_ptr,
    );
    argument.encoder_id = connector.state.crtc ? encoder.id : 0;
    argument.connector_type = type;
    argument.connector_type_id = typeId;
    argument.connection = DRM_MODE_CONNECTED;
    argument.mm_width = 0;
    argument.mm_height = 0;
    argument.subpixel = SUBPIXEL_UNKNOWN;
  }),
  drmIoctl(modeIoctls.DRM_IOCTL_MODE_GETPLANE, ({ task, file }, argument) => {
    const plane = lookupFor(device, file, argument.plane_id, Plane);
    const { formats, possibleCrtcs } = plane.options;
    argument.crtc_id = visibleId(file, plane.state.crtc);
    argument.fb_id = plane.state.fb?.id ?? 0;
    argument.possible_crtcs = filterCrtcs(device, file, possibleCrtcs);
    argument.gamma_size = 0;
    // All of them or none, as with modes.
    const room = argument.count_format_types < formats.length ? 0 : formats.length;
    argument.count_format_types = giveArray(task, u32, formats, room, argument.format_type_ptr);
  }),
];

function giveModes(task: Task, modes: readonly Mode[], address: bigint): void {
  const { size } = drm_mode_modeinfo;
  const bytes = new Uint8Array(modes.length * size);
  const view = new DataView(bytes.buffer);
  for (const [index, mode] of modes.entries()) drm_mode_modeinfo.write(view, index * size, mode);
  task.memory.copyToUser(address, bytes);
}
