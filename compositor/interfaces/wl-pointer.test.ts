// What clients hear of the pointer.
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { Kernel } from '../kernel/kernel.ts';
import { VirtualMachine } from '../machine/virtual-machine.ts';
import { BTN_RIGHT, Hands, Listening, listener, openAt } from './seat-testing.ts';
import { type TestClient, TestServer } from './testing.ts';

let test: TestServer;
let client: TestClient;
let hands: Hands;

beforeEach(() => {
  const machine = new VirtualMachine();
  test = new TestServer({ machine, kernel: new Kernel({ machine, memoryBytes: 64 << 20 }) });
  client = test.connect();
  hands = new Hands(test);
});

/** A window of 64x64 whose corner is at a place. */
const windowAt = (owner: TestClient, x: number, y: number, size?: number) =>
  openAt(test, owner, { x, y }, size);

describe('focus', () => {
  it('enters, moves and leaves, each told in a frame of its own', () => {
    const heard = listener(client, windowAt(client, 100, 100));
    hands.moveTo(10, 10);
    expect(heard.take()).toEqual([]);
    hands.moveTo(110, 120.5);
    expect(heard.take()).toEqual(['enter A 10,20.5', 'frame']);
    hands.moveTo(111, 121);
    expect(heard.take()).toEqual(['motion 11,21', 'frame']);
    hands.moveTo(10, 10);
    expect(heard.take()).toEqual(['leave A', 'frame']);
  });

  it('leaves one surface before it enters the next, with serials that grow', () => {
    const heard = listener(client, windowAt(client, 0, 0), windowAt(client, 200, 0));
    hands.moveTo(10, 10);
    hands.moveTo(210, 10);
    expect(heard.take()).toEqual(['enter A 10,10', 'frame', 'leave A', 'enter B 10,10', 'frame']);
    const { serials } = heard;
    expect(serials).toEqual([...serials].sort((a, b) => a - b));
    expect(new Set(serials).size).toBe(serials.length);
  });

  it('follows windows that come, are raised and go, without any input', () => {
    const first = windowAt(client, 100, 100);
    const heard = listener(client, first);
    hands.moveTo(110, 110);
    heard.take();
    const second = windowAt(client, 100, 100);
    expect(heard.take()).toContain(`enter wl_surface@${second.surface.id} 10,10`);
    heard.name(second.surface, 'B');
    test.scene.raise(test.scene.windows[0]!);
    test.machine.settle();
    expect(heard.take()).toEqual(['leave B', 'enter A 10,10', 'frame']);
    first.toplevel.destroy();
    first.xdg.destroy();
    client.settle();
    expect(heard.take()).toContain('enter B 10,10');
    second.surface.attach(null, 0, 0);
    second.surface.commit();
    client.settle();
    expect(heard.take()).toContain('leave B');
    expect(test.seat.pointer.focus).toBeNull();
  });

  it('does not name a surface that is destroyed', () => {
    const { surface, toplevel, xdg } = windowAt(client, 0, 0);
    const heard = listener(client, { surface });
    hands.moveTo(10, 10);
    heard.take();
    toplevel.destroy();
    xdg.destroy();
    surface.destroy();
    client.settle();
    hands.moveTo(20, 20);
    hands.press();
    hands.release();
    expect(heard.take().filter(line => line.includes('A'))).toEqual([]);
    expect(client.error).toBeNull();
  });

  it('leaves a surface that goes while it has a name, so that nobody enters two at once', () => {
    const below = windowAt(client, 0, 0);
    const { surface, toplevel, xdg } = windowAt(client, 0, 0);
    const heard = listener(client, below);
    hands.moveTo(10, 10);
    heard.take();
    const left: boolean[] = [];
    vi.spyOn(test.seat.sink.pointer, 'leave').mockImplementation(
      ({ destroyed }) => void left.push(destroyed),
    );
    toplevel.destroy();
    xdg.destroy();
    surface.destroy();
    client.settle();
    expect(left).toEqual([false]);
    expect(heard.take()).toContain('enter A 10,10');
  });

  it('goes through what the input region leaves out, and to subsurfaces', () => {
    const below = windowAt(client, 0, 0, 100);
    const above = windowAt(client, 0, 0, 100);
    const region = client.bind('wl_compositor').create_region();
    region.add(50, 0, 50, 100);
    above.surface.set_input_region(region);
    const child = client.surface();
    const role = client.bind('wl_subcompositor').get_subsurface(child, above.surface);
    role.set_position(60, 60);
    child.attach(client.buffer(20, 20), 0, 0);
    child.commit();
    above.surface.commit();
    client.settle();
    const heard = listener(client, below, above, { surface: child });
    hands.moveTo(10, 10);
    expect(heard.take()).toEqual(['enter A 10,10', 'frame']);
    hands.moveTo(55, 10);
    expect(heard.take()).toEqual(['leave A', 'enter B 55,10', 'frame']);
    hands.moveTo(65, 70);
    expect(heard.take()).toEqual(['leave B', 'enter C 5,10', 'frame']);
  });

  it('knows where it is in a window that moved under it, so that a click does not land elsewhere', () => {
    const window = windowAt(client, 100, 100);
    const heard = listener(client, window);
    hands.moveTo(110, 110);
    heard.take();
    test.scene.moveWindow(test.scene.windows[0]!, { x: 105, y: 90 });
    test.machine.settle();
    expect(heard.take()).toEqual(['motion 5,20', 'frame']);
    test.scene.moveWindow(test.scene.windows[0]!, { x: 105, y: 90 });
    test.machine.settle();
    expect(heard.take()).toEqual([]);
  });

  it('stays on the outputs', () => {
    hands.moveTo(-50, 100);
    expect(test.seat.pointer.position).toEqual({ x: 0, y: 100 });
    hands.moveTo(5000, 5000);
    expect(test.seat.pointer.position).toEqual({ x: 640 - 1 / 256, y: 480 - 1 / 256 });
    test.seat.pointer.motion(0n, { x: -10, y: -1000 });
    expect(test.seat.pointer.position).toEqual({ x: 630 - 1 / 256, y: 0 });
  });

  it('is told at once to a pointer that is made later', () => {
    const { surface } = windowAt(client, 0, 0);
    const heard = listener(client, { surface });
    hands.moveTo(30, 31);
    const again = heard.seat.get_pointer();
    const told: string[] = [];
    again.listen({
      enter: (serial, _, x, y) => told.push(`enter ${serial === heard.lastSerial} ${x},${y}`),
      frame: () => told.push('frame'),
    });
    client.settle();
    expect(told).toEqual(['enter true 30,31', 'frame']);
  });
});

