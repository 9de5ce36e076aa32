import { describe, expect, it } from 'vitest';
import {
  F_ADD_SEALS,
  F_SEAL_SHRINK,
  F_SEAL_WRITE,
  MAP_PRIVATE,
  MFD_ALLOW_SEALING,
  MFD_HUGETLB,
  PROT_READ,
} from '../../../protocol/uapi/fcntl.ts';
import { UDMABUF_CREATE } from '../../../protocol/uapi/udmabuf.ts';
import { errnoOf, startKernel } from '../task/fixture.ts';

const HUGE = 2 << 20;
const sizeFlag = (shift: number): number => shift << 26;

function start() {
  const fixture = startKernel();
  const memfd = fixture.task.memfdCreate('huge', MFD_HUGETLB | MFD_ALLOW_SEALING);
  return { ...fixture, memfd };
}

describe('a memfd of huge pages, of which there are none', () => {
  it('exists in the sizes that the machine has', () => {
    const { task } = start();
    const create = (shift: number) => errnoOf(() => task.memfdCreate('a', MFD_HUGETLB | sizeFlag(shift)));
    expect([create(21), create(30), create(16)]).toEqual([null, null, 'ENODEV']);
  });

  it('has a size of whole pages and reads as zeros', () => {
    const { task, memfd } = start();
    expect(errnoOf(() => task.truncate(memfd, 4096n))).toBe('EINVAL');
    task.truncate(memfd, BigInt(HUGE));
    const bytes = new Uint8Array([1, 2]);
    expect([task.pread(memfd, bytes, 0n), ...bytes]).toEqual([2, 0, 0]);
    expect(errnoOf(() => task.pwrite(memfd, bytes, 0n))).toBe('EINVAL');
  });

  it('has no memory for whoever needs it', () => {
    const { task, memfd } = start();
    task.truncate(memfd, BigInt(HUGE));
    task.fcntl(memfd, F_ADD_SEALS, F_SEAL_SHRINK);
    expect(errnoOf(() => task.mmap(memfd, 4096))).toBe('EINVAL');
    expect(errnoOf(() => task.mmap(memfd, HUGE))).toBe('ENOMEM');
    expect(errnoOf(() => task.mmap(memfd, HUGE, { flags: MAP_PRIVATE, protection: PROT_READ }))).toBe(
      'ENOMEM',
    );
    expect(errnoOf(() => task.fallocate(memfd, 0, 0n, BigInt(HUGE)))).toBe('ENOMEM');
    const device = task.open('/dev/udmabuf');
    const create = () => task.callForNumber(device, UDMABUF_CREATE, { memfd, size: 4096n });
    expect(errnoOf(create)).toBe('ENOMEM');
    task.fcntl(memfd, F_ADD_SEALS, F_SEAL_WRITE);
    expect(errnoOf(() => task.mmap(memfd, HUGE))).toBe('EPERM');
  });
});
