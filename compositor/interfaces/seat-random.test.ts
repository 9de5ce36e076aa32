// Clients that come and go in whatever state the seat is in: nothing may throw, and what is told must fit together.
import { expect, it } from 'vitest';
import type { ObjectProxy } from '../../protocol/object/proxy.ts';
import { Kernel } from '../kernel/kernel.ts';
import { seededRandom } from '../machine/random.ts';
import { VirtualMachine } from '../machine/virtual-machine.ts';
import { BTN_LEFT, BTN_RIGHT, Hands } from './seat-testing.ts';
import { type TestClient, TestServer } from './testing.ts';

const STEPS = 400;
const KEYS = [30, 42, 58, 125];

type Window = ReturnType<TestClient['mapped']> & {
  /** Destroys the menus of the window that are there, which have to go before it. */
  readonly menus: (() => void)[];
};

/** What a client is told, checked as it comes. */
class Checked {
  readonly client: TestClient;
  readonly seat: ObjectProxy<'wl_seat'>;
  readonly pointer: ObjectProxy<'wl_pointer'>;
  readonly windows: Window[] = [];
  readonly wrong: string[] = [];
  serial = 0;
  #entered: ObjectProxy<'wl_surface'> | null = null;
  #keyboard: ObjectProxy<'wl_surface'> | null = null;

  constructor(client: TestClient) {
    this.client = client;
    this.seat = client.bind('wl_seat');
    this.pointer = this.seat.get_pointer();
    this.pointer.listen({
      enter: (serial, surface) => {
        this.#check(this.#entered?.destroyed !== false, 'entered twice');
        this.#entered = surface;
        this.#note(serial);
      },
      leave: (serial, surface) => {
        this.#check(this.#entered === surface, 'left what was not entered');
        this.#entered = null;
        this.#note(serial);
      },
      motion: () => this.#check(this.#entered !== null, 'moved over nothing'),
      button: serial => {
        this.#check(this.#entered !== null, 'pressed on nothing');
        this.#note(serial);
      },
    });
    this.seat.get_keyboard().listen({
      enter: (serial, surface) => {
        this.#check(this.#keyboard?.destroyed !== false, 'the keyboard entered twice');
        this.#keyboard = surface;
        this.#note(serial);
      },
      leave: serial => {
        this.#keyboard = null;
        this.#note(serial);
      },
      key: serial => {
        this.#check(this.#keyboard !== null, 'a key without the keyboard');
        this.#note(serial);
      },
    });
    this.seat.get_touch().on('down', serial => this.#note(serial));
  }

  #note(serial: number): void {
    this.#check(serial > this.serial, `serial ${serial} after ${this.serial}`);
    this.serial = serial;
  }

  #check(condition: boolean, words: string): void {
    if (!condition) this.wrong.push(words);
  }
}

class Crowd {
  readonly test: TestServer;
  readonly hands: Hands;
  readonly random: () => number;
  readonly gone: Checked[] = [];
  #clients: Checked[] = [];

  constructor(seed: number) {
    const machine = new VirtualMachine({ seed, order: 'random' });
    this.test = new TestServer({ machine, kernel: new Kernel({ machine, memoryBytes: 256 << 20 }) });
    this.hands = new Hands(this.test);
    this.random = seededRandom(seed);
  }