describe('buttons', () => {
  it('keep the pointer where they went down until the last is up', () => {
    const heard = listener(client, windowAt(client, 0, 0), windowAt(client, 200, 0));
    hands.moveTo(10, 10);
    hands.press();
    hands.press(BTN_RIGHT);
    heard.take();
    hands.moveTo(210, 20);
    expect(heard.take()).toEqual(['motion 210,20', 'frame']);
    hands.release();
    expect(heard.take()).toEqual(['release 0x110', 'frame']);
    hands.release(BTN_RIGHT);
    expect(heard.take()).toEqual(['release 0x111', 'leave A', 'enter B 10,20', 'frame']);
  });

  it('are not released to whom they were not pressed', () => {
    const first = windowAt(client, 0, 0);
    const heard = listener(client, first, windowAt(client, 200, 0));
    hands.moveTo(10, 10);
    hands.press();
    heard.take();
    first.toplevel.destroy();
    first.xdg.destroy();
    first.surface.destroy();
    client.settle();
    hands.moveTo(210, 10);
    hands.release();
    const lines = heard.take();
    expect(lines.filter(line => line.startsWith('release'))).toEqual([]);
    expect(lines).toContain('enter B 10,10');
  });

  it('are followed on a surface that goes further away than can be told', () => {
    const window = windowAt(client, 0, 0, 100);
    const child = client.surface();
    const role = client.bind('wl_subcompositor').get_subsurface(child, window.surface);
    child.attach(client.buffer(20, 20), 0, 0);
    child.commit();
    window.surface.commit();
    client.settle();
    const heard = listener(client, window, { surface: child });
    hands.moveTo(10, 10);
    hands.press();
    expect(heard.take()).toContain('enter B 10,10');
    hands.finger('down', 0, 10, 10);
    heard.take();
    window.xdg.set_window_geometry(0, 0, 100, 100);
    role.set_position(-(2 ** 31), 2 ** 31 - 1);
    window.surface.commit();
    client.settle();
    hands.moveTo(11, 10);
    hands.finger('motion', 0, 11, 10);
    hands.release();
    expect(heard.take()[0]).toMatch(/^motion 8388607\.99\d*,-8388607\.99/);
    expect(test.trace.notes('fault')).toEqual([]);
  });

  it('go down once and come up once', () => {
    const heard = listener(client, windowAt(client, 0, 0));
    hands.moveTo(10, 10);
    heard.take();
    hands.press();
    hands.press();
    hands.release();
    hands.release();
    expect(heard.take().filter(line => line !== 'frame')).toEqual(['press 0x110', 'release 0x110']);
  });

  it('give a window the keyboard and raise it', () => {
    const first = windowAt(client, 0, 0);
    const second = windowAt(client, 50, 0);
    const heard = listener(client, first, second);
    hands.click(10, 10);
    expect(heard.take()).toEqual([
      'enter A 10,10',
      'frame',
      'keyboard leaves B',
      'keyboard enters A []',
      'modifiers 0 0 0 0',
      'press 0x110',
      'frame',
      'release 0x110',
      'frame',
    ]);
    hands.moveTo(55, 10);
    expect(heard.take()).toEqual(['motion 55,10', 'frame']);
  });
});

