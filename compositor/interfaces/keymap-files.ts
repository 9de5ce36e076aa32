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
import type { Client } from '../server/client.ts';

const XKB_V1 = interfaces.wl_keyboard.enums.keymap_format.xkb_v1;
/** Clients of this version map privately, as they must; older ones may want to share, which a file sealed against writes refuses. */
const PRIVATE_SINCE = 7;
const SIZE_SEALS = F_SEAL_SHRINK | F_SEAL_GROW;
/** Files kept for the same readers: two virtual keyboards that take turns make none anew with each key. */
const KEPT = 2;

export class KeymapFiles implements Disposable {
  readonly #task: Task;
  /** All clients of version 7 share them: nobody can write to them. */
  readonly #shared: NewestFiles;
  /** The others may write to theirs, so each has its own. */
  readonly #own = new Map<Client, NewestFiles>();

  constructor(task: Task) {
    this.#task = task;
    this.#shared = new NewestFiles(task, SIZE_SEALS | F_SEAL_WRITE | F_SEAL_SEAL);
  }

  /** Tells a client's keyboard the keymap. One that is leaving hears of nothing any more. */
  send(client: Client, keyboard: Resource<'wl_keyboard'>, keymap: Keymap): void {
    if (!client.connected) return;
    const files = keyboard.version >= PRIVATE_SINCE ? this.#shared : this.#filesOf(client);
    const { fd, size } = files.of(keymap);
    keyboard.events.keymap(XKB_V1, { kind: 'task', fd }, size);
  }

  [Symbol.dispose](): void {
    for (const files of [this.#shared, ...this.#own.values()]) files[Symbol.dispose]();
    this.#own.clear();
  }

  #filesOf(client: Client): NewestFiles {
    const known = this.#own.get(client);
    if (known) return known;
    const files = new NewestFiles(this.#task, SIZE_SEALS);
    this.#own.set(client, files);
    client.onLeave(() => {
      this.#own.delete(client);
      files[Symbol.dispose]();
    });
    return files;
  }
}

interface KeymapFile {
  readonly keymap: Keymap;
  /** Of the compositor's Task. */
  readonly fd: number;
  /** Bytes of the text with its NUL. */
  readonly size: number;
}

/** The files of the keymaps that the same readers were sent last. */
class NewestFiles implements Disposable {
  readonly #task: Task;
  readonly #seals: number;
  #files: readonly KeymapFile[] = [];

  constructor(task: Task, seals: number) {
    this.#task = task;
    this.#seals = seals;
  }

  of(keymap: Keymap): KeymapFile {
    const known = this.#files.find(file => file.keymap === keymap);
    const file = known ?? this.#create(keymap);
    const others = this.#files.filter(other => other !== known);
    this.#files = [file, ...others.slice(0, KEPT - 1)];
    this.#close(others.slice(KEPT - 1));
    return file;
  }

  [Symbol.dispose](): void {
    this.#close(this.#files);
    this.#files = [];
  }

  #close(files: readonly KeymapFile[]): void {
    if (!this.#task.exited) for (const { fd } of files) this.#task.close(fd);
  }

  #create(keymap: Keymap): KeymapFile {
    const task = this.#task;
    const bytes = new TextEncoder().encode(`${keymap.text}\0`);
    const fd = task.memfdCreate('keymap');
    try {
      task.pwrite(fd, bytes, 0n);
      task.fcntl(fd, F_ADD_SEALS, this.#seals);
      return { keymap, fd, size: bytes.length };
    } catch (error) {
      task.close(fd);
      throw error;
    }
  }
}
