import { drmIoctls } from '../../../protocol/uapi/drm.ts';
import { modeIoctls } from '../../../protocol/uapi/drm-mode.ts';
import { closeHandle, createDumb, mapDumb } from '../buffers.ts';
import { ioctl, openDriver, rawIoctl } from '../calls.ts';
import { integer, type Probe } from '../probe.ts';
import { dumbMappings } from './vgem-mappings.ts';

/** GEM objects of vgem and of two other devices: dumb buffers, handles, mappings, names. */
export const vgem = {
  name: 'vgem',
  run(probe: Probe): void {
    for (const driver of ['vgem', 'vkms', 'virtio_gpu']) gem(probe, driver);
  },
};

function gem(probe: Probe, driver: string): void {
  const device = openDriver(probe, driver);
  probe.prefix = `gem.${driver}.`;
  probe.setup = `${driver} primary node`;
  creation(probe, device);
  const first = handles(probe, device);
  const { other, object } = dumbMappings(probe, driver, device, first);
  names(probe, device, other, object);
  renderNode(probe, driver, openDriver(probe, driver, 'renderD'));
  probe.task.close(device);
  probe.task.close(other);
}

const SIZES: readonly (readonly [
  name: string,
  width: number,
  height: number,
  bpp: number,
  flags?: number,
])[] = [
  ['64x64x32', 64, 64, 32],
  ['1x1x32', 1, 1, 32],
  ['1x1x8', 1, 1, 8],
  ['63x1x32', 63, 1, 32],
  ['65x3x32', 65, 3, 32],
  ['100x100x24', 100, 100, 24],
  ['100x100x16', 100, 100, 16],
  ['10x10x1', 10, 10, 1],
  ['10x10x7', 10, 10, 7],
  ['10x10x9', 10, 10, 9],
  ['10x10x64', 10, 10, 64],
  ['10x10x128', 10, 10, 128],
  ['w0', 0, 64, 32],
  ['h0', 64, 0, 32],
  ['bpp0', 64, 64, 0],
  ['flags1', 64, 64, 32, 1],
  ['overflow-wb', 0xffff_ffff, 1, 32],
  ['overflow-wh', 0x1000_0000, 0x100, 32],
  ['overflow-size', 0x3fff_ffff, 2, 32],
  ['bpp-max', 1, 1, 0xffff_fff9],
  ['bpp-0xfffffff8', 1, 1, 0xffff_fff8],
  ['1920x1080x32', 1920, 1080, 32],
  ['1366x768x32', 1366, 768, 32],
];

function creation(probe: Probe, device: number): void {
  const create = (
    name: string,
    what: string,
    value: {
      width: number;
      height: number;
      bpp: number;
      flags?: number;
      handle?: number;
      pitch?: number;
      size?: bigint;
    },
  ): void => {
    const asked = ioctl(probe, device, modeIoctls.DRM_IOCTL_MODE_CREATE_DUMB, value);
    const { handle, pitch, size } = asked.out;
    probe.call(
      `create.${name}`,
      what,
      () => asked,
      () => ({ handle, pitch, size: integer(size) }),
    );
    if (!asked.errno) closeHandle(probe, device, handle);
  };
  for (const [name, width, height, bpp, flags = 0] of SIZES)
    create(name, `CREATE_DUMB w=${width} h=${height} bpp=${bpp} flags=${flags}`, {
      width,
      height,
      bpp,
      flags,
    });
  const dirty = { width: 64, height: 64, bpp: 32, handle: 1234, pitch: 99, size: 7n };
  create('dirty-outputs', 'CREATE_DUMB with handle/pitch/size preset', dirty);
}

