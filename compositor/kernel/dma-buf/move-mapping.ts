import type { Backing } from '../memory/backing.ts';
import { type BackingMapping, MappedBacking } from '../memory/mapped-backing.ts';
import { BusError, type MappedObject } from '../task/address-space.ts';
import type { Warnings } from '../task/warnings.ts';
import type { MovableMemory, Place } from './move.ts';

/**
 * The address-space identity of a mappable object (`struct address_space`, `i_mapping`): one for each, fixed when it is
 * made. Mappings are found through it, whichever file they were made through: the exporter's device or the dma-buf.
 * What is mapped under another identity is missed, and why that must not be.
 */
export class ObjectMappings {
  /** Of what, for people. */
  readonly label: string;
  readonly warnings: Warnings;
  /** Page faults so far. */
  faults = 0;
  readonly #present = new Set<MovableMapping>();

  constructor(label: string, warnings: Warnings) {
    this.label = label;
    this.warnings = warnings;
  }

  /** Mappings whose page table has an entry now. */
  get present(): number {
    return this.#present.size;
  }

  /** `unmap_mapping_range`: the next access of every mapping faults. */
  invalidate(): void {
    for (const mapping of this.#present) mapping.zap();
    this.#present.clear();
  }

  add(mapping: MovableMapping): void {
    this.faults++;
    this.#present.add(mapping);
  }

  remove(mapping: MovableMapping): void {
    this.#present.delete(mapping);
  }
}

/** A process's mapping of memory that moves: its page table entry says where that was at the last fault. */
export class MovableMapping extends MappedBacking {
  readonly #memory: MovableMemory;
  readonly #identity: ObjectMappings;
  #entry: Place | null = null;

  /** `identity` is the object's own unless a driver has it wrong. */
  constructor(backing: Backing, memory: MovableMemory, mapping: BackingMapping, identity = memory.mappings) {
    super(backing, mapping);
    this.#memory = memory;
    this.#identity = identity;
  }

  override view(offset: number, length: number): Uint8Array {
    this.#entry ??= this.#fault();
    const { address, live } = this.#entry;
    if (!live) {
      const message = `a mapping under the identity of ${this.#identity.label} was missed when ${this.#memory.mappings.label} was moved or purged`;
      this.#identity.warnings.add('mappings are found through the identity of their object', message);
      throw new BusError(message);
    }
    return this.#memory.bytes.subarray(address + offset, address + offset + length);
  }

  override unmapped(): void {
    super.unmapped();
    this.zap();
    this.#identity.remove(this);
  }

  /** The entry is gone; whoever comes next faults. */
  zap(): void {
    this.#entry = null;
  }

  #fault(): Place {
    const place = this.#memory.place();
    this.#identity.add(this);
    return place;
  }
}

/** A process's shared mapping of a memory object, which may move or not. */
export function mapMemory(backing: Backing, mapping: BackingMapping): MappedObject {
  const { movable } = backing;
  return movable ? new MovableMapping(backing, movable, mapping) : new MappedBacking(backing, mapping);
}
