import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { ObjectProxy } from '../../protocol/object/proxy.ts';
import { Kernel } from '../kernel/kernel.ts';
import { VirtualMachine } from '../machine/virtual-machine.ts';
import { TestClient, TestServer } from './testing.ts';

const BTN_LEFT = 0x110;
const KEY_ESC = 1;
const KEY_LEFTSHIFT = 42;
const [COPY, MOVE, ASK] = [1, 2, 4];

let test: TestServer;
let origin: Program;
let target: Program;

/** A program with one window that takes part in drags. */
class Program {
  readonly wire: TestClient;
  readonly surface: ObjectProxy<'wl_surface'>;
  readonly manager: ObjectProxy<'wl_data_device_manager'>;
  readonly device: ObjectProxy<'wl_data_device'>;
  /** What the device, its last offer and its sources said. */
  readonly heard: string[] = [];
  readonly types: string[] = [];
  offer: ObjectProxy<'wl_data_offer'> | null = null;
  serial = 0;
  enterSerial = 0;

  constructor(name: string, version = 3) {
    this.wire = new TestClient(test, name, []);
    const seat = this.wire.bind('wl_seat');
    seat.get_pointer().listen({
      button: serial => {
        this.serial = serial;
      },
      leave: () => void this.heard.push('pointer leaves'),
    });
    seat.get_touch().listen({
      down: serial => {
        this.serial = serial;
      },
      up: () => void this.heard.push('finger up'),
      frame: () => void this.heard.push('fingers'),
    });
    this.manager = this.wire.bind('wl_data_device_manager', version);
    this.device = this.manager.get_data_device(seat);
    this.device.listen({
      data_offer: offer => {
        this.offer = offer;
        this.types.length = 0;
        offer.listen({
          offer: type => void this.types.push(type),
          source_actions: actions => void this.heard.push(`source may ${actions}`),
          action: action => void this.heard.push(`action ${action}`),
        });
      },
      enter: (serial, _, x, y, offer) => {
        this.enterSerial = serial;
        this.heard.push(`enters ${x},${y} ${offer ? 'with an offer' : 'without an offer'}`);
      },
      motion: (_, x, y) => void this.heard.push(`moves ${x},${y}`),
      leave: () => void this.heard.push('leaves'),
      drop: () => void this.heard.push('drops'),
    });
    this.surface = this.wire.mapped(200, 200).surface;
  }

  source(actions: number | null, ...types: string[]): ObjectProxy<'wl_data_source'> {
    const source = this.manager.create_data_source();
    for (const type of types) source.offer(type);
    if (actions !== null) source.set_actions(actions);
    source.listen({
      target: type => void this.heard.push(`target ${type}`),
      action: action => void this.heard.push(`action ${action}`),
      cancelled: () => void this.heard.push('cancelled'),
      dnd_drop_performed: () => void this.heard.push('dropped'),
      dnd_finished: () => void this.heard.push('finished'),
      send: (type, handle) => {
        this.heard.push(`sends ${type}`);
        this.wire.client.task.close(handle.fd);
      },
    });
    return source;
  }

  /** What was heard since the last time. */
  take(): string[] {
    this.wire.settle();
    return this.heard.splice(0);
  }

  /** A place in the program's window, in the global space. */
  at(x: number, y: number) {
    const surface = test.scene.stack.find(placement =>
      placement.surface.label.endsWith(this.wire.client.name),
    )!;
    return { x: surface.x + x, y: surface.y + y };
  }
}

const pointer = () => test.seat.pointer;
const now = () => test.machine.now();

function moveTo(place: { x: number; y: number }): void {
  pointer().moveTo(now(), place);
  pointer().frame();
  test.machine.settle();
}

function press(): void {
  pointer().button(now(), BTN_LEFT, 'pressed');
  pointer().frame();
  test.machine.settle();
}

function release(): void {
  pointer().button(now(), BTN_LEFT, 'released');
  pointer().frame();
  test.machine.settle();
}

/** Presses in the window of `origin` and starts a drag there. */
function drag(
  source: ObjectProxy<'wl_data_source'> | null,
  icon: ObjectProxy<'wl_surface'> | null = null,
): void {
  moveTo(origin.at(10, 10));
  press();
  origin.device.start_drag(source, origin.surface, icon, origin.serial);
  origin.wire.settle();
}

