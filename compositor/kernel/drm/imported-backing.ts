import type { Attachment } from '../dma-buf/attachment.ts';
import type { MovableMemory } from '../dma-buf/move.ts';
import type { Backing, HeldPages, Pin, PinAccess } from '../memory/backing.ts';
import { KernelError } from '../task/kernel-error.ts';

/** Memory of another exporter as this device sees it: through its attachment, which goes with it. */
export class ImportedBacking implements Backing {
  readonly #attachment: Attachment;

  /** Adopts the attachment. */
  constructor(attachment: Attachment) {
    this.#attachment = attachment;
  }

  get size(): number {
    return this.#attachment.buffer.size;
  }

  get pins(): number {
    return this.#attachment.maps;
  }

  get hostDescriptor(): number | null {
    return this.#exporters.hostDescriptor;
  }

  /** The identity of mappings is the exporter's, through whichever file they were made. */
  get movable(): MovableMemory | undefined {
    return this.#exporters.movable;
  }

  pin(offset: number, length: number, access?: PinAccess): Pin {
    return this.#attachment.map(offset, length, access);
  }

  hold(offset: number, length: number): readonly HeldPages[] {
    return this.#exporters.hold(offset, length);
  }

  view(offset: number, length: number, write: boolean): Uint8Array {
    return this.#exporters.view(offset, length, write);
  }

  keep(offset: number, length: number): Disposable {
    return this.#exporters.keep(offset, length);
  }

  read(target: Uint8Array, offset: number): number {
    return this.#exporters.read(target, offset);
  }

  write(source: Uint8Array, offset: number): number {
    return this.#exporters.write(source, offset);
  }

  resize(): void {
    throw new KernelError('EINVAL', 'imported memory is resized by its exporter, if at all');
  }

  punch(): void {
    throw new KernelError('EINVAL', 'imported memory belongs to its exporter');
  }

  [Symbol.dispose](): void {
    this.#attachment[Symbol.dispose]();
  }

  get #exporters(): Backing {
    return this.#attachment.buffer.operations.backing;
  }
}
