// What it costs to hand metadata over: copied, mapped, and by the kinds of file that could carry it.
import { createDevices } from '../compositor/devices.ts';
import { copyTable, mapTable } from '../compositor/interfaces/metadata-table.ts';
import * as k from '../compositor/kernel/index.ts';
import { openHostFiles } from '../compositor/machine/host-files.ts';
import { OwnedDescriptor } from '../compositor/server/index.ts';
import { type Figure, median } from './figure.ts';

const RECORD = k.hdr_output_metadata.size;
const ROUNDS = 25;
/** Rounds that do not count. */
const WARM_UP = 10;
const KIBIBYTE = 1024;
/** Sizes of tables, in KiB. */
const SIZES = [4, 16, 32, 64, 256, 1024, 4096];
const CARRIED = 4096;
const FINAL = k.F_SEAL_SHRINK | k.F_SEAL_GROW | k.F_SEAL_WRITE;

/** Microseconds that `run` takes, the median of several rounds of `times`. */
function microseconds(times: number, run: () => void): number {
  const rounds: number[] = [];
  for (let at = 0; at < times * WARM_UP; at++) run();
  for (let round = 0; round < ROUNDS; round++) {
    const start = process.hrtime.bigint();
    for (let at = 0; at < times; at++) run();
    rounds.push(Number(process.hrtime.bigint() - start) / 1000 / times);
  }
  return median(rounds);
}

/** A kernel without machinery, and a process in it. `host`: memfds are real ones, as in a compositor that serves others. */
function computer(host: boolean): { kernel: k.Kernel; task: k.Task } {
  const { kernel } = createDevices({
    machine: new k.VirtualMachine(),
    outputs: [{ width: 64, height: 48 }],
    engines: 'virtual',
    memoryBytes: 256 << 20,
    ...(host && { host: openHostFiles() }),
  });
  return { kernel, task: kernel.createTask({ name: 'bench', credentials: { seat: true } }) };
}

function sealedMemfd(task: k.Task, bytes: number): number {
  const fd = task.memfdCreate('table');
  task.truncate(fd, BigInt(bytes));
  task.pwrite(fd, new Uint8Array(bytes).fill(1), 0n);
  task.fcntl(fd, k.F_ADD_SEALS, FINAL);
  return fd;
}

/** A table taken, one record of it read, and given back. */
function tableFigures(): Figure[] {
  const { kernel, task } = computer(true);
  const figures = SIZES.flatMap(kibibytes => {
    const bytes = kibibytes * KIBIBYTE;
    const memfd = sealedMemfd(task, bytes);
    const taken = (take: typeof copyTable): number =>
      microseconds(Math.max(2, 100 / kibibytes), () => {
        const table = take(task, new OwnedDescriptor(task, task.dup(memfd)), bytes);
        table.record(bytes - RECORD, RECORD);
        table[Symbol.dispose]();
      });
    const mapped = `table of ${kibibytes} KiB, mapped`;
    return [
      { name: mapped, value: taken(mapTable), unit: 'us' },
      { name: `table of ${kibibytes} KiB, copied`, value: taken(copyTable), unit: 'us', base: mapped },
    ];
  });
  kernel[Symbol.dispose]();
  return figures;
}

/** Making something that carries 4 KiB to another process, and giving it back. */
function carrierFigures(host: boolean): Figure[] {
  const { kernel, task } = computer(host);
  const reader = kernel.createTask({ name: 'reader' });
  const card = task.open('/dev/dri/card0');
  const udmabuf = task.open('/dev/udmabuf');
  const data = new Uint8Array(CARRIED).fill(1);
  const sent = (fd: number): void => {
    reader.close(task.send(fd, reader));
    task.close(fd);
  };
  const asBlob = (bytes: Uint8Array) => (): void => {
    const { blob_id } = task.call(card, k.modeIoctls.DRM_IOCTL_MODE_CREATEPROPBLOB, { data: bytes });
    task.call(card, k.modeIoctls.DRM_IOCTL_MODE_DESTROYPROPBLOB, { blob_id });
  };
  const asMemfd = (): void => sent(sealedMemfd(task, CARRIED));
  const asUdmabuf = (): void => {
    const memfd = task.memfdCreate('carrier');
    task.truncate(memfd, BigInt(CARRIED));
    task.pwrite(memfd, data, 0n);
    task.fcntl(memfd, k.F_ADD_SEALS, k.F_SEAL_SHRINK);
    sent(task.callForNumber(udmabuf, k.UDMABUF_CREATE, { memfd, size: BigInt(CARRIED) }));
    task.close(memfd);
  };
  const asShmem = (): void => {
    const file = k.createShmemFile(kernel, 'carrier', CARRIED);
    file.write(data, 0);
    reader.close(reader.files.install(reader.files.reserve(), file.open()));
    file[Symbol.dispose]();
  };
  const where = host ? ' (real memfds)' : '';
  const base = `32 bytes in a property blob${where}`;
  const figures: Figure[] = [
    { name: base, value: microseconds(100, asBlob(data.subarray(0, RECORD))), unit: 'us' },
    { name: `4 KiB in a property blob${where}`, value: microseconds(100, asBlob(data)), unit: 'us', base },
    { name: `4 KiB in a sealed memfd${where}`, value: microseconds(50, asMemfd), unit: 'us', base },
    { name: `4 KiB in a udmabuf${where}`, value: microseconds(50, asUdmabuf), unit: 'us', base },
    {
      name: `4 KiB in a shmem file of the kernel${where}`,
      value: microseconds(50, asShmem),
      unit: 'us',
      base,
    },
  ];
  kernel[Symbol.dispose]();
  return figures;
}

export function metadataFigures(): Figure[] {
  return [...tableFigures(), ...carrierFigures(false), ...carrierFigures(true)];
}
