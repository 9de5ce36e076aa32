import { beforeEach, describe, expect, it } from 'vitest';
import { VirtualMachine } from '../machine/virtual-machine.ts';
import { Counters } from '../observe/counters.ts';
import { Trace } from '../observe/trace.ts';
import { BufferUse } from './buffer-use.ts';
import { INITIAL_LAYER_STATE, type LayerState, LayerSurface } from './layer-surface.ts';
import type { LayoutName } from './layout.ts';
import { Lifetime } from './lifetime.ts';
import type { OutputInfo } from './outputs.ts';
import { Popup } from './popup.ts';
import { type Rect, Region } from './region.ts';
import { Scene } from './scene.ts';
import type { Surface } from './surface.ts';
import { Window, type WindowConfiguration } from './window.ts';

const output = (name: string, x: number): OutputInfo => ({
  name,
  description: name,
  make: '',
  model: '',
  geometry: { x, y: 0, width: 400, height: 300 },
  mode: { width: 400, height: 300 },
  refresh: 60_000,
  scale: 1,
  transform: 0,
  physical: { width: 0, height: 0 },
});

let scene: Scene;
let damage: Region;
let nextBuffer = 1;

function start(layout: LayoutName): void {
  const machine = new VirtualMachine();
  scene = new Scene({ machine, trace: new Trace(machine), counters: new Counters(), layout });
  scene.outputs = [output('left', 0)];
  damage = Region.empty;
  scene.observe({
    damaged: region => {
      damage = damage.union(region);
    },
  });
}

beforeEach(() => start('tiled'));

function commit(surface: Surface, width: number, height = width): void {
  const use = new BufferUse({
    buffer: {
      kind: 'single-pixel',
      id: nextBuffer,
      label: `buffer ${nextBuffer++}`,
      width,
      height,
      format: 0,
      argb: 0,
      lifetime: new Lifetime(),
    },
    acquire: { kind: 'none' },
    targets: { buffer: () => {}, fenced: null, point: null },
    release: { release: () => {} },
  });
  surface.pending.damageBuffer(Region.infinite);
  surface.commit(use, null);
}

interface Opened {
  readonly window: Window;
  readonly told: WindowConfiguration[];
}

/** A window of this size, before it is mapped. */
function prepare(change: (window: Window) => void = () => {}): Opened {
  const surface = scene.createSurface('window');
  const told: WindowConfiguration[] = [];
  const window = new Window(surface, { configure: one => told.push(one), close: () => {} });
  surface.role = { kind: 'toplevel', window };
  scene.addWindow(window);
  change(window);
  scene.introduce(window);
  return { window, told };
}

function open(width = 50, height = width, change?: (window: Window) => void): Opened {
  const opened = prepare(change);
  commit(opened.window.surface, width, height);
  return opened;
}

function openLayer(state: Partial<LayerState>, width = 400, height = 20): LayerSurface {
  const surface = scene.createSurface('layer');
  const layer = new LayerSurface({
    surface,
    client: { configure: () => {}, closed: () => {} },
    output: 'left',
    namespace: 'test',
  });
  surface.role = { kind: 'layer', layer };
  surface.pending.role = { ...INITIAL_LAYER_STATE, size: { width, height }, ...state };
  scene.addLayer(layer);
  commit(surface, width, height);
  return layer;
}

const place = ({ window }: Opened): Rect => scene.placeOf(window)!;
const order = (): Surface[] => scene.stack.map(({ surface }) => surface);

describe('the active window', () => {
  it('is the newest, then the one that was active before it', () => {
    const [first, second, third] = [open(), open(), open()];
    expect(scene.activated).toBe(third.window);
    scene.activate(first.window);
    expect(first.told.at(-1)!.states).toContain('activated');
    expect(third.told.at(-1)!.states).not.toContain('activated');
    scene.removeWindow(first.window);
    expect(scene.activated).toBe(third.window);
    scene.removeWindow(third.window);
    expect(scene.activated).toBe(second.window);
    scene.removeWindow(second.window);
    expect(scene.activated).toBeNull();
  });

  it('may be none, and is told of to those who watch, after the stack is there', () => {
    const heard: [Window | null, number][] = [];
    scene.observe({ activated: window => heard.push([window, scene.stack.length]) });
    const { window, told } = open();
    scene.activate(null);
    expect(told.at(-1)!.states).not.toContain('activated');
    expect(heard).toEqual([
      [window, 1],
      [null, 1],
    ]);
  });
});