/** The handle that is left. */
function handles(probe: Probe, device: number): number {
  const create = () => createDumb(probe, device, 64, 64, 32).handle;
  const [first, second, third] = [create(), create(), create()];
  probe.observe('handles.three', 'three creates', { handles: [first, second, third] });
  closeHandle(probe, device, second);
  const fourth = create();
  probe.observe('handles.reuse', 'close the middle one, create again', { handle: fourth });

  const close = (name: string, what: string, handle: number, pad = 0) =>
    probe.call(`close.${name}`, `GEM_CLOSE ${what}`, () =>
      ioctl(probe, device, drmIoctls.DRM_IOCTL_GEM_CLOSE, { handle, pad }),
    );
  close('0', '0', 0);
  close('999', '999', 999);
  close('ok', 'valid', third);
  close('twice', 'same again', third);
  close('pad-5', 'pad=5', fourth, 5);

  const destroy = (name: string, what: string, handle: number) =>
    probe.call(`destroy_dumb.${name}`, `DESTROY_DUMB ${what}`, () =>
      ioctl(probe, device, modeIoctls.DRM_IOCTL_MODE_DESTROY_DUMB, { handle }),
    );
  destroy('999', '999', 999);
  const last = create();
  destroy('ok', 'valid', last);
  destroy('twice', 'again', last);
  return first;
}

function names(probe: Probe, device: number, other: number, object: number): void {
  const flink = (name: string, what: string, handle: number): number => {
    const asked = ioctl(probe, device, drmIoctls.DRM_IOCTL_GEM_FLINK, { handle });
    const state = name === 'flink.bad' ? {} : { name: asked.out.name };
    probe.call(
      name,
      `GEM_FLINK${what}`,
      () => asked,
      () => state,
    );
    return asked.out.name;
  };
  const known = flink('flink', '', object);
  flink('flink.again', ' again', object);
  flink('flink.bad', ' 999', 999);

  const same = ioctl(probe, device, drmIoctls.DRM_IOCTL_GEM_OPEN, { name: known });
  probe.call(
    'open.same-file',
    'GEM_OPEN same file',
    () => same,
    () => ({ handle: same.out.handle, orig_handle: object, size: integer(same.out.size) }),
  );
  const elsewhere = ioctl(probe, other, drmIoctls.DRM_IOCTL_GEM_OPEN, { name: known });
  probe.call(
    'open.other-file',
    'GEM_OPEN from another open',
    () => elsewhere,
    () => ({ handle: elsewhere.out.handle }),
  );
  probe.call('open.bad', 'GEM_OPEN 999', () =>
    ioctl(probe, device, drmIoctls.DRM_IOCTL_GEM_OPEN, { name: 999 }),
  );
}

const DUMB_BUFFER = 1n;

function renderNode(probe: Probe, driver: string, fd: number): void {
  if (fd < 0) {
    probe.setup = '';
    probe.observe('render.none', 'no render node');
    return;
  }
  probe.prefix = `gem.${driver}.render.`;
  probe.setup = `${driver} render node`;
  probe.call('create_dumb', 'CREATE_DUMB', () => createDumb(probe, fd, 64, 64, 32));
  probe.call('flink', 'GEM_FLINK', () => ioctl(probe, fd, drmIoctls.DRM_IOCTL_GEM_FLINK, { handle: 1 }));
  probe.call('set_master', 'SET_MASTER', () => rawIoctl(probe, fd, drmIoctls.DRM_IOCTL_SET_MASTER.number));
  probe.call('map_dumb', 'MAP_DUMB', () => mapDumb(probe, fd, 1));
  probe.call('gem_close', 'GEM_CLOSE 1', () => closeHandle(probe, fd, 1));
  probe.call('getresources', 'MODE_GETRESOURCES', () =>
    ioctl(probe, fd, modeIoctls.DRM_IOCTL_MODE_GETRESOURCES, {}),
  );
  probe.call('get_magic', 'GET_MAGIC', () => ioctl(probe, fd, drmIoctls.DRM_IOCTL_GET_MAGIC, {}));
  const cap = ioctl(probe, fd, drmIoctls.DRM_IOCTL_GET_CAP, { capability: DUMB_BUFFER });
  probe.call(
    'get_cap',
    'GET_CAP DUMB_BUFFER',
    () => cap,
    () => ({ value: integer(cap.out.value) }),
  );
}
