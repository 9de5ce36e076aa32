import { beforeEach, describe, expect, it } from 'vitest';
import { tile } from './layout.ts';
import { Region } from './region.ts';
import { show, TestScene, testOutput } from './testing.ts';

const AREA = { x: 0, y: 0, width: 1000, height: 600 };

describe('tile', () => {
  it.each([1, 2, 3, 4, 5, 7, 12, 100])('cuts an area into %i tiles that lie inside it and apart', count => {
    const tiles = tile(count, AREA);
    expect(tiles.length).toBe(count);
    const together = Region.ofAll(tiles);
    expect(Region.of(AREA).covers(together)).toBe(true);
    expect(together.area).toBe(tiles.reduce((sum, { width, height }) => sum + width * height, 0));
    expect(together.area).toBeGreaterThan(AREA.width * AREA.height * 0.6);
  });

  it('gives a single window everything, and survives an area too small for gaps', () => {
    expect(tile(1, AREA)).toEqual([AREA]);
    for (const rect of tile(9, { x: 0, y: 0, width: 4, height: 4 })) expect(rect.width).toBeGreaterThan(0);
  });
});

let test: TestScene;

beforeEach(() => {
  test = new TestScene('tiled', [testOutput('left', 0, 100, 100), testOutput('right', 100, 100, 100)]);
});

describe('windows', () => {
  it('are told their place before they are mapped, and spread over the outputs', () => {
    const [first, second] = [test.open(), test.open()];
    expect(first.told[0]!.size).toEqual({ width: 100, height: 100 });
    expect(first.window.slot!.output).toBe('left');
    expect(second.window.slot!.output).toBe('right');
    const third = test.open();
    expect(third.window.slot!.output).toBe('left');
    expect(first.told.at(-1)!.size.width).toBeLessThan(50);
  });

  it('may lie on two outputs', () => {
    const { window } = test.open(60);
    window.wishes.place = { x: 70, y: 0, width: 60, height: 60 };
    test.scene.arrange();
    for (const one of test.scene.outputs)
      expect(test.scene.stackOn(one).map(({ surface }) => surface)).toEqual([window.surface]);
    expect(test.scene.pacingOutput(window.surface)?.name).toBe('left');
  });

  it('that are fullscreen have their output to themselves; what they uncover is drawn again', () => {
    const [below, full] = [test.open(), test.open()];
    full.window.wishes.fullscreen = { output: 'left' };
    test.damage = Region.empty;
    test.scene.arrange();
    expect(test.scene.stackOn(test.scene.outputs[0]!).map(({ root }) => root)).toEqual([full.window]);
    expect(below.told.at(-1)!.states).toContain('suspended');
    expect(test.damage.covers(Region.of(test.scene.outputs[0]!.geometry))).toBe(true);
    full.window.wishes.fullscreen = false;
    test.damage = Region.empty;
    test.scene.arrange();
    expect(test.damage.covers(Region.of(test.scene.outputs[0]!.geometry))).toBe(true);
  });

  it('move to another output when theirs is gone', () => {
    const [, second] = [test.open(), test.open()];
    expect(second.window.slot!.output).toBe('right');
    test.scene.outputs = [testOutput('left', 0, 100, 100)];
    expect(second.window.slot!.output).toBe('left');
    test.scene.outputs = [];
    expect(second.window.slot).toBeNull();
    expect(test.scene.stack).toEqual([]);
  });

  it('that were moved belong to the output that they lie on', () => {
    const { window, told } = test.open(20);
    expect(window.slot!.output).toBe('left');
    test.scene.moveWindow(window, { x: 150, y: 0 });
    const full = test.open();
    test.scene.setFullscreen(full.window, { output: 'left' });
    expect(told.at(-1)!.states).not.toContain('suspended');
    test.scene.setMaximised(window, true);
    expect(window.slot).toMatchObject({ output: 'right', rect: { x: 100, width: 100 } });
  });

  it('that were moved come back when the output that they lie on goes', () => {
    const { window } = test.open(20);
    test.scene.moveWindow(window, { x: 150, y: 30 });
    test.scene.outputs = [];
    test.scene.outputs = [testOutput('left', 0, 100, 100)];
    expect(test.scene.placeOf(window)).toEqual({ x: 80, y: 30, width: 20, height: 20 });
  });

  it('damage what they leave and where they go, and nothing else', () => {
    const { window } = test.open(10);
    window.wishes.place = { x: 0, y: 0, width: 10, height: 10 };
    test.scene.arrange();
    test.damage = Region.empty;
    window.wishes.place = { x: 30, y: 0, width: 10, height: 10 };
    test.scene.arrange();
    expect(test.damage.rects).toEqual([
      { x: 0, y: 0, width: 10, height: 10 },
      { x: 30, y: 0, width: 10, height: 10 },
    ]);
    test.damage = Region.empty;
    show(window.surface, 10);
    expect(test.damage.rects).toEqual([{ x: 30, y: 0, width: 10, height: 10 }]);
    test.damage = Region.empty;
    test.scene.removeWindow(window);
    expect(test.damage.rects).toEqual([{ x: 30, y: 0, width: 10, height: 10 }]);
  });
});
