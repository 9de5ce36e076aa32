import {
  DRM_MODE_FB_DIRTY_FLAGS,
  DRM_MODE_FB_DIRTY_MAX_CLIPS,
  DRM_MODE_FB_MODIFIERS,
  type drm_mode_fb_cmd2,
  modeIoctls,
} from '../../../../protocol/uapi/drm-mode.ts';
import * as fourcc from '../../../../protocol/uapi/fourcc.ts';
import type { StructValue } from '../../../../protocol/uapi/struct.ts';
import { KernelError, require } from '../../task/kernel-error.ts';
import type { Sleeping } from '../../task/kernel-thread.ts';
import type { DrmFile } from '../file.ts';
import { type DrmCall, type DrmIoctl, drmIoctl } from '../ioctl.ts';
import { checkState } from './atomic-check.ts';
import { AtomicState } from './atomic-state.ts';
import { commitState } from './commit.ts';
import { Completion } from './completion.ts';
import { Framebuffer } from './framebuffer.ts';
import { checkFramebuffer } from './framebuffer-check.ts';
import type { KmsDevice } from './kms-device.ts';
import { withModesetLocks } from './lock.ts';
import { lookup } from './lookup.ts';

/** Depth and bits per pixel of ADDFB, and what they mean (`drm_mode_legacy_fb_format`). */
const LEGACY_FORMATS = [
  { bpp: 16, depth: 16, format: fourcc.DRM_FORMAT_RGB565 },
  { bpp: 32, depth: 24, format: fourcc.DRM_FORMAT_XRGB8888 },
  { bpp: 32, depth: 32, format: fourcc.DRM_FORMAT_ARGB8888 },
] as const;

/** Calls that make, look at and remove framebuffers. */
export const framebufferIoctls = (device: KmsDevice): DrmIoctl[] => [
  drmIoctl(modeIoctls.DRM_IOCTL_MODE_ADDFB2, ({ file }, argument) => {
    argument.fb_id = add(device, file, argument).id;
  }),
  drmIoctl(modeIoctls.DRM_IOCTL_MODE_ADDFB, ({ file }, argument) => {
    const { bpp, depth, width, height, handle, pitch } = argument;
    const legacy = LEGACY_FORMATS.find(known => known.bpp === bpp && known.depth === depth);
    if (!legacy) throw new KernelError('EINVAL', `there is no format of ${bpp} bits and depth ${depth}`);
    argument.fb_id = add(device, file, {
      fb_id: 0,
      width,
      height,
      pixel_format: legacy.format,
      flags: 0,
      handles: [handle, 0, 0, 0],
      pitches: [pitch, 0, 0, 0],
      offsets: [0, 0, 0, 0],
      modifier: [0n, 0n, 0n, 0n],
    }).id;
  }),
  drmIoctl(modeIoctls.DRM_IOCTL_MODE_GETFB, (call, argument) => {
    const { layout } = lookup(device, argument.fb_id, Framebuffer);
    const legacy = LEGACY_FORMATS.find(({ format }) => format === layout.format.fourcc);
    const [plane, second] = layout.planes;
    require(plane && !second, 'EINVAL', 'the framebuffer has several planes; use GETFB2');
    argument.width = layout.width;
    argument.height = layout.height;
    argument.depth = legacy?.depth ?? 0;
    argument.bpp = layout.format.planes[0]!.bytes * 8;
    argument.pitch = plane.pitch;
    argument.handle = maySeeBuffers(call) ? call.file.objects.create(plane.object) : 0;
  }),
  drmIoctl(modeIoctls.DRM_IOCTL_MODE_GETFB2, (call, argument) => {
    const { layout } = lookup(device, argument.fb_id, Framebuffer);
    const handles = maySeeBuffers(call)
      ? handlesOf(
          call.file,
          layout.planes.map(plane => plane.object),
        )
      : [];
    const four = <T>(list: readonly T[], none: T): T[] => [0, 1, 2, 3].map(index => list[index] ?? none);
    argument.width = layout.width;
    argument.height = layout.height;
    argument.pixel_format = layout.format.fourcc;
    argument.flags = DRM_MODE_FB_MODIFIERS;
    argument.handles = four(handles, 0);
    argument.pitches = four(
      layout.planes.map(plane => plane.pitch),
      0,
    );
    argument.offsets = four(
      layout.planes.map(plane => plane.offset),
      0,
    );
    argument.modifier = four(
      layout.planes.map(() => layout.modifier),
      0n,
    );
  }),
  drmIoctl(modeIoctls.DRM_IOCTL_MODE_RMFB, ({ file }, { fb_id }) =>
    removeByWork(device, take(device, file, fb_id)),
  ),
  drmIoctl(modeIoctls.DRM_IOCTL_MODE_CLOSEFB, ({ file }, { fb_id, pad }) => {
    require(pad === 0, 'EINVAL', 'pad has to be 0');
    take(device, file, fb_id).put();
  }),
  drmIoctl(modeIoctls.DRM_IOCTL_MODE_DIRTYFB, (_call, argument) => {
    lookup(device, argument.fb_id, Framebuffer);
    const { num_clips, clips_ptr, flags } = argument;
    require((num_clips === 0) === (clips_ptr === 0n), 'EINVAL', 'clips come with their count');
    require((flags & ~DRM_MODE_FB_DIRTY_FLAGS) === 0, 'EINVAL', `unknown flags 0x${flags.toString(16)}`);
    require(flags === 0 || num_clips % 2 === 0, 'EINVAL', 'annotated clips come in pairs');
    require(num_clips <= DRM_MODE_FB_DIRTY_MAX_CLIPS, 'EINVAL', `${num_clips} clips are too many`);
    throw new KernelError('ENOSYS', 'the display scans out every frame: nothing has to be flushed');
  }),
];

