// wl_shm memory as a source of the render engine: its own pages where that is safe, a copy otherwise.
import { F_ADD_SEALS, F_GET_SEALS, F_SEAL_SHRINK, F_SEAL_WRITE } from '../../protocol/uapi/fcntl.ts';
import { UDMABUF_CREATE, UDMABUF_FLAGS_CLOEXEC } from '../../protocol/uapi/udmabuf.ts';
import { PAGE_SIZE, type Task } from '../kernel/task/index.ts';
import type { Machine } from '../machine/machine.ts';
import type { BufferUse } from '../scene/buffer-use.ts';
import type { ShmBuffer } from '../scene/client-buffer.ts';
import type { GpuImage, RenderDevice } from './render-device.ts';

export const UDMABUF_NODE = '/dev/udmabuf';

/** Where a shm buffer's pixels lie on the render device. */
export interface ShmSource extends Disposable {
  /** Whether jobs read the client's own memory, which must not be released before they are over. */
  readonly shared: boolean;
  /** The image with the content of a commit. Null when the client's memory is gone. Throws a KernelError. */
  image(use: BufferUse): GpuImage | null;
}

/**
 * The client's own pages (`drivers/dma-buf/udmabuf.c` wants them sealed against shrinking and not against writing, and
 * whole pages of the file). Null when that can't be: they are copied then.
 */
export function shareShm(device: RenderDevice, udmabuf: number, buffer: ShmBuffer): ShmSource | null {
  const { task, buffers } = device;
  const pages = shmPages(task, udmabuf, buffer);
  if (!pages) return null;
  try {
    const handle = buffers.import(pages.dmabuf);
    const image = imageOf(buffer, handle, pages.offset);
    return { shared: true, image: () => image, [Symbol.dispose]: () => buffers.drop(handle) };
  } catch {
    return null;
  } finally {
    task.close(pages.dmabuf);
  }
}

/** The buffer's pages as a dma-buf of the caller's, and where in it the buffer begins; null when that can't be. */
export function shmPages(
  task: Task,
  udmabuf: number,
  buffer: ShmBuffer,
): { readonly dmabuf: number; readonly offset: number } | null {
  const { fd } = buffer.memory;
  const start = Math.floor(buffer.offset / PAGE_SIZE) * PAGE_SIZE;
  const end = Math.ceil((buffer.offset + buffer.byteLength) / PAGE_SIZE) * PAGE_SIZE;
  try {
    if (!sealed(task, fd)) return null;
    return {
      dmabuf: createUdmabuf(task, udmabuf, { fd, start, length: end - start }),
      offset: buffer.offset - start,
    };
  } catch {
    // Too large, too short, or no memfd.
    return null;
  }
}

function sealed(task: Task, fd: number): boolean {
  try {
    task.fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK);
  } catch {
    // Sealed against sealing: it may have the right seals all the same.
  }
  const seals = task.fcntl(fd, F_GET_SEALS);
  return (seals & F_SEAL_SHRINK) !== 0 && (seals & F_SEAL_WRITE) === 0;
}

/** UDMABUF_CREATE returns the descriptor as the result of the call. */
function createUdmabuf(
  task: Task,
  udmabuf: number,
  range: { fd: number; start: number; length: number },
): number {
  return task.callForNumber(udmabuf, UDMABUF_CREATE, {
    memfd: range.fd,
    flags: UDMABUF_FLAGS_CLOEXEC,
    offset: BigInt(range.start),
    size: BigInt(range.length),
  });
}

interface Copy {
  readonly handle: number;
  readonly address: bigint;
}

/** Copies kept for the next commits: one is written while jobs read the other. */
const SPARE_COPIES = 2;

/** Copies in the compositor's own memory, one for each commit that is shown. The client gets its buffer back at once. */
export class CopiedShm implements ShmSource {
  readonly shared = false;
  readonly #device: RenderDevice;
  readonly #buffer: ShmBuffer;
  readonly #machine: Machine;
  readonly #copies = new Map<BufferUse, Copy>();
  readonly #spare: Copy[] = [];
  #faulted = false;

  constructor(device: RenderDevice, buffer: ShmBuffer, machine: Machine) {
    this.#device = device;
    this.#buffer = buffer;
    this.#machine = machine;
  }

  image(use: BufferUse): GpuImage | null {
    if (this.#faulted) return null;
    const copy = this.#copies.get(use) ?? this.#make(use);
    return copy && imageOf(this.#buffer, copy.handle, 0);
  }

  [Symbol.dispose](): void {
    for (const copy of [...this.#copies.values(), ...this.#spare.splice(0)]) this.#drop(copy);
    this.#copies.clear();
  }

  #make(use: BufferUse): Copy | null {
    const copy = this.#take();
    if (!this.#fill(copy)) {
      this.#spare.push(copy);
      return null;
    }
    this.#copies.set(use, copy);
    use.whenEnded(() => this.#retire(use));
    use.copied();
    return copy;
  }

  /** A spare copy that no job reads any more, or a new one. */
  #take(): Copy {
    const idle = this.#spare.findIndex(({ handle }) => !this.#device.busy(handle));
    if (idle >= 0) return this.#spare.splice(idle, 1)[0]!;
    const { byteLength } = this.#buffer;
    const handle = this.#device.createBuffer(byteLength);
    try {
      return { handle, address: this.#device.map(handle, byteLength) };
    } catch (error) {
      this.#device.buffers.drop(handle);
      throw error;
    }
  }

  #retire(use: BufferUse): void {
    const copy = this.#copies.get(use);
    if (!copy) return;
    this.#copies.delete(use);
    if (this.#spare.length < SPARE_COPIES) this.#spare.push(copy);
    else this.#drop(copy);
  }

  /** Jobs that still read it keep its memory. */
  #drop({ handle, address }: Copy): void {
    const { task, buffers } = this.#device;
    if (!task.exited) task.munmap(address, this.#buffer.byteLength);
    buffers.drop(handle);
  }

  /** False when the client's memory is gone. */
  #fill({ address }: Copy): boolean {
    const { byteLength, memory, offset } = this.#buffer;
    const { task } = this.#device;
    const target = task.memory.view(address, byteLength);
    for (let done = 0; done < byteLength; ) {
      const count = task.pread(memory.fd, target.subarray(done), BigInt(offset + done));
      if (count === 0) {
        this.#fault();
        return false;
      }
      done += count;
    }
    return true;
  }

  /** The client is told in a turn of its own: its surfaces go then, and not in the middle of a frame. */
  #fault(): void {
    this.#faulted = true;
    const { label, offset, byteLength, lifetime } = this.#buffer;
    const hold = lifetime.hold('fault');
    this.#machine.post(`fault of ${label}`, () => {
      this.#buffer.fault(
        `the pool's file ends before byte ${offset + byteLength}, where ${label} does; it was cut short`,
      );
      hold[Symbol.dispose]();
    });
  }
}

const imageOf = (buffer: ShmBuffer, handle: number, offset: number): GpuImage => ({
  handle,
  format: buffer.format,
  width: buffer.width,
  height: buffer.height,
  offsets: [offset, 0],
  pitches: [buffer.stride, 0],
});
