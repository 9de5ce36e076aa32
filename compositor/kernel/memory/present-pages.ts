import { PAGE_SIZE } from '../task/address-space.ts';

/** Which pages of an object exist: those that somebody has written, mapped and touched, or pinned. */
export class PresentPages {
  #pages = new Uint8Array(0);

  add(offset: number, length: number): void {
    const end = Math.ceil((offset + length) / PAGE_SIZE);
    if (end > this.#pages.length) {
      const grown = new Uint8Array(Math.max(end, this.#pages.length * 2));
      grown.set(this.#pages);
      this.#pages = grown;
    }
    this.#pages.fill(1, Math.floor(offset / PAGE_SIZE), end);
  }

  /** Whole pages of the range are gone. */
  remove(offset: number, length: number): void {
    this.#pages.fill(0, Math.ceil(offset / PAGE_SIZE), Math.floor((offset + length) / PAGE_SIZE));
  }

  /** Where the first page from `offset` on begins that is there, or is not; null if there is none that is. */
  next(offset: number, present: boolean): number | null {
    const first = Math.floor(offset / PAGE_SIZE);
    const found = this.#pages.indexOf(present ? 1 : 0, first);
    if (found >= 0) return Math.max(offset, found * PAGE_SIZE);
    return present ? null : Math.max(offset, this.#pages.length * PAGE_SIZE);
  }
}
