import { F_ADD_SEALS, F_SEAL_SHRINK, F_SEAL_WRITE, SEEK_END } from '../../../protocol/uapi/fcntl.ts';
import { UDMABUF_CREATE_LIST } from '../../../protocol/uapi/udmabuf.ts';
import { readByte, writeByte } from '../calls.ts';
import { createMemfd, text } from '../memfds.ts';
import { okOrErrno, type Probe } from '../probe.ts';
import { createUdmabuf } from './udmabuf.ts';

interface Item {
  readonly memfd: number;
  readonly __pad?: number;
  readonly offset: bigint;
  readonly size: bigint;
}

/** Dma-bufs of several ranges. */
export function lists(probe: Probe, device: number): void {
  const { task } = probe;
  const memfd = createMemfd(probe, 16_384);
  task.fcntl(memfd, F_ADD_SEALS, F_SEAL_SHRINK);
  for (const page of [0, 1, 2, 3]) task.pwrite(memfd, text(String(page)), BigInt(page * 4096));
  probe.setup = "memfd of 4 pages holding '0','1','2','3'; CREATE_LIST";
  const create = (name: string, what: string, list: readonly Item[], flags = 0): number =>
    probe.call(`list.${name}`, `CREATE_LIST ${what}`, () =>
      task.callForNumber(device, UDMABUF_CREATE_LIST, { flags, count: list.length, list }),
    ).ret;
  const page: Item = { memfd, offset: 0n, size: 4096n };

  reordered(
    probe,
    create('reorder', '[page2, page0..1]', [
      { memfd, offset: 8192n, size: 4096n },
      { memfd, offset: 0n, size: 8192n },
    ]),
  );
  const twice = create('same-page-twice', '[page0, page0]', [page, page]);
  const address = task.mmap(twice, 8192);
  writeByte(probe, address, 0x5a);
  probe.observe('list.same-page-twice.alias', 'write page 0, read page 1', {
    alias: readByte(probe, address + 4096n),
  });
  task.close(twice);

  create('count-0', 'count=0', []);
  create('unaligned', 'offset=1', [{ ...page, offset: 1n }]);
  create('pad-7', 'item __pad=7', [{ ...page, __pad: 7 }]);
  create('flags-6', 'flags=6', [page], 6);
  create('second-bad', 'second memfd=-1', [page, { ...page, memfd: 0xffff_ffff }]);
  const unsealed = createMemfd(probe, 4096);
  create('second-unsealed', 'second memfd without F_SEAL_SHRINK', [page, { ...page, memfd: unsealed }]);
  create('count-1024', 'count=1024', Array(1024).fill(page));
  create('count-1025', 'count=1025', Array(1025).fill(page));
}

/**
 * The program maps the buffer a second time, from its second page on, before it reads three bytes from that address: the
 * third is the first of the mapping before, which lies right above.
 */
function reordered(probe: Probe, fd: number): void {
  const { task } = probe;
  const whole = task.mmap(fd, 12_288);
  let part = 0n;
  const mmap = okOrErrno(() => {
    part = task.mmap(fd, 8192, { offset: 4096n });
  });
  const bytes = [part, part + 4096n, whole].map(at => String.fromCharCode(Number(readByte(probe, at))));
  probe.observe('list.reorder.content', 'first bytes of the 3 pages', {
    bytes: bytes.join(''),
    lseek_end: Number(task.seek(fd, 0n, SEEK_END)),
    mmap_8192_off_4096: mmap,
  });
  task.close(fd);
}

/** The sizes that are too large, and a seal that comes too late. */
export function limits(probe: Probe, device: number): void {
  const { task } = probe;
  const large = createMemfd(probe, 65 << 20);
  task.fcntl(large, F_ADD_SEALS, F_SEAL_SHRINK);
  probe.setup = 'memfd of 65 MiB';
  for (const [name, what, size] of [
    ['64MiB', '64 MiB', 64n << 20n],
    ['64MiB+page', '64 MiB+4096', (64n << 20n) + 4096n],
  ] as const) {
    const { ret } = probe.call(`limit.${name}`, `UDMABUF_CREATE size=${what}`, () =>
      createUdmabuf(probe, device, large, size),
    );
    if (ret >= 0) task.close(ret);
  }
  task.close(large);

  const memfd = createMemfd(probe, 4096);
  task.fcntl(memfd, F_ADD_SEALS, F_SEAL_SHRINK);
  const buffer = createUdmabuf(probe, device, memfd, 4096n);
  probe.setup = 'F_SEAL_WRITE against a live udmabuf with no memfd mapping';
  probe.call(
    'sealwrite.live-unmapped',
    'F_ADD_SEALS WRITE, udmabuf alive and never mapped',
    () => task.fcntl(memfd, F_ADD_SEALS, F_SEAL_WRITE),
    () => ({ mmap_dmabuf_rw_after: okOrErrno(() => void task.mmap(buffer, 4096)) }),
  );
}
