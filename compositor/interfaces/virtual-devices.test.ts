import { beforeEach, describe, expect, it } from 'vitest';
import type { Handle } from '../../protocol/object/message.ts';
import type { ObjectProxy } from '../../protocol/object/proxy.ts';
import { Kernel } from '../kernel/kernel.ts';
import { VirtualMachine } from '../machine/virtual-machine.ts';
import { usKeymap } from '../seat/us-keymap.ts';
import { TestClient, TestServer } from './testing.ts';

let test: TestServer;
let window: ReturnType<typeof watcher>;

beforeEach(() => {
  const machine = new VirtualMachine();
  test = new TestServer({ machine, kernel: new Kernel({ machine, memoryBytes: 64 << 20 }) });
  window = watcher();
});

const settle = (): void => test.machine.settle();

/** A program that writes down what its devices tell. */
function watcher() {
  const wire = new TestClient(test, 'watcher', []);
  const seat = wire.bind('wl_seat');
  const heard: string[] = [];
  const say = (text: string): void => void heard.push(text);
  seat.get_keyboard().listen({
    keymap: (_, { fd }, size) => {
      const bytes = new Uint8Array(size);
      wire.client.task.pread(fd, bytes, 0n);
      wire.client.task.close(fd);
      say(`keymap ${new TextDecoder().decode(bytes).slice(0, 20)}`);
    },
    key: (_, __, key, state) => say(`key ${key} ${state ? 'down' : 'up'}`),
    modifiers: (_, depressed, latched, locked, group) =>
      say(`modifiers ${depressed} ${latched} ${locked} ${group}`),
  });
  seat.get_pointer().listen({
    enter: (_, __, x, y) => say(`enter ${x},${y}`),
    motion: (_, x, y) => say(`motion ${x},${y}`),
    button: (_, __, button, state) => say(`button ${button} ${state ? 'down' : 'up'}`),
    axis: (_, axis, value) => say(`axis ${axis} ${value}`),
    axis_source: source => say(`source ${source}`),
    axis_discrete: (axis, discrete) => say(`steps ${axis} ${discrete}`),
    axis_stop: (_, axis) => say(`stop ${axis}`),
    frame: () => say('frame'),
  });
  seat.get_touch().listen({
    down: (_, __, ___, id, x, y) => say(`down ${id} ${x},${y}`),
    motion: (_, id, x, y) => say(`moves ${id} ${x},${y}`),
    up: (_, __, id) => say(`up ${id}`),
    frame: () => say('frame'),
    cancel: () => say('cancel'),
  });
  wire.mapped(640, 480);
  settle();
  heard.length = 0;
  return {
    wire,
    take: () => {
      settle();
      return heard.splice(0);
    },
  };
}

const driver = (name = 'driver') => new TestClient(test, name, ['input']);

function keymapFile(wire: TestClient, text: string): Handle {
  const file = wire.memory(0);
  wire.client.task.pwrite(file.fd, new TextEncoder().encode(text), 0n);
  return file;
}

function keyboard(wire: TestClient): ObjectProxy<'zwp_virtual_keyboard_v1'> {
  return wire.bind('zwp_virtual_keyboard_manager_v1').create_virtual_keyboard(wire.bind('wl_seat'));
}

const MINE = 'xkb_keymap { mine };\0';