describe('a floating window', () => {
  it('lies over its parent, keeps its own size, and goes up with it', () => {
    start('floating');
    const parent = open(200, 100);
    const dialog = open(60, 40, window => {
      window.parent = parent.window;
    });
    expect(dialog.told[0]!.size).toEqual({ width: 0, height: 0 });
    const [outer, inner] = [place(parent), place(dialog)];
    expect(inner.x + inner.width / 2).toBe(outer.x + outer.width / 2);
    expect(inner.y + inner.height / 2).toBe(outer.y + outer.height / 2);
    const other = open(20);
    expect(order().at(-1)).toBe(other.window.surface);
    scene.raise(parent.window);
    expect(order()).toEqual([other.window.surface, parent.window.surface, dialog.window.surface]);
  });

  it('stays where there is room when it is larger than its parent', () => {
    const tiles = [open(), open()];
    const dialog = open(300, 100, window => {
      window.parent = tiles[1]!.window;
    });
    const { x, width } = place(dialog);
    expect(x).toBeGreaterThanOrEqual(0);
    expect(x + width).toBeLessThanOrEqual(400);
  });

  it('is one whose client allows one size, even among tiles', () => {
    const tiled = open();
    const fixed = prepare();
    fixed.window.surface.pending.role = {
      kind: 'xdg',
      geometry: null,
      acknowledged: null,
      minimum: { width: 30, height: 40 },
      maximum: { width: 30, height: 40 },
    };
    commit(fixed.window.surface, 30, 40);
    expect(fixed.window.slot!.mode).toBe('floating');
    expect(place(fixed)).toEqual({ x: 185, y: 130, width: 30, height: 40 });
    expect(tiled.told.at(-1)!.size).toEqual({ width: 400, height: 300 });
  });

  it('finds its place beside the one before it, inside the output', () => {
    start('floating');
    const windows = Array.from({ length: 12 }, () => open(300, 250));
    const corners = new Set(windows.slice(0, 3).map(one => `${place(one).x},${place(one).y}`));
    expect(corners.size).toBe(3);
    for (const one of windows) {
      const { x, y, width, height } = place(one);
      expect(x + width).toBeLessThanOrEqual(400);
      expect(y + height).toBeLessThanOrEqual(300);
    }
  });

  it('is a tile that was moved; the others share what it leaves', () => {
    const [first, second] = [open(), open()];
    scene.moveWindow(first.window, { x: 33.4, y: 20 });
    expect(place(first)).toMatchObject({ x: 33, y: 20 });
    expect(first.told.at(-1)!.states).toEqual([]);
    expect(second.told.at(-1)!.size).toEqual({ width: 400, height: 300 });
    // As it comes to lie above the tile.
    expect(order().at(-1)).toBe(first.window.surface);
  });

  it('damages what it leaves and where it comes to, and no more', () => {
    start('floating');
    const { window } = open(10);
    open(10);
    scene.moveWindow(window, { x: 0, y: 0 });
    damage = Region.empty;
    scene.moveWindow(window, { x: 50, y: 0 });
    expect(damage.rects).toEqual([
      { x: 0, y: 0, width: 10, height: 10 },
      { x: 50, y: 0, width: 10, height: 10 },
    ]);
  });

  it('gets its place and size back after it was maximised or fullscreen', () => {
    start('floating');
    const one = open(100, 80);
    const before = place(one);
    scene.setMaximised(one.window, true);
    expect(one.told.at(-1)).toMatchObject({
      size: { width: 400, height: 300 },
      states: ['maximised', 'activated'],
    });
    commit(one.window.surface, 400, 300);
    scene.setFullscreen(one.window, { output: null });
    scene.setFullscreen(one.window, false);
    expect(one.told.at(-1)!.states).toContain('maximised');
    scene.setMaximised(one.window, false);
    expect(one.told.at(-1)!.size).toEqual({ width: 100, height: 80 });
    commit(one.window.surface, 100, 80);
    expect(place(one)).toEqual(before);
  });

  it('can not be moved or resized while it is fullscreen', () => {
    const { window } = open();
    scene.setFullscreen(window, { output: null });
    scene.moveWindow(window, { x: 10, y: 10 });
    expect(scene.beginResize(window, { x: 1, y: 1 })).toBeNull();
    expect(window.slot!.mode).toBe('fullscreen');
  });
});

