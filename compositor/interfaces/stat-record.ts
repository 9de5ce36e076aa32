// struct stat as x86-64 has it (`arch/x86/include/uapi/asm/stat.h`).
import type { FileStatus } from '../kernel/task/index.ts';

const SIZE = 144;
const ST_INO = 8;
const ST_NLINK = 16;
const ST_MODE = 24;
const ST_RDEV = 40;
const ST_SIZE = 48;
const ST_BLKSIZE = 56;
const ST_BLOCKS = 64;

export function statRecord(status: Required<FileStatus>): Uint8Array {
  const bytes = new Uint8Array(SIZE);
  const view = new DataView(bytes.buffer);
  view.setBigUint64(ST_INO, status.inode, true);
  view.setBigUint64(ST_NLINK, BigInt(status.links), true);
  view.setUint32(ST_MODE, status.mode, true);
  view.setBigUint64(ST_RDEV, status.deviceNumber, true);
  view.setBigInt64(ST_SIZE, status.size, true);
  view.setBigInt64(ST_BLKSIZE, BigInt(status.blockSize), true);
  view.setBigInt64(ST_BLOCKS, status.blocks, true);
  return bytes;
}
