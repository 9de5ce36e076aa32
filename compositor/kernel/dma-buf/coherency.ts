import type { Backing } from '../memory/backing.ts';
import { BusError, type MappedObject } from '../task/address-space.ts';
import type { Warnings } from '../task/warnings.ts';
import type { AccessDirection, DmaBuf } from './dma-buf.ts';
import { usageToWaitFor } from './reservation.ts';

/**
 * Whether processes see what devices do at once, as on most PCs, or through caches that only DMA_BUF_IOCTL_SYNC keeps in
 * step, as on many phones: what works on the first may be wrong on the second.
 */
export type Coherency = 'coherent' | 'strict';

/** What is wrong with an access, by the names that warnings give it. */
export type CoherencyTrap =
  | 'coherency trap: read outside a bracket'
  | 'coherency trap: write outside a bracket'
  | 'coherency trap: read before its fences'
  | 'coherency trap: write before its fences'
  | 'coherency trap: a bracket ends that was not begun';

/** What processes see, and what of it memory had when they last agreed. */
interface Lines {
  readonly seen: Uint8Array;
  readonly agreed: Uint8Array;
}

/** Bytes of a cache line: what is written back is whole ones. */
const LINE = 64;

/**
 * The processors' cache over one dma-buf of a kernel with strict coherency. Every mapping of the dma-buf reads and writes
 * the cache; it is refreshed from memory when a bracket begins, and written back when one for writing ends.
 */
export class CpuCache {
  readonly #buffer: DmaBuf;
  readonly #warnings: Warnings;
  /** Brackets that are open, of each process; one that exits inside of some takes them with it. */
  readonly #brackets = new WeakMap<object, AccessDirection[]>();
  /** Null until somebody looks. */
  #lines: Lines | null = null;

  constructor(buffer: DmaBuf) {
    this.#buffer = buffer;
    this.#warnings = buffer.kernel.warnings;
  }

  /** What devices wrote becomes visible, except where a process has written over it. */
  begin(by: object, direction: AccessDirection): void {
    const open = this.#brackets.get(by);
    if (open) open.push(direction);
    else this.#brackets.set(by, [direction]);
    this.#refresh();
  }

  /** What processes wrote becomes visible to devices, whoever wrote it, and inside a bracket or not. */
  end(by: object, direction: AccessDirection): void {
    const open = this.#brackets.get(by) ?? [];
    const at = open.lastIndexOf(direction);
    if (at >= 0) open.splice(at, 1);
    else this.#trap('coherency trap: a bracket ends that was not begun', `for ${direction}`);
    if (open.length === 0) this.#brackets.delete(by);
    if (direction !== 'read') this.#writeBack();
  }

  /** A process's mapping, seen through the cache. */
  map(inner: MappedObject, by: object, name: string): MappedObject {
    return {
      view: (offset, length, write) => {
        inner.view(offset, length, write);
        this.#check(by, name, write);
        return this.#loaded().seen.subarray(offset, offset + length);
      },
      split: () => inner.split?.(),
      unmapped: () => inner.unmapped?.(),
    };
  }

  #check(by: object, name: string, write: boolean): void {
    const allowed = (this.#brackets.get(by) ?? []).some(open => !write || open !== 'read');
    const access = write ? 'write' : 'read';
    if (!allowed) this.#trap(`coherency trap: ${access} outside a bracket`, `by ${name}`);
    else if (!this.#buffer.reservation.testSignalled(usageToWaitFor(write)))
      this.#trap(`coherency trap: ${access} before its fences`, `by ${name}, added since the bracket began`);
  }

  #trap(trap: CoherencyTrap, how: string): void {
    this.#warnings.add(trap, `${trap}: ${this.#buffer.describe()} of ${this.#buffer.exporter}, ${how}`);
  }

  #loaded(): Lines {
    if (this.#lines) return this.#lines;
    const seen = new Uint8Array(Math.ceil(this.#buffer.size / LINE) * LINE);
    this.#buffer.operations.backing.read(seen, 0);
    this.#lines = { seen, agreed: seen.slice() };
    return this.#lines;
  }

  #refresh(): void {
    this.#withMemory(({ seen, agreed }, backing) => {
      const memory = new Uint8Array(seen.length);
      backing.read(memory, 0);
      for (let at = 0; at < seen.length; at += LINE) {
        if (isDirty(seen, agreed, at)) continue;
        const line = memory.subarray(at, at + LINE);
        seen.set(line, at);
        agreed.set(line, at);
      }
    });
  }

  #writeBack(): void {
    this.#withMemory(({ seen, agreed }, backing) => {
      for (let at = 0; at < seen.length; at += LINE) {
        if (!isDirty(seen, agreed, at)) continue;
        const line = seen.subarray(at, at + LINE);
        backing.write(line, at);
        agreed.set(line, at);
      }
    });
  }

  /** Nothing is there to agree with before somebody has looked, and after the exporter has purged the memory. */
  #withMemory(body: (lines: Lines, backing: Backing) => void): void {
    if (!this.#lines) return;
    try {
      body(this.#lines, this.#buffer.operations.backing);
    } catch (error) {
      if (!(error instanceof BusError)) throw error;
      this.#lines = null;
    }
  }
}

function isDirty(seen: Uint8Array, agreed: Uint8Array, at: number): boolean {
  for (let byte = at; byte < at + LINE; byte++) if (seen[byte] !== agreed[byte]) return true;
  return false;
}
