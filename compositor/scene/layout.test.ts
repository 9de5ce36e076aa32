import { beforeEach, describe, expect, it } from 'vitest';
import { VirtualMachine } from '../machine/virtual-machine.ts';
import { Counters } from '../observe/counters.ts';
import { Trace } from '../observe/trace.ts';
import { BufferUse } from './buffer-use.ts';
import { tile } from './layout.ts';
import { Lifetime } from './lifetime.ts';
import type { OutputInfo } from './outputs.ts';
import { Region } from './region.ts';
import { Scene } from './scene.ts';
import type { Surface } from './surface.ts';
import { Window, type WindowConfiguration } from './window.ts';

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

const output = (name: string, x: number): OutputInfo => ({
  name,
  description: name,
  make: '',
  model: '',
  geometry: { x, y: 0, width: 100, height: 100 },
  mode: { width: 100, height: 100 },
  refresh: 60_000,
  scale: 1,
  transform: 0,
  physical: { width: 0, height: 0 },
});

let scene: Scene;
let damage: Region;
let nextBuffer = 1;

beforeEach(() => {
  const machine = new VirtualMachine();
  scene = new Scene({ machine, trace: new Trace(machine), counters: new Counters() });
  scene.outputs = [output('left', 0), output('right', 100)];
  damage = Region.empty;
  scene.observe({
    damaged: region => {
      damage = damage.union(region);
    },
  });
});

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

function open(width = 50): { window: Window; told: WindowConfiguration[] } {
  const surface = scene.createSurface('window');
  const told: WindowConfiguration[] = [];
  const window = new Window(surface, { configure: one => told.push(one), close: () => {} });
  surface.role = { kind: 'toplevel', window };
  scene.addWindow(window);
  scene.introduce(window);
  commit(surface, width);
  return { window, told };
}

describe('windows', () => {
  it('are told their place before they are mapped, and spread over the outputs', () => {
    const [first, second] = [open(), open()];
    expect(first.told[0]!.size).toEqual({ width: 100, height: 100 });
    expect(first.window.slot!.output).toBe('left');
    expect(second.window.slot!.output).toBe('right');
    const third = open();
    expect(third.window.slot!.output).toBe('left');
    expect(first.told.at(-1)!.size.width).toBeLessThan(50);
  });

  it('may lie on two outputs', () => {
    const { window } = open(60);
    window.wishes.place = { x: 70, y: 0, width: 60, height: 60 };
    scene.arrange();
    for (const one of scene.outputs)
      expect(scene.stackOn(one).map(({ surface }) => surface)).toEqual([window.surface]);
    expect(scene.pacingOutput(window.surface)?.name).toBe('left');
  });

  it('that are fullscreen have their output to themselves; what they uncover is drawn again', () => {
    const [below, full] = [open(), open()];
    full.window.wishes.fullscreen = { output: 'left' };
    damage = Region.empty;
    scene.arrange();
    expect(scene.stackOn(scene.outputs[0]!).map(({ root }) => root)).toEqual([full.window]);
    expect(below.told.at(-1)!.states).toContain('suspended');
    expect(damage.covers(Region.of(scene.outputs[0]!.geometry))).toBe(true);
    full.window.wishes.fullscreen = false;
    damage = Region.empty;
    scene.arrange();
    expect(damage.covers(Region.of(scene.outputs[0]!.geometry))).toBe(true);
  });

  it('move to another output when theirs is gone', () => {
    const [, second] = [open(), open()];
    expect(second.window.slot!.output).toBe('right');
    scene.outputs = [output('left', 0)];
    expect(second.window.slot!.output).toBe('left');
    scene.outputs = [];
    expect(second.window.slot).toBeNull();
    expect(scene.stack).toEqual([]);
  });

  it('damage what they leave and where they go, and nothing else', () => {
    const { window } = open(10);
    window.wishes.place = { x: 0, y: 0, width: 10, height: 10 };
    scene.arrange();
    damage = Region.empty;
    window.wishes.place = { x: 30, y: 0, width: 10, height: 10 };
    scene.arrange();
    expect(damage.rects).toEqual([
      { x: 0, y: 0, width: 10, height: 10 },
      { x: 30, y: 0, width: 10, height: 10 },
    ]);
    damage = Region.empty;
    commit(window.surface, 10);
    expect(damage.rects).toEqual([{ x: 30, y: 0, width: 10, height: 10 }]);
    damage = Region.empty;
    scene.removeWindow(window);
    expect(damage.rects).toEqual([{ x: 30, y: 0, width: 10, height: 10 }]);
  });
});