beforeEach(() => {
  const machine = new VirtualMachine();
  test = new TestServer({ machine, kernel: new Kernel({ machine, memoryBytes: 64 << 20 }) });
  origin = new Program('origin');
  target = new Program('target');
  test.machine.settle();
});

describe('a drag', () => {
  it('goes from window to window and is dropped where it is accepted', () => {
    drag(origin.source(COPY | MOVE, 'text/plain'));
    expect(origin.take()).toEqual(['pointer leaves', 'source may 3', 'enters 10,10 with an offer']);
    moveTo(target.at(20, 30));
    expect(origin.take()).toEqual(['target null', 'leaves']);
    expect(target.take()).toEqual(['source may 3', 'enters 20,30 with an offer']);
    expect(target.types).toEqual(['text/plain']);
    target.offer!.accept(target.enterSerial, 'text/plain');
    target.offer!.set_actions(COPY | MOVE, MOVE);
    expect(target.take()).toEqual(['action 2']);
    expect(origin.take()).toEqual(['target text/plain', 'action 2']);
    moveTo(target.at(21, 30));
    release();
    expect(target.take()).toEqual(['moves 21,30', 'drops', 'leaves']);
    expect(origin.take()).toEqual(['dropped']);
    const file = target.wire.memory(0);
    target.offer!.receive('text/plain', file);
    target.offer!.finish();
    target.offer!.destroy();
    target.wire.settle();
    expect(origin.take()).toEqual(['sends text/plain', 'finished']);
    expect([origin.wire.error, target.wire.error]).toEqual([null, null]);
  });

  it('within one program drops before it says so: Chromium waits for ever otherwise', () => {
    drag(origin.source(COPY, 'a/a'));
    origin.wire.settle();
    origin.offer!.accept(origin.enterSerial, 'a/a');
    origin.offer!.set_actions(COPY, COPY);
    origin.take();
    release();
    expect(origin.take()).toEqual(['drops', 'dropped', 'leaves']);
  });

  it('gives the pointer back afterwards', () => {
    drag(origin.source(COPY, 'a/a'));
    moveTo(target.at(5, 5));
    release();
    expect(pointer().focus?.surface.label).toContain('target');
    expect(origin.take().at(-1)).toBe('cancelled');
    expect(target.take().at(-1)).toBe('leaves');
  });

  it('is cancelled over a window that accepts no type, or can do nothing with it', () => {
    drag(origin.source(COPY, 'a/a'));
    moveTo(target.at(5, 5));
    target.offer!.accept(target.enterSerial, 'a/a');
    target.offer!.set_actions(MOVE, MOVE);
    target.wire.settle();
    origin.take();
    release();
    expect(origin.take()).toEqual(['target null', 'cancelled']);
  });

  it('asks, and the source learns the answer at the end', () => {
    drag(origin.source(COPY | ASK, 'a/a'));
    moveTo(target.at(5, 5));
    target.offer!.accept(target.enterSerial, 'a/a');
    target.offer!.set_actions(COPY | ASK, ASK);
    target.wire.settle();
    release();
    origin.take();
    target.offer!.set_actions(COPY, COPY);
    target.wire.settle();
    expect(origin.take()).toEqual([]);
    target.offer!.finish();
    target.wire.settle();
    expect(origin.take()).toEqual(['action 1', 'finished']);
  });

  it('takes old destinations for copying, and their end for having finished', () => {
    const old = new Program('old', 2);
    drag(origin.source(COPY, 'a/a'));
    moveTo(old.at(5, 5));
    old.offer!.accept(old.enterSerial, 'a/a');
    old.wire.settle();
    release();
    expect(origin.take().slice(-3)).toEqual(['action 1', 'target a/a', 'dropped']);
    old.offer!.destroy();
    old.wire.settle();
    expect(origin.take()).toEqual(['finished']);
  });

  it('without a source stays in its program', () => {
    drag(null);
    expect(origin.take()).toEqual(['pointer leaves', 'enters 10,10 without an offer']);
    moveTo(target.at(5, 5));
    expect(target.take()).toEqual([]);
    moveTo(origin.at(6, 6));
    release();
    expect(origin.take()).toEqual(['leaves', 'enters 6,6 without an offer', 'drops', 'leaves']);
  });

  it('without a source ends with its program, and leaves nothing behind with its window', () => {
    for (let count = 0; count < 3; count++) {
      drag(null);
      release();
    }
    const posted = vi.spyOn(test.machine, 'post');
    drag(null);
    expect(pointer().grabbed).toBe(true);
    origin.wire.client.disconnect('killed');
    test.machine.settle();
    expect(pointer().grabbed).toBe(false);
    expect(posted.mock.calls.filter(([label]) => label === 'a drag without its origin')).toHaveLength(1);
  });

  it('shows its icon at the pointer until it ends', () => {
    const icon = origin.wire.surface();
    drag(origin.source(COPY, 'a/a'), icon);
    icon.attach(origin.wire.buffer(16, 16), 0, 0);
    icon.commit();
    origin.wire.settle();
    const place = target.at(40, 50);
    moveTo(place);
    expect(test.scene.stack.at(-1)).toMatchObject({ ...place, width: 16, height: 16 });
    release();
    expect(test.scene.dragIcon).toBeNull();
    expect(test.scene.stack).toHaveLength(2);
  });

  it('is ignored unless a button is down that the program saw', () => {
    moveTo(origin.at(10, 10));
    press();
    release();
    for (const serial of [origin.serial, origin.serial + 1000]) {
      origin.device.start_drag(origin.source(COPY, 'a/a'), origin.surface, null, serial);
      origin.wire.settle();
      expect(origin.take().at(-1)).toBe('cancelled');
    }
    moveTo(target.at(5, 5));
    expect(target.take()).toEqual([]);
  });

  it('does what a held modifier asks for, and shows it', () => {
    const shape = () => {
      const content = test.scene.cursor?.content;
      return content?.kind === 'shape' ? content.shape : content;
    };
    const { keyboard } = test.seat;
    drag(origin.source(COPY | MOVE, 'a/a'));
    moveTo(target.at(5, 5));
    expect(shape()).toBe('no_drop');
    target.offer!.accept(target.enterSerial, 'a/a');
    target.offer!.set_actions(COPY | MOVE, COPY);
    target.wire.settle();
    expect(shape()).toBe('copy');
    keyboard.key(now(), KEY_LEFTSHIFT, 'pressed');
    expect(target.take().at(-1)).toBe('action 2');
    expect(shape()).toBe('move');
    keyboard.key(now(), KEY_LEFTSHIFT, 'released');
    expect(target.take().at(-1)).toBe('action 1');
    release();
    expect(origin.take().at(-1)).toBe('dropped');
    expect(shape()).toBe('default');
  });

  it('is given up by Escape', () => {
    drag(origin.source(COPY, 'a/a'));
    moveTo(target.at(5, 5));
    test.seat.keyboard.key(now(), KEY_ESC, 'pressed');
    expect(origin.take().at(-1)).toBe('cancelled');
    expect(target.take().at(-1)).toBe('leaves');
    release();
    expect(target.take()).toEqual([]);
  });

  it('follows a finger', () => {
    const { touch } = test.seat;
    touch.down(now(), 0, origin.at(10, 10));
    touch.frame();
    test.machine.settle();
    origin.device.start_drag(origin.source(COPY, 'a/a'), origin.surface, null, origin.serial);
    origin.wire.settle();
    touch.motion(now(), 0, target.at(7, 8));
    touch.frame();
    expect(target.take()).toEqual(['source may 1', 'enters 7,8 with an offer']);
    target.offer!.accept(target.enterSerial, 'a/a');
    target.offer!.set_actions(COPY, COPY);
    target.wire.settle();
    touch.up(now(), 0);
    touch.frame();
    expect(target.take()).toEqual(['action 1', 'drops', 'leaves']);
  });

  it('by a finger leaves a window that goes from under it, and keeps no frame of other fingers', () => {
    const { touch } = test.seat;
    for (const id of [1, 0]) {
      touch.down(now(), id, origin.at(10, 10 + id));
      touch.frame();
    }
    test.machine.settle();
    origin.device.start_drag(origin.source(COPY, 'a/a'), origin.surface, null, origin.serial);
    origin.take();
    touch.motion(now(), 0, target.at(7, 8));
    expect(target.take()).toContain('enters 7,8 with an offer');
    touch.up(now(), 1);
    touch.frame();
    expect(origin.take().slice(-2)).toEqual(['finger up', 'fingers']);
    target.surface.attach(null, 0, 0);
    target.surface.commit();
    expect(target.take()).toContain('leaves');
  });
});