describe('scrolling', () => {
  it('tells source, clicks and stop in one frame', () => {
    const heard = listener(client, windowAt(client, 0, 0));
    hands.moveTo(10, 10);
    heard.take();
    const { pointer } = test.seat;
    pointer.axis(0n, { axis: 'vertical', value: 15, discrete: 1, source: 'wheel' });
    pointer.axis(0n, { axis: 'horizontal', value: -30, discrete: -2, source: 'wheel' });
    pointer.frame();
    client.settle();
    expect(heard.take()).toEqual([
      'axis source 0',
      'axis 0 clicks 1',
      'axis 0 15',
      'axis 1 clicks -2',
      'axis 1 -30',
      'frame',
    ]);
    pointer.axis(0n, { axis: 'vertical', value: 0, source: 'finger', stop: true });
    pointer.frame();
    client.settle();
    expect(heard.take()).toEqual(['axis source 1', 'axis 0 stops', 'frame']);
  });

  it.each([1, 4])('tells version %i what it knows', version => {
    windowAt(client, 0, 0);
    const heard = new Listening(client, version);
    heard.take();
    hands.moveTo(10, 10);
    test.seat.pointer.axis(0n, { axis: 'vertical', value: 15, discrete: 1, source: 'wheel' });
    test.seat.pointer.axis(0n, { axis: 'vertical', value: 0, source: 'wheel', stop: true });
    test.seat.pointer.frame();
    client.settle();
    expect(heard.take().map(line => line.split(' ')[0])).toEqual(['enter', 'axis']);
  });
});