  get everybody(): readonly Checked[] {
    return [...this.gone, ...this.#clients];
  }

  step(): void {
    const actions = [this.#come, this.#open, this.#close, this.#kill, this.#menu, this.#grab, this.#cursor];
    const inputs = [this.#move, this.#move, this.#press, this.#press, this.#key, this.#finger];
    this.#pick(this.random() < 0.6 ? inputs : actions)?.call(this);
    if (this.random() < 0.7) this.test.machine.settle();
  }

  #come(): void {
    if (this.#clients.length < 3) this.#clients.push(new Checked(this.test.connect('somebody')));
  }

  #open(): void {
    const owner = this.#pick(this.#clients);
    if (!owner || owner.windows.length > 2) return;
    owner.windows.push({ ...owner.client.mapped(100, 100), menus: [] });
    const window = this.test.scene.windows.at(-1);
    if (window) this.test.scene.moveWindow(window, { x: this.#below(300), y: this.#below(300) });
  }

  #close(): void {
    const owner = this.#pick(this.#clients);
    const window = owner?.windows.pop();
    if (!window) return;
    for (const close of window.menus) close();
    if (this.random() < 0.3) window.surface.attach(null, 0, 0);
    if (this.random() < 0.3) window.surface.commit();
    window.toplevel.destroy();
    window.xdg.destroy();
    window.surface.destroy();
  }

  #kill(): void {
    const victim = this.#pick(this.#clients);
    if (!victim || this.random() < 0.5) return;
    this.#clients = this.#clients.filter(other => other !== victim);
    this.gone.push(victim);
    victim.client.client.disconnect('it was killed');
  }

  /** A menu that grabs, and is sometimes destroyed before it is mapped, or never. */
  #menu(): void {
    const owner = this.#pick(this.#clients);
    const window = owner && this.#pick(owner.windows);
    if (!owner || !window) return;
    const { client } = owner;
    const positioner = window.base.create_positioner();
    positioner.set_size(40, 40);
    positioner.set_anchor_rect(this.#below(100), this.#below(100), 1, 1);
    const surface = client.surface();
    const xdg = window.base.get_xdg_surface(surface);
    const popup = xdg.get_popup(window.xdg, positioner);
    const destroy = (): void => {
      popup.destroy();
      xdg.destroy();
      surface.destroy();
    };
    let open = true;
    const close = (): void => {
      if (open) destroy();
      open = false;
    };
    popup.on('popup_done', close);
    xdg.on('configure', serial => {
      if (!open) return;
      xdg.ack_configure(serial);
      surface.attach(client.buffer(40, 40), 0, 0);
      surface.commit();
    });
    window.menus.push(close);
    if (this.random() < 0.8) popup.grab(owner.seat, owner.serial);
    surface.commit();
    if (this.random() < 0.3) close();
  }

  #grab(): void {
    const owner = this.#pick(this.#clients);
    const window = owner && this.#pick(owner.windows);
    if (!owner || !window) return;
    if (this.random() < 0.5) window.toplevel.move(owner.seat, owner.serial);
    else window.toplevel.resize(owner.seat, owner.serial, this.#pick([1, 2, 4, 5, 6, 8, 9, 10])!);
  }

  #cursor(): void {
    const owner = this.#pick(this.#clients);
    if (!owner) return;
    const surface = owner.client.surface();
    owner.pointer.set_cursor(owner.serial, surface, 1, 1);
    surface.attach(owner.client.buffer(8, 8), 0, 0);
    surface.commit();
    if (this.random() < 0.5) surface.destroy();
  }

  #move(): void {
    const { pointer } = this.test.seat;
    pointer.moveTo(0n, { x: this.#below(450), y: this.#below(450) });
    if (this.random() < 0.8) pointer.frame();
  }

  #press(): void {
    const code = this.random() < 0.8 ? BTN_LEFT : BTN_RIGHT;
    const { pointer } = this.test.seat;
    pointer.button(0n, code, pointer.buttons.has(code) ? 'released' : 'pressed');
    pointer.frame();
  }

  #key(): void {
    const code = this.#pick(KEYS)!;
    const { keyboard } = this.test.seat;
    keyboard.key(0n, code, keyboard.pressed.has(code) ? 'released' : 'pressed');
  }

  #finger(): void {
    const { touch } = this.test.seat;
    const id = this.#below(3);
    if (!touch.points.has(id)) touch.down(0n, id, { x: this.#below(450), y: this.#below(450) });
    else if (this.random() < 0.5) touch.motion(0n, id, { x: this.#below(450), y: this.#below(450) });
    else if (this.random() < 0.9) touch.up(0n, id);
    else touch.cancel();
    touch.frame();
  }

  #below(limit: number): number {
    return Math.floor(this.random() * limit);
  }

  #pick<T>(list: readonly T[]): T | undefined {
    return list[this.#below(list.length)];
  }
}

it.each(Array.from({ length: 6 }, (_, seed) => seed + 1))('goes on whoever goes when (seed %i)', seed => {
  const crowd = new Crowd(seed);
  for (let step = 0; step < STEPS; step++) crowd.step();
  crowd.test.machine.settle();
  expect(crowd.test.trace.notes('fault')).toEqual([]);
  for (const one of crowd.everybody)
    expect([one.wrong, one.client.error?.message ?? null]).toEqual([[], null]);
  const { pointer, keyboard } = crowd.test.seat;
  for (const surface of [pointer.focus?.surface, keyboard.focus])
    if (surface) expect(crowd.test.scene.placementOf(surface)).not.toBeNull();
});