describe('a drag whose ends die', () => {
  beforeEach(() => {
    drag(origin.source(COPY, 'a/a'));
    moveTo(target.at(5, 5));
    target.offer!.accept(target.enterSerial, 'a/a');
    target.offer!.set_actions(COPY, COPY);
    target.wire.settle();
    origin.take();
    target.take();
  });

  it('ends with its source', () => {
    origin.wire.client.disconnect('killed');
    test.machine.settle();
    expect(target.take()).toEqual(['leaves']);
    expect(pointer().grabbed).toBe(false);
  });

  it('goes on when the destination dies', () => {
    target.wire.client.disconnect('killed');
    test.machine.settle();
    expect(origin.take().slice(0, 2)).toEqual(['target null', 'action 0']);
    moveTo(origin.at(3, 3));
    release();
    expect(origin.take().at(-1)).toBe('cancelled');
  });

  it('is cancelled when the destination dies after the drop', () => {
    release();
    expect(origin.take()).toEqual(['dropped']);
    target.wire.client.disconnect('killed');
    test.machine.settle();
    expect(origin.take()).toEqual(['cancelled']);
  });

  it('gives the destination nothing to read when the source dies after the drop', () => {
    release();
    origin.wire.client.disconnect('killed');
    test.machine.settle();
    target.offer!.receive('a/a', target.wire.memory(0));
    target.offer!.finish();
    target.offer!.destroy();
    target.wire.settle();
    expect(target.wire.error).toBeNull();
  });
});

