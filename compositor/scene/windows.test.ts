import { beforeEach, describe, expect, it } from 'vitest';
import { Region } from './region.ts';
import { show, TestScene } from './testing.ts';
import type { Window } from './window.ts';

let test: TestScene;

beforeEach(() => {
  test = new TestScene();
});

describe('the active window', () => {
  it('is the newest, then the one that was active before it', () => {
    const [first, second, third] = [test.open(), test.open(), test.open()];
    expect(test.scene.activated).toBe(third.window);
    test.scene.activate(first.window);
    expect(first.told.at(-1)!.states).toContain('activated');
    expect(third.told.at(-1)!.states).not.toContain('activated');
    test.scene.removeWindow(first.window);
    expect(test.scene.activated).toBe(third.window);
    test.scene.removeWindow(third.window);
    expect(test.scene.activated).toBe(second.window);
    test.scene.removeWindow(second.window);
    expect(test.scene.activated).toBeNull();
  });

  it('is never one that is not mapped', () => {
    const { window } = test.open();
    const unmapped = test.prepare();
    test.scene.activate(unmapped.window);
    expect(test.scene.activated).toBe(window);
    test.scene.removeWindow(unmapped.window);
    expect(test.scene.activated).toBe(window);
  });

  it('may be none, and is told of to those who watch, after the stack is there', () => {
    const heard: [Window | null, number][] = [];
    test.scene.observe({ activated: window => heard.push([window, test.scene.stack.length]) });
    const { window, told } = test.open();
    test.scene.activate(null);
    expect(told.at(-1)!.states).not.toContain('activated');
    expect(heard).toEqual([
      [window, 1],
      [null, 1],
    ]);
  });
});

describe('a floating window', () => {
  it('is one whose client allows one size, even among tiles', () => {
    const tiled = test.open();
    const fixed = test.prepare();
    fixed.window.surface.pending.role = {
      kind: 'xdg',
      geometry: null,
      acknowledged: null,
      minimum: { width: 30, height: 40 },
      maximum: { width: 30, height: 40 },
    };
    show(fixed.window.surface, 30, 40);
    expect(fixed.window.slot!.mode).toBe('floating');
    expect(test.place(fixed)).toEqual({ x: 185, y: 130, width: 30, height: 40 });
    expect(tiled.told.at(-1)!.size).toEqual({ width: 400, height: 300 });
  });

  it('finds its place beside the one before it, inside the output', () => {
    test = new TestScene('floating');
    const windows = Array.from({ length: 12 }, () => test.open(300, 250));
    const corners = new Set(windows.slice(0, 3).map(one => `${test.place(one).x},${test.place(one).y}`));
    expect(corners.size).toBe(3);
    for (const one of windows) {
      const { x, y, width, height } = test.place(one);
      expect(x + width).toBeLessThanOrEqual(400);
      expect(y + height).toBeLessThanOrEqual(300);
    }
  });

  it('is a tile that was moved; the others share what it leaves', () => {
    const [first, second] = [test.open(), test.open()];
    test.scene.moveWindow(first.window, { x: 33.4, y: 20 });
    expect(test.place(first)).toMatchObject({ x: 33, y: 20 });
    expect(first.told.at(-1)!.states).toEqual([]);
    expect(second.told.at(-1)!.size).toEqual({ width: 400, height: 300 });
    // As it comes to lie above the tile.
    expect(test.order.at(-1)).toBe(first.window.surface);
  });

  it('damages what it leaves and where it comes to, and no more', () => {
    test = new TestScene('floating');
    const { window } = test.open(10);
    test.open(10);
    test.scene.moveWindow(window, { x: 0, y: 0 });
    test.damage = Region.empty;
    test.scene.moveWindow(window, { x: 50, y: 0 });
    expect(test.damage.rects).toEqual([
      { x: 0, y: 0, width: 10, height: 10 },
      { x: 50, y: 0, width: 10, height: 10 },
    ]);
  });

  it('gets its place and size back after it was maximised or fullscreen', () => {
    test = new TestScene('floating');
    const one = test.open(100, 80);
    const before = test.place(one);
    test.scene.setMaximised(one.window, true);
    expect(one.told.at(-1)).toMatchObject({
      size: { width: 400, height: 300 },
      states: ['maximised', 'activated'],
    });
    show(one.window.surface, 400, 300);
    test.scene.setFullscreen(one.window, { output: null });
    test.scene.setFullscreen(one.window, false);
    expect(one.told.at(-1)!.states).toContain('maximised');
    test.scene.setMaximised(one.window, false);
    expect(one.told.at(-1)!.size).toEqual({ width: 100, height: 80 });
    show(one.window.surface, 100, 80);
    expect(test.place(one)).toEqual(before);
  });

  it('can not be moved or resized while it is fullscreen', () => {
    const { window } = test.open();
    test.scene.setFullscreen(window, { output: null });
    test.scene.moveWindow(window, { x: 10, y: 10 });
    expect(test.scene.beginResize(window, { x: 1, y: 1 })).toBeNull();
    expect(window.slot!.mode).toBe('fullscreen');
  });
});

