import { beforeEach, describe, expect, it } from 'vitest';
import type { ObjectProxy } from '../../protocol/object/proxy.ts';
import { Kernel } from '../kernel/kernel.ts';
import { VirtualMachine } from '../machine/virtual-machine.ts';
import { TestClient, TestServer } from './testing.ts';

const [ONESHOT, PERSISTENT] = [1, 2];
const STEP = 1 / 256;
let test: TestServer;
let game: ReturnType<typeof player>;

function player(name = 'game') {
  const wire = new TestClient(test, name, []);
  const pointer = wire.bind('wl_seat').get_pointer();
  const heard: string[] = [];
  wire
    .bind('zwp_relative_pointer_manager_v1')
    .get_relative_pointer(pointer)
    .on('relative_motion', (_, __, dx, dy) => void heard.push(`relative ${dx},${dy}`));
  pointer.on('motion', (_, x, y) => void heard.push(`motion ${x},${y}`));
  const window = wire.mapped(640, 480);
  const constraints = wire.bind('zwp_pointer_constraints_v1');
  const region = (x: number, y: number, width: number, height: number) => {
    const made = wire.bind('wl_compositor').create_region();
    made.add(x, y, width, height);
    return made;
  };
  const lock = (area: ObjectProxy<'wl_region'> | null = null, lifetime = PERSISTENT) => {
    const locked = constraints.lock_pointer(window.surface, pointer, area, lifetime);
    locked.listen({
      locked: () => void heard.push('locked'),
      unlocked: () => void heard.push('unlocked'),
    });
    return locked;
  };
  const confine = (area: ObjectProxy<'wl_region'> | null = null, lifetime = PERSISTENT) => {
    const confined = constraints.confine_pointer(window.surface, pointer, area, lifetime);
    confined.listen({
      confined: () => void heard.push('confined'),
      unconfined: () => void heard.push('unconfined'),
    });
    return confined;
  };
  const take = (): string[] => {
    test.machine.settle();
    return heard.splice(0);
  };
  return { wire, pointer, window, region, lock, confine, take };
}

const move = (x: number, y: number): void => {
  test.seat.pointer.motion(test.machine.now(), { x, y });
  test.seat.pointer.frame();
  test.machine.settle();
};
const position = () => test.seat.pointer.position;

beforeEach(() => {
  const machine = new VirtualMachine();
  test = new TestServer({ machine, kernel: new Kernel({ machine, memoryBytes: 64 << 20 }) });
  game = player();
  test.seat.pointer.moveTo(machine.now(), { x: 100, y: 100 });
  game.take();
});

describe('a locked pointer', () => {
  it('stands still while the device is felt', () => {
    game.lock();
    expect(game.take()).toEqual(['locked']);
    move(30, -5);
    expect(game.take()).toEqual(['relative 30,-5']);
    expect(position()).toEqual({ x: 100, y: 100 });
  });

  it('is told of no motion when its window moves', () => {
    game.lock();
    game.take();
    test.scene.moveWindow(test.scene.windows[0]!, { x: 5, y: 5 });
    expect(game.take()).toEqual([]);
  });

  it('goes on when the lock is destroyed, from where the client shows it', () => {
    const lock = game.lock();
    lock.set_cursor_position_hint(200, 150);
    game.take();
    lock.destroy();
    game.take();
    expect(position()).toEqual({ x: 100, y: 100 });
    const committed = game.lock();
    committed.set_cursor_position_hint(200, 150);
    game.window.surface.commit();
    game.take();
    committed.destroy();
    game.take();
    expect(position()).toEqual({ x: 200, y: 150 });
  });

  it('waits for the pointer to be in its region, which comes with a commit', () => {
    const lock = game.lock(game.region(300, 300, 50, 50));
    expect(game.take()).toEqual([]);
    lock.set_region(game.region(0, 0, 50, 50));
    move(-80, -80);
    expect(game.take()).toEqual(['relative -80,-80', 'motion 20,20']);
    game.window.surface.commit();
    game.take();
    move(1, 1);
    expect(game.take()).toContain('locked');
  });

  it('is lost with the focus, and comes back if it is persistent', () => {
    game.lock();
    const other = new TestClient(test, 'other', []).mapped();
    expect(game.take()).toEqual(['locked', 'unlocked']);
    other.toplevel.destroy();
    expect(game.take()).toEqual(['locked']);
  });

  it('that is for once does not come back, and leaves room for another', () => {
    game.lock(null, ONESHOT);
    const other = new TestClient(test, 'other', []).mapped();
    other.toplevel.destroy();
    expect(game.take()).toEqual(['locked', 'unlocked']);
    game.lock();
    expect(game.take()).toEqual(['locked']);
    expect(game.wire.error).toBeNull();
  });

  it('lets go when its program dies', () => {
    game.lock();
    game.take();
    game.wire.client.disconnect('killed');
    test.machine.settle();
    move(5, 5);
    expect(position()).toEqual({ x: 105, y: 105 });
    expect(test.seat.pointer.constraint).toBeNull();
  });
});

describe('a confined pointer', () => {
  it('stays in its region', () => {
    game.confine(game.region(90, 90, 20, 20));
    expect(game.take()).toEqual(['confined']);
    move(1000, 3);
    expect(position()).toEqual({ x: 110 - STEP, y: 103 });
    move(-1000, -1000);
    expect(position()).toEqual({ x: 90, y: 90 });
  });

  it('stays in the part of the window that takes input', () => {
    game.window.surface.set_input_region(game.region(50, 50, 100, 100));
    game.window.surface.commit();
    game.confine(game.region(0, 0, 120, 1000));
    expect(game.take()).toEqual(['confined']);
    move(1000, 1000);
    expect(position()).toEqual({ x: 120 - STEP, y: 150 - STEP });
  });

  it('comes back into a region that became another', () => {
    const confined = game.confine();
    game.take();
    confined.set_region(game.region(300, 300, 10, 10));
    game.window.surface.commit();
    game.take();
    move(1, 1);
    expect(position()).toEqual({ x: 300, y: 300 });
  });
});

describe('errors', () => {
  it('a second constraint of a surface', () => {
    game.lock();
    game.confine();
    game.take();
    expect(game.wire.error).toMatchObject({ code: 1 });
    expect(game.wire.error!.message).toContain('destroy that first');
  });

  it('a lifetime that there is not', () => {
    game.lock(null, 3);
    game.take();
    expect(game.wire.error!.message).toContain('no lifetime');
  });
});