describe('errors', () => {
  const over = (): ObjectProxy<'wl_data_offer'> => {
    drag(origin.source(COPY, 'a/a'));
    moveTo(target.at(5, 5));
    return target.offer!;
  };
  const [INVALID_FINISH, INVALID_MASK, INVALID_ACTION, INVALID_OFFER] = [0, 1, 2, 3];

  it.each([
    ['finish before the drop', INVALID_FINISH, (offer: ObjectProxy<'wl_data_offer'>) => offer.finish()],
    ['an unknown action', INVALID_MASK, (offer: ObjectProxy<'wl_data_offer'>) => offer.set_actions(8, 0)],
    [
      'two preferred actions',
      INVALID_ACTION,
      (offer: ObjectProxy<'wl_data_offer'>) => offer.set_actions(3, 3),
    ],
  ])('%s', (_, code, wrong) => {
    wrong(over());
    target.wire.settle();
    expect(target.wire.error).toMatchObject({ code });
    expect(origin.wire.error).toBeNull();
  });

  it.each([
    ['finish of a selection', INVALID_FINISH, (offer: ObjectProxy<'wl_data_offer'>) => offer.finish()],
    [
      'actions of a selection',
      INVALID_OFFER,
      (offer: ObjectProxy<'wl_data_offer'>) => offer.set_actions(1, 1),
    ],
  ])('%s', (_, code, wrong) => {
    moveTo(target.at(5, 5));
    press();
    target.device.set_selection(target.source(null, 'a/a'), target.serial);
    target.wire.settle();
    wrong(target.offer!);
    target.wire.settle();
    expect(target.wire.error).toMatchObject({ code });
  });

  it('an icon that is a window', () => {
    drag(null, origin.surface);
    expect(origin.wire.error).toMatchObject({ code: 0 });
    expect(origin.wire.error!.message).toContain('a surface without one is expected');
  });

  it('a source that is dragged twice', () => {
    const source = origin.source(COPY, 'a/a');
    drag(source);
    release();
    drag(source);
    expect(origin.wire.error!.message).toContain('each drag needs a source of its own');
  });
});