describe('a virtual keyboard', () => {
  it('types with its own keymap, and the usual one comes back', () => {
    const wire = driver();
    const keys = keyboard(wire);
    keys.keymap(1, keymapFile(wire, MINE), MINE.length);
    settle();
    expect(window.take()).toEqual([]);
    keys.modifiers(1, 0, 0, 0);
    keys.key(0, 30, 1);
    keys.key(0, 30, 0);
    expect(window.take()).toEqual([
      'keymap xkb_keymap { mine };',
      'modifiers 0 0 0 0',
      'modifiers 1 0 0 0',
      'key 30 down',
      'key 30 up',
    ]);
    keys.destroy();
    expect(window.take()).toEqual([
      'modifiers 0 0 0 0',
      `keymap ${usKeymap().text.slice(0, 20)}`,
      'modifiers 0 0 0 0',
    ]);
  });

  it("does not change what the seat's own keys mean while it is there", () => {
    const wire = driver();
    const keys = keyboard(wire);
    keys.keymap(1, keymapFile(wire, MINE), MINE.length);
    keys.key(0, 30, 1);
    keys.key(0, 30, 0);
    window.take();
    test.seat.keyboard.key(test.machine.now(), 28, 'pressed');
    expect(window.take()).toEqual([
      `keymap ${usKeymap().text.slice(0, 20)}`,
      'modifiers 0 0 0 0',
      'key 28 down',
    ]);
  });

  it('with the usual keymap tells nobody a new one', () => {
    const wire = driver();
    const keys = keyboard(wire);
    const { text } = test.seat.keyboard.keymap;
    keys.keymap(1, keymapFile(wire, text), text.length);
    keys.key(0, 30, 1);
    expect(window.take()).toEqual(['key 30 down']);
  });

  it('lets go of its keys when its program dies', () => {
    const wire = driver();
    const keys = keyboard(wire);
    keys.keymap(1, keymapFile(wire, MINE), MINE.length);
    keys.key(0, 30, 1);
    settle();
    wire.client.disconnect('killed');
    expect(window.take().slice(-3)).toEqual([
      'key 30 up',
      `keymap ${usKeymap().text.slice(0, 20)}`,
      'modifiers 0 0 0 0',
    ]);
    expect(test.seat.keyboard.pressed.size).toBe(0);
  });

  it('is one of a few, as each keeps its keymap', () => {
    const wire = driver();
    for (let at = 0; at < 30; at++) keyboard(wire).destroy();
    settle();
    expect(wire.error).toBeNull();
    for (let at = 0; at < 17; at++) keyboard(wire);
    settle();
    expect(wire.error!.message).toContain('16 virtual keyboards');
  });

  it('fills nobody’s table with keymaps: what would change them too often is not typed', () => {
    const wire = driver();
    const [mine, other] = [keyboard(wire), keyboard(wire)];
    mine.keymap(1, keymapFile(wire, MINE), MINE.length);
    const text = MINE.replace('mine', 'other');
    other.keymap(1, keymapFile(wire, text), text.length);
    for (let key = 0; key < 1000; key++)
      for (const keys of [mine, other]) {
        keys.key(0, 30, 1);
        keys.key(0, 30, 0);
      }
    const heard = window.take();
    expect(heard.filter(line => line.startsWith('keymap')).length).toBe(256);
    expect(heard.filter(line => line.endsWith('down')).length).toBeLessThan(2000);
    expect(test.seat.keyboard.pressed.size).toBe(0);
    test.machine.advance(1_000_000_000n);
    mine.key(0, 31, 1);
    other.key(0, 32, 1);
    expect(window.take().filter(line => line.startsWith('key '))).toEqual(['key 31 down', 'key 32 down']);
  });

  it('needs a keymap first', () => {
    const wire = driver();
    keyboard(wire).key(0, 30, 1);
    settle();
    expect(wire.error).toMatchObject({ code: 0 });
    expect(wire.error!.message).toContain('send the keymap first');
    expect(window.take()).toEqual([]);
  });

  it.each([
    ['larger than its file', MINE, 4096, 'has 21 bytes'],
    ['of no size', MINE, 0, '0 bytes'],
    ['without end', MINE, 0xffff_ffff, '1 to 1048576 are taken'],
    ['of something else', 'no keymap at all', 16, 'it is no xkb_keymap'],
  ])('is refused a keymap %s', (_, text, size, words) => {
    const wire = driver();
    const open = test.task.files.size;
    keyboard(wire).keymap(1, keymapFile(wire, text), size);
    settle();
    expect(wire.error!.message).toContain(words);
    expect(test.task.files.size).toBe(open);
  });

  it('is refused a keymap that is no file with bytes', () => {
    const wire = driver();
    keyboard(wire).keymap(1, wire.fence(), 8);
    settle();
    expect(wire.error!.message).toContain('the keymap is not taken');
  });
});

