import {
  F_ADD_SEALS,
  F_SEAL_FUTURE_WRITE,
  F_SEAL_GROW,
  F_SEAL_SHRINK,
  F_SEAL_WRITE,
  FALLOC_FL_KEEP_SIZE,
  FALLOC_FL_PUNCH_HOLE,
  POLLIN,
  POLLOUT,
  PROT_READ,
  PROT_WRITE,
  SEEK_DATA,
  SEEK_END,
  SEEK_HOLE,
} from '../../../protocol/uapi/fcntl.ts';
import { readByte, writeByte } from '../calls.ts';
import { createMemfd, mapPage, text } from '../memfds.ts';
import { okOrErrno, type Probe } from '../probe.ts';

/** Mappings under seals, beyond the end and across changes of the size; reading and seeking. */
export function mappings(probe: Probe): void {
  futureWrites(probe);
  shrinking(probe);
  beyondTheEnd(probe);
  reading(probe);
}

function futureWrites(probe: Probe): void {
  const { task } = probe;
  const fd = createMemfd(probe, 8192);
  const address = mapPage(probe, fd);
  probe.setup = 'shared RW mapping made before F_SEAL_FUTURE_WRITE';
  probe.call(
    'future.add',
    'F_ADD_SEALS FUTURE_WRITE',
    () => task.fcntl(fd, F_ADD_SEALS, F_SEAL_FUTURE_WRITE),
    () => {
      const punch_hole = okOrErrno(() =>
        task.fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0n, 4096n),
      );
      const new_rw_map = okOrErrno(() => mapPage(probe, fd));
      const write = okOrErrno(() => task.pwrite(fd, text('x'), 0n));
      return { write_existing: writeByte(probe, address, 3), write, new_rw_map, punch_hole };
    },
  );
  probe.call('future.then-WRITE', 'F_ADD_SEALS WRITE while that mapping lives', () =>
    task.fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE),
  );
  task.mprotect(address, 4096, PROT_READ);
  probe.call('future.mprotect-back', 'mprotect the old mapping R then RW', () =>
    task.mprotect(address, 4096, PROT_READ | PROT_WRITE),
  );
  task.close(fd);
}

function shrinking(probe: Probe): void {
  const { task } = probe;
  const fd = createMemfd(probe, 8192);
  const address = task.mmap(fd, 8192);
  writeByte(probe, address, 1);
  writeByte(probe, address + 4096n, 2);
  const pages = () => ({ page0: readByte(probe, address), page1: readByte(probe, address + 4096n) });
  probe.setup = '8192-byte shared mapping';
  task.truncate(fd, 4096n);
  probe.observe('shrink.touch', 'ftruncate to 4096; touch both pages', pages());
  task.truncate(fd, 8192n);
  probe.observe('regrow.touch', 'ftruncate back to 8192', pages());
  task.truncate(fd, 2048n);
  writeByte(probe, address + 100n, 9);
  // The C program's arguments were evaluated from the last to the first: the byte is written before it is read.
  const write2048 = writeByte(probe, address + 2048n, 5);
  probe.observe('shrink.partial', 'ftruncate to 2048; page 0 past EOF readable', {
    byte2048: readByte(probe, address + 2048n),
    write2048,
  });
  task.truncate(fd, 4096n);
  probe.observe('shrink.partial-regrow', 'regrow: byte written past EOF in the partial page', {
    byte2048: readByte(probe, address + 2048n),
  });
  task.munmap(address, 8192);
  task.close(fd);
}

function beyondTheEnd(probe: Probe): void {
  const { task } = probe;
  const fd = createMemfd(probe, 8192);
  probe.setup = 'mapping beyond the end of an 8192-byte memfd';
  let address = 0n;
  probe.call(
    'mmap.past-end',
    'mmap(len=16384)',
    () => {
      address = task.mmap(fd, 16_384);
    },
    () => ({ page1: readByte(probe, address + 4096n), page2: readByte(probe, address + 8192n) }),
  );
  task.fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW);
  probe.call('mmap.offset-past-end', 'mmap(off=65536)', () => {
    task.mmap(fd, 4096, { offset: 65_536n, protection: PROT_READ });
  });
  task.close(fd);
}

function reading(probe: Probe): void {
  const { task } = probe;
  const fd = createMemfd(probe, 4096);
  probe.setup = 'read/lseek on a 4096-byte memfd';
  const buffer = new Uint8Array(16);
  probe.call('read.at-eof', 'pread(16, off=4096)', () => task.pread(fd, buffer, 4096n));
  probe.call('read.across-eof', 'pread(16, off=4090)', () => task.pread(fd, buffer, 4090n));
  probe.call('lseek.end', 'lseek(0, SEEK_END)', () => task.seek(fd, 0n, SEEK_END));
  probe.call('lseek.data', 'lseek(0, SEEK_DATA) on all-hole', () => task.seek(fd, 0n, SEEK_DATA));
  probe.call('lseek.hole', 'lseek(0, SEEK_HOLE)', () => task.seek(fd, 0n, SEEK_HOLE));
  probe.call('truncate.negative', 'ftruncate(-1)', () => task.truncate(fd, -1n));
  probe.call('truncate.odd', 'ftruncate(1000)', () => task.truncate(fd, 1000n));
  probe.call('poll', 'poll(memfd, POLLIN|POLLOUT)', () => probe.poll(fd, POLLIN | POLLOUT, 0).revents);
  task.close(fd);
}
