// The module's two exports. It has no data of its own: all memory is physical memory, imported and shared.
import {
  CMD_BYTES,
  CMD_OPCODE,
  CMD_TABLE_ADDRESS,
  OP_COMPOSITE,
  OP_COPY,
  OP_CRC,
  OP_FILL,
  OP_GAMMA,
  OP_HISTOGRAM,
  OP_SPIN,
  OP_ZERO,
} from '../layout';
import { composite } from './composite';
import { crc } from './crc';
import { copy, fill, zero as zeroBytes } from './memory';
import { gamma, histogram } from './scan';
import { word } from './word';

/** Runs `count` commands from `address` on. */
export function execute(address: usize, count: i32): void {
  for (; count > 0; count--, address += CMD_BYTES) executeOne(address);
}

/** Clears `length` bytes from `address` on. */
export function zero(address: usize, length: usize): void {
  memory.fill(address, 0, length);
}

function executeOne(command: usize): void {
  switch (word(command, CMD_OPCODE)) {
    case OP_FILL:
      return fill(command);
    case OP_COPY:
      return copy(command);
    case OP_COMPOSITE:
      return composite(command);
    case OP_GAMMA:
      return gamma(command);
    case OP_HISTOGRAM:
      return histogram(command);
    case OP_CRC:
      return crc(command);
    case OP_ZERO:
      return zeroBytes(command);
    case OP_SPIN:
      return spin(command);
  }
}

/** Sleeps rather than spins; without a table it waits for its own opcode to change, which nobody does. */
function spin(command: usize): void {
  const table: usize = word(command, CMD_TABLE_ADDRESS);
  if (table == 0) while (atomic.load<i32>(command) == OP_SPIN) atomic.wait<i32>(command, OP_SPIN, -1);
  else while (atomic.load<i32>(table) == 0) atomic.wait<i32>(table, 0, -1);
}