describe('a window that is resized', () => {
  it('stays at the edges that nobody drags, although its client is slow', () => {
    start('floating');
    const one = open(100, 80);
    scene.moveWindow(one.window, { x: 50, y: 50 });
    const from = scene.beginResize(one.window, { x: -1, y: 0 })!;
    expect(from).toEqual({ x: 50, y: 50, width: 100, height: 80 });
    expect(one.told.at(-1)!.states).toContain('resizing');
    scene.resizeWindow(one.window, from, { x: -20, y: 99 });
    expect(one.told.at(-1)!.size).toEqual({ width: 120, height: 80 });
    // Still as wide as before: the right edge is where it was.
    expect(place(one)).toEqual(from);
    commit(one.window.surface, 120, 80);
    expect(place(one)).toEqual({ x: 30, y: 50, width: 120, height: 80 });
    scene.endResize(one.window);
    expect(one.told.at(-1)!.states).not.toContain('resizing');
  });

  it('is never smaller than a pixel, and never told more than changes', () => {
    start('floating');
    const one = open(100, 80);
    const from = scene.beginResize(one.window, { x: 1, y: 1 })!;
    scene.resizeWindow(one.window, from, { x: -5000, y: -5000 });
    expect(one.told.at(-1)!.size).toEqual({ width: 1, height: 1 });
    const count = one.told.length;
    scene.resizeWindow(one.window, from, { x: -6000, y: -6000 });
    expect(one.told.length).toBe(count);
  });

  it('that goes meanwhile leaves nothing behind', () => {
    const one = open();
    const from = scene.beginResize(one.window, { x: 1, y: 1 })!;
    scene.removeWindow(one.window);
    one.window.surface.destroy();
    scene.resizeWindow(one.window, from, { x: 10, y: 10 });
    scene.endResize(one.window);
    expect(scene.stack).toEqual([]);
  });
});

describe('layers', () => {
  it('lie below and above the windows, and the overlay above one that is fullscreen', () => {
    const overlay = openLayer({ layer: 'overlay' });
    const top = openLayer({ layer: 'top' });
    const window = open(400, 300).window;
    const background = openLayer({ layer: 'background' }, 400, 300);
    const bottom = openLayer({ layer: 'bottom' });
    expect(order()).toEqual([background, bottom, window, top, overlay].map(({ surface }) => surface));
    scene.setFullscreen(window, { output: null });
    const shown = scene.stackOn(scene.outputs[0]!).map(({ surface }) => surface);
    expect(shown).toEqual([window.surface, overlay.surface]);
  });

  it('leave windows what they do not keep for themselves', () => {
    const { told, window } = open();
    const panel = openLayer({
      layer: 'top',
      anchor: { top: true, bottom: false, left: true, right: true },
      exclusiveZone: 20,
    });
    expect(told.at(-1)!.size).toEqual({ width: 400, height: 280 });
    scene.setMaximised(window, true);
    expect(window.slot!.rect).toEqual({ x: 0, y: 20, width: 400, height: 280 });
    scene.setFullscreen(window, { output: null });
    expect(window.slot!.rect.height).toBe(300);
    scene.removeLayer(panel);
    scene.setFullscreen(window, false);
    expect(window.slot!.rect.height).toBe(300);
  });

  it('claim the keyboard above the windows, and give it back', () => {
    openLayer({ layer: 'bottom', keyboard: 'exclusive' });
    openLayer({ layer: 'top', keyboard: 'on-demand' });
    expect(scene.keyboardClaim).toBeNull();
    const launcher = openLayer({ layer: 'top', keyboard: 'exclusive' });
    expect(scene.keyboardClaim).toBe(launcher);
    scene.removeLayer(launcher);
    expect(scene.keyboardClaim).toBeNull();
  });
});