describe('a virtual pointer', () => {
  const pointer = (wire: TestClient) =>
    wire.bind('zwlr_virtual_pointer_manager_v1').create_virtual_pointer(wire.bind('wl_seat'));

  it('moves, by steps and to places', () => {
    const mouse = pointer(driver());
    mouse.motion_absolute(0, 1, 1, 2, 4);
    mouse.frame();
    expect(window.take()).toEqual(['enter 320,120', 'frame']);
    mouse.motion(0, -20, 10.5);
    mouse.frame();
    expect(window.take()).toEqual(['motion 300,130.5', 'frame']);
  });

  it('scrolls with everything that came before the frame', () => {
    const mouse = pointer(driver());
    mouse.motion(0, 1, 1);
    mouse.frame();
    window.take();
    mouse.axis_source(0);
    mouse.axis_discrete(0, 0, 15, 1);
    mouse.axis(0, 0, 15);
    mouse.axis_stop(0, 1);
    settle();
    expect(window.take()).toEqual([]);
    mouse.frame();
    expect(window.take()).toEqual(['source 0', 'steps 0 1', 'axis 0 15', 'stop 1', 'frame']);
  });

  it('goes where no output is no further than the edge', () => {
    const mouse = pointer(driver());
    mouse.motion_absolute(0, 0xffff_ffff, 0, 1, 1);
    mouse.motion(0, -8_000_000, -8_000_000);
    mouse.motion_absolute(0, 1, 1, 0, 0);
    mouse.frame();
    settle();
    expect(test.seat.pointer.position).toEqual({ x: 0, y: 0 });
  });

  it('is placed on its output', () => {
    const wire = driver();
    const output = wire.bind('wl_output');
    const mouse = wire
      .bind('zwlr_virtual_pointer_manager_v1')
      .create_virtual_pointer_with_output(null, output);
    mouse.motion_absolute(0, 100, 50, 640, 480);
    settle();
    expect(test.seat.pointer.position).toEqual({ x: 100, y: 50 });
  });

  it('lets go of its buttons when its program dies', () => {
    const wire = driver();
    const mouse = pointer(wire);
    mouse.button(0, 0x110, 1);
    mouse.button(0, 0xffff_ffff, 1);
    mouse.frame();
    settle();
    wire.client.disconnect('killed');
    expect(window.take()).toEqual(['enter 0,0', 'button 272 down', 'frame', 'button 272 up', 'frame']);
  });

  it.each([
    ['axis', 0, (mouse: ObjectProxy<'zwlr_virtual_pointer_v1'>) => mouse.axis(0, 2, 1)],
    ['source of an axis', 1, (mouse: ObjectProxy<'zwlr_virtual_pointer_v1'>) => mouse.axis_source(9)],
  ])('has no other %s', (_, code, wrong) => {
    const wire = driver();
    wrong(pointer(wire));
    settle();
    expect(wire.error).toMatchObject({ code });
  });
});

describe('a virtual touch screen', () => {
  const touch = (wire: TestClient) =>
    wire
      .bind('fencepost_virtual_touch_manager_v1')
      .create_virtual_touch(wire.bind('wl_seat'), wire.bind('wl_output'));

  it('puts fingers down, moves and lifts them, apart from those of others', () => {
    const mine = touch(driver('one'));
    const other = touch(driver('two'));
    mine.down(0, 3, 10, 20, 640, 480);
    settle();
    other.down(0, 3, 300, 400, 6400, 4800);
    settle();
    mine.motion(0, 3, 11, 20, 640, 480);
    mine.motion(0, 3, 50, 50, 0, 480);
    mine.up(0, 3);
    mine.up(0, 3);
    mine.frame();
    expect(window.take()).toEqual(['down 0 10,20', 'down 1 30,40', 'moves 0 11,20', 'up 0', 'frame']);
  });

  it('lifts its fingers when its program dies', () => {
    const wire = driver();
    touch(wire).down(0, 0, 1, 1, 640, 480);
    settle();
    wire.client.disconnect('killed');
    expect(window.take().slice(-2)).toEqual(['up 0', 'frame']);
  });

  it('has sixteen fingers', () => {
    const wire = driver();
    touch(wire).down(0, 16, 1, 1, 640, 480);
    settle();
    expect(wire.error).toMatchObject({ code: 0 });
  });
});

it('virtual devices are for those with the capability alone', () => {
  expect(window.wire.globals.has('zwp_virtual_keyboard_manager_v1')).toBe(false);
  expect(window.wire.globals.has('zwlr_virtual_pointer_manager_v1')).toBe(false);
  expect(window.wire.globals.has('fencepost_virtual_touch_manager_v1')).toBe(false);
});
