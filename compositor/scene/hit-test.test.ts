import { beforeEach, describe, expect, it } from 'vitest';
import { Popup } from './popup.ts';
import { Region } from './region.ts';
import { type Opened, show, TestScene } from './testing.ts';

let test: TestScene;

beforeEach(() => {
  test = new TestScene();
});

describe('a point', () => {
  it('meets the topmost surface whose input region has it', () => {
    test = new TestScene('floating');
    const below = test.open(100);
    const above = test.open(100);
    test.scene.moveWindow(below.window, { x: 0, y: 0 });
    test.scene.moveWindow(above.window, { x: 50, y: 50 });
    above.window.surface.pending.input = Region.of({ x: 10, y: 10, width: 20, height: 20 });
    show(above.window.surface, 100);
    expect(test.scene.at({ x: 60.5, y: 79.9 })).toMatchObject({
      surface: above.window.surface,
      local: { x: 10.5, y: 29.900000000000006 },
      root: above.window,
    });
    expect(test.scene.at({ x: 59.9, y: 79.9 })?.root).toBe(below.window);
    expect(test.scene.at({ x: 80, y: 79 })?.root).toBe(below.window);
    expect(test.scene.at({ x: 149, y: 149 })).toBeNull();
    expect(test.scene.at({ x: -1, y: 0 })).toBeNull();
    expect(test.scene.at({ x: 400, y: 0 })).toBeNull();
  });

  it('meets popups and subsurfaces, and not what is dragged', () => {
    const { window } = test.open(400, 300);
    const popupSurface = test.scene.createSurface('popup');
    const popup = new Popup(
      popupSurface,
      window.surface,
      { x: 10, y: 10, width: 30, height: 30 },
      { done: () => {} },
    );
    popupSurface.role = { kind: 'popup', popup };
    test.scene.addPopup(popup);
    show(popupSurface, 30);
    const child = test.scene.createSurface('child');
    popupSurface.addChild(child)!.setPosition({ x: 40, y: 0 });
    popupSurface.commit(undefined, null);
    show(child, 5);
    popupSurface.commit(undefined, null);
    const icon = test.scene.createSurface('icon');
    icon.role = { kind: 'drag-icon' };
    show(icon, 20);
    test.scene.dragIcon = { kind: 'drag-icon', surface: icon, position: { x: 5.7, y: 5 } };
    expect(test.scene.placementOf(icon)).toMatchObject({ x: 5, y: 5, width: 20 });
    expect(test.order.at(-1)).toBe(icon);
    expect(test.scene.at({ x: 12, y: 12 })).toMatchObject({ surface: popupSurface, root: window });
    expect(test.scene.at({ x: 51, y: 11 })).toMatchObject({
      surface: child,
      local: { x: 1, y: 1 },
      root: window,
    });
    expect(test.scene.rootOf(child)).toBe(window);
    test.scene.dragIcon = null;
    expect(test.order).not.toContain(icon);
  });

  it('under a fullscreen window meets nothing that it hides', () => {
    const hidden = test.open(400, 300);
    const full = test.open(100);
    test.scene.setFullscreen(full.window, { output: null });
    expect(test.scene.at({ x: 200, y: 150 })?.root).toBe(full.window);
    expect(test.scene.at({ x: 1, y: 1 })).toBeNull();
    expect(hidden.told.at(-1)!.states).toContain('suspended');
  });
});

describe('a point on a frame', () => {
  const framed = (width = 50): Opened =>
    test.open(width, width, window => {
      window.wishes.decoration = 'server';
    });

  it('is of the window, by title and edges, and hides what lies below', () => {
    test = new TestScene('floating');
    const below = test.open(300);
    test.scene.moveWindow(below.window, { x: 0, y: 0 });
    const above = framed();
    test.scene.moveWindow(above.window, { x: 100, y: 100 });
    const edgesAt = (x: number, y: number) => test.scene.frameAt({ x, y })?.edges;
    expect(edgesAt(120, 90)).toEqual({ x: 0, y: 0 });
    expect(edgesAt(99, 81)).toEqual({ x: -1, y: -1 });
    expect(edgesAt(151, 151)).toEqual({ x: 1, y: 1 });
    expect(edgesAt(120, 151.5)).toEqual({ x: 0, y: 1 });
    expect(test.scene.frameAt({ x: 120, y: 90 })?.window).toBe(above.window);
    expect(test.scene.at({ x: 120, y: 90 })).toBeNull();
    expect(test.scene.at({ x: 120, y: 79 })?.root).toBe(below.window);
    expect(test.scene.at({ x: 120, y: 110 })?.root).toBe(above.window);
    test.scene.raise(below.window);
    expect(test.scene.frameAt({ x: 120, y: 90 })).toBeNull();
  });

  it('is on the output, for a window that finds its place alone', () => {
    test = new TestScene('floating');
    const one = framed(500);
    expect(test.place(one)).toMatchObject({ x: 2, y: 20 });
  });
});
