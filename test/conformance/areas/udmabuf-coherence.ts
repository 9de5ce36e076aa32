import { DMA_BUF_SYNC_READ, DMA_BUF_SYNC_WRITE } from '../../../protocol/uapi/dma-buf.ts';
import {
  F_ADD_SEALS,
  F_SEAL_SHRINK,
  F_SEAL_WRITE,
  FALLOC_FL_KEEP_SIZE,
  FALLOC_FL_PUNCH_HOLE,
  SEEK_END,
} from '../../../protocol/uapi/fcntl.ts';
import { readByte, writeByte } from '../calls.ts';
import { exportSyncFile, importSyncFile, openTimeline, syncFile, timelineFence } from '../fences.ts';
import { createMemfd, sealsOf, text } from '../memfds.ts';
import { hexByte, outcomeOf, type Probe } from '../probe.ts';
import { createUdmabuf } from './udmabuf.ts';

/** That a udmabuf is the memfd's memory, and what that forbids the memfd. */
export function coherence(probe: Probe, device: number, memfd: number): void {
  sameMemory(probe, device, memfd);
  punching(probe, device);
  overlapping(probe, device);
}

function byteOf(probe: Probe, fd: number, offset: bigint): string {
  const byte = new Uint8Array(1);
  probe.task.pread(fd, byte, offset);
  return hexByte(byte[0]!);
}

function sameMemory(probe: Probe, device: number, memfd: number): void {
  const { task } = probe;
  probe.setup = 'udmabuf over a whole 16384-byte shrink-sealed memfd';
  const buffer = createUdmabuf(probe, device, memfd, 16_384n, { flags: 1 });
  const file = task.mmap(memfd, 16_384);
  const shared = task.mmap(buffer, 16_384);
  writeByte(probe, file, 0x11);
  probe.observe('coherent.memfd-map-to-dmabuf', 'write via memfd mapping', {
    dmabuf_byte: readByte(probe, shared),
  });
  writeByte(probe, shared + 4096n, 0x22);
  probe.observe('coherent.dmabuf-to-memfd', 'write via dma-buf mapping', {
    memfd_map: readByte(probe, file + 4096n),
    pread: byteOf(probe, memfd, 4096n),
  });
  task.pwrite(memfd, new Uint8Array([0x33]), 8192n);
  probe.observe('coherent.pwrite-to-dmabuf', 'pwrite on memfd', {
    dmabuf_byte: readByte(probe, shared + 8192n),
  });

  const sealWrite = () => task.fcntl(memfd, F_ADD_SEALS, F_SEAL_WRITE);
  probe.call('pinned.seal-WRITE', 'F_ADD_SEALS WRITE on the memfd while mapped RW + udmabuf', sealWrite);
  task.munmap(file, 16_384);
  probe.call(
    'pinned.seal-WRITE-nomap',
    'F_ADD_SEALS WRITE, memfd mapping gone, udmabuf (mapped) alive',
    sealWrite,
    () => ({ seals: sealsOf(probe, memfd), dmabuf_write: writeByte(probe, shared, 0x44) }),
  );
  probe.call('pinned.ftruncate-grow', 'ftruncate(memfd, 32768)', () => task.truncate(memfd, 32_768n));
  probe.observe('pinned.dmabuf-size-after-grow', 'dma-buf size', {
    lseek_end: Number(task.seek(buffer, 0n, SEEK_END)),
  });
  probe.call('pinned.ftruncate-shrink', 'ftruncate(memfd, 4096)', () => task.truncate(memfd, 4096n));
}

function shrinkSealed(probe: Probe): number {
  const memfd = createMemfd(probe, 16_384);
  probe.task.fcntl(memfd, F_ADD_SEALS, F_SEAL_SHRINK);
  return memfd;
}

function punching(probe: Probe, device: number): void {
  const { task } = probe;
  const memfd = shrinkSealed(probe);
  task.pwrite(memfd, text('A'), 0n);
  const buffer = createUdmabuf(probe, device, memfd, 16_384n);
  const shared = task.mmap(buffer, 16_384);
  probe.setup = "udmabuf over a memfd page holding 'A'; hole punched in the memfd";
  probe.call(
    'punch.hole',
    'fallocate PUNCH_HOLE page 0',
    () => task.fallocate(memfd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0n, 4096n),
    () => ({ dmabuf_byte0: readByte(probe, shared), memfd_byte0: byteOf(probe, memfd, 0n) }),
  );
  task.pwrite(memfd, text('B'), 0n);
  probe.observe('punch.rewrite', "pwrite 'B' to memfd page 0 afterwards", {
    dmabuf_byte0: readByte(probe, shared),
  });
  task.close(memfd);
  task.close(buffer);
}

function overlapping(probe: Probe, device: number): void {
  const { task } = probe;
  const memfd = shrinkSealed(probe);
  const u1 = createUdmabuf(probe, device, memfd, 8192n);
  const u2 = createUdmabuf(probe, device, memfd, 8192n, { offset: 4096n });
  const first = task.mmap(u1, 8192);
  const second = task.mmap(u2, 8192);
  writeByte(probe, first + 4096n, 0x5c);
  probe.setup = 'two udmabufs overlapping by one page';
  probe.observe('overlap', 'u1 page 1 == u2 page 0', { u2_byte0: readByte(probe, second) });
  const fence = timelineFence(probe, openTimeline(probe), 1);
  outcomeOf(() => importSyncFile(probe, u1, DMA_BUF_SYNC_WRITE, fence));
  const { fd: s1 } = exportSyncFile(probe, u1, DMA_BUF_SYNC_READ);
  const { fd: s2 } = exportSyncFile(probe, u2, DMA_BUF_SYNC_READ);
  probe.observe('overlap.fences', 'WRITE fence imported into u1 only', {
    u1: syncFile(probe, s1),
    u2: syncFile(probe, s2),
  });
  task.close(memfd);
  probe.observe('memfd-closed', 'memfd closed', { u1_byte4096: readByte(probe, first + 4096n) });
}
