// Menus: xdg_popup.grab.
import { beforeEach, describe, expect, it } from 'vitest';
import type { ObjectProxy } from '../../protocol/object/proxy.ts';
import { Kernel } from '../kernel/kernel.ts';
import { VirtualMachine } from '../machine/virtual-machine.ts';
import { Hands, Listening, openAt } from './seat-testing.ts';
import { type TestClient, TestServer } from './testing.ts';

let test: TestServer;
let client: TestClient;
let hands: Hands;
let heard: Listening;
let window: ReturnType<typeof windowAt>;

const windowAt = (owner: TestClient, x: number, y: number) => openAt(test, owner, { x, y }, 100);

beforeEach(() => {
  const machine = new VirtualMachine();
  test = new TestServer({ machine, kernel: new Kernel({ machine, memoryBytes: 64 << 20 }) });
  client = test.connect();
  hands = new Hands(test);
  window = windowAt(client, 0, 0);
  heard = new Listening(client);
  heard.name(window.surface, 'window');
  heard.take();
});

interface MenuOptions {
  /** Default: the newest serial that was heard; null: no grab. */
  readonly serial?: number | null;
  readonly parent?: ObjectProxy<'xdg_surface'>;
  readonly at?: number;
  readonly map?: boolean;
}

/** A menu of 50x50 beside its parent's corner, at 100,0 of the window unless told otherwise. */
function menu(
  name: string,
  { serial = heard.lastSerial, parent = window.xdg, at = 100, map = true }: MenuOptions = {},
) {
  const positioner = window.base.create_positioner();
  positioner.set_size(50, 50);
  positioner.set_anchor_rect(at, 0, 1, 1);
  positioner.set_anchor(5);
  positioner.set_gravity(8);
  const surface = client.surface();
  const xdg = window.base.get_xdg_surface(surface);
  const popup = xdg.get_popup(parent, positioner);
  const shown = { surface, xdg, popup, done: 0 };
  heard.name(surface, name);
  popup.on('popup_done', () => {
    shown.done++;
    order.push(name);
  });
  xdg.on('configure', acknowledged => xdg.ack_configure(acknowledged));
  if (serial !== null) popup.grab(client.bind('wl_seat'), serial);
  surface.commit();
  client.settle();
  if (!map) return shown;
  surface.attach(client.buffer(50, 50), 0, 0);
  surface.commit();
  client.settle();
  return shown;
}

let order: string[] = [];
beforeEach(() => {
  order = [];
});

/** Where a menu lies that was made without wishes. */
const INSIDE = [110, 10] as const;

