import { F_SEAL_SHRINK, F_SEAL_WRITE } from '../../../../protocol/uapi/fcntl.ts';
import type { Pin } from '../../memory/backing.ts';
import { MemFile } from '../../memory/memfd.ts';
import { KernelError, require } from '../../task/kernel-error.ts';
import type { Task } from '../../task/task.ts';
import { Counted } from './counted.ts';

/**
 * The memory behind a property that takes a memfd: pinned, and the file held, for as long as a state refers to it, so
 * that nothing a client does to its descriptor or mappings can take it away. The client's addresses are never used.
 */
export class PinnedMemfd extends Counted {
  readonly #pin: Pin;
  readonly #release: () => void;

  /**
   * The memfd of a descriptor. EINVAL: no memfd, not sealed with F_SEAL_SHRINK (its end could go away), sealed with
   * F_SEAL_WRITE (nobody could write it), or shorter than `length` bytes. ENOMEM: no room to pin it.
   */
  static take(task: Task, fd: number, length: number): PinnedMemfd {
    const file = task.files.find(fd);
    if (!file) throw new KernelError('EINVAL', `descriptor ${fd} is not open, expected a memfd`);
    const memfd = file.as(MemFile, 'memfd');
    const seals = memfd.seals();
    require((seals & F_SEAL_SHRINK) !== 0, 'EINVAL', 'the memfd has to be sealed with F_SEAL_SHRINK');
    require((seals & F_SEAL_WRITE) === 0, 'EINVAL', 'the memfd is sealed against writing');
    const { size } = memfd.backing;
    require(size >= length, 'EINVAL', `the memfd has ${size} bytes, the record needs ${length}`);
    const pin = memfd.backing.pin(0, length);
    file.get();
    return new PinnedMemfd(pin, () => file.put());
  }

  private constructor(pin: Pin, release: () => void) {
    super();
    this.#pin = pin;
    this.#release = release;
  }

  /** Byte address in physical memory. */
  get address(): number {
    return this.#pin.address;
  }

  protected freed(): void {
    this.#pin[Symbol.dispose]();
    this.#release();
  }
}