describe('set_cursor', () => {
  function cursorSurface(size = 16) {
    const surface = client.surface(4);
    surface.attach(client.buffer(size, size), 0, 0);
    surface.commit();
    client.settle();
    return surface;
  }

  it('shows a surface with its hot spot, which offsets of the surface move', () => {
    const heard = listener(client, windowAt(client, 0, 0));
    hands.moveTo(10, 10);
    const cursor = cursorSurface();
    heard.pointer.set_cursor(heard.lastSerial, cursor, 3, 4);
    client.settle();
    expect(test.scene.cursor).toMatchObject({ position: { x: 10, y: 10 }, hotspot: { x: 3, y: 4 } });
    expect(test.scene.cursor?.content.kind).toBe('surface');
    cursor.attach(client.buffer(16, 16), 2, 1);
    cursor.commit();
    client.settle();
    expect(test.scene.cursor).toMatchObject({ hotspot: { x: 1, y: 3 } });
    heard.pointer.set_cursor(heard.lastSerial, cursor, 5, 5);
    client.settle();
    expect(test.scene.cursor).toMatchObject({ hotspot: { x: 5, y: 5 } });
  });

  it('is the default shape again where nobody chose, and hidden where somebody chose that', () => {
    const heard = listener(client, windowAt(client, 0, 0));
    hands.moveTo(10, 10);
    expect(test.scene.cursor?.content).toEqual({ kind: 'shape', shape: 'default' });
    heard.pointer.set_cursor(heard.lastSerial, null, 0, 0);
    client.settle();
    expect(test.scene.cursor).toBeNull();
    hands.moveTo(300, 300);
    expect(test.scene.cursor).toMatchObject({
      content: { kind: 'shape', shape: 'default' },
      position: { x: 300, y: 300 },
    });
  });

  it('is for the client that has the pointer, with a serial that it was given', () => {
    const heard = listener(client, windowAt(client, 0, 0));
    const other = test.connect('other');
    const stranger = new Listening(other);
    hands.moveTo(10, 10);
    stranger.pointer.set_cursor(heard.lastSerial, null, 0, 0);
    other.settle();
    for (const serial of [0, heard.lastSerial - 1, heard.lastSerial + 1000, 0xffff_ffff])
      heard.pointer.set_cursor(serial, null, 0, 0);
    client.settle();
    expect(test.scene.cursor?.content).toEqual({ kind: 'shape', shape: 'default' });
    expect([client.error, other.error]).toEqual([null, null]);
  });

  it('shows nothing of a surface that is destroyed', () => {
    const heard = listener(client, windowAt(client, 0, 0));
    hands.moveTo(10, 10);
    const cursor = cursorSurface();
    heard.pointer.set_cursor(heard.lastSerial, cursor, 3, 4);
    cursor.destroy();
    client.settle();
    expect(test.scene.cursor).toBeNull();
    hands.moveTo(11, 10);
    expect(test.scene.cursor).toBeNull();
    expect(client.error).toBeNull();
  });

  it('refuses a surface that is something else, and a cursor that wants to be something else', () => {
    const { surface } = windowAt(client, 0, 0);
    const heard = listener(client, { surface });
    hands.moveTo(10, 10);
    const cursor = cursorSurface();
    heard.pointer.set_cursor(heard.lastSerial, cursor, 0, 0);
    client.settle();
    expect(client.error).toBeNull();
    heard.pointer.set_cursor(heard.lastSerial, surface, 0, 0);
    client.settle();
    expect(client.error?.message).toMatch(/wl_pointer.*role/);
    const other = test.connect('other');
    const made = other.surface();
    new Listening(other).pointer.set_cursor(0, made, 0, 0);
    other.bind('xdg_wm_base').get_xdg_surface(made).get_toplevel();
    other.settle();
    expect(other.error?.message).toContain('cursor');
  });
});

it('serves a client that makes pointers without end a number of them', () => {
  const { seat } = listener(client, windowAt(client, 0, 0));
  for (let made = 0; made < 300; made++) seat.get_pointer();
  client.settle();
  expect(client.error?.message).toContain('256');
});

it('goes on when clients die with the pointer, a button down or a cursor shown', () => {
  for (const state of ['focused', 'pressed', 'cursor'] as const) {
    const victim = test.connect(state);
    windowAt(victim, 100, 100);
    const heard = new Listening(victim);
    hands.moveTo(120, 120);
    if (state === 'pressed') hands.press();
    if (state === 'cursor') heard.pointer.set_cursor(heard.lastSerial, victim.surface(), 0, 0);
    victim.settle();
    victim.client.disconnect('it was killed');
    test.machine.settle();
    hands.moveTo(121, 121);
    hands.release();
  }
  expect(test.trace.notes('fault')).toEqual([]);
  expect(test.seat.pointer.focus).toBeNull();
  const heard = listener(client, windowAt(client, 100, 100));
  hands.moveTo(110, 110);
  expect(heard.take()).toEqual(['motion 10,10', 'frame']);
});
