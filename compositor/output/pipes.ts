// What leads to one display: a CRTC, its connector, its planes, and the connector that can write its picture back.
import {
  DRM_MODE_CONNECTED,
  DRM_MODE_CONNECTOR_WRITEBACK,
  DRM_MODE_OBJECT_CONNECTOR,
  DRM_MODE_OBJECT_CRTC,
  DRM_MODE_OBJECT_PLANE,
  DRM_MODE_TYPE_PREFERRED,
  DRM_PLANE_TYPE_CURSOR,
  DRM_PLANE_TYPE_PRIMARY,
  modeIoctls,
} from '../../protocol/uapi/drm-mode.ts';
import type { Task } from '../kernel/task/index.ts';
import type { Size } from '../scene/region.ts';
import { CONNECTOR_TYPES } from './connector-names.ts';
import {
  listOf,
  type ModeInfo,
  type ModeObject,
  propertyOf,
  readBlob,
  readModeObject,
} from './mode-properties.ts';

export type PlaneKind = 'primary' | 'overlay' | 'cursor';

export interface PlaneInfo extends ModeObject {
  readonly kind: PlaneKind;
  /** For people: `overlay 34`. */
  readonly name: string;
  /** DRM fourcc codes. */
  readonly formats: readonly number[];
  readonly zpos: number;
}

export interface ConnectorInfo extends ModeObject {
  /** `Virtual-1`. */
  readonly name: string;
  readonly modes: readonly ModeInfo[];
  /** In millimetres; 0x0 when unknown. */
  readonly physical: Size;
}

export interface WritebackInfo extends ModeObject {
  readonly formats: readonly number[];
}

export interface Pipe {
  readonly crtc: ModeObject;
  readonly connector: ConnectorInfo;
  readonly mode: ModeInfo;
  readonly primary: PlaneInfo;
  /** From the lowest to the highest. */
  readonly overlays: readonly PlaneInfo[];
  readonly cursor: PlaneInfo | null;
  readonly writeback: WritebackInfo | null;
}

interface FoundConnector extends ConnectorInfo {
  readonly type: number;
  readonly crtcMask: number;
}

interface FoundPlane extends PlaneInfo {
  readonly crtcMask: number;
}

/** One pipe for each connected connector for which there is a CRTC left. Throws a KernelError. */
export function findPipes(task: Task, card: number): Pipe[] {
  const { crtcs, connectors } = resources(task, card);
  const found = connectors.map(id => readConnector(task, card, id)).filter(connector => connector !== null);
  const displays = found.filter(
    ({ type, modes }) => type !== DRM_MODE_CONNECTOR_WRITEBACK && modes.length > 0,
  );
  const writebacks = found.filter(({ type }) => type === DRM_MODE_CONNECTOR_WRITEBACK);
  const planes = readPlanes(task, card);
  const pipes: Pipe[] = [];
  const used = new Set<object | number>();
  for (const connector of displays) {
    const index = crtcs.findIndex((_, at) => !used.has(at) && (connector.crtcMask & (1 << at)) !== 0);
    if (index < 0) continue;
    const mine = planes.filter(plane => !used.has(plane) && (plane.crtcMask & (1 << index)) !== 0);
    const primary = mine.find(plane => plane.kind === 'primary');
    if (!primary) continue;
    const writeback = writebacks.find(other => !used.has(other) && (other.crtcMask & (1 << index)) !== 0);
    const cursor = mine.find(plane => plane.kind === 'cursor') ?? null;
    const overlays = mine.filter(plane => plane.kind === 'overlay').sort((a, b) => a.zpos - b.zpos);
    for (const part of [index, primary, writeback, cursor, ...overlays]) if (part) used.add(part);
    used.add(index);
    pipes.push({
      crtc: readModeObject(task, card, crtcs[index]!, DRM_MODE_OBJECT_CRTC),
      connector,
      mode: preferredMode(connector.modes),
      primary,
      overlays,
      cursor,
      writeback: writeback ? { ...writeback, formats: writebackFormats(task, card, writeback) } : null,
    });
  }
  return pipes;
}

const preferredMode = (modes: readonly ModeInfo[]): ModeInfo =>
  modes.find(({ type }) => (type & DRM_MODE_TYPE_PREFERRED) !== 0) ?? modes[0]!;

function resources(task: Task, card: number) {
  const call = modeIoctls.DRM_IOCTL_MODE_GETRESOURCES;
  const counts = task.call(card, call, {});
  const filled = task.call(card, call, {
    crtc_id_ptr: { length: counts.count_crtcs },
    connector_id_ptr: { length: counts.count_connectors },
  });
  return { crtcs: listOf(filled.crtc_id_ptr), connectors: listOf(filled.connector_id_ptr) };
}

function readConnector(task: Task, card: number, id: number): FoundConnector | null {
  const call = modeIoctls.DRM_IOCTL_MODE_GETCONNECTOR;
  const counts = task.call(card, call, { connector_id: id });
  const filled = task.call(card, call, {
    connector_id: id,
    modes_ptr: { length: counts.count_modes },
    encoders_ptr: { length: counts.count_encoders },
  });
  const type = filled.connector_type;
  if (filled.connection !== DRM_MODE_CONNECTED && type !== DRM_MODE_CONNECTOR_WRITEBACK) return null;
  const masks = listOf(filled.encoders_ptr).map(
    encoder_id => task.call(card, modeIoctls.DRM_IOCTL_MODE_GETENCODER, { encoder_id }).possible_crtcs,
  );
  return {
    ...readModeObject(task, card, id, DRM_MODE_OBJECT_CONNECTOR),
    type,
    name: `${CONNECTOR_TYPES[type] ?? 'Unknown'}-${filled.connector_type_id}`,
    modes: listOf(filled.modes_ptr),
    physical: { width: filled.mm_width, height: filled.mm_height },
    crtcMask: masks.reduce((all, mask) => all | mask, 0),
  };
}

function readPlanes(task: Task, card: number): FoundPlane[] {
  const call = modeIoctls.DRM_IOCTL_MODE_GETPLANERESOURCES;
  const { count_planes } = task.call(card, call, {});
  const { plane_id_ptr } = task.call(card, call, { plane_id_ptr: { length: count_planes } });
  return listOf(plane_id_ptr).map(id => readPlane(task, card, id));
}

function readPlane(task: Task, card: number, id: number): FoundPlane {
  const call = modeIoctls.DRM_IOCTL_MODE_GETPLANE;
  const { count_format_types } = task.call(card, call, { plane_id: id });
  const plane = task.call(card, call, { plane_id: id, format_type_ptr: { length: count_format_types } });
  const object = readModeObject(task, card, id, DRM_MODE_OBJECT_PLANE);
  const kind = planeKind(Number(propertyOf(object, 'type').value));
  return {
    ...object,
    kind,
    name: `${kind} plane ${id}`,
    formats: listOf(plane.format_type_ptr),
    zpos: Number(object.properties.get('zpos')?.value ?? 0n),
    crtcMask: plane.possible_crtcs,
  };
}

function planeKind(type: number): PlaneKind {
  if (type === DRM_PLANE_TYPE_PRIMARY) return 'primary';
  return type === DRM_PLANE_TYPE_CURSOR ? 'cursor' : 'overlay';
}

function writebackFormats(task: Task, card: number, connector: ModeObject): number[] {
  const bytes = readBlob(task, card, propertyOf(connector, 'WRITEBACK_PIXEL_FORMATS').value);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Array.from({ length: bytes.length >> 2 }, (_, at) => view.getUint32(at * 4, true));
}
