import { F_SEAL_SHRINK, type HostFiles } from '../../protocol/host/host-files.ts';
import { openHostFiles } from '../../protocol/host/native-files.ts';
import type { HostMemory, MappedMemory } from '../core/memory-ports.ts';
import { MappingArena } from './mapping-arena.ts';

let opened: HostMemory | null | undefined;

/** This process's memfds and mappings, or null where native calls do not work: pixels then go through the connection. */
export function nodeHostMemory(): HostMemory | null {
  if (opened === undefined) {
    const files = openHostFiles();
    opened = files && new NodeHostMemory(files);
  }
  return opened;
}

class NodeHostMemory implements HostMemory {
  readonly #files: HostFiles;
  readonly #arenas: MappingArena[] = [];

  constructor(files: HostFiles) {
    this.#files = files;
  }

  get canMap(): boolean {
    return this.#files.canMap;
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

  pread(fd: number, target: Uint8Array): void {
    this.#files.pread(fd, target, 0);
  }

  pwrite(fd: number, source: Uint8Array, offset: number): void {
    this.#files.pwrite(fd, source, offset);
  }

  close(fd: number): void {
    this.#files.close(fd);
  }
}
