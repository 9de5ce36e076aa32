import { beforeEach, describe, expect, it } from 'vitest';
import { Kernel } from '../kernel/kernel.ts';
import { MILLISECOND, SECOND } from '../machine/machine.ts';
import { VirtualMachine } from '../machine/virtual-machine.ts';
import { TestClient, TestServer } from './testing.ts';

let test: TestServer;
let client: TestClient;

beforeEach(() => {
  const machine = new VirtualMachine();
  test = new TestServer({ machine, kernel: new Kernel({ machine, memoryBytes: 64 << 20 }) });
  client = new TestClient(test, 'client', []);
});

const settle = (): void => test.machine.settle();
const wait = (milliseconds: number): void => test.machine.advance(BigInt(milliseconds) * MILLISECOND);

/** Somebody moves the mouse. */
function use(): void {
  test.seat.pointer.motion(test.machine.now(), { x: 1, y: 0 });
  test.seat.pointer.frame();
  settle();
}

describe('ext_idle_notifier_v1', () => {
  function notification(timeout: number) {
    const heard: string[] = [];
    const proxy = client.bind('ext_idle_notifier_v1').get_idle_notification(timeout, client.bind('wl_seat'));
    proxy.listen({ idled: () => void heard.push('idled'), resumed: () => void heard.push('resumed') });
    settle();
    return { proxy, heard };
  }

  it('tells when nobody has used the seat for so long, and when somebody does again', () => {
    const { heard } = notification(1000);
    wait(900);
    use();
    wait(900);
    expect(heard).toEqual([]);
    wait(100);
    expect(heard).toEqual(['idled']);
    wait(5000);
    use();
    use();
    expect(heard).toEqual(['idled', 'resumed']);
    wait(1000);
    expect(heard).toEqual(['idled', 'resumed', 'idled']);
  });

  it('counts from the beginning of the notification', () => {
    wait(10_000);
    const { heard } = notification(500);
    wait(400);
    expect(heard).toEqual([]);
    wait(100);
    expect(heard).toEqual(['idled']);
  });

  it('tells nothing once it is destroyed', () => {
    const { proxy, heard } = notification(500);
    proxy.destroy();
    settle();
    wait(1000);
    expect(heard).toEqual([]);
  });

  it('tells nothing while a surface that is seen inhibits it', () => {
    const { surface, toplevel } = client.mapped();
    const hidden = client.surface();
    const { heard } = notification(500);
    const manager = client.bind('zwp_idle_inhibit_manager_v1');
    manager.create_inhibitor(hidden);
    settle();
    wait(500);
    expect(heard).toEqual(['idled']);
    const inhibitor = manager.create_inhibitor(surface);
    settle();
    wait(10_000);
    expect(heard).toEqual(['idled', 'resumed']);
    inhibitor.destroy();
    settle();
    wait(500);
    expect(heard).toEqual(['idled', 'resumed', 'idled']);
    manager.create_inhibitor(surface);
    settle();
    expect(heard.at(-1)).toBe('resumed');
    toplevel.destroy();
    settle();
    wait(500);
    expect(heard.at(-1)).toBe('idled');
  });

  it('costs nothing for a flood of input, and is not made without end', () => {
    notification(1000);
    let entries = 0;
    const { at } = test.machine;
    test.machine.at = (...args) => {
      entries++;
      return at.apply(test.machine, args);
    };
    for (let count = 0; count < 1000; count++) use();
    expect(entries).toBe(0);
    for (let count = 0; count < 300; count++) notification(1);
    expect(client.error!.message).toContain('destroy some first');
  });
});