function add(
  device: KmsDevice,
  file: DrmFile,
  request: Readonly<StructValue<typeof drm_mode_fb_cmd2>>,
): Framebuffer {
  const layout = checkFramebuffer(request, device.driver.limits, device.formats, file.objects);
  const fb = new Framebuffer(device.objects, layout);
  device.client(file).framebuffers.add(fb);
  return fb;
}

const maySeeBuffers = ({ file, task }: DrmCall): boolean =>
  file.isCurrentMaster || task.credentials.uid === 0;

/** One handle for each object, however many planes lie in it; none at all when one cannot be made. ENOMEM. */
function handlesOf(file: DrmFile, objects: readonly Parameters<DrmFile['objects']['create']>[0][]): number[] {
  const made = new Map<object, number>();
  try {
    for (const object of objects) if (!made.has(object)) made.set(object, file.objects.create(object));
  } catch (error) {
    for (const handle of made.values()) file.objects.close(handle);
    throw error;
  }
  return objects.map(object => made.get(object)!);
}

/** Takes a framebuffer, and the reference, from the file that made it; ENOENT for anybody else's. */
function take(device: KmsDevice, file: DrmFile, id: number): Framebuffer {
  const fb = device.objects.find(id, Framebuffer);
  if (fb && device.client(file).framebuffers.delete(fb)) return fb;
  throw new KernelError('ENOENT', `${file.describe()} has no framebuffer ${id}`);
}

/** As `drm_mode_rmfb_work_fn`: a process that is killed meanwhile does not leave half of it undone. */
function* removeByWork(device: KmsDevice, fb: Framebuffer): Sleeping<void> {
  const work = device.kernel.thread(`removal of framebuffer ${fb.id}`, removeFramebuffer(device, fb));
  const done = new Completion();
  work.whenEnded(() => done.complete());
  yield* done.wait(`removal of framebuffer ${fb.id}`);
  work.result();
}

/** `drm_framebuffer_remove`: planes that show it are switched off, which is waited for; the CRTC stays lit. */
function* removeFramebuffer(device: KmsDevice, fb: Framebuffer): Sleeping<void> {
  try {
    if (fb.references > 1)
      yield* withModesetLocks(device.kernel.locks, locks => switchOff(new AtomicState(device, locks), fb));
  } finally {
    fb.put();
  }
}

/** `atomic_remove_fb`: with all locks, for a commit that sleeps may be about to show it. */
function* switchOff(state: AtomicState, fb: Framebuffer): Sleeping<void> {
  const { crtcs, planes, connectors } = state.device;
  for (const { lock } of [...crtcs, ...planes, ...connectors]) state.locks.take(lock);
  for (const plane of state.device.planes) {
    if (plane.state.fb !== fb) continue;
    const draft = state.plane(plane);
    draft.fb = null;
    draft.crtc = null;
  }
  if (state.planes.size === 0) return;
  checkState(state, new Set());
  yield* commitState(state, { nonblock: false });
}

/** The file is closed: its framebuffers go as by RMFB, its blobs as far as no state shows them. */
export function* releaseClient(device: KmsDevice, file: DrmFile): Sleeping<void> {
  const client = device.forgetClient(file);
  if (!client) return;
  for (const fb of client.framebuffers) yield* removeFramebuffer(device, fb);
  client.blobs.release();
}
