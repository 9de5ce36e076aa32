import { drmIoctls } from '../../../protocol/uapi/drm.ts';
import { F_SETFL, O_CLOEXEC, O_NONBLOCK, O_RDWR } from '../../../protocol/uapi/fcntl.ts';
import { encode } from '../../../protocol/uapi/ioctl.ts';
import { ioctl, nodesOf, rawIoctl } from '../calls.ts';
import type { Json } from '../line.ts';
import { integer, type Probe } from '../probe.ts';

const CAPS: readonly [name: string, capability: bigint][] = [
  ['DUMB_BUFFER', 1n],
  ['VBLANK_HIGH_CRTC', 2n],
  ['DUMB_PREFERRED_DEPTH', 3n],
  ['DUMB_PREFER_SHADOW', 4n],
  ['PRIME', 5n],
  ['TIMESTAMP_MONOTONIC', 6n],
  ['ASYNC_PAGE_FLIP', 7n],
  ['CURSOR_WIDTH', 8n],
  ['CURSOR_HEIGHT', 9n],
  ['ADDFB2_MODIFIERS', 0x10n],
  ['PAGE_FLIP_TARGET', 0x11n],
  ['CRTC_IN_VBLANK_EVENT', 0x12n],
  ['SYNCOBJ', 0x13n],
  ['SYNCOBJ_TIMELINE', 0x14n],
  ['ATOMIC_ASYNC_PAGE_FLIP', 0x15n],
  ['unknown-0', 0n],
  ['unknown-0x99', 0x99n],
];

/** In this order on one file: some depend on those before. */
const CLIENT_CAPS: readonly [name: string, capability: bigint, value: bigint][] = [
  ['STEREO_3D=1', 1n, 1n],
  ['STEREO_3D=2', 1n, 2n],
  ['UNIVERSAL_PLANES=1', 2n, 1n],
  ['UNIVERSAL_PLANES=2', 2n, 2n],
  ['UNIVERSAL_PLANES=0', 2n, 0n],
  ['WRITEBACK_CONNECTORS=1 before ATOMIC', 5n, 1n],
  ['ASPECT_RATIO=1', 4n, 1n],
  ['ASPECT_RATIO=2', 4n, 2n],
  ['ATOMIC=1', 3n, 1n],
  ['ATOMIC=2', 3n, 2n],
  ['ATOMIC=3', 3n, 3n],
  ['WRITEBACK_CONNECTORS=1 after ATOMIC', 5n, 1n],
  ['WRITEBACK_CONNECTORS=2', 5n, 2n],
  ['CURSOR_PLANE_HOTSPOT=1', 6n, 1n],
  ['PLANE_COLOR_PIPELINE=1', 7n, 1n],
  ['unknown-99=1', 99n, 1n],
  ['ATOMIC=0', 3n, 0n],
];

/** Every device: its driver, its capabilities, those of its clients, and calls that there are not. */
export const env = {
  name: 'env',
  run(probe: Probe): void {
    for (const path of nodesOf(probe, 'card')) node(probe, path, false);
    for (const path of nodesOf(probe, 'renderD')) node(probe, path, true);
  },
};

/** A buffer of the caller for `length` bytes of text. */
const room = (length: number): string => '\0'.repeat(length);
const text = (value: Json | bigint): string =>
  typeof value === 'string' ? (value.split('\0')[0] ?? '') : '';

function node(probe: Probe, path: string, render: boolean): void {
  const { task } = probe;
  const fd = task.open(path, O_RDWR | O_CLOEXEC);
  const { out } = ioctl(probe, fd, drmIoctls.DRM_IOCTL_VERSION, {
    name: room(63),
    date: room(63),
    desc: room(127),
  });
  const name = text(out.name);
  probe.prefix = `env.${name}${render ? '.render' : ''}.`;
  probe.setup = path;
  const number = task.status(fd).deviceNumber;
  probe.observe('version', 'DRM_IOCTL_VERSION', {
    name,
    date: text(out.date),
    desc: text(out.desc),
    version: `${out.version_major}.${out.version_minor}.${out.version_patchlevel}`,
    name_len: integer(out.name_len),
    rdev: `${number >> 8n}:${number & 0xffn}`,
  });
  capabilities(probe, fd);
  const unique = ioctl(probe, fd, drmIoctls.DRM_IOCTL_GET_UNIQUE, { unique: room(63) });
  const seen = () => ({ unique: text(unique.out.unique) });
  probe.call('get_unique', 'GET_UNIQUE', () => unique, seen);
  const drm = encode(0, 'd', 0xff, 0);
  probe.call('ioctl.unknown', 'DRM ioctl nr 0xff', () => rawIoctl(probe, fd, drm));
  const other = encode(0, 'x', 1, 0);
  probe.call('ioctl.not-drm', "_IO('x', 1)", () => rawIoctl(probe, fd, other));
  if (!render) {
    task.fcntl(fd, F_SETFL, O_NONBLOCK);
    const read = () => task.read(fd, 8).length;
    probe.call('read.nonblock-empty', 'read(drmfd) O_NONBLOCK with no event', read);
  }
  task.close(fd);
}

function capabilities(probe: Probe, fd: number): void {
  for (const [name, capability] of CAPS) {
    const asked = ioctl(probe, fd, drmIoctls.DRM_IOCTL_GET_CAP, { capability });
    probe.call(
      `cap.${name}`,
      `GET_CAP 0x${capability.toString(16)}`,
      () => asked,
      () => ({ value: integer(asked.out.value) }),
    );
  }
  for (const [at, [name, capability, value]] of CLIENT_CAPS.entries())
    probe.call(`clientcap.${String(at).padStart(2, '0')}.${name}`, `SET_CLIENT_CAP ${name}`, () =>
      ioctl(probe, fd, drmIoctls.DRM_IOCTL_SET_CLIENT_CAP, { capability, value }),
    );
}
