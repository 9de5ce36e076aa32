import { BusError, type MappedObject, pageAlign } from '../task/address-space.ts';
import type { Backing } from './backing.ts';

export interface BackingMapping {
  /** Bytes of the backing that the mapping covers. */
  readonly offset: number;
  readonly length: number;
  /** Called when the last part of the mapping is gone. */
  unmapped?(): void;
}

/** A process's shared mapping of a memory object: the live bytes, kept where they are while it lasts. */
export class MappedBacking implements MappedObject {
  readonly #backing: Backing;
  readonly #mapping: BackingMapping;
  #kept: Disposable | null = null;
  #parts = 1;

  constructor(backing: Backing, mapping: BackingMapping) {
    this.#backing = backing;
    this.#mapping = mapping;
  }

  view(offset: number, length: number, write: boolean): Uint8Array {
    if (!this.#kept && !this.keep()) throw new BusError('the mapping lies beyond the end of its file');
    return this.#backing.view(offset, length, write);
  }

  /** Has the bytes kept from now on, rather than from the first access on; false if there are none yet. */
  keep(): boolean {
    const { offset, length } = this.#mapping;
    const end = Math.min(offset + length, this.#backing.size);
    if (end <= offset) return false;
    this.#kept ??= this.#backing.keep(offset, end - offset);
    return true;
  }

  split(): void {
    this.#parts++;
  }

  unmapped(): void {
    if (--this.#parts > 0) return;
    this.#kept?.[Symbol.dispose]();
    this.#mapping.unmapped?.();
  }
}

/** MAP_PRIVATE: what the process writes is its own; it sees the file as it was when it first touched the mapping. */
export class PrivateMapping implements MappedObject {
  readonly #backing: Backing;
  readonly #offset: number;
  readonly #length: number;
  #copy: Uint8Array | null = null;

  constructor(backing: Backing, offset: number, length: number) {
    this.#backing = backing;
    this.#offset = offset;
    this.#length = length;
  }

  view(offset: number, length: number): Uint8Array {
    const start = offset - this.#offset;
    if (!this.#copy) {
      this.#copy = new Uint8Array(this.#length);
      this.#backing.read(this.#copy, this.#offset);
    }
    if (offset + length > pageAlign(this.#backing.size))
      throw new BusError(`${length} bytes at ${offset} lie beyond the end of the file`);
    return this.#copy.subarray(start, start + length);
  }

  /** What the process wrote is forgotten: it sees the file again. */
  discard(offset: number, length: number): void {
    const start = offset - this.#offset;
    const part = this.#copy?.subarray(start, start + length);
    part?.fill(0);
    if (part) this.#backing.read(part, offset);
  }
}
