import type { DmaBuf } from '../dma-buf/dma-buf.ts';
import { mapMemory } from '../dma-buf/move-mapping.ts';
import type { Reservation } from '../dma-buf/reservation.ts';
import type { Backing, Pin, PinAccess } from '../memory/backing.ts';
import type { MappedObject } from '../task/address-space.ts';
import type { DrmDevice } from './device.ts';
import type { DrmFile } from './file.ts';

export interface GemOptions {
  readonly backing: Backing;
  readonly reservation: Reservation;
  /** The dma-buf whose memory this is, kept by `backing`; null for memory of the device's own. */
  readonly importedFrom?: DmaBuf | null;
  /** For people: 'dumb buffer', 'simgpu buffer', ... */
  readonly label: string;
}

/**
 * A buffer object of a DRM device (`struct drm_gem_object`). Handles, exported dma-bufs, framebuffers, mappings and
 * jobs each hold a reference; the memory goes with the last. Made with one reference: the maker's.
 */
export class GemObject {
  readonly device: DrmDevice;
  /** Bytes, whole pages. */
  readonly size: number;
  readonly backing: Backing;
  /** That of the exporter, if it was imported. */
  readonly reservation: Reservation;
  readonly importedFrom: DmaBuf | null;
  readonly label: string;
  /** `drm_gem_create_mmap_offset`: where mmap of the device's node finds it; the same for as long as it lives. */
  readonly offset: bigint;
  /** Flink name, 0 when it has none. */
  name = 0;
  /** The dma-buf it was exported as or imported from, as long as it has handles; a reference of the object's own. */
  dmaBuf: DmaBuf | null = null;
  readonly #handles = new Map<DrmFile, number>();
  #handleCount = 0;
  #references = 1;

  constructor(device: DrmDevice, options: GemOptions) {
    this.device = device;
    this.size = options.backing.size;
    this.backing = options.backing;
    this.reservation = options.reservation;
    this.importedFrom = options.importedFrom ?? null;
    this.label = options.label;
    this.offset = device.offsets.add(this);
    device.objects.add(this);
  }

  get references(): number {
    return this.#references;
  }

  /** Handles of all files together. */
  get handleCount(): number {
    return this.#handleCount;
  }

  get(): this {
    if (this.#references === 0) throw new Error(`${this.describe()} was already freed`);
    this.#references++;
    return this;
  }

  put(): void {
    if (this.#references === 0) throw new Error(`${this.describe()} was freed once too often`);
    if (--this.#references === 0) this.#free();
  }

  /** Whether a file has a handle of it (`drm_vma_node_is_allowed`). */
  mayBeMappedBy(file: DrmFile): boolean {
    return this.#handles.has(file);
  }

  /** A mapping of the whole object, which keeps it alive. */
  map(): MappedObject {
    this.get();
    return mapMemory(this.backing, { offset: 0, length: this.size, unmapped: () => this.put() });
  }

  /** Makes it addressable by the engines. ENOMEM. */
  pin(access: PinAccess = 'write'): Pin {
    return this.backing.pin(0, this.size, access);
  }

  handleAdded(file: DrmFile): void {
    this.#handles.set(file, (this.#handles.get(file) ?? 0) + 1);
    this.#handleCount++;
    this.get();
  }

  /** `drm_gem_object_handle_put_unlocked`: name and export end with the last handle. */
  handleRemoved(file: DrmFile): void {
    const left = this.#handles.get(file)! - 1;
    if (left > 0) this.#handles.set(file, left);
    else this.#handles.delete(file);
    if (--this.#handleCount === 0) this.#lastHandleRemoved();
    this.put();
  }

  describe(): string {
    return `${this.label} of ${this.size} bytes of ${this.device.driver.name}`;
  }

  #lastHandleRemoved(): void {
    if (this.name !== 0) this.device.names.remove(this.name);
    this.name = 0;
    const dmaBuf = this.dmaBuf;
    this.dmaBuf = null;
    dmaBuf?.file.put();
  }

  #free(): void {
    this.device.objects.delete(this);
    const { driver, kernel } = this.device;
    const free = () => this.device.offsets.remove(this);
    if (driver.freedByHost) kernel.machine.post(`the host frees a ${this.label} of ${driver.name}`, free);
    else free();
    this.backing[Symbol.dispose]();
  }
}
