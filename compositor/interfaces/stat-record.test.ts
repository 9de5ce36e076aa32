import { expect, it } from 'vitest';
import { Kernel } from '../kernel/kernel.ts';
import { addUdmabufDevice } from '../kernel/memory/udmabuf.ts';
import { VirtualMachine } from '../machine/virtual-machine.ts';
import { statRecord } from './stat-record.ts';

it('is what the kernel says of the file, where struct stat has it', () => {
  const kernel = new Kernel({ machine: new VirtualMachine(), memoryBytes: 8 << 20 });
  addUdmabufDevice(kernel);
  const task = kernel.createTask({ name: 'asker' });
  const memfd = task.memfdCreate('pixels');
  task.truncate(memfd, 5000n);
  for (const fd of [memfd, task.open('/dev/udmabuf'), task.eventfd()]) {
    const status = task.status(fd);
    const record = new DataView(statRecord(status).buffer);
    expect({
      inode: record.getBigUint64(8, true),
      links: Number(record.getBigUint64(16, true)),
      mode: record.getUint32(24, true),
      deviceNumber: record.getBigUint64(40, true),
      size: record.getBigInt64(48, true),
      blockSize: Number(record.getBigInt64(56, true)),
      blocks: record.getBigInt64(64, true),
    }).toEqual(status);
  }
  expect(task.status(memfd)).toMatchObject({ size: 5000n, links: 0, blockSize: 4096 });
  kernel[Symbol.dispose]();
});
