import type { Backing, HeldPages, Pin } from '../../memory/backing.ts';
import { heldRange } from '../../memory/held-range.ts';
import { requireInside } from '../../memory/physical-pages.ts';
import { BusError } from '../../task/address-space.ts';
import { KernelError } from '../../task/kernel-error.ts';
import type { MovableBuffer } from './movable-buffer.ts';

/** The bytes of a buffer that moves, wherever they are now. */
export class MovableBacking implements Backing {
  readonly hostDescriptor = null;
  readonly movable: MovableBuffer;

  /** Adopts the buffer. */
  constructor(movable: MovableBuffer) {
    this.movable = movable;
  }

  get size(): number {
    return this.movable.size;
  }

  get pins(): number {
    return this.movable.pins;
  }

  pin(offset: number, length: number): Pin {
    requireInside(this.size, offset, length);
    this.movable.pin();
    let pinned = true;
    return {
      address: this.movable.place().address + offset,
      length,
      [Symbol.dispose]: () => {
        if (pinned) this.movable.unpin();
        pinned = false;
      },
    };
  }

  hold(offset: number, length: number): readonly HeldPages[] {
    const pin = this.pin(offset, length);
    return [heldRange(this, offset, length, () => pin[Symbol.dispose]())];
  }

  view(offset: number, length: number): Uint8Array {
    if (offset + length > this.size)
      throw new BusError(`${length} bytes at ${offset} lie beyond the end, ${this.size}`);
    const { address } = this.movable.place();
    return this.movable.bytes.subarray(address + offset, address + offset + length);
  }

  /** Nothing keeps it but a pin or the lock: mappings fault again. */
  keep(): Disposable {
    return { [Symbol.dispose]: () => {} };
  }

  read(target: Uint8Array, offset: number): number {
    const found = this.view(offset, Math.max(0, Math.min(target.length, this.size - offset)));
    target.set(found);
    return found.length;
  }

  write(source: Uint8Array, offset: number): number {
    const found = this.view(offset, Math.max(0, Math.min(source.length, this.size - offset)));
    found.set(source.subarray(0, found.length));
    return found.length;
  }

  resize(): void {
    throw new KernelError('EINVAL', 'a buffer of a device has a fixed size');
  }

  punch(): void {
    throw new KernelError('EINVAL', 'a buffer of a device has no holes');
  }

  [Symbol.dispose](): void {
    this.movable.free();
  }
}