describe('xdg_activation_v1', () => {
  /** A window whose program knows the serial of its keyboard's coming. */
  function program(name: string) {
    const wire = new TestClient(test, name, []);
    const seat = wire.bind('wl_seat');
    let serial = 0;
    seat.get_keyboard().listen({
      enter: given => {
        serial = given;
      },
      keymap: (_, { fd }) => wire.client.task.close(fd),
    });
    const activation = wire.bind('xdg_activation_v1');
    const token = (options: { serial?: number } = {}): string => {
      const request = activation.get_activation_token();
      let name = '';
      request.on('done', given => {
        name = given;
      });
      if (options.serial !== undefined) request.set_serial(options.serial, seat);
      request.set_surface(window.surface);
      request.commit();
      settle();
      request.destroy();
      return name;
    };
    const window = wire.mapped();
    return {
      wire,
      activation,
      window,
      token,
      get serial() {
        return serial;
      },
      get active() {
        const focus = test.seat.keyboard.focus;
        return focus?.label.endsWith(name) ?? false;
      },
    };
  }

  it('hands the focus over by a token that follows from input, once', () => {
    const other = program('other');
    const launcher = program('launcher');
    expect([launcher.active, other.active]).toEqual([true, false]);
    const token = launcher.token({ serial: launcher.serial });
    expect(token).toMatch(/^[0-9a-f]{32}$/);
    other.activation.activate(token, other.window.surface);
    settle();
    expect([launcher.active, other.active]).toEqual([false, true]);
    launcher.activation.activate(token, launcher.window.surface);
    settle();
    expect(other.active).toBe(true);
  });

  it.each([
    ['no serial', () => ({})],
    ['an invented serial', () => ({ serial: 0xffff_fff0 })],
    ["another program's serial", (serial: number) => ({ serial })],
  ])('gives a token for %s, which is good for nothing', (_, options) => {
    const other = program('other');
    const launcher = program('launcher');
    const token = other.token(options(launcher.serial));
    expect(token).not.toBe('');
    other.activation.activate(token, other.window.surface);
    settle();
    expect(launcher.active).toBe(true);
  });

  it('gives no right to the focus to a program that the pointer has come over', () => {
    const other = program('other');
    const launcher = program('launcher');
    let entered = 0;
    other.wire
      .bind('wl_seat')
      .get_pointer()
      .on('enter', serial => {
        entered = serial;
      });
    const place = test.scene.stack.find(({ surface }) => surface.label.endsWith('other'))!;
    test.seat.pointer.moveTo(test.machine.now(), { x: place.x + 1, y: place.y + 1 });
    settle();
    expect(entered).toBeGreaterThan(0);
    other.activation.activate(other.token({ serial: entered }), other.window.surface);
    settle();
    expect(launcher.active).toBe(true);
  });

  it('takes no token that is too old or was made up', () => {
    const other = program('other');
    const launcher = program('launcher');
    const token = launcher.token({ serial: launcher.serial });
    test.machine.advance(31n * SECOND);
    other.activation.activate(token, other.window.surface);
    other.activation.activate('made up', other.window.surface);
    settle();
    expect(launcher.active).toBe(true);
  });

  it('keeps few tokens of a program that asks for many', () => {
    const other = program('other');
    const launcher = program('launcher');
    const first = launcher.token({ serial: launcher.serial });
    let last = '';
    for (let at = 0; at < 200; at++) last = launcher.token({ serial: launcher.serial });
    other.activation.activate(first, other.window.surface);
    settle();
    expect(launcher.active).toBe(true);
    other.activation.activate(last, other.window.surface);
    settle();
    expect(other.active).toBe(true);
  });

  it('refuses to use a token object twice', () => {
    const { wire, activation } = program('twice');
    const token = activation.get_activation_token();
    token.commit();
    token.set_app_id('again');
    settle();
    expect(wire.error).toMatchObject({ code: 0 });
  });
});

describe('zwp_keyboard_shortcuts_inhibit_manager_v1', () => {
  it('is in force while its surface has the keyboard', () => {
    const { surface } = client.mapped();
    const heard: string[] = [];
    const manager = client.bind('zwp_keyboard_shortcuts_inhibit_manager_v1');
    const inhibitor = manager.inhibit_shortcuts(surface, client.bind('wl_seat'));
    inhibitor.listen({
      active: () => void heard.push('active'),
      inactive: () => void heard.push('inactive'),
    });
    settle();
    expect([heard, test.seat.shortcutsInhibited]).toEqual([['active'], true]);
    const other = new TestClient(test, 'other', []).mapped();
    expect([heard, test.seat.shortcutsInhibited]).toEqual([['active', 'inactive'], false]);
    other.toplevel.destroy();
    settle();
    expect(test.seat.shortcutsInhibited).toBe(true);
    inhibitor.destroy();
    settle();
    expect(test.seat.shortcutsInhibited).toBe(false);
  });

  it('refuses a second one of a surface', () => {
    const { surface } = client.mapped();
    const manager = client.bind('zwp_keyboard_shortcuts_inhibit_manager_v1');
    manager.inhibit_shortcuts(surface, client.bind('wl_seat'));
    manager.inhibit_shortcuts(surface, client.bind('wl_seat'));
    settle();
    expect(client.error).toMatchObject({ code: 0 });
  });
});

it('gestures can be asked for, although nothing here makes any', () => {
  const pointer = client.bind('wl_seat').get_pointer();
  const gestures = client.bind('zwp_pointer_gestures_v1');
  gestures.get_swipe_gesture(pointer).destroy();
  gestures.get_pinch_gesture(pointer).destroy();
  gestures.get_hold_gesture(pointer).destroy();
  gestures.release();
  settle();
  expect(client.error).toBeNull();
});
