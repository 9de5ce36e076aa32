// Moving and resizing windows by hand.
import { beforeEach, describe, expect, it } from 'vitest';
import { Kernel } from '../kernel/kernel.ts';
import { VirtualMachine } from '../machine/virtual-machine.ts';
import type { Window } from '../scene/window.ts';
import { BTN_RIGHT, Hands, Listening } from './seat-testing.ts';
import { type TestClient, TestServer } from './testing.ts';

const SUPER = 125;
const [EDGE_NONE, TOP_LEFT, RIGHT, BOTTOM_RIGHT] = [0, 5, 8, 10];
const RESIZING = 3;

let test: TestServer;
let client: TestClient;
let hands: Hands;
let heard: Listening;

beforeEach(() => {
  const machine = new VirtualMachine();
  test = new TestServer({ machine, kernel: new Kernel({ machine, memoryBytes: 64 << 20 }) });
  client = test.connect();
  hands = new Hands(test);
});

/** A window of 100x100 at 50,50 that answers a configure only when told to. */
function stage() {
  const made = client.mapped(100, 100);
  const window = test.scene.windows.at(-1) as Window;
  test.scene.moveWindow(window, { x: 50, y: 50 });
  test.machine.settle();
  heard = new Listening(client);
  heard.name(made.surface, 'A');
  hands.moveTo(60, 60);
  heard.take();
  const states: number[][] = [];
  made.toplevel.on('configure', (_, __, bytes) => states.push([...new Uint32Array(bytes.slice().buffer)]));
  const place = () => {
    const { x, y, width, height } = test.scene.placeOf(window)!;
    return [x, y, width, height];
  };
  /** Commits content of a size, which answers what was acknowledged. */
  const draw = (width: number, height: number): void => {
    made.surface.attach(client.buffer(width, height), 0, 0);
    made.surface.commit();
    client.settle();
  };
  const asked = () => made.configures.slice().map(({ width, height }) => `${width}x${height}`);
  return { ...made, window, place, draw, asked, states };
}

