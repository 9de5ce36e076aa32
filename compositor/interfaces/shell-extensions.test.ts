import { beforeEach, describe, expect, it } from 'vitest';
import type { ObjectProxy } from '../../protocol/object/proxy.ts';
import { Kernel } from '../kernel/kernel.ts';
import { VirtualMachine } from '../machine/virtual-machine.ts';
import { type TestClient, TestOutput, TestServer } from './testing.ts';

let test: TestServer;
let client: TestClient;

beforeEach(() => {
  const machine = new VirtualMachine();
  const kernel = new Kernel({ machine, memoryBytes: 64 << 20 });
  test = new TestServer({ machine, kernel });
  client = test.connect();
});

const words = (bytes: Uint8Array): number[] => [...new Uint32Array(bytes.slice().buffer)];

describe('zxdg_decoration_manager_v1', () => {
  function decorated(by: TestClient) {
    const surface = by.surface();
    const xdg = by.bind('xdg_wm_base').get_xdg_surface(surface);
    const toplevel = xdg.get_toplevel();
    const decoration = by.bind('zxdg_decoration_manager_v1').get_toplevel_decoration(toplevel);
    const told: string[] = [];
    decoration.on('configure', mode => told.push(`mode ${mode}`));
    toplevel.on('configure', (width, height) => told.push(`${width}x${height}`));
    xdg.on('configure', serial => {
      told.push('configure');
      xdg.ack_configure(serial);
    });
    return { surface, xdg, toplevel, decoration, told };
  }

  it('offers a frame to a tile without a preference, with room for it', () => {
    const { surface, told } = decorated(client);
    surface.commit();
    client.settle();
    expect(told).toEqual(['mode 2', '636x476', 'configure']);
  });

  it('honours what the client wants, before and after it is configured', () => {
    const { surface, decoration, told } = decorated(client);
    decoration.set_mode(1);
    client.settle();
    expect(told).toEqual([]);
    surface.commit();
    client.settle();
    expect(told.splice(0)).toEqual(['mode 1', '640x480', 'configure']);
    surface.attach(client.buffer(), 0, 0);
    surface.commit();
    decoration.set_mode(2);
    client.settle();
    expect(told.splice(0)).toEqual(['mode 2', '636x476', 'configure']);
    expect(test.scene.stack[0]!.frame).not.toBeNull();
    decoration.set_mode(2);
    client.settle();
    expect(told.splice(0)).toEqual(['mode 2', '636x476', 'configure']);
    decoration.destroy();
    client.settle();
    expect(told).toEqual(['640x480', 'configure']);
    expect(test.scene.stack[0]!.frame).toBeNull();
  });

  it('takes a mode that it does not know for no preference', () => {
    const { surface, decoration, told } = decorated(client);
    decoration.set_mode(99);
    surface.commit();
    client.settle();
    expect(told[0]).toBe('mode 2');
    expect(client.error).toBeNull();
  });

  it.each([
    [
      'already_constructed',
      (by: TestClient) =>
        by.bind('zxdg_decoration_manager_v1').get_toplevel_decoration(decorated(by).toplevel),
    ],
    ['orphaned', (by: TestClient) => decorated(by).toplevel.destroy()],
    [
      'unconfigured_buffer',
      (by: TestClient) => by.bind('zxdg_decoration_manager_v1').get_toplevel_decoration(by.mapped().toplevel),
    ],
  ])('refuses %s', (code, act) => {
    act(client);
    client.settle();
    expect(client.error).toMatchObject({ interfaceName: 'zxdg_toplevel_decoration_v1', codeName: code });
    expect(test.scene.windows).toEqual([]);
    expect(test.trace.notes('fault')).toEqual([]);
  });

  it('of a client that dies is no error', () => {
    decorated(client).surface.commit();
    client.settle();
    client.client.disconnect('test');
    test.machine.settle();
    expect(test.counters.protocolErrors).toBe(0);
    expect(test.trace.notes('fault')).toEqual([]);
  });
});

