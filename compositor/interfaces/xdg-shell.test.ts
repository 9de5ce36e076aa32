import { beforeEach, describe, expect, it, vi } from 'vitest';
import { Kernel } from '../kernel/kernel.ts';
import { SECOND } from '../machine/machine.ts';
import { VirtualMachine } from '../machine/virtual-machine.ts';
import { type TestClient, TestOutput, TestServer } from './testing.ts';
import { isComplete, type PositionerRules, placePopup } from './xdg-positioner.ts';

let test: TestServer;
let client: TestClient;

beforeEach(() => {
  const machine = new VirtualMachine();
  const kernel = new Kernel({ machine, memoryBytes: 64 << 20 });
  test = new TestServer({ machine, kernel });
  client = test.connect();
});

const ACTIVATED = 4;
const states = (bytes: Uint8Array): number[] => [...new Uint32Array(bytes.slice().buffer)];

describe('xdg_toplevel', () => {
  it('is told what it may do and where it will be, before it is mapped', () => {
    const surface = client.surface();
    const xdg = client.bind('xdg_wm_base').get_xdg_surface(surface);
    const toplevel = xdg.get_toplevel();
    const told: string[] = [];
    toplevel.listen({
      wm_capabilities: bytes => void told.push(`may ${states(bytes)}`),
      configure_bounds: (width, height) => void told.push(`bounds ${width}x${height}`),
      configure: (width, height, bytes) => void told.push(`size ${width}x${height} ${states(bytes)}`),
    });
    xdg.on('configure', () => told.push('configure'));
    client.settle();
    expect(told).toEqual([]);
    surface.commit();
    client.settle();
    expect(told).toEqual(['may 2,3', 'bounds 640x480', 'size 640x480 5,6,7,8,4', 'configure']);
  });

  it('shares the output with other windows, and gets it back', () => {
    const first = client.mapped();
    expect(first.configures.at(-1)).toMatchObject({ width: 640, height: 480 });
    const second = client.mapped();
    expect(first.configures.at(-1)!.width).toBeLessThan(320);
    second.toplevel.destroy();
    client.settle();
    expect(first.configures.at(-1)).toMatchObject({ width: 640, height: 480 });
  });

  it('is answered for every wish, even where nothing changes', () => {
    const { toplevel, configures } = client.mapped();
    for (const wish of ['unset_maximized', 'set_fullscreen', 'unset_fullscreen', 'set_maximized'] as const) {
      const before = configures.length;
      if (wish === 'set_fullscreen') toplevel.set_fullscreen(null);
      else toplevel[wish]();
      client.settle();
      expect([wish, configures.length]).toEqual([wish, before + 1]);
    }
  });

  it('is the active one until a newer one is mapped', () => {
    const first = client.mapped();
    let latest: number[] = [];
    first.toplevel.on('configure', (_, __, bytes) => {
      latest = states(bytes);
    });
    const base = client.bind('xdg_wm_base');
    base.get_xdg_surface(client.surface()).get_toplevel();
    first.toplevel.set_maximized();
    client.settle();
    expect(latest).toContain(ACTIVATED);
    client.mapped();
    first.toplevel.unset_maximized();
    client.settle();
    expect(latest).not.toContain(ACTIVATED);
  });

  it('is configured within the limits it set, and beyond them when it fills the output', () => {
    const surface = client.surface();
    const base = client.bind('xdg_wm_base');
    const xdg = base.get_xdg_surface(surface);
    const toplevel = xdg.get_toplevel();
    const sizes: string[] = [];
    toplevel.on('configure', (width, height) => sizes.push(`${width}x${height}`));
    toplevel.set_max_size(300, 0);
    toplevel.set_min_size(0, 500);
    surface.commit();
    client.settle();
    toplevel.set_fullscreen(null);
    client.settle();
    expect(sizes).toEqual(['300x500', '640x480']);
  });

  it('may say its wishes before the first commit', () => {
    const surface = client.surface();
    const xdg = client.bind('xdg_wm_base').get_xdg_surface(surface);
    const toplevel = xdg.get_toplevel();
    const told: number[][] = [];
    toplevel.on('configure', (_, __, bytes) => told.push(states(bytes)));
    toplevel.unset_maximized();
    toplevel.set_fullscreen(null);
    client.settle();
    expect(told).toEqual([]);
    surface.commit();
    client.settle();
    expect(told.map(list => list.includes(2))).toEqual([true]);
  });

  it('may commit again before it has content, and starts over after it lost it', () => {
    const { surface, configures } = client.window();
    surface.commit();
    client.settle();
    surface.attach(client.buffer(), 0, 0);
    surface.commit();
    client.settle();
    expect(test.scene.stack.length).toBe(1);
    surface.attach(null, 0, 0);
    surface.commit();
    client.settle();
    expect(test.scene.stack.length).toBe(0);
    const before = configures.length;
    surface.commit();
    client.settle();
    expect(configures.length).toBe(before + 1);
    surface.attach(client.buffer(), 0, 0);
    surface.commit();
    client.settle();
    expect(client.error).toBeNull();
    expect(test.scene.stack.length).toBe(1);
  });

  it('may acknowledge what was on its way when it was unmapped, which configures nothing', () => {
    const { surface, toplevel, configures } = client.mapped();
    const before = configures.length;
    // Answered with a configure, which the client acknowledges when it has unmapped the surface already.
    toplevel.set_maximized();
    surface.attach(null, 0, 0);
    surface.commit();
    client.settle();
    expect(configures.length).toBe(before + 1);
    expect(client.error).toBeNull();
    surface.attach(client.buffer(), 0, 0);
    surface.commit();
    client.settle();
    expect(client.error?.codeName).toBe('unconfigured_buffer');
  });

  it('loses all that was said of it when it is unmapped', () => {
    const { surface, xdg, toplevel, configures } = client.mapped();
    toplevel.set_title('title');
    toplevel.set_app_id('app');
    toplevel.set_min_size(100, 100);
    toplevel.set_max_size(100, 100);
    surface.attach(null, 0, 0);
    surface.commit();
    client.settle();
    const window = test.scene.windows[0]!;
    expect([window.title, window.appId]).toEqual(['', '']);
    surface.commit();
    client.settle();
    expect(configures.length).toBe(2);
    surface.attach(client.buffer(), 0, 0);
    surface.commit();
    client.settle();
    expect(window.slot?.mode).toBe('tiled');
    expect([xdg.destroyed, client.error]).toEqual([false, null]);
  });

  it('has a parent only as long as that is mapped', () => {
    const parent = client.mapped();
    const grandparent = client.mapped();
    const child = client.mapped();
    const [parentWindow, grandparentWindow, childWindow] = test.scene.windows;
    parent.toplevel.set_parent(grandparent.toplevel);
    child.toplevel.set_parent(parent.toplevel);
    client.settle();
    expect(childWindow!.parent).toBe(parentWindow);
    parent.surface.attach(null, 0, 0);
    parent.surface.commit();
    client.settle();
    expect([childWindow!.parent, parentWindow!.parent]).toEqual([grandparentWindow, null]);
    child.toplevel.set_parent(parent.toplevel);
    client.settle();
    expect(childWindow!.parent).toBeNull();
  });

  it('is configured anew although it was unmapped behind content that waits', () => {
    const { surface, configures } = client.mapped();
    test.waiter.holding = true;
    surface.attach(client.dmabuf(), 0, 0);
    surface.commit();
    surface.attach(null, 0, 0);
    surface.commit();
    client.settle();
    const before = configures.length;
    surface.commit();
    client.settle();
    expect(configures.length).toBeGreaterThan(before);
    for (const constraint of test.waiter.constraints) constraint.signal();
    client.settle();
    expect([test.scene.stack, client.error]).toEqual([[], null]);
  });

  it('is placed by its window geometry', () => {
    const { surface, xdg } = client.mapped(64, 64);
    xdg.set_window_geometry(10, 20, 40, 40);
    surface.commit();
    client.settle();
    // The geometry lies in the middle of 640x480; the shadow around it does not count.
    expect(test.scene.stack[0]).toMatchObject({ x: 300 - 10, y: 220 - 20 });
  });

  it('keeps its title, app id and parent', () => {
    const parent = client.mapped();
    const child = client.mapped();
    child.toplevel.set_title('Photos');
    child.toplevel.set_app_id('org.example.photos');
    child.toplevel.set_parent(parent.toplevel);
    client.settle();
    const [above, window] = test.scene.windows;
    expect(window).toMatchObject({ title: 'Photos', appId: 'org.example.photos', parent: above });
    parent.toplevel.destroy();
    client.settle();
    expect(window!.parent).toBeNull();
  });

  it('is asked to close', () => {
    const { toplevel } = client.mapped();
    let asked = 0;
    toplevel.on('close', () => asked++);
    test.scene.windows[0]!.client.close();
    client.settle();
    expect(asked).toBe(1);
  });
});