describe('a window that is resized', () => {
  it('stays at the edges that nobody drags, although its client is slow', () => {
    test = new TestScene('floating');
    const one = test.open(100, 80);
    test.scene.moveWindow(one.window, { x: 50, y: 50 });
    const from = test.scene.beginResize(one.window, { x: -1, y: 0 })!;
    expect(from).toEqual({ x: 50, y: 50, width: 100, height: 80 });
    expect(one.told.at(-1)!.states).toContain('resizing');
    test.scene.resizeWindow(one.window, from, { x: -20, y: 99 });
    expect(one.told.at(-1)!.size).toEqual({ width: 120, height: 80 });
    // Still as wide as before: the right edge is where it was.
    expect(test.place(one)).toEqual(from);
    show(one.window.surface, 120, 80);
    expect(test.place(one)).toEqual({ x: 30, y: 50, width: 120, height: 80 });
    test.scene.endResize(one.window);
    expect(one.told.at(-1)!.states).not.toContain('resizing');
  });

  it('does not jump when it is moved afterwards, whatever its client made of the size', () => {
    test = new TestScene('floating');
    const one = test.open(100, 80);
    test.scene.moveWindow(one.window, { x: 50, y: 50 });
    const from = test.scene.beginResize(one.window, { x: -1, y: -1 })!;
    test.scene.resizeWindow(one.window, from, { x: -25, y: -25 });
    show(one.window.surface, 120, 100);
    test.scene.endResize(one.window);
    expect(test.place(one)).toMatchObject({ x: 30, y: 30 });
    test.scene.moveWindow(one.window, { x: 31, y: 32 });
    expect(test.place(one)).toMatchObject({ x: 31, y: 32 });
  });

  it('is never smaller than a pixel, and never told more than changes', () => {
    test = new TestScene('floating');
    const one = test.open(100, 80);
    const from = test.scene.beginResize(one.window, { x: 1, y: 1 })!;
    test.scene.resizeWindow(one.window, from, { x: -5000, y: -5000 });
    expect(one.told.at(-1)!.size).toEqual({ width: 1, height: 1 });
    const count = one.told.length;
    test.scene.resizeWindow(one.window, from, { x: -6000, y: -6000 });
    expect(one.told.length).toBe(count);
  });

  it('that goes meanwhile leaves nothing behind', () => {
    const one = test.open();
    const from = test.scene.beginResize(one.window, { x: 1, y: 1 })!;
    test.scene.removeWindow(one.window);
    one.window.surface.destroy();
    test.scene.resizeWindow(one.window, from, { x: 10, y: 10 });
    test.scene.endResize(one.window);
    expect(test.scene.stack).toEqual([]);
  });
});