describe('zxdg_output_manager_v1', () => {
  it.each([
    [3, ['at 0,0', '640x480', 'Virtual-1', 'wl_output.done']],
    [2, ['at 0,0', '640x480', 'Virtual-1', 'done']],
    [1, ['at 0,0', '640x480', 'done']],
  ])('version %i describes an output in logical pixels', (version, expected) => {
    const output = client.bind('wl_output');
    client.settle();
    const told: string[] = [];
    output.on('done', () => told.push('wl_output.done'));
    const described = client.bind('zxdg_output_manager_v1', version).get_xdg_output(output);
    described.listen({
      logical_position: (x, y) => void told.push(`at ${x},${y}`),
      logical_size: (width, height) => void told.push(`${width}x${height}`),
      name: name => void told.push(name),
      done: () => void told.push('done'),
    });
    client.settle();
    expect(told).toEqual(expected);
  });

  it('may be asked for an output that is gone', () => {
    const output = client.bind('wl_output');
    client.settle();
    test.outputs.remove(test.output);
    client.bind('zxdg_output_manager_v1').get_xdg_output(output);
    client.settle();
    expect(client.error).toBeNull();
    expect(test.trace.notes('fault')).toEqual([]);
  });
});

describe('the scale of an output', () => {
  beforeEach(() => {
    const second = new TestOutput('Virtual-2', 640);
    test.scene.outputs = [
      { ...test.output.info, scale: 1.5 },
      { ...second.info, scale: 2 },
    ];
  });

  function scaled(by: TestClient) {
    const surface = by.surface();
    const told: string[] = [];
    surface.on('preferred_buffer_scale', scale => told.push(`${scale}`));
    const fractional = by.bind('wp_fractional_scale_manager_v1').get_fractional_scale(surface);
    fractional.on('preferred_scale', scale => told.push(`${scale}/120`));
    by.settle();
    return { surface, fractional, told };
  }

  it('is told to its surfaces in full and in parts, the largest of those that show them', () => {
    const { surface, told } = scaled(client);
    expect(told.splice(0)).toEqual(['2', '180/120']);
    const xdg = client.bind('xdg_wm_base').get_xdg_surface(surface);
    xdg.on('configure', serial => xdg.ack_configure(serial));
    xdg.get_toplevel();
    surface.commit();
    client.settle();
    surface.attach(client.buffer(), 0, 0);
    surface.commit();
    client.settle();
    expect(told.splice(0)).toEqual([]);
    const window = test.scene.windows[0]!;
    test.scene.moveWindow(window, { x: 630, y: 0 });
    client.settle();
    expect(told.splice(0)).toEqual(['2', '240/120']);
    test.scene.moveWindow(window, { x: 700, y: 0 });
    test.scene.moveWindow(window, { x: 0, y: 0 });
    client.settle();
    expect(told.splice(0)).toEqual(['2', '180/120']);
  });

  it('is told no more once nobody listens', () => {
    const { surface, fractional } = scaled(client);
    fractional.destroy();
    surface.destroy();
    client.settle();
    expect(client.error).toBeNull();
    expect(test.trace.notes('fault')).toEqual([]);
  });

  it('has one object for each surface', () => {
    const { surface } = scaled(client);
    client.bind('wp_fractional_scale_manager_v1').get_fractional_scale(surface);
    client.settle();
    expect(client.error).toMatchObject({
      interfaceName: 'wp_fractional_scale_manager_v1',
      codeName: 'fractional_scale_exists',
    });
  });
});

