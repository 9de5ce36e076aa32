import { equal, notEqual, ok } from 'node:assert/strict';
import { drmIoctls } from '../../protocol/uapi/drm.ts';
import { ioctl } from '../conformance/calls.ts';
import type { Probe } from '../conformance/probe.ts';
import type { Binary } from './binary.ts';
import { SINGLE } from './catalogue.ts';
import { DISPLAY, GPU, VGEM } from './system.ts';

/** The driver's name and version, its texts asked for with room as a program does that calls twice. */
function versionOf(probe: Probe, path: string) {
  const fd = probe.task.open(path);
  const lengths = ioctl(probe, fd, drmIoctls.DRM_IOCTL_VERSION, {});
  equal(lengths.errno, null);
  const room = (length: bigint) => ' '.repeat(Number(length));
  const { errno, out } = ioctl(probe, fd, drmIoctls.DRM_IOCTL_VERSION, {
    name: room(lengths.out.name_len),
    date: room(lengths.out.date_len),
    desc: room(lengths.out.desc_len),
  });
  equal(errno, null);
  equal(out.name_len, lengths.out.name_len);
  ok(out.version_major >= 0 && out.version_minor >= 0);
  return { name: out.name, description: out.desc };
}

export const coreGetversion: Binary = {
  name: 'core_getversion',
  subtests: {
    basic: probe => {
      const { name, description } = versionOf(probe, DISPLAY);
      equal(name, 'simkms');
      notEqual(description, '');
    },
    'all-cards': probe => {
      const nodes = probe.kernel.nodes.filter(path => path.startsWith('/dev/dri/'));
      ok([DISPLAY, VGEM, GPU].every(path => nodes.includes(path)));
      for (const path of nodes) notEqual(versionOf(probe, path).name, '', path);
    },
  },
};

export const coreGetclient: Binary = {
  name: 'core_getclient',
  subtests: {
    [SINGLE]: probe => {
      const { errno, out } = ioctl(probe, probe.task.open(DISPLAY), drmIoctls.DRM_IOCTL_GET_CLIENT, {
        idx: 0,
      });
      equal(errno, null);
      equal(out.pid, BigInt(probe.task.pid));
      equal(out.auth, 1);
    },
  },
};

export const coreGetstats: Binary = {
  name: 'core_getstats',
  subtests: {
    [SINGLE]: probe => {
      const fd = probe.task.open(DISPLAY);
      const { errno, out } = ioctl(probe, fd, drmIoctls.DRM_IOCTL_GET_STATS, { count: 77n });
      equal(errno, null);
      equal(out.count, 0n);
      ok(Array.from(out.data).every(({ value, type }) => value === 0n && type === 0));
    },
  },
};