describe('xdg_wm_base.ping', () => {
  it('finds a client that does not answer, and that it answers again', () => {
    const base = client.bind('xdg_wm_base');
    const pings: number[] = [];
    base.on('ping', serial => pings.push(serial));
    const surface = client.surface();
    base.get_xdg_surface(surface).get_toplevel();
    surface.commit();
    client.settle();
    expect(pings.length).toBe(1);
    const [window] = test.scene.windows;
    test.machine.advance(11n * SECOND);
    expect(window!.unresponsive).toBe(true);
    base.pong(pings[0]! + 1);
    client.settle();
    expect(window!.unresponsive).toBe(true);
    base.pong(pings[0]!);
    client.settle();
    expect(window!.unresponsive).toBe(false);
  });
});

describe('xdg_popup', () => {
  it('is told its place beside its parent, and shown there', () => {
    const parent = client.mapped(100, 100);
    const positioner = parent.base.create_positioner();
    positioner.set_size(20, 30);
    positioner.set_anchor_rect(10, 10, 5, 5);
    positioner.set_anchor(8);
    positioner.set_gravity(8);
    const surface = client.surface();
    const xdg = parent.base.get_xdg_surface(surface);
    const popup = xdg.get_popup(parent.xdg, positioner);
    const places: number[][] = [];
    popup.on('configure', (...place) => places.push(place));
    let repositioned = 0;
    popup.on('repositioned', token => {
      repositioned = token;
    });
    xdg.on('configure', serial => xdg.ack_configure(serial));
    surface.commit();
    client.settle();
    surface.attach(client.buffer(20, 30), 0, 0);
    surface.commit();
    client.settle();
    expect(places).toEqual([[15, 15, 20, 30]]);
    const [below, above] = test.scene.stack;
    expect([above!.x - below!.x, above!.y - below!.y]).toEqual([15, 15]);
    positioner.set_offset(1, 1);
    popup.reposition(positioner, 7);
    client.settle();
    expect([repositioned, places.at(-1)]).toEqual([7, [16, 16, 20, 30]]);
    popup.destroy();
    client.settle();
    expect(test.scene.stack.length).toBe(1);
    expect(client.error).toBeNull();
  });
});

