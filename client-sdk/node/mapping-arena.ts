import type { HostFiles } from '../../protocol/host/host-files.ts';
import type { MappedMemory } from '../core/memory-ports.ts';

const WASM_PAGE = 65536;
/** Address space only: pages are resident where files are mapped. */
const ARENA_BYTES = 256 << 20;

interface Hole {
  readonly at: number;
  readonly length: number;
}

/**
 * Address space into which files are mapped. It belongs to a WebAssembly memory, so a view that is used after its mapping
 * has gone meets zeroes, where a view of plain mmap(2) would be a fault.
 */
export class MappingArena {
  readonly #files: HostFiles;
  readonly #memory: WebAssembly.Memory;
  /** What is free, by address. */
  #holes: Hole[];

  /** Makes room for `atLeast` bytes or more. */
  constructor(files: HostFiles, atLeast: number) {
    const pages = Math.ceil(Math.max(ARENA_BYTES, atLeast + files.pageBytes) / WASM_PAGE);
    this.#files = files;
    this.#memory = new WebAssembly.Memory({ initial: pages, maximum: pages });
    this.#holes = [{ at: 0, length: pages * WASM_PAGE }];
  }

  /** Maps a part of a file, or returns null when there is no room. */
  map(fd: number, offset: number, bytes: number): MappedMemory | null {
    const page = this.#files.pageBytes;
    const length = Math.ceil(bytes / page) * page;
    const hole = this.#holes.find(free => free.length >= length);
    if (!hole) return null;
    this.#files.mapFixed(this.#memory, hole.at, length, fd, offset);
    this.#holes = this.#holes
      .map(free => (free === hole ? { at: hole.at + length, length: hole.length - length } : free))
      .filter(free => free.length > 0);
    let mapped = true;
    return {
      data: new Uint8Array(this.#memory.buffer, hole.at, bytes),
      [Symbol.dispose]: () => {
        if (mapped) this.#unmap(hole.at, length);
        mapped = false;
      },
    };
  }

  #unmap(at: number, length: number): void {
    this.#files.unmapFixed(this.#memory, at, length);
    const sorted = [...this.#holes, { at, length }].sort((one, other) => one.at - other.at);
    this.#holes = sorted.reduce<Hole[]>((merged, hole) => {
      const last = merged.at(-1);
      if (last && last.at + last.length === hole.at)
        merged[merged.length - 1] = { at: last.at, length: last.length + hole.length };
      else merged.push(hole);
      return merged;
    }, []);
  }
}
