import { F_SEAL_SHRINK, type HostFiles } from '../../protocol/host/host-files.ts';
import { openHostFiles } from '../../protocol/host/native-files.ts';
import type { HostMemory, MappedMemory } from '../core/memory-ports.ts';
import { MappingArena } from './mapping-arena.ts';

let opened: HostMemory | null | undefined;

/** This process's memfds and mappings, or null where native calls or mappings do not work: pixels are then copied. */
export function nodeHostMemory(): HostMemory | null {
  if (opened === undefined) {
    const files = openHostFiles();
    opened = files?.canMap ? new NodeHostMemory(files) : null;
  }
  return opened;
}

class NodeHostMemory implements HostMemory {
  readonly #files: HostFiles;
  readonly #arenas: MappingArena[] = [];

  constructor(files: HostFiles) {
    this.#files = files;
  }

  memfd(name: string, bytes: number): number {
    const fd = this.#files.memfd(name, bytes);
    this.#files.addSeals(fd, F_SEAL_SHRINK);
    return fd;
  }

  map(fd: number, offset: number, length: number): MappedMemory {
    const size = this.#files.size(fd);
    if (!(offset >= 0 && offset + length <= size))
      throw new RangeError(
        `${length} bytes from ${offset} of a file of ${size}: touching them would be fatal`,
      );
    for (const arena of this.#arenas) {
      const mapped = arena.map(fd, offset, length);
      if (mapped) return mapped;
    }
    const arena = new MappingArena(this.#files, length);
    this.#arenas.push(arena);
    const mapped = arena.map(fd, offset, length);
    if (!mapped) throw new Error(`an arena of its own has no room for ${length} bytes`);
    return mapped;
  }

  close(fd: number): void {
    this.#files.close(fd);
  }
}