describe('nested popups', () => {
  it('are stacked from the parent up while those below have content, and not nested without end', () => {
    const parent = client.mapped(100, 100);
    const positioner = parent.base.create_positioner();
    positioner.set_size(20, 30);
    positioner.set_anchor_rect(10, 10, 5, 5);
    const buffer = client.buffer(20, 30);
    let below = parent.xdg;
    const surfaces: ReturnType<TestClient['surface']>[] = [];
    const open = (): void => {
      const surface = client.surface();
      const xdg = parent.base.get_xdg_surface(surface);
      xdg.get_popup(below, positioner);
      xdg.on('configure', serial => xdg.ack_configure(serial));
      surface.commit();
      client.settle();
      surface.attach(buffer, 0, 0);
      surface.commit();
      client.settle();
      surfaces.push(surface);
      below = xdg;
    };
    for (let level = 0; level < 64; level++) open();
    expect(client.error).toBeNull();
    expect(test.scene.stack.length).toBe(65);
    surfaces[9]!.attach(null, 0, 0);
    surfaces[9]!.commit();
    client.settle();
    expect(test.scene.stack.length).toBe(10);
    open();
    expect(client.error).toMatchObject({ interfaceName: 'xdg_wm_base', codeName: 'invalid_popup_parent' });
  });
});

