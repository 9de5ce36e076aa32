// For tests of input: what a client's pointer, keyboard and touch tell, one line for each event.
import type { ObjectProxy } from '../../protocol/object/proxy.ts';
import type { Point } from '../scene/region.ts';
import type { TestClient, TestServer } from './testing.ts';

export const BTN_LEFT = 0x110;
export const BTN_RIGHT = 0x111;

/** Everything that one client hears of a seat. */
export class Listening {
  readonly seat: ObjectProxy<'wl_seat'>;
  readonly pointer: ObjectProxy<'wl_pointer'>;
  readonly keyboard: ObjectProxy<'wl_keyboard'>;
  readonly touch: ObjectProxy<'wl_touch'>;
  /** Serials of the events that had one, in their order. */
  readonly serials: number[] = [];
  readonly #names = new Map<number, string>();
  #lines: string[] = [];

  constructor(client: TestClient, version?: number) {
    this.seat = client.bind('wl_seat', version);
    this.pointer = this.seat.get_pointer();
    this.keyboard = this.seat.get_keyboard();
    this.touch = this.seat.get_touch();
    this.#listenToPointer();
    this.#listenToKeyboard();
    this.#listenToTouch();
    client.settle();
  }

  /** Names a surface in the lines from now on. */
  name(surface: ObjectProxy<'wl_surface'>, name: string): void {
    this.#names.set(surface.id, name);
  }

  /** What was heard since the last call. */
  take(): string[] {
    const lines = this.#lines;
    this.#lines = [];
    return lines;
  }

  /** A line for something else that was heard. */
  say(line: string): void {
    this.#lines.push(line);
  }

  get lastSerial(): number {
    return this.serials.at(-1) ?? 0;
  }

  #note(line: string, serial?: number): void {
    this.#lines.push(line);
    if (serial !== undefined) this.serials.push(serial);
  }

  #of(surface: { readonly id: number } | null): string {
    return surface ? (this.#names.get(surface.id) ?? `wl_surface@${surface.id}`) : 'nothing';
  }

  #listenToPointer(): void {
    this.pointer.listen({
      enter: (serial, surface, x, y) => this.#note(`enter ${this.#of(surface)} ${x},${y}`, serial),
      leave: (serial, surface) => this.#note(`leave ${this.#of(surface)}`, serial),
      motion: (_, x, y) => this.#note(`motion ${x},${y}`),
      button: (serial, _, code, state) =>
        this.#note(`${state ? 'press' : 'release'} 0x${code.toString(16)}`, serial),
      axis: (_, axis, value) => this.#note(`axis ${axis} ${value}`),
      axis_source: source => this.#note(`axis source ${source}`),
      axis_discrete: (axis, discrete) => this.#note(`axis ${axis} clicks ${discrete}`),
      axis_stop: (_, axis) => this.#note(`axis ${axis} stops`),
      frame: () => this.#note('frame'),
    });
  }

  #listenToKeyboard(): void {
    this.keyboard.listen({
      enter: (serial, surface, keys) =>
        this.#note(`keyboard enters ${this.#of(surface)} [${codes(keys)}]`, serial),
      leave: (serial, surface) => this.#note(`keyboard leaves ${this.#of(surface)}`, serial),
      key: (serial, _, code, state) => this.#note(`key ${code} ${state ? 'down' : 'up'}`, serial),
      modifiers: (_, depressed, latched, locked, group) =>
        this.#note(`modifiers ${depressed} ${latched} ${locked} ${group}`),
    });
  }

  #listenToTouch(): void {
    this.touch.listen({
      down: (serial, _, surface, id, x, y) =>
        this.#note(`finger ${id} down ${this.#of(surface)} ${x},${y}`, serial),
      up: (serial, _, id) => this.#note(`finger ${id} up`, serial),
      motion: (_, id, x, y) => this.#note(`finger ${id} ${x},${y}`),
      frame: () => this.#note('touch frame'),
      cancel: () => this.#note('touch cancelled'),
    });
  }
}

/** Listens, and calls the surfaces A, B and C. */
export function listener(
  owner: TestClient,
  ...surfaces: { surface: ObjectProxy<'wl_surface'> }[]
): Listening {
  const heard = new Listening(owner);
  surfaces.forEach(({ surface }, at) => {
    heard.name(surface, 'ABC'[at]!);
  });
  heard.take();
  return heard;
}

/** Opens a window whose corner is at a place. */
export function openAt(test: TestServer, owner: TestClient, place: Point, size = 64) {
  const window = owner.mapped(size, size);
  test.scene.moveWindow(test.scene.windows.at(-1)!, place);
  test.machine.settle();
  return window;
}

const codes = (keys: Uint8Array): string => new Uint32Array(keys.slice().buffer).join(',');

/** The hands of a person, each call a frame of its own, delivered before it returns. */
export class Hands {
  readonly #test: TestServer;

  constructor(test: TestServer) {
    this.#test = test;
  }

  moveTo(x: number, y: number): void {
    this.#test.seat.pointer.moveTo(this.#now, { x, y });
    this.#frame();
  }

  press(code = BTN_LEFT): void {
    this.#test.seat.pointer.button(this.#now, code, 'pressed');
    this.#frame();
  }

  release(code = BTN_LEFT): void {
    this.#test.seat.pointer.button(this.#now, code, 'released');
    this.#frame();
  }

  click(x: number, y: number): void {
    this.moveTo(x, y);
    this.press();
    this.release();
  }

  key(code: number, state: 'pressed' | 'released'): void {
    this.#test.seat.keyboard.key(this.#now, code, state);
    this.#test.machine.settle();
  }

  finger(what: 'down' | 'motion', id: number, x: number, y: number): void {
    this.#test.seat.touch[what](this.#now, id, { x, y });
    this.#touchFrame();
  }

  lift(id: number): void {
    this.#test.seat.touch.up(this.#now, id);
    this.#touchFrame();
  }

  get #now(): bigint {
    return this.#test.machine.now();
  }

  #frame(): void {
    this.#test.seat.pointer.frame();
    this.#test.machine.settle();
  }

  #touchFrame(): void {
    this.#test.seat.touch.frame();
    this.#test.machine.settle();
  }
}
