import type { HostFiles } from '../../machine/host-files.ts';
import { PAGE_SIZE } from '../task/address-space.ts';
import { KernelError } from '../task/kernel-error.ts';
import type { Pin } from './backing.ts';
import { HostWindows } from './host-windows.ts';
import { RangeAllocator } from './range-allocator.ts';

const WASM_PAGE = 65536;

export interface PhysicalMemoryOptions {
  /** Rounded up to WebAssembly's pages of 64 KiB. */
  bytes: number;
  /** Maps host files into it; without it only pages of its own exist. */
  host: HostFiles | null;
}

/** Pages of physical memory, the owner's until disposed. */
export interface PhysicalRange extends Pin {
  /** Takes in the pages right behind, up to `length` bytes in all; false, and no change, if they are not free. */
  extend(length: number): boolean;
}

/**
 * The memory that the engines see: one shared WebAssembly memory, reserved at its full size and never grown, so that
 * addresses and views stay good for ever. Untouched pages are address space only. Address 0 is never handed out.
 */
export class PhysicalMemory implements Disposable {
  readonly memory: WebAssembly.Memory;
  /** All of it. */
  readonly bytes: Uint8Array;
  /** Granule of every allocation: the larger of the kernel's and the host's page. */
  readonly pageBytes: number;
  /** Host files mapped into it. */
  readonly windows: HostWindows;
  readonly #pages: RangeAllocator;
  /** 1 for pages that somebody has had and that must be cleared before the next one gets them. */
  readonly #dirty: Uint8Array;
  #used = 0;
  #peak = 0;

  constructor(options: PhysicalMemoryOptions) {
    const pages = Math.max(1, Math.ceil(options.bytes / WASM_PAGE));
    this.memory = new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true });
    this.bytes = new Uint8Array(this.memory.buffer);
    this.pageBytes = Math.max(PAGE_SIZE, options.host?.pageBytes ?? PAGE_SIZE);
    this.#pages = new RangeAllocator(this.pageBytes, this.bytes.length - this.pageBytes);
    this.#dirty = new Uint8Array(this.bytes.length / this.pageBytes);
    this.windows = new HostWindows(this, options.host);
  }

  /** Bytes it has in all. */
  get size(): number {
    return this.bytes.length;
  }

  /** Bytes allocated now; windows onto host files are not counted, they have no pages of their own. */
  get used(): number {
    return this.#used;
  }

  /** The most that was ever allocated at once. */
  get peak(): number {
    return this.#peak;
  }

  /** Zeroed, contiguous pages for at least `length` bytes. ENOMEM when there is no such range. */
  allocate(length: number): PhysicalRange {
    const range = this.#take(length);
    this.#account(range.length);
    this.#clear(range.address, range.length);
    return {
      get address() {
        return range.address;
      },
      get length() {
        return range.length;
      },
      extend: wanted => this.#extend(range, wanted),
      [Symbol.dispose]: () => this.#free(range),
    };
  }

  /** Address space without pages, for a mapping of a host file. ENOMEM when there is no such range. */
  reserveWindow(length: number): { address: number; length: number } {
    const range = this.#take(length);
    this.#clear(range.address, range.length);
    return range;
  }

  /** Gives a window's address space back; its pages must be zero again. */
  releaseWindow(range: { address: number; length: number }): void {
    this.#pages.free(range.address, range.length);
  }

  [Symbol.dispose](): void {
    this.windows[Symbol.dispose]();
  }

  #take(length: number): { address: number; length: number } {
    const wanted = Math.ceil(Math.max(1, length) / this.pageBytes) * this.pageBytes;
    for (;;) {
      const address = this.#pages.allocate(wanted);
      if (address !== null) return { address, length: wanted };
      // Idle windows hold nothing but address space: they go before anybody is refused.
      if (!this.windows.evictOne()) break;
    }
    throw new KernelError(
      'ENOMEM',
      `physical memory has no ${wanted} contiguous bytes left (${this.#used} of ${this.size} are in use)`,
    );
  }

  #extend(range: { address: number; length: number }, wanted: number): boolean {
    const length = Math.ceil(wanted / this.pageBytes) * this.pageBytes;
    const more = length - range.length;
    if (more <= 0) return true;
    const end = range.address + range.length;
    if (!this.#pages.allocateAt(end, more)) return false;
    this.#account(more);
    this.#clear(end, more);
    range.length = length;
    return true;
  }

  #free(range: { address: number; length: number }): void {
    if (range.length === 0) return;
    this.#pages.free(range.address, range.length);
    this.#dirty.fill(1, range.address / this.pageBytes, (range.address + range.length) / this.pageBytes);
    this.#used -= range.length;
    range.length = 0;
  }

  #account(bytes: number): void {
    this.#used += bytes;
    this.#peak = Math.max(this.#peak, this.#used);
  }

  /** Pages that nobody has had are zero already, and stay untouched. */
  #clear(address: number, length: number): void {
    const end = (address + length) / this.pageBytes;
    for (let page = address / this.pageBytes; page < end; page++) {
      if (this.#dirty[page] === 0) continue;
      this.#dirty[page] = 0;
      this.bytes.fill(0, page * this.pageBytes, (page + 1) * this.pageBytes);
    }
  }
}