describe('xdg_toplevel.move', () => {
  it('lets the window follow the pointer until the button is up, and the client does not see the pointer', () => {
    const { toplevel, place } = stage();
    hands.press();
    toplevel.move(heard.seat, heard.lastSerial);
    client.settle();
    heard.take();
    hands.moveTo(160, 110);
    expect(place()).toEqual([150, 100, 100, 100]);
    expect(test.scene.cursor?.content).toEqual({ kind: 'shape', shape: 'grabbing' });
    expect(heard.take()).toEqual([]);
    hands.release();
    expect(heard.take()).toEqual(['enter A 10,10', 'frame']);
    expect(test.scene.cursor?.content).toEqual({ kind: 'shape', shape: 'default' });
    hands.moveTo(170, 110);
    expect(place()).toEqual([150, 100, 100, 100]);
  });

  it('takes a maximised window along under the pointer, with the size that it had before', () => {
    const { toplevel, place, draw, asked } = stage();
    toplevel.set_maximized();
    client.settle();
    draw(640, 480);
    hands.moveTo(480, 10);
    hands.press();
    toplevel.move(heard.seat, heard.lastSerial);
    client.settle();
    hands.moveTo(490, 30);
    expect(asked().at(-1)).toBe('100x100');
    draw(100, 100);
    // Three quarters of the way along its title.
    expect(place()).toEqual([415, 20, 100, 100]);
    hands.release();
  });

  it('leaves the window alone without a button down, or with a serial of somebody else', () => {
    const { toplevel, place } = stage();
    hands.press();
    const serial = heard.lastSerial;
    hands.release();
    toplevel.move(heard.seat, serial);
    client.settle();
    hands.moveTo(100, 100);
    const other = test.connect('other');
    const stranger = other.mapped(10, 10);
    hands.press();
    stranger.toplevel.move(new Listening(other).seat, heard.lastSerial);
    other.settle();
    hands.moveTo(140, 140);
    hands.release();
    toplevel.move(heard.seat, 0);
    toplevel.resize(heard.seat, 0, RIGHT);
    client.settle();
    expect(place().slice(2)).toEqual([100, 100]);
    expect(place().slice(0, 2)).toEqual([50, 50]);
    expect([client.error, other.error]).toEqual([null, null]);
  });

  it('takes no press from another program with the serial of a click of before', () => {
    const { toplevel, place } = stage();
    hands.press();
    hands.release();
    const serial = heard.lastSerial;
    const other = test.connect('other');
    const victim = other.mapped(100, 100);
    test.scene.moveWindow(test.scene.windows.at(-1)!, { x: 300, y: 50 });
    const told = new Listening(other);
    told.name(victim.surface, 'B');
    hands.moveTo(310, 60);
    hands.press();
    toplevel.move(heard.seat, serial);
    toplevel.resize(heard.seat, serial, RIGHT);
    client.settle();
    told.take();
    hands.moveTo(320, 60);
    hands.release();
    expect(told.take()).toEqual(['motion 20,10', 'frame', 'release 0x110', 'frame']);
    expect(place()).toEqual([50, 50, 100, 100]);
  });

  it('ends with the window, and the next press is for what lies there', () => {
    const { toplevel, surface } = stage();
    hands.press();
    toplevel.move(heard.seat, heard.lastSerial);
    client.settle();
    surface.attach(null, 0, 0);
    surface.commit();
    client.settle();
    expect(test.seat.pointer.grabbed).toBe(false);
    hands.moveTo(70, 70);
    hands.release();
    expect(test.trace.notes('fault')).toEqual([]);
  });

  it('follows a finger as well, whose client is told that it has none', () => {
    const { toplevel, place } = stage();
    hands.finger('down', 4, 60, 60);
    toplevel.move(heard.seat, heard.lastSerial);
    client.settle();
    expect(heard.take()).toContain('touch cancelled');
    hands.finger('motion', 4, 90, 70);
    hands.lift(4);
    hands.finger('down', 4, 100, 80);
    expect(place()).toEqual([80, 60, 100, 100]);
    expect(heard.take()).toContain('finger 4 down A 20,20');
  });
});

describe('xdg_toplevel.resize', () => {
  it('asks for one size at a time, and the last one at the end', () => {
    const { toplevel, asked, draw, states, configures } = stage();
    hands.press();
    toplevel.resize(heard.seat, heard.lastSerial, BOTTOM_RIGHT);
    client.settle();
    expect(states.at(-1)).toContain(RESIZING);
    draw(100, 100);
    const before = configures.length;
    hands.moveTo(70, 70);
    hands.moveTo(80, 70);
    hands.moveTo(90, 70);
    expect(asked().slice(before)).toEqual(['110x110']);
    draw(110, 110);
    expect(asked().slice(before)).toEqual(['110x110', '130x110']);
    hands.moveTo(100, 70);
    hands.release();
    expect(asked().slice(before)).toEqual(['110x110', '130x110', '140x110', '140x110']);
    expect(states.at(-1)).not.toContain(RESIZING);
  });

  it('keeps the opposite corner where it is, whatever size the client draws', () => {
    const { toplevel, place, draw } = stage();
    hands.press();
    toplevel.resize(heard.seat, heard.lastSerial, TOP_LEFT);
    client.settle();
    draw(100, 100);
    hands.moveTo(40, 30);
    expect(place()).toEqual([50, 50, 100, 100]);
    draw(113, 128);
    expect(place()).toEqual([37, 22, 113, 128]);
    hands.release();
    draw(120, 130);
    expect(place()).toEqual([30, 20, 120, 130]);
  });

  it('moves nothing where no edge is named, and refuses what is no edge', () => {
    const { toplevel } = stage();
    hands.press();
    toplevel.resize(heard.seat, heard.lastSerial, EDGE_NONE);
    client.settle();
    expect(test.seat.pointer.grabbed).toBe(false);
    toplevel.resize(heard.seat, heard.lastSerial, 3);
    client.settle();
    expect(client.error?.message).toContain('invalid_resize_edge');
  });

  it('ends with its client in the middle', () => {
    const { toplevel } = stage();
    hands.press();
    toplevel.resize(heard.seat, heard.lastSerial, RIGHT);
    client.settle();
    hands.moveTo(100, 60);
    client.client.disconnect('it was killed');
    test.machine.settle();
    hands.moveTo(110, 60);
    hands.release();
    expect(test.seat.pointer.grabbed).toBe(false);
    expect(test.trace.notes('fault')).toEqual([]);
  });
});

