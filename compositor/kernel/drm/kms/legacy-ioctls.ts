import {
  DRM_MODE_DPMS_ON,
  DRM_MODE_PAGE_FLIP_ASYNC,
  DRM_MODE_PAGE_FLIP_EVENT,
  DRM_MODE_PAGE_FLIP_FLAGS,
  DRM_MODE_PAGE_FLIP_TARGET,
  DRM_MODE_ROTATE_0,
  type drm_mode_crtc,
  type drm_mode_set_plane,
  modeIoctls,
} from '../../../../protocol/uapi/drm-mode.ts';
import type { StructValue } from '../../../../protocol/uapi/struct.ts';
import { u32 } from '../../../../protocol/uapi/struct.ts';
import { KernelError, require } from '../../task/kernel-error.ts';
import type { Sleeping } from '../../task/kernel-thread.ts';
import { type DrmCall, type DrmIoctl, drmIoctl } from '../ioctl.ts';
import type { AtomicRequest } from './atomic-request.ts';
import type { AtomicState } from './atomic-state.ts';
import { Blob } from './blob.ts';
import { Connector } from './connector.ts';
import { Crtc } from './crtc.ts';
import { Framebuffer } from './framebuffer.ts';
import type { KmsDevice } from './kms-device.ts';
import { legacyCommit } from './legacy-commit.ts';
import { cursorIoctls } from './legacy-cursor.ts';
import { gammaIoctls } from './legacy-gamma.ts';
import { lookup, lookupFor, requireHeld } from './lookup.ts';
import { checkMode, type Mode, modeToBytes } from './mode.ts';
import { NOWHERE, Plane } from './plane.ts';

const INT_MAX = 0x7fffffff;

/** Calls from before atomic commits, each one blocking commit; PAGE_FLIP does not block. */
export const legacyIoctls = (device: KmsDevice): DrmIoctl[] => [
  drmIoctl(modeIoctls.DRM_IOCTL_MODE_SETCRTC, (call, argument) => setCrtc(device, call, argument)),
  drmIoctl(modeIoctls.DRM_IOCTL_MODE_SETPLANE, (call, argument) => setPlane(device, call, argument)),
  drmIoctl(modeIoctls.DRM_IOCTL_MODE_PAGE_FLIP, (call, argument) => {
    const { flags, reserved, crtc_id, fb_id, user_data } = argument;
    require((flags & ~DRM_MODE_PAGE_FLIP_FLAGS) === 0 &&
      reserved === 0, 'EINVAL', 'unknown flags or reserved not 0');
    const unsupported = DRM_MODE_PAGE_FLIP_TARGET | DRM_MODE_PAGE_FLIP_ASYNC;
    require((flags & unsupported) ===
      0, 'EINVAL', 'the device has no asynchronous flips and no target vblanks');
    const { primary, state } = lookupFor(device, call.file, crtc_id, Crtc);
    requireHeld(call.file, primary);
    const old = primary.state.fb;
    if (!old) throw new KernelError('EBUSY', 'the CRTC shows nothing that could be replaced; use SETCRTC');
    const fb = lookup(device, fb_id, Framebuffer);
    require(state.active, 'EINVAL', 'the CRTC is off');
    require(fb.layout.format === old.layout.format, 'EINVAL', 'a page flip cannot change the format');
    return legacyCommit(device, call, {
      change: request => {
        request.state.plane(primary).fb = again(device, fb);
      },
      nonblock: true,
      event: flags & DRM_MODE_PAGE_FLIP_EVENT ? user_data : null,
    });
  }),
  ...cursorIoctls(device),
  ...gammaIoctls(device),
];

/** `__drm_mode_set_config`'s checks, then mode, connectors and primary plane in one commit. */
function* setCrtc(
  device: KmsDevice,
  call: DrmCall,
  argument: Readonly<StructValue<typeof drm_mode_crtc>>,
): Sleeping<void> {
  require(argument.x <= INT_MAX && argument.y <= INT_MAX, 'ERANGE', 'x and y have 31 bits');
  const crtc = lookupFor(device, call.file, argument.crtc_id, Crtc);
  const on = argument.mode_valid !== 0;
  // Switching off is allowed without.
  if (on) requireHeld(call.file, crtc.primary);
  const fb = on ? framebufferOf(device, crtc, argument.fb_id) : null;
  const { mode } = argument;
  if (on) checkMode(mode);
  require(argument.count_connectors === 0 || on, 'EINVAL', 'connectors come with a mode');
  require(argument.count_connectors > 0 || !on, 'EINVAL', 'a mode comes with connectors');
  require(argument.count_connectors <=
    device.connectors.length, 'EINVAL', 'there are not so many connectors');
  const connectors = readConnectors(device, call, argument.set_connectors_ptr, argument.count_connectors);
  yield* legacyCommit(device, call, {
    change: request => {
      drive(request, crtc, connectors, on ? mode : null);
      showPart(request.state, crtc.primary, fb && { crtc, fb: again(device, fb), ...argument });
    },
  });
  for (const connector of connectors) connector.dpms = DRM_MODE_DPMS_ON;
}