describe('a popup that grabs', () => {
  it('has the keyboard, and the pointer stays within its client', () => {
    const other = test.connect('other');
    windowAt(other, 300, 0);
    const stranger = new Listening(other);
    hands.click(10, 10);
    heard.take();
    stranger.take();
    menu('menu');
    expect(heard.take()).toEqual(['keyboard leaves window', 'keyboard enters menu []', 'modifiers 0 0 0 0']);
    hands.moveTo(...INSIDE);
    expect(heard.take()).toEqual(['leave window', 'enter menu 10,10', 'frame']);
    hands.key(30, 'pressed');
    hands.key(30, 'released');
    expect(heard.take()).toEqual(['key 30 down', 'key 30 up']);
    hands.moveTo(20, 20);
    expect(heard.take()).toEqual(['leave menu', 'enter window 20,20', 'frame']);
    hands.moveTo(310, 10);
    expect(heard.take()).toEqual(['leave window', 'frame']);
    expect(stranger.take()).toEqual([]);
  });

  it('gives the keyboard back before a sync is answered: Qt closed the next menu at once', () => {
    hands.click(10, 10);
    const shown = menu('menu');
    heard.take();
    shown.popup.destroy();
    shown.xdg.destroy();
    client.objects.display.sync().on('done', () => heard.say('synchronised'));
    shown.surface.destroy();
    client.settle();
    expect(heard.take()).toEqual(['keyboard enters window []', 'modifiers 0 0 0 0', 'synchronised']);
  });

  it('goes with a press outside, which nobody else hears of', () => {
    const other = test.connect('other');
    windowAt(other, 300, 0);
    const stranger = new Listening(other);
    hands.click(10, 10);
    stranger.take();
    const shown = menu('menu');
    hands.moveTo(310, 10);
    heard.take();
    hands.press();
    expect(shown.done).toBe(1);
    expect(heard.take()).toEqual(['keyboard leaves menu', 'keyboard enters window []', 'modifiers 0 0 0 0']);
    hands.release();
    expect(stranger.take().filter(line => /press|release/.test(line))).toEqual([]);
    hands.click(311, 10);
    expect(stranger.take().filter(line => /press|release/.test(line))).toEqual([
      'press 0x110',
      'release 0x110',
    ]);
    expect(heard.take()).toContain('keyboard leaves window');
    shown.popup.destroy();
    shown.xdg.destroy();
    shown.surface.destroy();
    client.settle();
    expect(client.error).toBeNull();
  });

  it('lets its client have clicks on its other surfaces', () => {
    hands.click(10, 10);
    const shown = menu('menu');
    heard.take();
    hands.click(20, 20);
    expect(heard.take().filter(line => /press|release/.test(line))).toEqual(['press 0x110', 'release 0x110']);
    expect(shown.done).toBe(0);
  });

  it('opens under a button that is down, and hears of its release', () => {
    hands.moveTo(10, 10);
    hands.press();
    menu('menu');
    heard.take();
    hands.moveTo(...INSIDE);
    hands.release();
    expect(heard.take()).toEqual(['leave window', 'enter menu 10,10', 'frame', 'release 0x110', 'frame']);
  });

  it('keeps the pointer of a press in it until the release', () => {
    hands.click(10, 10);
    menu('menu');
    hands.moveTo(...INSIDE);
    hands.press();
    heard.take();
    hands.moveTo(20, 20);
    expect(heard.take()).toEqual(['motion -80,20', 'frame']);
    hands.release();
    expect(heard.take()).toEqual(['release 0x110', 'leave menu', 'enter window 20,20', 'frame']);
  });

  it('gives the keyboard back when its client destroys it', () => {
    hands.click(10, 10);
    const shown = menu('menu');
    heard.take();
    shown.popup.destroy();
    shown.xdg.destroy();
    shown.surface.destroy();
    client.settle();
    expect(heard.take()).toContain('keyboard enters window []');
    expect(test.seat.pointer.grabbed).toBe(false);
    expect(shown.done).toBe(0);
  });

  it('gives the keyboard back when its content goes', () => {
    hands.click(10, 10);
    const shown = menu('menu');
    heard.take();
    shown.surface.attach(null, 0, 0);
    shown.surface.commit();
    client.settle();
    expect(heard.take()).toContain('keyboard enters window []');
    expect(test.seat.popups.popups).toEqual([]);
  });

  it('goes with a finger outside', () => {
    hands.click(10, 10);
    const shown = menu('menu');
    hands.finger('down', 0, 400, 400);
    expect(shown.done).toBe(1);
  });

  it('goes when another window is activated', () => {
    windowAt(client, 300, 0);
    hands.click(10, 10);
    const shown = menu('menu');
    test.seat.activate(test.scene.windows[1]!);
    client.settle();
    expect(shown.done).toBe(1);
  });

  it('goes when a new window comes, which would have no keyboard beside it', () => {
    hands.click(10, 10);
    const { done } = menu('menu');
    expect(done).toBe(0);
    const other = client.mapped(100, 100);
    client.settle();
    expect(order).toEqual(['menu']);
    expect(test.seat.keyboard.focus).toBe(test.scene.activated!.surface);
    expect(other.surface.id).not.toBe(window.surface.id);
  });

  it('goes together with its window', () => {
    hands.click(10, 10);
    const shown = menu('menu');
    window.surface.attach(null, 0, 0);
    window.surface.commit();
    client.settle();
    expect(shown.done).toBe(1);
    expect(test.seat.popups.popups).toEqual([]);
    expect(test.seat.keyboard.focus).toBeNull();
  });
});

