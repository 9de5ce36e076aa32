import type { Pin } from '../memory/backing.ts';
import type { ObjectMappings } from './move-mapping.ts';

/** Where memory is for now. */
export interface Place {
  /** Byte address in physical memory. */
  readonly address: number;
  /** False from the moment on at which somebody else may have these pages. */
  readonly live: boolean;
}

/** Who uses memory wherever it is, and has to know when it is elsewhere (`move_notify`). */
export interface MoveListener {
  /** With the reservation locked; what was mapped before is stale from now on. */
  moveNotify(): void;
}

/**
 * Memory that its exporter may move or purge. The reservation's lock keeps it where it is, and so does a pin; everybody
 * else is told.
 */
export interface MovableMemory {
  /** Its one address-space identity, whatever file it is mapped through. */
  readonly mappings: ObjectMappings;
  readonly listeners: Set<MoveListener>;
  /** All of physical memory. */
  readonly bytes: Uint8Array;
  /** BusError when it was purged. */
  place(): Place;
  /** Keeps it where it is. EFAULT when it was purged. */
  pin(): void;
  unpin(): void;
  /** Where the kernel finds it; made once for each place, so that a pair of vmap and vunmap costs nothing. EFAULT. */
  vmap(): Pin;
}