describe('a point', () => {
  it('meets the topmost surface whose input region has it', () => {
    start('floating');
    const below = open(100);
    const above = open(100);
    scene.moveWindow(below.window, { x: 0, y: 0 });
    scene.moveWindow(above.window, { x: 50, y: 50 });
    above.window.surface.pending.input = Region.of({ x: 10, y: 10, width: 20, height: 20 });
    commit(above.window.surface, 100);
    expect(scene.at({ x: 60.5, y: 79.9 })).toMatchObject({
      surface: above.window.surface,
      local: { x: 10.5, y: 29.900000000000006 },
      root: above.window,
    });
    expect(scene.at({ x: 59.9, y: 79.9 })?.root).toBe(below.window);
    expect(scene.at({ x: 80, y: 79 })?.root).toBe(below.window);
    expect(scene.at({ x: 149, y: 149 })).toBeNull();
    expect(scene.at({ x: -1, y: 0 })).toBeNull();
    expect(scene.at({ x: 400, y: 0 })).toBeNull();
  });

  it('meets popups and subsurfaces, and not what is dragged', () => {
    const { window } = open(400, 300);
    const popupSurface = scene.createSurface('popup');
    const popup = new Popup(
      popupSurface,
      window.surface,
      { x: 10, y: 10, width: 30, height: 30 },
      { done: () => {} },
    );
    popupSurface.role = { kind: 'popup', popup };
    scene.addPopup(popup);
    commit(popupSurface, 30);
    const child = scene.createSurface('child');
    popupSurface.addChild(child)!.setPosition({ x: 40, y: 0 });
    popupSurface.commit(undefined, null);
    commit(child, 5);
    popupSurface.commit(undefined, null);
    const icon = scene.createSurface('icon');
    icon.role = { kind: 'drag-icon' };
    commit(icon, 20);
    scene.dragIcon = { kind: 'drag-icon', surface: icon, position: { x: 5.7, y: 5 } };
    expect(scene.placementOf(icon)).toMatchObject({ x: 5, y: 5, width: 20 });
    expect(order().at(-1)).toBe(icon);
    expect(scene.at({ x: 12, y: 12 })).toMatchObject({ surface: popupSurface, root: window });
    expect(scene.at({ x: 51, y: 11 })).toMatchObject({ surface: child, local: { x: 1, y: 1 }, root: window });
    expect(scene.rootOf(child)).toBe(window);
    scene.dragIcon = null;
    expect(order()).not.toContain(icon);
  });

  it('under a fullscreen window meets nothing that it hides', () => {
    const hidden = open(400, 300);
    const full = open(100);
    scene.setFullscreen(full.window, { output: null });
    expect(scene.at({ x: 200, y: 150 })?.root).toBe(full.window);
    expect(scene.at({ x: 1, y: 1 })).toBeNull();
    expect(hidden.told.at(-1)!.states).toContain('suspended');
  });
});

describe('popups', () => {
  it('of a window that goes are taken away, the highest first', () => {
    const { window } = open();
    const gone: string[] = [];
    const popupOn = (parent: Surface, name: string): Surface => {
      const surface = scene.createSurface(name);
      const popup = new Popup(
        surface,
        parent,
        { x: 0, y: 0, width: 5, height: 5 },
        { done: () => gone.push(name) },
      );
      surface.role = { kind: 'popup', popup };
      scene.addPopup(popup);
      commit(surface, 5);
      return surface;
    };
    popupOn(popupOn(window.surface, 'menu'), 'submenu');
    expect(scene.stack.length).toBe(3);
    scene.removeWindow(window);
    expect(gone).toEqual(['submenu', 'menu']);
    expect(scene.stack).toEqual([]);
  });
});

