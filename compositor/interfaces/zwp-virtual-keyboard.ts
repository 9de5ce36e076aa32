// zwp_virtual_keyboard_manager_v1: keyboards that programs type on, each with a keymap of its own.
import type { Handle } from '../../protocol/object/message.ts';
import type { Resource } from '../../protocol/object/resource.ts';
import { KernelError } from '../kernel/task/index.ts';
import { Keymap } from '../seat/keymap.ts';
import { NO_MODIFIERS } from '../seat/modifiers.ts';
import type { Client } from '../server/client.ts';
import type { Caller, Context } from './context.ts';
import { demand, displayRefusal } from './errors.ts';
import { PerClient } from './per-client.ts';
import { RateLimit } from './rate-limit.ts';

/** wl_keyboard.keymap_format. */
const XKB_V1 = 1;
const PRESSED = 1;
/** KEY_MAX of evdev. */
const LAST_KEY = 0x2ff;
/** The keymaps of xkeyboard-config have 50 to 100 kB. */
const MAX_KEYMAP = 1 << 20;
/** Of one client: each keeps the text of its keymap. */
const MOST_KEYBOARDS = 16;
/**
 * How often in a second one client's keyboards may give the seat another keymap: whoever has the keyboard gets a descriptor
 * each time, and has no endless number of them.
 */
const MOST_KEYMAPS = 256;

/** What binds the global. The keymap there is now comes back when a keyboard goes whose keymap is in use. */
export function virtualKeyboards(
  context: Context,
): (caller: Caller, resource: Resource<'zwp_virtual_keyboard_manager_v1'>) => void {
  const usual = context.rooms.seat.keyboard.keymap;
  const keyboards = new PerClient<VirtualKeyboard>('virtual keyboards', MOST_KEYBOARDS);
  const keymaps = new WeakMap<Client, RateLimit>();
  return ({ client }, resource) =>
    resource.setHandlers({
      create_virtual_keyboard: (_, __, id) => {
        const limit = keymaps.get(client) ?? new RateLimit(context.rooms.machine, MOST_KEYMAPS);
        keymaps.set(client, limit);
        const added = keyboards.add(client, new VirtualKeyboard(context, id, usual, limit));
        id.onDestroy(() => added[Symbol.dispose]());
      },
    });
}

class VirtualKeyboard {
  readonly #context: Context;
  readonly #resource: Resource<'zwp_virtual_keyboard_v1'>;
  readonly #usual: Keymap;
  readonly #keymaps: RateLimit;
  readonly #pressed = new Set<number>();
  #keymap: Keymap | null = null;
  /** It has told modifiers other than none. */
  #modified = false;

  constructor(
    context: Context,
    resource: Resource<'zwp_virtual_keyboard_v1'>,
    usual: Keymap,
    keymaps: RateLimit,
  ) {
    this.#context = context;
    this.#resource = resource;
    this.#usual = usual;
    this.#keymaps = keymaps;
    resource.onDestroy(() => this.#destroyed());
    resource.setHandlers({
      keymap: (_, format, handle, size) => {
        this.#keymap = this.#known(this.#read(format, handle, size));
      },
      // Time stamps of input are the machine's: what a program counts from is its own matter.
      key: (_, __, key, state) => this.#key(key, state === PRESSED),
      modifiers: (_, depressed, latched, locked, group) => {
        if (!this.#use()) return;
        const state = { depressed, latched, locked, group };
        this.#modified = (depressed | latched | locked | group) !== 0;
        this.#keyboard.modifiers(state);
      },
      destroy: () => {},
    });
  }

  get #keyboard() {
    return this.#context.rooms.seat.keyboard;
  }

  #key(key: number, pressed: boolean): void {
    const usable = this.#use();
    if (key > LAST_KEY || this.#pressed.has(key) === pressed) return;
    if (pressed && !usable) return;
    if (pressed) this.#pressed.add(key);
    else this.#pressed.delete(key);
    this.#send(key, pressed);
  }

  #send(key: number, pressed: boolean): void {
    const { machine } = this.#context.rooms;
    this.#keyboard.key(machine.now(), key, pressed ? 'pressed' : 'released', 'told');
  }

  /** What follows is typed on this keyboard: its keymap holds. False when keymaps change too often, and it is not typed. */
  #use(): boolean {
    demand(
      this.#keymap,
      this.#resource,
      'no_keymap',
      'a key or modifiers came before the keymap; send the keymap first',
    );
    if (this.#keyboard.keymap !== this.#keymap && !this.#keymaps.pass()) return false;
    this.#keyboard.setKeymap(this.#keymap);
    return true;
  }

  /** The same object for the same keymap, so that clients are not sent what they have. */
  #known(text: string): Keymap {
    const known = [this.#keyboard.keymap, this.#usual].find(keymap => keymap.text === text);
    return known ?? new Keymap(text);
  }

  #read(format: number, { fd }: Handle, size: number): string {
    demand(
      format === XKB_V1,
      this.#resource,
      'no_keymap',
      `keymaps of format ${format} are not known; send one of xkb_v1 (${XKB_V1})`,
    );
    const bytes = this.#contents(fd, size);
    const end = bytes.indexOf(0);
    const text = new TextDecoder().decode(end < 0 ? bytes : bytes.subarray(0, end));
    if (!text.includes('xkb_keymap')) throw badKeymap('it is no xkb_keymap');
    return text;
  }

  /** Copied: the client may shrink the file or write to it at any time. */
  #contents(fd: number, size: number): Uint8Array {
    if (size === 0 || size > MAX_KEYMAP)
      throw badKeymap(`it is said to have ${size} bytes; 1 to ${MAX_KEYMAP} are taken`);
    const { task } = this.#context.rooms;
    const bytes = new Uint8Array(size);
    try {
      const { size: length } = task.status(fd);
      if (length < BigInt(size)) throw badKeymap(`its file has ${length} bytes, and not ${size}`);
      if (task.pread(fd, bytes, 0n) < size) throw badKeymap('its file was cut while it was read');
    } catch (error) {
      if (!(error instanceof KernelError)) throw error;
      throw badKeymap(`it can't be read: ${error.message}`);
    }
    return bytes;
  }

  /** Nobody is left to release what it holds. */
  #destroyed(): void {
    for (const key of this.#pressed) this.#send(key, false);
    if (this.#modified) this.#keyboard.modifiers(NO_MODIFIERS);
    if (this.#keyboard.keymap === this.#keymap) this.#keyboard.setKeymap(this.#usual);
  }
}

const badKeymap = (problem: string) =>
  displayRefusal('invalid_method', `the keymap is not taken: ${problem}`);
