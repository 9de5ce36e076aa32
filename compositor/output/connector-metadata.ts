// What a display is told of the picture besides its pixels: HDR metadata of the surface that has the screen to itself.
import { modeIoctls } from '../../protocol/uapi/drm-mode.ts';
import type { AtomicRequest } from './atomic-request.ts';
import type { Card } from './card.ts';
import type { ConnectorInfo } from './pipes.ts';

const PROPERTY = 'HDR_OUTPUT_METADATA';

export class ConnectorMetadata {
  readonly #card: Card;
  readonly #connector: ConnectorInfo;
  readonly #supported: boolean;
  /** By the newest commit. */
  #shown: Uint8Array | null = null;

  constructor(card: Card, connector: ConnectorInfo) {
    this.#card = card;
    this.#connector = connector;
    this.#supported = connector.properties.has(PROPERTY);
  }

  /** Whether the display knows this already, or could not be told. */
  isShown(wanted: Uint8Array | null): boolean {
    return !this.#supported || sameBytes(this.#shown, wanted);
  }

  /**
   * Adds what is new to a request and has it committed. The kernel copies the metadata into a blob; a commit that is
   * accepted holds the blob, so it is given up at once. Throws what `commit` throws, and a KernelError.
   */
  commitWith(request: AtomicRequest, wanted: Uint8Array | null, commit: () => void): void {
    const news = !this.isShown(wanted);
    const blob = news && wanted ? this.#createBlob(wanted) : 0;
    if (news) request.set(this.#connector, PROPERTY, blob);
    try {
      commit();
    } finally {
      if (blob !== 0) this.#destroyBlob(blob);
    }
    this.#shown = wanted;
  }

  /** The display is switched off: whoever uses it next begins without. */
  clear(request: AtomicRequest): void {
    if (this.#supported) request.set(this.#connector, PROPERTY, 0);
  }

  #createBlob(data: Uint8Array): number {
    const { task, fd } = this.#card;
    return task.call(fd, modeIoctls.DRM_IOCTL_MODE_CREATEPROPBLOB, { data }).blob_id;
  }

  #destroyBlob(blob_id: number): void {
    this.#card.task.call(this.#card.fd, modeIoctls.DRM_IOCTL_MODE_DESTROYPROPBLOB, { blob_id });
  }
}

function sameBytes(one: Uint8Array | null, other: Uint8Array | null): boolean {
  if (one === other || one === null || other === null) return one === other;
  return one.length === other.length && one.every((byte, at) => byte === other[at]);
}