describe('zwlr_foreign_toplevel_manager_v1', () => {
  it('tells of every window, and of what happens to it', () => {
    const window = client.mapped();
    window.toplevel.set_title('first');
    client.settle();
    const bar = test.connect('bar');
    bar.bind('wl_output');
    const manager = bar.bind('zwlr_foreign_toplevel_manager_v1');
    const told: string[] = [];
    manager.on('toplevel', handle => {
      handle.listen({
        title: title => void told.push(`title ${title}`),
        app_id: appId => void told.push(`app ${appId}`),
        state: bytes => void told.push(`states ${words(bytes)}`),
        output_enter: () => void told.push('enter'),
        output_leave: () => void told.push('leave'),
        closed: () => void told.push('closed'),
        done: () => void told.push('done'),
      });
    });
    bar.settle();
    expect(told.splice(0)).toEqual(['title first', 'app ', 'states 2', 'enter', 'done']);
    window.toplevel.set_app_id('demo');
    window.toplevel.set_fullscreen(null);
    client.settle();
    expect(told.splice(0)).toEqual(['app demo', 'states 2,3', 'done']);
    window.toplevel.unset_fullscreen();
    window.toplevel.set_maximized();
    client.settle();
    expect(told.at(-2)).toBe('states 0,2');
    told.length = 0;
    window.toplevel.destroy();
    client.settle();
    expect(told).toEqual(['closed']);
  });

  it('tells a task bar that binds outputs late where windows are', () => {
    client.mapped();
    const bar = test.connect('bar');
    const entered: number[] = [];
    let done = 0;
    bar.bind('zwlr_foreign_toplevel_manager_v1').on('toplevel', handle => {
      handle.on('output_enter', output => entered.push(output.id));
      handle.on('done', () => done++);
    });
    bar.settle();
    expect([entered, done]).toEqual([[], 1]);
    const output = bar.bind('wl_output');
    bar.settle();
    expect([entered, done]).toEqual([[output.id], 2]);
  });

  it('lets a task bar act on windows', () => {
    const [first, second] = [client.mapped(), client.mapped()];
    const closed: string[] = [];
    first.toplevel.on('close', () => closed.push('first'));
    second.toplevel.on('close', () => closed.push('second'));
    const bar = test.connect('bar');
    const handles: ObjectProxy<'zwlr_foreign_toplevel_handle_v1'>[] = [];
    const manager = bar.bind('zwlr_foreign_toplevel_manager_v1');
    manager.on('toplevel', handle => handles.push(handle));
    bar.settle();
    const [windowOne, windowTwo] = test.scene.windows;
    expect(test.scene.activated).toBe(windowTwo);
    handles[0]!.activate(bar.bind('wl_seat'));
    handles[1]!.set_maximized();
    bar.settle();
    expect(test.scene.activated).toBe(windowOne);
    expect(windowTwo!.slot!.mode).toBe('maximised');
    handles[1]!.close();
    bar.settle();
    expect(closed).toEqual(['second']);
    second.toplevel.destroy();
    client.settle();
    handles[1]!.close();
    handles[1]!.set_maximized();
    bar.settle();
    expect(bar.error).toBeNull();
    expect(test.trace.notes('fault')).toEqual([]);
  });

  it('tells no more once it was stopped', () => {
    const bar = test.connect('bar');
    const manager = bar.bind('zwlr_foreign_toplevel_manager_v1');
    const told: string[] = [];
    manager.on('finished', () => told.push('finished'));
    manager.on('toplevel', () => told.push('toplevel'));
    manager.stop();
    bar.settle();
    client.mapped();
    bar.settle();
    expect(told).toEqual(['finished']);
    expect(bar.error).toBeNull();
  });
});

describe('the frame of a floating window', () => {
  it('is what it is moved and resized by, and no client hears of that', () => {
    const surface = client.surface();
    const xdg = client.bind('xdg_wm_base').get_xdg_surface(surface);
    xdg.on('configure', serial => xdg.ack_configure(serial));
    const toplevel = xdg.get_toplevel();
    client.bind('zxdg_decoration_manager_v1').get_toplevel_decoration(toplevel).set_mode(2);
    surface.commit();
    client.settle();
    surface.attach(client.buffer(100, 100), 0, 0);
    surface.commit();
    client.settle();
    const heard: string[] = [];
    client
      .bind('wl_seat')
      .get_pointer()
      .on('button', () => heard.push('button'));
    const [window] = test.scene.windows;
    test.scene.moveWindow(window!, { x: 50, y: 50 });
    const drag = (from: readonly [number, number], to: readonly [number, number]): void => {
      const { pointer } = test.seat;
      pointer.moveTo(test.machine.now(), { x: from[0], y: from[1] });
      pointer.button(test.machine.now(), 0x110, 'pressed');
      pointer.moveTo(test.machine.now(), { x: to[0], y: to[1] });
      pointer.button(test.machine.now(), 0x110, 'released');
      pointer.frame();
      client.settle();
    };
    drag([100, 40], [120, 70]);
    expect(test.scene.placeOf(window!)).toMatchObject({ x: 70, y: 80 });
    drag([171, 181], [181, 201]);
    expect(window!.configuration!.size).toEqual({ width: 110, height: 120 });
    expect(window!.resizing).toBeNull();
    expect(heard).toEqual([]);
  });
});
