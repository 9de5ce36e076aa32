import type { MovableMemory } from '../dma-buf/move.ts';

/** What an engine does to memory that is pinned for it. */
export type PinAccess = 'read' | 'write';

/**
 * The bytes behind a memory object (memfd, dumb buffer, buffer of the GPU, range of a udmabuf). Either pages of
 * physical memory, or a memfd of the host that is mapped into physical memory while something needs it there. Pins
 * outlive its disposal: the memory goes with the last of them.
 */
export interface Backing extends Disposable {
  /** Bytes; changes only by `resize`, or by the other side of an adopted file that is not sealed. */
  readonly size: number;
  /** Pins and holds now. */
  readonly pins: number;
  /**
   * Makes a range addressable by the engines until the pin is disposed, and keeps its pages from moving or going away.
   * 'write' (the default) allows reading too. ENOMEM when physical memory has no room for it, EINVAL beyond the end,
   * EFAULT when memory that another process owns is shorter than it was.
   */
  pin(offset: number, length: number, access?: PinAccess): Pin;
  /**
   * Counts as a pin without making the range addressable yet: its pages can't go, nor be sealed against writing. They stay
   * what they are, whatever the file puts in their place; where they are not in a row, there are several runs of them.
   */
  hold(offset: number, length: number): readonly HeldPages[];
  /** Live bytes for a process's mapping, good until the next call on the backing unless they are kept. Throws BusError beyond the end. */
  view(offset: number, length: number, write: boolean): Uint8Array;
  /** Keeps the bytes of a range where `view` gives them, for as long as a process has it mapped. Not a pin. */
  keep(offset: number, length: number): Disposable;
  /** Copies without mapping; returns the bytes copied, fewer at the end. */
  read(target: Uint8Array, offset: number): number;
  write(source: Uint8Array, offset: number): number;
  /** Grows (zero-filled) or shrinks. ENOMEM; EBUSY while the part that would go is pinned. */
  resize(size: number): void;
  /** Gives the pages of a range back: it reads as zeros. Whoever has pinned or holds a page keeps it as it was. */
  punch(offset: number, length: number): void;
  /** What a mapping of a range needs from the start. EINVAL, ENOMEM. Without it nothing: pages are found when they are touched. */
  reserve?(offset: number, length: number): void;
  /** Takes the pages of a range, beyond the end too (fallocate). ENOMEM. Without it they are taken when they are touched. */
  populate?(offset: number, length: number): void;
  /**
   * Where from `offset` on the first page begins that is there, or the first that is not; null when all that follow are
   * not there. Without it all pages count as there.
   */
  nextPage?(offset: number, present: boolean): number | null;
  /** A real descriptor with the same bytes, lent; null when the memory exists in this process alone. */
  readonly hostDescriptor: number | null;
  /** Where its exporter may move it or take it away: who is asked and told. Without it, it stays where it is. */
  readonly movable?: MovableMemory | undefined;
}

/** Pages of a backing in a row, held until disposed. Offsets count from the first. */
export interface HeldPages extends Disposable {
  readonly length: number;
  /** The backing's real descriptor and where in it they begin. */
  readonly host: { readonly fd: number; readonly offset: number } | null;
  pin(offset: number, length: number, access?: PinAccess): Pin;
  view(offset: number, length: number, write: boolean): Uint8Array;
  keep(offset: number, length: number): Disposable;
  read(target: Uint8Array, offset: number): number;
  write(source: Uint8Array, offset: number): number;
}

/** Memory that an engine may touch. */
export interface Pin extends Disposable {
  /** Byte address in physical memory. */
  readonly address: number;
  readonly length: number;
}