describe('placePopup', () => {
  const bounds = { x: 0, y: 0, width: 100, height: 100 };
  const rules = (change: Partial<PositionerRules>): PositionerRules => ({
    size: { width: 30, height: 30 },
    anchorRect: { x: 80, y: 80, width: 10, height: 10 },
    anchor: 8,
    gravity: 8,
    adjustment: 0,
    offset: { x: 0, y: 0 },
    reactive: false,
    parentSize: null,
    ...change,
  });

  it.each([
    ['leaves it outside where the client allows nothing', 0, { x: 90, y: 90, width: 30, height: 30 }],
    ['slides', 1 | 2, { x: 70, y: 70, width: 30, height: 30 }],
    ['flips', 4 | 8, { x: 50, y: 50, width: 30, height: 30 }],
    ['cuts', 16 | 32, { x: 90, y: 90, width: 10, height: 10 }],
    ['each axis for itself', 1 | 8, { x: 70, y: 50, width: 30, height: 30 }],
  ])('%s', (_, adjustment, expected) => {
    expect(placePopup(rules({ adjustment }), bounds)).toEqual(expected);
  });

  it('is for complete rules', () => {
    expect(isComplete(rules({ anchorRect: null }))).toBe(false);
    expect(isComplete(rules({}))).toBe(true);
  });
});

describe('wl_surface', () => {
  it('enters the outputs that show it, for each wl_output bound, and leaves them', () => {
    const early = client.bind('wl_output');
    const { surface } = client.mapped();
    const seen: string[] = [];
    surface.on('enter', output => seen.push(`enter ${output.id === early.id ? 'early' : 'late'}`));
    surface.on('leave', output => seen.push(`leave ${output.id === early.id ? 'early' : 'late'}`));
    client.bind('wl_output');
    client.settle();
    expect(seen).toEqual(['enter late']);
    surface.attach(null, 0, 0);
    surface.commit();
    client.settle();
    expect(seen).toEqual(['enter late', 'leave early', 'leave late']);
  });

  it('enters and leaves outputs that come and go while it stays', () => {
    const second = new TestOutput('Virtual-2', 640);
    client.bind('wl_output');
    const { surface } = client.mapped();
    const seen: string[] = [];
    surface.on('enter', () => seen.push('enter'));
    surface.on('leave', () => seen.push('leave'));
    test.scene.outputs = [test.output.info, second.info];
    test.scene.moveWindow(test.scene.windows[0]!, { x: 600, y: 0 });
    test.scene.outputs = [second.info];
    client.settle();
    expect(seen.splice(0)).toEqual(['leave']);
    test.scene.outputs = [test.output.info, second.info];
    client.settle();
    expect(seen).toEqual(['enter']);
  });

  it('is looked at when it moves, and the others are not', () => {
    for (let count = 0; count < 10; count++) client.mapped();
    const window = test.scene.windows[0]!;
    test.scene.moveWindow(window, { x: 0, y: 0 });
    const looks = vi.spyOn(test.scene, 'placementOf');
    test.scene.moveWindow(window, { x: 10, y: 0 });
    expect(looks.mock.calls).toEqual([[window.surface]]);
  });
});

describe('a window with a subsurface at the end of the world', () => {
  it('is moved and resized without harm to anybody', () => {
    const { surface, configures } = client.mapped(100, 100);
    const child = client.surface();
    const subsurface = client.bind('wl_subcompositor').get_subsurface(child, surface);
    const furthest = 2 ** 31 - 1;
    subsurface.set_position(furthest, -furthest);
    child.attach(client.buffer(10, 10), 0, 0);
    child.commit();
    surface.commit();
    client.settle();
    const window = test.scene.windows[0]!;
    test.scene.moveWindow(window, { x: -furthest, y: furthest });
    const from = test.scene.beginResize(window, { x: 1, y: 1 })!;
    test.scene.resizeWindow(window, from, { x: furthest, y: furthest });
    test.scene.endResize(window);
    client.settle();
    expect(configures.at(-1)!.width).toBe(furthest);
    expect(client.error).toBeNull();
    expect(test.trace.notes('fault')).toEqual([]);
  });
});
