// Where the kernel puts the out-fences of a commit.
import { PAGE_SIZE, type Task } from '../kernel/task/index.ts';

/** Which fence: of the CRTC, of its writeback, of its histogram. */
export type FenceKind = 'out' | 'writeback' | 'histogram';

const OFFSETS: Readonly<Record<FenceKind, bigint>> = { out: 0n, writeback: 8n, histogram: 16n };

/** A page of the process with an s32 for each kind. */
export class FencePointers implements Disposable {
  readonly #task: Task;
  readonly #address: bigint;

  constructor(task: Task) {
    this.#task = task;
    this.#address = task.memory.mapAnonymous(PAGE_SIZE);
  }

  /** The address to give the kernel; what is there is -1 until a commit succeeds. */
  address(kind: FenceKind): bigint {
    const address = this.#address + OFFSETS[kind];
    this.#view(kind).setInt32(0, -1, true);
    return address;
  }

  /** The descriptor that the commit left, now the caller's; null when there is none. */
  take(kind: FenceKind): number | null {
    const view = this.#view(kind);
    const fd = view.getInt32(0, true);
    view.setInt32(0, -1, true);
    return fd < 0 ? null : fd;
  }

  [Symbol.dispose](): void {
    if (!this.#task.exited) this.#task.munmap(this.#address, PAGE_SIZE);
  }

  #view(kind: FenceKind): DataView {
    const bytes = this.#task.memory.view(this.#address + OFFSETS[kind], 4);
    return new DataView(bytes.buffer, bytes.byteOffset, 4);
  }
}