describe('a frame', () => {
  it('is drawn around a tile whose client has no preference, in the colour of the active one', () => {
    const first = open(396, 296, window => {
      window.wishes.decoration = null;
    });
    expect(first.told[0]).toMatchObject({ size: { width: 396, height: 296 }, decoration: 'server' });
    expect(scene.placementOf(first.window.surface)!.frame).toEqual({
      outer: { x: 0, y: 0, width: 400, height: 300 },
      inner: { x: 2, y: 2, width: 396, height: 296 },
      activated: true,
    });
    damage = Region.empty;
    scene.activate(null);
    expect(scene.placementOf(first.window.surface)!.frame!.activated).toBe(false);
    expect(damage.isEmpty).toBe(false);
    scene.setMaximised(first.window, true);
    expect(scene.placementOf(first.window.surface)!.frame).toBeNull();
  });

  it('is not drawn where the client wants to do that, or never spoke of it', () => {
    for (const decoration of ['client', 'none'] as const) {
      const { window, told } = open(50, 50, one => {
        one.wishes.decoration = decoration;
      });
      expect(told[0]!.decoration).toBe('client');
      expect(scene.placementOf(window.surface)!.frame).toBeNull();
    }
  });
});

describe('a point on a frame', () => {
  const framed = (width = 50): Opened =>
    open(width, width, window => {
      window.wishes.decoration = 'server';
    });

  it('is of the window, by title and edges, and hides what lies below', () => {
    start('floating');
    const below = open(300);
    scene.moveWindow(below.window, { x: 0, y: 0 });
    const above = framed();
    scene.moveWindow(above.window, { x: 100, y: 100 });
    const edgesAt = (x: number, y: number) => scene.frameAt({ x, y })?.edges;
    expect(edgesAt(120, 90)).toEqual({ x: 0, y: 0 });
    expect(edgesAt(99, 81)).toEqual({ x: -1, y: -1 });
    expect(edgesAt(151, 151)).toEqual({ x: 1, y: 1 });
    expect(edgesAt(120, 151.5)).toEqual({ x: 0, y: 1 });
    expect(scene.frameAt({ x: 120, y: 90 })?.window).toBe(above.window);
    expect(scene.at({ x: 120, y: 90 })).toBeNull();
    expect(scene.at({ x: 120, y: 79 })?.root).toBe(below.window);
    expect(scene.at({ x: 120, y: 110 })?.root).toBe(above.window);
    scene.raise(below.window);
    expect(scene.frameAt({ x: 120, y: 90 })).toBeNull();
  });

  it('is on the output, for a window that finds its place alone', () => {
    start('floating');
    const one = framed(500);
    expect(place(one)).toMatchObject({ x: 2, y: 20 });
  });
});

describe('what has not changed', () => {
  it('is not built again when a window moves, is raised or resized, or something is dragged', () => {
    start('floating');
    const windows = Array.from({ length: 5 }, () => open(20));
    const [first, ...others] = windows;
    const placements = () => others.map(({ window }) => scene.placementOf(window.surface)!);
    const before = placements();
    const icon = scene.createSurface('icon');
    commit(icon, 10);
    for (let step = 0; step < 3; step++) {
      scene.moveWindow(first!.window, { x: step, y: step });
      scene.dragIcon = { kind: 'drag-icon', surface: icon, position: { x: step, y: 0 } };
      commit(first!.window.surface, 30 + step);
    }
    scene.raise(first!.window);
    expect(placements().every((placement, at) => placement === before[at])).toBe(true);
  });

  it('is not damaged by a window that is raised', () => {
    start('floating');
    const windows = [open(20), open(20), open(20), open(20)];
    for (const [at, { window }] of windows.entries()) scene.moveWindow(window, { x: 30 * at, y: 0 });
    damage = Region.empty;
    scene.raise(windows[0]!.window);
    expect(damage.rects).toEqual([{ x: 0, y: 0, width: 20, height: 20 }]);
  });
});