describe('menus of menus', () => {
  it('go from the top down', () => {
    hands.click(10, 10);
    const first = menu('first');
    menu('second', { parent: first.xdg, at: 50 });
    expect(heard.take()).toContain('keyboard enters second []');
    hands.moveTo(400, 400);
    hands.press();
    expect(order).toEqual(['second', 'first']);
  });

  it('give the keyboard to the one below', () => {
    hands.click(10, 10);
    const first = menu('first');
    const second = menu('second', { parent: first.xdg, at: 50 });
    heard.take();
    second.popup.destroy();
    second.xdg.destroy();
    second.surface.destroy();
    client.settle();
    expect(heard.take()).toContain('keyboard enters first []');
    expect(order).toEqual([]);
  });

  it('must grab above the topmost that grabbed', () => {
    hands.click(10, 10);
    const first = menu('first');
    menu('second', { parent: first.xdg, at: 50 });
    menu('third', { parent: first.xdg, at: 50, map: false });
    expect(client.error?.message).toContain('not_the_topmost_popup');
  });

  it('must not grab above one that did not', () => {
    hands.click(10, 10);
    const first = menu('first', { serial: null });
    menu('second', { parent: first.xdg, at: 50, map: false });
    expect(client.error?.message).toContain('invalid_grab');
  });
});

describe('a grab', () => {
  it('of a serial that is of no input of the client takes the popup away at once', () => {
    const other = test.connect('other');
    windowAt(other, 300, 0);
    const stranger = new Listening(other);
    hands.click(310, 10);
    for (const serial of [0, 0xffff_fff0, stranger.lastSerial])
      expect([serial, menu(`of ${serial}`, { serial, map: false }).done]).toEqual([serial, 1]);
    expect(test.seat.popups.popups).toEqual([]);
    expect(client.error).toBeNull();
  });

  it('of a click from before somebody typed elsewhere takes the popup away, and the keyboard stays there', () => {
    const other = test.connect('other');
    windowAt(other, 300, 0);
    const stranger = new Listening(other);
    hands.click(10, 10);
    const serial = heard.lastSerial;
    hands.click(310, 10);
    hands.key(30, 'pressed');
    hands.key(30, 'released');
    stranger.take();
    expect(menu('late', { serial, map: false }).done).toBe(1);
    hands.key(31, 'pressed');
    expect(stranger.take()).toEqual(['key 31 down']);
    expect(client.error).toBeNull();
  });

  it('after the popup was mapped is an error', () => {
    hands.click(10, 10);
    const { popup } = menu('menu', { serial: null });
    popup.grab(heard.seat, heard.lastSerial);
    client.settle();
    expect(client.error?.message).toContain('invalid_grab');
  });

  it('that is asked for twice is an error', () => {
    hands.click(10, 10);
    const { popup } = menu('menu', { map: false });
    popup.grab(heard.seat, heard.lastSerial);
    client.settle();
    expect(client.error?.message).toContain('invalid_grab');
  });

  it('ends with a popup that was never mapped', () => {
    hands.click(10, 10);
    const { popup, xdg, surface } = menu('menu', { map: false });
    popup.destroy();
    xdg.destroy();
    surface.destroy();
    client.settle();
    expect(test.seat.popups.popups).toEqual([]);
    expect(client.error).toBeNull();
  });

  it('ends with its client, in the middle of a press', () => {
    hands.click(10, 10);
    const first = menu('first');
    menu('second', { parent: first.xdg, at: 50 });
    hands.moveTo(...INSIDE);
    hands.press();
    client.client.disconnect('it was killed');
    test.machine.settle();
    hands.moveTo(5, 5);
    hands.release();
    expect(test.seat.popups.popups).toEqual([]);
    expect(test.seat.keyboard.focus).toBeNull();
    expect(test.trace.notes('fault')).toEqual([]);
    const next = test.connect('next');
    windowAt(next, 0, 0);
    const told = new Listening(next);
    hands.click(10, 10);
    expect(told.take()).toContain('press 0x110');
  });
});
