import type { DmaBuf } from '../dma-buf/dma-buf.ts';
import { KernelError } from '../task/kernel-error.ts';
import type { DrmFile } from './file.ts';
import type { GemObject } from './gem.ts';
import { HandleTable } from './handle-table.ts';

/**
 * The GEM handles of one file, and what PRIME remembers of them (`drm_prime_file_private`): importing a dma-buf twice
 * gives the same handle, exporting a handle twice the same dma-buf. Each remembered dma-buf is a reference.
 */
export class GemHandles {
  readonly #file: DrmFile;
  readonly #objects = new HandleTable<GemObject>();
  readonly #dmaBufOf = new Map<number, DmaBuf>();
  readonly #handleOf = new Map<DmaBuf, number>();

  constructor(file: DrmFile) {
    this.#file = file;
  }

  get size(): number {
    return this.#objects.size;
  }

  /** Makes a handle, which takes a reference of its own. ENOMEM. */
  create(object: GemObject): number {
    object.device.kernel.mayAllocate('GEM handle');
    object.handleAdded(this.#file);
    return this.#objects.insert(object);
  }

  /** Makes a handle of an object that is the caller's, whose reference it takes, even when this fails. ENOMEM. */
  adopt(object: GemObject): number {
    try {
      return this.create(object);
    } finally {
      object.put();
    }
  }

  /** Moves a handle to a number of the caller's choice; false when that number is in use. */
  renumber(handle: number, wanted: number): boolean {
    const object = this.lookup(handle);
    if (!this.#objects.insertAt(wanted, object)) return false;
    this.#objects.remove(handle);
    const dmaBuf = this.#dmaBufOf.get(handle);
    if (dmaBuf) {
      this.#dmaBufOf.delete(handle);
      this.#dmaBufOf.set(wanted, dmaBuf);
      if (this.#handleOf.get(dmaBuf) === handle) this.#handleOf.set(dmaBuf, wanted);
    }
    return true;
  }

  /** The object, borrowed; ENOENT. */
  lookup(handle: number): GemObject {
    const object = this.#objects.get(handle);
    if (!object)
      throw new KernelError('ENOENT', `${this.#file.describe()} has no object with handle ${handle}`);
    return object;
  }

  /** `drm_gem_handle_delete`: EINVAL for a handle that is none. */
  close(handle: number): void {
    const object = this.#objects.remove(handle);
    if (!object)
      throw new KernelError('EINVAL', `${this.#file.describe()} has no object with handle ${handle}`);
    this.#forget(handle);
    object.handleRemoved(this.#file);
  }

  /** Closes them all, as the close of the file does. */
  closeAll(): void {
    for (const [handle, object] of this.#objects.takeAll()) {
      this.#forget(handle);
      object.handleRemoved(this.#file);
    }
  }

  /** The dma-buf that a handle was exported as or imported from by this file. */
  dmaBufOf(handle: number): DmaBuf | undefined {
    return this.#dmaBufOf.get(handle);
  }

  /** The handle that a dma-buf was exported from or imported as by this file. */
  handleOf(dmaBuf: DmaBuf): number | undefined {
    return this.#handleOf.get(dmaBuf);
  }

  /** `drm_prime_add_buf_handle`: of several handles of one dma-buf an import gives the one that came first. */
  remember(handle: number, dmaBuf: DmaBuf): void {
    dmaBuf.file.get();
    this.#dmaBufOf.set(handle, dmaBuf);
    if (!this.#handleOf.has(dmaBuf)) this.#handleOf.set(dmaBuf, handle);
  }

  *entries(): IterableIterator<[number, GemObject]> {
    yield* this.#objects.entries();
  }

  /** `drm_prime_remove_buf_handle`. */
  #forget(handle: number): void {
    const dmaBuf = this.#dmaBufOf.get(handle);
    if (!dmaBuf) return;
    this.#dmaBufOf.delete(handle);
    if (this.#handleOf.get(dmaBuf) === handle) {
      this.#handleOf.delete(dmaBuf);
      const next = [...this.#dmaBufOf].find(([, known]) => known === dmaBuf);
      if (next) this.#handleOf.set(dmaBuf, next[0]);
    }
    dmaBuf.file.put();
  }
}
