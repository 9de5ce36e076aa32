import { beforeEach, describe, expect, it } from 'vitest';
import { hide, type Opened, show, TestScene } from './testing.ts';

let test: TestScene;

beforeEach(() => {
  test = new TestScene();
});

/** A window over another one. */
const dialogOf = (parent: Opened, width = 20, height = width): Opened =>
  test.open(width, height, window => {
    window.parent = parent.window;
  });

const middle = (of: Opened): string => {
  const { x, y, width, height } = test.place(of);
  return `${x + width / 2},${y + height / 2}`;
};

const order = (...opened: Opened[]) => opened.map(({ window }) => window.surface);

describe('a dialog', () => {
  it('lies over its parent, keeps its own size, and goes up with it', () => {
    test = new TestScene('floating');
    const parent = test.open(200, 100);
    const dialog = test.open(60, 40, window => {
      window.parent = parent.window;
    });
    expect(dialog.told[0]!.size).toEqual({ width: 0, height: 0 });
    const [outer, inner] = [test.place(parent), test.place(dialog)];
    expect(inner.x + inner.width / 2).toBe(outer.x + outer.width / 2);
    expect(inner.y + inner.height / 2).toBe(outer.y + outer.height / 2);
    const other = test.open(20);
    expect(test.order.at(-1)).toBe(other.window.surface);
    test.scene.raise(parent.window);
    expect(test.order).toEqual([other.window.surface, parent.window.surface, dialog.window.surface]);
  });

  it('stays where there is room when it is larger than its parent', () => {
    const tiles = [test.open(), test.open()];
    const dialog = test.open(300, 100, window => {
      window.parent = tiles[1]!.window;
    });
    const { x, width } = test.place(dialog);
    expect(x).toBeGreaterThanOrEqual(0);
    expect(x + width).toBeLessThanOrEqual(400);
  });

  it('raises its parents, and other dialogs of these, with it', () => {
    test = new TestScene('floating');
    const parent = test.open();
    const dialog = dialogOf(parent);
    const question = dialogOf(dialog);
    const sibling = dialogOf(parent);
    const other = test.open();
    test.scene.raise(dialog.window);
    expect(test.order).toEqual(order(other, parent, sibling, dialog, question));
    test.scene.raise(parent.window);
    expect(test.order).toEqual(order(other, parent, sibling, dialog, question));
  });

  it('lies above its parent from when it is given one', () => {
    test = new TestScene('floating');
    const [lower, upper] = [test.open(), test.open()];
    test.scene.setParent(lower.window, upper.window);
    expect(test.order).toEqual(order(upper, lower));
  });

  it('keeps to the middle of a tile that its parent has yet to fill', () => {
    const parent = test.open(400, 300);
    const dialog = dialogOf(parent);
    test.open();
    const { rect } = parent.window.slot!;
    expect(rect.width).toBeLessThan(200);
    expect(middle(dialog)).toBe(`${rect.x + rect.width / 2},${rect.y + rect.height / 2}`);
    show(parent.window.surface, rect.width, rect.height);
    expect(middle(dialog)).toBe(middle(parent));
  });

  it('follows a parent that changes its size', () => {
    test = new TestScene('floating');
    const parent = test.open(100);
    test.scene.moveWindow(parent.window, { x: 0, y: 0 });
    const dialog = dialogOf(parent);
    expect(middle(dialog)).toBe('50,50');
    show(parent.window.surface, 300, 200);
    expect(middle(dialog)).toBe('150,100');
  });

  it('of a dialog finds its place although it came first', () => {
    const question = test.open(10);
    const dialog = test.open(20);
    const parent = test.open(400, 300);
    test.scene.setParent(dialog.window, parent.window);
    test.scene.setParent(question.window, dialog.window);
    test.scene.moveWindow(parent.window, { x: 0, y: 0 });
    show(parent.window.surface, 100, 80);
    expect([middle(dialog), middle(question)]).toEqual(['50,40', '50,40']);
  });

  it('belongs to the parent of its parent when that is unmapped, and stays there', () => {
    const parent = test.open();
    const dialog = dialogOf(parent);
    const question = dialogOf(dialog);
    hide(dialog.window.surface);
    test.scene.resetWindow(dialog.window);
    expect(question.window.parent).toBe(parent.window);
    test.scene.introduce(dialog.window);
    show(dialog.window.surface, 20);
    expect([dialog.window.parent, question.window.parent]).toEqual([null, parent.window]);
  });
});
