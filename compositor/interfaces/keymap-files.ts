// Keymaps as files that clients map.
import { interfaces } from '../../protocol/interfaces/index.ts';
import type { Resource } from '../../protocol/object/resource.ts';
import {
  F_ADD_SEALS,
  F_SEAL_GROW,
  F_SEAL_SEAL,
  F_SEAL_SHRINK,
  F_SEAL_WRITE,
} from '../../protocol/uapi/fcntl.ts';
import type { Task } from '../kernel/task/index.ts';
import type { Keymap } from '../seat/keymap.ts';

const XKB_V1 = interfaces.wl_keyboard.enums.keymap_format.xkb_v1;
/** Clients of this version map privately, as they must; older ones may want to share, which a file sealed against writes refuses. */
const PRIVATE_SINCE = 7;
const SIZE_SEALS = F_SEAL_SHRINK | F_SEAL_GROW;

export class KeymapFiles implements Disposable {
  readonly #task: Task;
  /** The file that all clients of version 7 share: nobody can write to it. */
  #shared: { readonly keymap: Keymap; readonly fd: number } | null = null;

  constructor(task: Task) {
    this.#task = task;
  }

  send(keyboard: Resource<'wl_keyboard'>, keymap: Keymap): void {
    // Text with its NUL, which the size counts.
    const bytes = new TextEncoder().encode(`${keymap.text}\0`);
    if (keyboard.version >= PRIVATE_SINCE) {
      keyboard.events.keymap(XKB_V1, { kind: 'task', fd: this.#share(keymap, bytes) }, bytes.length);
      return;
    }
    const fd = this.#create(bytes, SIZE_SEALS);
    try {
      keyboard.events.keymap(XKB_V1, { kind: 'task', fd }, bytes.length);
    } finally {
      this.#task.close(fd);
    }
  }

  [Symbol.dispose](): void {
    if (this.#shared && !this.#task.exited) this.#task.close(this.#shared.fd);
    this.#shared = null;
  }

  #share(keymap: Keymap, bytes: Uint8Array): number {
    if (this.#shared?.keymap === keymap) return this.#shared.fd;
    const fd = this.#create(bytes, SIZE_SEALS | F_SEAL_WRITE | F_SEAL_SEAL);
    this[Symbol.dispose]();
    this.#shared = { keymap, fd };
    return fd;
  }

  #create(bytes: Uint8Array, seals: number): number {
    const task = this.#task;
    const fd = task.memfdCreate('keymap');
    try {
      task.pwrite(fd, bytes, 0n);
      task.fcntl(fd, F_ADD_SEALS, seals);
      return fd;
    } catch (error) {
      task.close(fd);
      throw error;
    }
  }
}
