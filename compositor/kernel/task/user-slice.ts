import type { AddressSpace } from './address-space.ts';
import type { UserSlice } from './open-file.ts';

/** The buffer of a typed read. */
export class OwnSlice implements UserSlice {
  readonly bytes: Uint8Array;
  constructor(length: number) {
    this.bytes = new Uint8Array(length);
  }
  get length(): number {
    return this.bytes.length;
  }
  checkRange(): void {}
  write(offset: number, bytes: Uint8Array): void {
    this.bytes.set(bytes, offset);
  }
}

/** The buffer of read(2). */
export class AddressSlice implements UserSlice {
  readonly #memory: AddressSpace;
  readonly #address: bigint;
  readonly length: number;
  constructor(memory: AddressSpace, address: bigint, length: number) {
    this.#memory = memory;
    this.#address = address;
    this.length = length;
  }
  checkRange(): void {
    this.#memory.requireUserRange(this.#address, this.length);
  }
  write(offset: number, bytes: Uint8Array): void {
    this.#memory.copyToUser(this.#address + BigInt(offset), bytes);
  }
}
