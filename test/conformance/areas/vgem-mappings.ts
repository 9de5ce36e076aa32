import { modeIoctls } from '../../../protocol/uapi/drm-mode.ts';
import { MAP_PRIVATE, MAP_SHARED, PROT_EXEC, PROT_READ, PROT_WRITE } from '../../../protocol/uapi/fcntl.ts';
import { closeHandle, createDumb, mapDumb } from '../buffers.ts';
import { ioctl, mapOrZero, openDriver, readByte, writeByte } from '../calls.ts';
import type { Probe } from '../probe.ts';

const READ_WRITE = PROT_READ | PROT_WRITE;
const READ_EXECUTE = PROT_READ | PROT_EXEC;

const MAPPINGS: readonly (readonly [
  name: string,
  length: number,
  protection: number,
  flags: number,
  beyond: number,
])[] = [
  ['shared-rw', 16_384, READ_WRITE, MAP_SHARED, 0],
  ['private-rw', 16_384, READ_WRITE, MAP_PRIVATE, 0],
  ['private-r', 16_384, PROT_READ, MAP_PRIVATE, 0],
  ['shared-r', 16_384, PROT_READ, MAP_SHARED, 0],
  ['exec', 16_384, READ_EXECUTE, MAP_SHARED, 0],
  ['len+page', 20_480, READ_WRITE, MAP_SHARED, 0],
  ['len-1page', 4096, READ_WRITE, MAP_SHARED, 0],
  ['off+page', 4096, READ_WRITE, MAP_SHARED, 4096],
  ['off+page-full-len', 16_384, READ_WRITE, MAP_SHARED, 4096],
  ['off+size', 4096, READ_WRITE, MAP_SHARED, 16_384],
];

/** Offsets and mappings of dumb buffers; a second open of the device, and a new object of the first. */
export function dumbMappings(
  probe: Probe,
  driver: string,
  device: number,
  handle: number,
): { other: number; object: number } {
  const offset = offsets(probe, device, handle);
  for (const mapping of MAPPINGS) mapped(probe, device, offset, mapping);
  const at = (name: string, what: string, fd: number, length: number, place: bigint) =>
    probe.call(`mmap.${name}`, what, () => {
      probe.task.mmap(fd, length, { offset: place });
    });
  at('offset-0', 'mmap(drmfd, 4096, off=0)', device, 4096, 0n);
  at('offset-bogus', 'mmap(drmfd, off=0x7000)', device, 4096, 0x7000n);
  const other = openDriver(probe, driver);
  const through = 'mmap of that offset through another open of the same device';
  at('other-open', through, other, 16_384, offset);

  const address = mapOrZero(probe, device, 16_384, { offset });
  writeByte(probe, address + 5n, 0xab);
  probe.call('mmap.close-handle-keeps-mapping', 'GEM_CLOSE while mapped', () =>
    closeHandle(probe, device, handle),
  );
  probe.observe('mmap.after-close', 'read byte written before close', {
    byte: readByte(probe, address + 5n),
  });
  const alive = 'mmap of the old offset after GEM_CLOSE (old mapping still alive)';
  at('offset-after-close-mapped', alive, device, 16_384, offset);
  probe.task.munmap(address, 16_384);
  at('offset-after-close-unmapped', 'mmap of the old offset, mapping gone', device, 16_384, offset);

  const { handle: object } = createDumb(probe, device, 64, 64, 32);
  const zeroed = mapOrZero(probe, device, 16_384, { offset: mapDumb(probe, device, object).offset });
  probe.observe('dumb.zeroed', 'new dumb buffer contents', { byte0: readByte(probe, zeroed) });
  return { other, object };
}

/** The offset of the object. */
function offsets(probe: Probe, device: number, handle: number): bigint {
  probe.call('map.pad-5', 'MAP_DUMB pad=5', () =>
    ioctl(probe, device, modeIoctls.DRM_IOCTL_MODE_MAP_DUMB, { handle, pad: 5 }),
  );
  probe.call('map.handle-0', 'MAP_DUMB handle=0', () => mapDumb(probe, device, 0));
  probe.call('map.handle-999', 'MAP_DUMB handle=999', () => mapDumb(probe, device, 999));
  const first = mapDumb(probe, device, handle);
  probe.call('map.ok', 'MAP_DUMB valid', () => first);
  const again = mapDumb(probe, device, handle);
  const other = mapDumb(probe, device, createDumb(probe, device, 64, 64, 32).handle);
  probe.observe('map.offsets', 'same handle twice; another object', {
    same: first.offset === again.offset,
    distinct: first.offset !== other.offset,
    page_aligned: first.offset % 4096n === 0n,
    offset1_hex: `0x${first.offset.toString(16)}`,
    offset2_hex: `0x${other.offset.toString(16)}`,
  });
  return first.offset;
}

function mapped(
  probe: Probe,
  device: number,
  offset: bigint,
  [name, length, protection, flags, beyond]: (typeof MAPPINGS)[number],
): void {
  let address = 0n;
  probe.call(
    `mmap.${name}`,
    `mmap(drmfd, len=${length} prot=${protection} flags=0x${flags}, off=fake+${beyond})`,
    () => {
      address = probe.task.mmap(device, length, { offset: offset + BigInt(beyond), protection, flags });
    },
    ({ errno }) => {
      if (errno) return {};
      // The arguments of the C program's format, from the last to the first: the byte is written before it is read.
      const write = writeByte(probe, address, 7);
      return { read: readByte(probe, address), write };
    },
  );
  if (address !== 0n) probe.task.munmap(address, length);
}