/** These connectors, and no others, show what the CRTC sends in a mode; null: nothing. */
function drive(
  request: AtomicRequest,
  crtc: Crtc,
  connectors: ReadonlySet<Connector>,
  mode: Mode | null,
): void {
  const { state } = request;
  const draft = state.crtc(crtc);
  state.addConnectorsOf(crtc);
  for (const { object, draft: other } of state.connectors.values())
    if (other.crtc === crtc && !connectors.has(object)) state.setConnectorCrtc(other, null);
  for (const connector of connectors) state.setConnectorCrtc(state.connector(connector), crtc);
  draft.active = mode !== null;
  draft.mode = mode;
  draft.modeBlob = mode && request.adopt(new Blob(request.device.objects, modeToBytes(mode)));
}

/** A primary plane fills its CRTC's mode with the framebuffer's pixels from `x`, `y` on, or is off. */
function showPart(
  state: AtomicState,
  primary: Plane,
  shown: { crtc: Crtc; fb: Framebuffer; x: number; y: number; mode: Mode } | null,
): void {
  const plane = state.plane(primary);
  state.setPlaneCrtc(plane, shown?.crtc ?? null);
  plane.fb = shown?.fb ?? null;
  if (!shown) return;
  plane.rotation = DRM_MODE_ROTATE_0;
  const { hdisplay, vdisplay } = shown.mode;
  Object.assign(plane, { crtcX: 0, crtcY: 0, crtcW: hdisplay, crtcH: vdisplay });
  Object.assign(plane, { srcX: shown.x * 65536, srcY: shown.y * 65536 });
  Object.assign(plane, { srcW: hdisplay * 65536, srcH: vdisplay * 65536 });
}

/** Looked up once more: it may have been removed while the call waited for a lock. */
const again = (device: KmsDevice, fb: Framebuffer): Framebuffer => lookup(device, fb.id, Framebuffer);

/** Framebuffer -1 means the one that is shown. */
function framebufferOf(device: KmsDevice, crtc: Crtc, id: number): Framebuffer {
  if (id !== 0xffffffff) return lookup(device, id, Framebuffer);
  const { fb } = crtc.primary.state;
  if (!fb) throw new KernelError('EINVAL', 'the CRTC shows no framebuffer that could be kept');
  return fb;
}

function readConnectors(device: KmsDevice, call: DrmCall, address: bigint, count: number): Set<Connector> {
  const connectors = new Set<Connector>();
  for (let index = 0; index < count; index++) {
    const bytes = call.task.memory.copyFromUser(address + BigInt(index * u32.size), u32.size);
    connectors.add(lookupFor(device, call.file, u32.read(new DataView(bytes.buffer), 0), Connector));
  }
  return connectors;
}

/** `drm_mode_setplane`; framebuffer 0 switches the plane off whatever else is said. */
function setPlane(
  device: KmsDevice,
  call: DrmCall,
  argument: Readonly<StructValue<typeof drm_mode_set_plane>>,
): Sleeping<void> {
  const plane = lookupFor(device, call.file, argument.plane_id, Plane);
  const fb = argument.fb_id === 0 ? null : lookup(device, argument.fb_id, Framebuffer);
  const crtc = fb ? lookupFor(device, call.file, argument.crtc_id, Crtc) : null;
  return legacyCommit(device, call, {
    change: ({ state }) => {
      const draft = state.plane(plane);
      state.setPlaneCrtc(draft, crtc);
      draft.fb = fb && again(device, fb);
      if (!fb) {
        Object.assign(draft, NOWHERE);
        return;
      }
      draft.crtcX = argument.crtc_x;
      draft.crtcY = argument.crtc_y;
      draft.crtcW = argument.crtc_w;
      draft.crtcH = argument.crtc_h;
      draft.srcX = argument.src_x;
      draft.srcY = argument.src_y;
      draft.srcW = argument.src_w;
      draft.srcH = argument.src_h;
    },
  });
}
