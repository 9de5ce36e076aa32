import { KernelError } from '../../task/kernel-error.ts';
import { Counted } from './counted.ts';
import type { ModeObject, ObjectTable } from './mode-object.ts';

/** Linux refuses lengths above INT_MAX less the blob's own header. */
const LONGEST = 0x7fffffff - 96;
/** Most bytes that the blobs of one client may take together; a kernel would meet its memory limit. */
const BUDGET = 64 << 20;

/** Immutable data behind a property value (`struct drm_property_blob`). Its bytes never change. */
export class Blob extends Counted implements ModeObject {
  readonly kind = 'blob';
  readonly id: number;
  readonly bytes: Uint8Array;
  readonly #objects: ObjectTable;

  constructor(objects: ObjectTable, bytes: Uint8Array) {
    super();
    this.id = objects.reserve();
    this.bytes = bytes;
    this.#objects = objects;
    objects.add(this);
  }

  protected freed(): void {
    this.#objects.remove(this.id);
  }

  equals(other: Blob | null): boolean {
    return (
      other !== null &&
      this.bytes.length === other.bytes.length &&
      this.bytes.every((byte, index) => byte === other.bytes[index])
    );
  }
}

/** The blobs that one client made: it alone destroys them, and they are orphaned when it goes. */
export class BlobOwner {
  readonly #objects: ObjectTable;
  readonly #blobs = new Set<Blob>();
  #bytes = 0;

  constructor(objects: ObjectTable) {
    this.#objects = objects;
  }

  /** EINVAL for a length of 0 or beyond 2 GiB, before any byte is read. */
  checkLength(length: number): void {
    if (length === 0 || length > LONGEST)
      throw new KernelError('EINVAL', `a blob has 1 to ${LONGEST} bytes, got ${length}`);
    if (this.#bytes + length > BUDGET)
      throw new KernelError('ENOMEM', `this client's blobs would take more than ${BUDGET} bytes`);
  }

  create(bytes: Uint8Array): Blob {
    this.checkLength(bytes.length);
    const made = new Blob(this.#objects, bytes);
    this.#blobs.add(made);
    this.#bytes += bytes.length;
    return made;
  }

  /** ENOENT for an id that is no blob, EPERM for a blob that somebody else made. */
  destroy(id: number): void {
    const found = this.#objects.find(id, Blob);
    if (!found) throw new KernelError('ENOENT', `there is no blob ${id}`);
    if (!this.#blobs.delete(found)) throw new KernelError('EPERM', `blob ${id} was made by another client`);
    this.#bytes -= found.bytes.length;
    found.put();
  }

  release(): void {
    for (const made of this.#blobs) made.put();
    this.#blobs.clear();
  }
}
