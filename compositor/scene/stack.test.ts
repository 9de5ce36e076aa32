import { beforeEach, describe, expect, it } from 'vitest';
import { Popup } from './popup.ts';
import { Region } from './region.ts';
import type { Surface } from './surface.ts';
import { show, TestScene } from './testing.ts';

let test: TestScene;

beforeEach(() => {
  test = new TestScene();
});

describe('a window that is maximised', () => {
  it('comes above one that floats when it is activated, where all float: it went behind it', () => {
    test = new TestScene('floating');
    const floats = test.open(100).window;
    const { window } = test.open(100);
    test.scene.setMaximised(window, true);
    expect(test.order).toEqual([floats.surface, window.surface]);
    test.scene.activate(floats);
    expect(test.order).toEqual([window.surface, floats.surface]);
    test.scene.activate(window);
    expect(test.order).toEqual([floats.surface, window.surface]);
  });

  it('stays below what was taken out of the tiles', () => {
    const floats = test.open(100).window;
    test.scene.moveWindow(floats, { x: 10, y: 10 });
    const { window } = test.open(100);
    test.scene.setMaximised(window, true);
    expect(test.order).toEqual([window.surface, floats.surface]);
  });
});

describe('layers', () => {
  it('lie below and above the windows, and the overlay above one that is fullscreen', () => {
    const overlay = test.openLayer({ layer: 'overlay' });
    const top = test.openLayer({ layer: 'top' });
    const window = test.open(400, 300).window;
    const background = test.openLayer({ layer: 'background' }, 400, 300);
    const bottom = test.openLayer({ layer: 'bottom' });
    expect(test.order).toEqual([background, bottom, window, top, overlay].map(({ surface }) => surface));
    test.scene.setFullscreen(window, { output: null });
    const shown = test.scene.stackOn(test.scene.outputs[0]!).map(({ surface }) => surface);
    expect(shown).toEqual([window.surface, overlay.surface]);
  });

  it('leave windows what they do not keep for themselves', () => {
    const { told, window } = test.open();
    const panel = test.openLayer({
      layer: 'top',
      anchor: { top: true, bottom: false, left: true, right: true },
      exclusiveZone: 20,
    });
    expect(told.at(-1)!.size).toEqual({ width: 400, height: 280 });
    test.scene.setMaximised(window, true);
    expect(window.slot!.rect).toEqual({ x: 0, y: 20, width: 400, height: 280 });
    test.scene.setFullscreen(window, { output: null });
    expect(window.slot!.rect.height).toBe(300);
    test.scene.removeLayer(panel);
    test.scene.setFullscreen(window, false);
    expect(window.slot!.rect.height).toBe(300);
  });

  it('claim the keyboard above the windows, and give it back', () => {
    test.openLayer({ layer: 'bottom', keyboard: 'exclusive' });
    test.openLayer({ layer: 'top', keyboard: 'on-demand' });
    expect(test.scene.keyboardClaim).toBeNull();
    const launcher = test.openLayer({ layer: 'top', keyboard: 'exclusive' });
    expect(test.scene.keyboardClaim).toBe(launcher);
    test.scene.removeLayer(launcher);
    expect(test.scene.keyboardClaim).toBeNull();
  });
});

describe('popups', () => {
  it('of a window that goes are taken away, the highest first', () => {
    const { window } = test.open();
    const gone: string[] = [];
    const popupOn = (parent: Surface, name: string): Surface => {
      const surface = test.scene.createSurface(name);
      const popup = new Popup(
        surface,
        parent,
        { x: 0, y: 0, width: 5, height: 5 },
        { done: () => gone.push(name) },
      );
      surface.role = { kind: 'popup', popup };
      test.scene.addPopup(popup);
      show(surface, 5);
      return surface;
    };
    popupOn(popupOn(window.surface, 'menu'), 'submenu');
    popupOn(window.surface, 'tooltip');
    expect(test.scene.stack.length).toBe(4);
    test.scene.removeWindow(window);
    expect(gone).toEqual(['tooltip', 'submenu', 'menu']);
    expect(test.scene.stack).toEqual([]);
  });
});

describe('a frame', () => {
  it('is drawn around a tile whose client has no preference, in the colour of the active one', () => {
    const first = test.open(396, 296, window => {
      window.wishes.decoration = null;
    });
    expect(first.told[0]).toMatchObject({ size: { width: 396, height: 296 }, decoration: 'server' });
    expect(test.scene.placementOf(first.window.surface)!.frame).toEqual({
      outer: { x: 0, y: 0, width: 400, height: 300 },
      inner: { x: 2, y: 2, width: 396, height: 296 },
      activated: true,
    });
    test.damage = Region.empty;
    test.scene.activate(null);
    expect(test.scene.placementOf(first.window.surface)!.frame!.activated).toBe(false);
    expect(test.damage.isEmpty).toBe(false);
    test.scene.setMaximised(first.window, true);
    expect(test.scene.placementOf(first.window.surface)!.frame).toBeNull();
  });

  it('is not drawn where the client wants to do that, or never spoke of it', () => {
    for (const decoration of ['client', 'none'] as const) {
      const { window, told } = test.open(50, 50, one => {
        one.wishes.decoration = decoration;
      });
      expect(told[0]!.decoration).toBe('client');
      expect(test.scene.placementOf(window.surface)!.frame).toBeNull();
    }
  });
});

describe('what has not changed', () => {
  it('is not built again when a window moves, is raised or resized, or something is dragged', () => {
    test = new TestScene('floating');
    const windows = Array.from({ length: 5 }, () => test.open(20));
    const [first, ...others] = windows;
    const placements = () => others.map(({ window }) => test.scene.placementOf(window.surface)!);
    const before = placements();
    const icon = test.scene.createSurface('icon');
    show(icon, 10);
    for (let step = 0; step < 3; step++) {
      test.scene.moveWindow(first!.window, { x: step, y: step });
      test.scene.dragIcon = { kind: 'drag-icon', surface: icon, position: { x: step, y: 0 } };
      show(first!.window.surface, 30 + step);
    }
    test.scene.raise(first!.window);
    expect(placements().every((placement, at) => placement === before[at])).toBe(true);
  });

  it('is not damaged by a window that is raised', () => {
    test = new TestScene('floating');
    const windows = [test.open(20), test.open(20), test.open(20), test.open(20)];
    for (const [at, { window }] of windows.entries()) test.scene.moveWindow(window, { x: 30 * at, y: 0 });
    test.damage = Region.empty;
    test.scene.raise(windows[0]!.window);
    expect(test.damage.rects).toEqual([{ x: 0, y: 0, width: 20, height: 20 }]);
  });
});
