import type { HostFiles } from '../../machine/host-files.ts';
import { KernelError } from '../task/kernel-error.ts';
import type { Pin } from './backing.ts';
import type { PhysicalMemory } from './physical-memory.ts';

/** A host file whose pages may be mapped: sealed against shrinking by whoever hands it in. */
export interface HostPages {
  readonly fd: number;
}

interface Window {
  readonly file: HostPages;
  readonly offset: number;
  readonly address: number;
  readonly length: number;
  pins: number;
}

/** Mappings are a resource of the host too (`vm.max_map_count`). */
const MOST_WINDOWS = 4096;

/**
 * Page ranges of host files mapped into physical memory: made on first use, counted by their pins, kept for the next
 * use, and taken down, the least recently used first, when room or mappings run out.
 */
export class HostWindows implements Disposable {
  readonly #memory: PhysicalMemory;
  readonly #host: HostFiles | null;
  /** Copies that could not be written back, because their owner had sealed or cut the file meanwhile. */
  lostWrites = 0;
  /** In the order of last use. */
  readonly #windows = new Set<Window>();
  readonly #byFile = new Map<HostPages, Set<Window>>();

  constructor(memory: PhysicalMemory, host: HostFiles | null) {
    this.#memory = memory;
    this.#host = host;
  }

  /** Whether host files can be mapped here at all. */
  get available(): boolean {
    return this.#host?.canMap ?? false;
  }

  /** Windows that exist, idle ones included. */
  get count(): number {
    return this.#windows.size;
  }

  /** Bytes of address space they take. */
  get mapped(): number {
    let bytes = 0;
    for (const window of this.#windows) bytes += window.length;
    return bytes;
  }

  /** Maps a range of a file, which must lie inside it, until the pin is disposed. ENOMEM when there is no room. */
  pin(file: HostPages, offset: number, length: number): Pin {
    const window = this.#find(file, offset, length) ?? this.#open(file, offset, length);
    this.#windows.delete(window);
    this.#windows.add(window);
    window.pins++;
    let held = true;
    return {
      address: window.address + offset - window.offset,
      length,
      [Symbol.dispose]: () => {
        if (!held) return;
        held = false;
        window.pins--;
      },
    };
  }

  /** Unmaps what nobody has pinned of a file. Returns whether nothing of it is left. */
  drop(file: HostPages): boolean {
    let all = true;
    for (const window of [...(this.#byFile.get(file) ?? [])]) {
      if (window.pins === 0) this.#close(window);
      else all = false;
    }
    return all;
  }

  /** Unmaps the least recently used idle window; false if every one is pinned. */
  evictOne(): boolean {
    for (const window of this.#windows) {
      if (window.pins > 0) continue;
      this.#close(window);
      return true;
    }
    return false;
  }

  [Symbol.dispose](): void {
    for (const window of [...this.#windows]) this.#close(window);
  }

  #find(file: HostPages, offset: number, length: number): Window | undefined {
    for (const window of this.#byFile.get(file) ?? [])
      if (window.offset <= offset && offset + length <= window.offset + window.length) return window;
    return undefined;
  }

  #open(file: HostPages, offset: number, length: number): Window {
    const host = this.#host;
    if (!host?.canMap) throw new KernelError('ENOMEM', 'host files cannot be mapped here');
    if (this.#windows.size >= MOST_WINDOWS && !this.evictOne())
      throw new KernelError('ENOMEM', `${MOST_WINDOWS} host files are mapped and in use`);
    const page = this.#memory.pageBytes;
    const start = Math.floor(offset / page) * page;
    const range = this.#memory.reserveWindow(offset + length - start);
    try {
      host.mapFixed(this.#memory.memory, range.address, range.length, file.fd, start);
    } catch (error) {
      this.#memory.releaseWindow(range);
      throw new KernelError('ENOMEM', `the host refused a mapping: ${String(error)}`);
    }
    const window: Window = { file, offset: start, ...range, pins: 0 };
    this.#windows.add(window);
    const others = this.#byFile.get(file);
    if (others) others.add(window);
    else this.#byFile.set(file, new Set([window]));
    return window;
  }

  #close(window: Window): void {
    this.#windows.delete(window);
    const others = this.#byFile.get(window.file);
    others?.delete(window);
    if (others?.size === 0) this.#byFile.delete(window.file);
    this.#host?.unmapFixed(this.#memory.memory, window.address, window.length);
    this.#memory.releaseWindow(window);
  }
}
