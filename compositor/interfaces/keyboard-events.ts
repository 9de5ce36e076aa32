// What the seat says of its keyboard, as events of each client's wl_keyboards.
import { interfaces } from '../../protocol/interfaces/index.ts';
import type { Resource } from '../../protocol/object/resource.ts';
import type { Nanoseconds } from '../machine/machine.ts';
import type { Surface } from '../scene/surface.ts';
import { KEY_REPEAT } from '../seat/keyboard.ts';
import type { Keymap } from '../seat/keymap.ts';
import type { ModifierState } from '../seat/modifiers.ts';
import type { KeyboardSink, KeyState } from '../seat/sink.ts';
import type { Client } from '../server/client.ts';
import { ClientResources } from './client-resources.ts';
import type { Context } from './context.ts';
import { milliseconds } from './input-time.ts';
import { KeymapFiles } from './keymap-files.ts';
import { words } from './words.ts';

type KeyboardResource = Resource<'wl_keyboard'>;

const { key_state: KEY } = interfaces.wl_keyboard.enums;
const REPEAT_SINCE = 4;

export class KeyboardEvents implements KeyboardSink, Disposable {
  readonly resources = new ClientResources('wl_keyboard');
  readonly #context: Context;
  readonly #files: KeymapFiles;
  /** What each knows its keys to mean. */
  readonly #told = new WeakMap<KeyboardResource, Keymap>();

  constructor(context: Context) {
    this.#context = context;
    this.#files = new KeymapFiles(context.rooms.task);
  }

  /** A new wl_keyboard: what it needs to know, and, where its client has the keyboard, that. */
  introduce(client: Client, keyboard: KeyboardResource): void {
    const { keyboard: device, serials } = this.#context.rooms.seat;
    this.#tellKeymap(client, keyboard);
    if (keyboard.version >= REPEAT_SINCE) keyboard.events.repeat_info(KEY_REPEAT.rate, KEY_REPEAT.delay);
    const { focus } = device;
    const surface = focus && this.#context.resourceOf(focus);
    if (!surface || this.#context.clientOf(focus) !== client) return;
    keyboard.events.enter(serials.give(focus, 'keyboard-enter'), surface, words(device.pressed));
    tellModifiers(keyboard, serials.next(), device.modifierState);
  }

  enter(surface: Surface, serial: number, pressed: ReadonlySet<number>): void {
    const resource = this.#context.resourceOf(surface);
    const client = this.#context.clientOf(surface);
    if (!resource || !client) return;
    for (const keyboard of this.resources.of(client)) {
      this.#tellKeymap(client, keyboard);
      keyboard.events.enter(serial, resource, words(pressed));
    }
  }

  leave(surface: Surface, serial: number): void {
    const resource = this.#context.resourceOf(surface);
    if (resource) for (const keyboard of this.#of(surface)) keyboard.events.leave(serial, resource);
  }

  key(surface: Surface, serial: number, time: Nanoseconds, code: number, state: KeyState): void {
    const when = milliseconds(time);
    for (const keyboard of this.#of(surface)) keyboard.events.key(serial, when, code, KEY[state]);
  }

  modifiers(surface: Surface, serial: number, state: ModifierState): void {
    for (const keyboard of this.#of(surface)) tellModifiers(keyboard, serial, state);
  }

  /** With a keymap a client begins a new state of the modifiers, so it is told what they are. */
  keymap(focus: Surface | null): void {
    const client = focus && this.#context.clientOf(focus);
    if (!client) return;
    const { keyboard: device, serials } = this.#context.rooms.seat;
    const serial = serials.next();
    for (const keyboard of this.resources.of(client))
      if (this.#tellKeymap(client, keyboard)) tellModifiers(keyboard, serial, device.modifierState);
  }

  [Symbol.dispose](): void {
    this.#files[Symbol.dispose]();
  }

  /** Returns whether there was anything to tell. */
  #tellKeymap(client: Client, keyboard: KeyboardResource): boolean {
    const { keymap } = this.#context.rooms.seat.keyboard;
    if (this.#told.get(keyboard) === keymap) return false;
    this.#told.set(keyboard, keymap);
    this.#files.send(client, keyboard, keymap);
    return true;
  }

  #of(surface: Surface): ReadonlySet<KeyboardResource> {
    return this.resources.of(this.#context.clientOf(surface));
  }
}

function tellModifiers({ events }: KeyboardResource, serial: number, state: ModifierState): void {
  events.modifiers(serial, state.depressed, state.latched, state.locked, state.group);
}
