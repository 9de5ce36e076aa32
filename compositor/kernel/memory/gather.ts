import type { Pin, PinAccess } from './backing.ts';
import type { PhysicalMemory } from './physical-memory.ts';

/** Memory whose pages are not in a row. */
interface Scattered {
  read(target: Uint8Array, offset: number): number;
  write(source: Uint8Array, offset: number): number;
}

/** A range of scattered memory for an engine: a copy in a row, which is written back after a write. ENOMEM. */
export function gather(
  memory: PhysicalMemory,
  source: Scattered,
  offset: number,
  length: number,
  access: PinAccess,
): Pin {
  const range = memory.allocate(length);
  const bytes = memory.bytes.subarray(range.address, range.address + length);
  source.read(bytes, offset);
  return {
    address: range.address,
    length,
    [Symbol.dispose]: () => {
      if (access === 'write') source.write(bytes, offset);
      range[Symbol.dispose]();
    },
  };
}