describe('Escape', () => {
  const ESC = 1;

  it('puts a window back that is being moved, and gives the pointer back', () => {
    const { toplevel, place } = stage();
    hands.press();
    toplevel.move(heard.seat, heard.lastSerial);
    client.settle();
    hands.moveTo(160, 110);
    heard.take();
    hands.key(ESC, 'pressed');
    expect(place()).toEqual([50, 50, 100, 100]);
    expect(test.seat.pointer.grabbed).toBe(false);
    hands.moveTo(70, 60);
    expect(place()).toEqual([50, 50, 100, 100]);
    hands.release();
    hands.key(ESC, 'released');
    hands.key(ESC, 'pressed');
    expect(heard.take()).toEqual(['enter A 20,10', 'frame', 'key 1 down']);
  });

  it('gives a window back its tile', () => {
    const made = client.mapped(100, 100);
    const window = test.scene.windows[0] as Window;
    heard = new Listening(client);
    hands.moveTo(300, 200);
    hands.press();
    made.toplevel.move(heard.seat, heard.lastSerial);
    client.settle();
    hands.moveTo(310, 200);
    expect(window.slot?.mode).toBe('floating');
    hands.key(ESC, 'pressed');
    expect(window.slot?.mode).toBe('tiled');
  });

  it('asks for the size that a window had', () => {
    const { toplevel, place, draw, asked, states } = stage();
    hands.press();
    toplevel.resize(heard.seat, heard.lastSerial, TOP_LEFT);
    client.settle();
    draw(100, 100);
    hands.moveTo(40, 40);
    draw(120, 120);
    expect(place()).toEqual([30, 30, 120, 120]);
    hands.key(ESC, 'pressed');
    expect(asked().at(-1)).toBe('100x100');
    expect(states.at(-1)).not.toContain(RESIZING);
    draw(100, 100);
    expect(place()).toEqual([50, 50, 100, 100]);
    hands.release();
  });
});

describe('Super', () => {
  it('with the left button moves a window, and the client hears of no press', () => {
    const { place } = stage();
    hands.key(SUPER, 'pressed');
    heard.take();
    hands.press();
    hands.moveTo(80, 60);
    hands.release();
    hands.key(SUPER, 'released');
    expect(place()).toEqual([70, 50, 100, 100]);
    expect(heard.take().filter(line => /press|release/.test(line))).toEqual([]);
  });

  it('with the right button resizes it by the nearest corner', () => {
    const { place, draw } = stage();
    hands.key(SUPER, 'pressed');
    hands.press(BTN_RIGHT);
    client.settle();
    draw(100, 100);
    hands.moveTo(40, 60);
    draw(120, 100);
    hands.release(BTN_RIGHT);
    expect(place()).toEqual([30, 50, 120, 100]);
  });

  it('is the program’s own where it keeps the compositor’s keys off', () => {
    const { place } = stage();
    test.seat.shortcutsInhibited = true;
    hands.key(SUPER, 'pressed');
    heard.take();
    hands.press();
    hands.moveTo(80, 60);
    hands.release();
    expect(place()).toEqual([50, 50, 100, 100]);
    expect(heard.take()).toContain('press 0x110');
  });
});
