import type { Backing, HeldPages } from './backing.ts';

/** A range of a backing whose pages are where its bytes are, whatever happens; `release` ends the hold. */
export function heldRange(backing: Backing, start: number, length: number, release: () => void): HeldPages {
  const fd = backing.hostDescriptor;
  return {
    length,
    host: fd === null ? null : { fd, offset: start },
    pin: (offset, count, access) => backing.pin(start + offset, count, access),
    view: (offset, count, write) => backing.view(start + offset, count, write),
    keep: (offset, count) => backing.keep(start + offset, count),
    read: (target, offset) => backing.read(target, start + offset),
    write: (source, offset) => backing.write(source, start + offset),
    [Symbol.dispose]: release,
  };
}
