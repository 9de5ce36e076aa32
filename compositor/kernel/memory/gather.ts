import { KernelError } from '../task/kernel-error.ts';
import type { HeldPages, Pin, PinAccess } from './backing.ts';
import type { PhysicalMemory } from './physical-memory.ts';

/** A range of memory that an engine cannot be given as it is: its pages are not in a row, or are elsewhere. */
export interface Scattered {
  read(target: Uint8Array): unknown;
  write(source: Uint8Array): unknown;
}

/** Such a range for an engine: a copy in a row, which is written back after a write. ENOMEM, and what reading throws. */
export function gather(memory: PhysicalMemory, source: Scattered, length: number, access: PinAccess): Pin {
  const range = memory.allocate(length);
  const bytes = memory.bytes.subarray(range.address, range.address + length);
  try {
    source.read(bytes);
  } catch (error) {
    range[Symbol.dispose]();
    throw error;
  }
  return {
    address: range.address,
    length,
    [Symbol.dispose]: () => {
      if (access === 'write') writeBack(memory, source, bytes);
      range[Symbol.dispose]();
    },
  };
}

/** Its owner may have sealed or cut the file meanwhile; then the write is lost, as a write to a dead mapping would be. */
function writeBack(memory: PhysicalMemory, source: Scattered, bytes: Uint8Array): void {
  try {
    source.write(bytes);
  } catch (error) {
    if (!(error instanceof KernelError)) throw error;
    memory.windows.lostWrites++;
  }
}

/** Runs of held pages, one after the other. */
export function inARow(runs: readonly HeldPages[]): Scattered {
  const each = (visit: (run: HeldPages, at: number) => void): void => {
    let at = 0;
    for (const run of runs) {
      visit(run, at);
      at += run.length;
    }
  };
  return {
    read: target => each((run, at) => void run.read(target.subarray(at, at + run.length), 0)),
    write: source => each((run, at) => void run.write(source.subarray(at, at + run.length), 0)),
  };
}
