// For tests of the scene: windows, layer surfaces and content without clients.
import { VirtualMachine } from '../machine/virtual-machine.ts';
import { Counters } from '../observe/counters.ts';
import { Trace } from '../observe/trace.ts';
import { BufferUse } from './buffer-use.ts';
import { INITIAL_LAYER_STATE, type LayerState, LayerSurface } from './layer-surface.ts';
import type { LayoutName } from './layout.ts';
import { Lifetime } from './lifetime.ts';
import type { OutputInfo } from './outputs.ts';
import { type Rect, Region } from './region.ts';
import { Scene } from './scene.ts';
import type { Surface } from './surface.ts';
import { Window, type WindowConfiguration } from './window.ts';

export function testOutput(name: string, x = 0, width = 400, height = 300): OutputInfo {
  return {
    name,
    description: name,
    make: '',
    model: '',
    geometry: { x, y: 0, width, height },
    mode: { width, height },
    refresh: 60_000,
    scale: 1,
    transform: 0,
    physical: { width: 0, height: 0 },
  };
}

let nextBuffer = 1;

/** Commits content of this size, new all over. */
export function show(surface: Surface, width: number, height = width): void {
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

/** Commits that there is no content any more. */
export const hide = (surface: Surface): void => surface.commit(null, null);

export interface Opened {
  readonly window: Window;
  readonly told: WindowConfiguration[];
}

export class TestScene {
  readonly scene: Scene;
  /** What was damaged since it was last emptied. */
  damage = Region.empty;

  /** On an output `left` of 400x300 unless told otherwise. */
  constructor(layout: LayoutName = 'tiled', outputs: readonly OutputInfo[] = [testOutput('left')]) {
    const machine = new VirtualMachine();
    this.scene = new Scene({ machine, trace: new Trace(machine), counters: new Counters(), layout });
    this.scene.outputs = outputs;
    this.scene.observe({
      damaged: region => {
        this.damage = this.damage.union(region);
      },
    });
  }

  /** A window that knows its place and has no content; `change` comes before it is told. */
  prepare(change: (window: Window) => void = () => {}): Opened {
    const surface = this.scene.createSurface('window');
    const told: WindowConfiguration[] = [];
    const window = new Window(surface, { configure: one => told.push(one), close: () => {} });
    surface.role = { kind: 'toplevel', window };
    this.scene.addWindow(window);
    change(window);
    this.scene.introduce(window);
    return { window, told };
  }

  open(width = 50, height = width, change?: (window: Window) => void): Opened {
    const opened = this.prepare(change);
    show(opened.window.surface, width, height);
    return opened;
  }

  openLayer(state: Partial<LayerState>, width = 400, height = 20): LayerSurface {
    const surface = this.scene.createSurface('layer');
    const layer = new LayerSurface({
      surface,
      client: { configure: () => {}, closed: () => {} },
      output: 'left',
      namespace: 'test',
    });
    surface.role = { kind: 'layer', layer };
    surface.pending.role = { ...INITIAL_LAYER_STATE, size: { width, height }, ...state };
    this.scene.addLayer(layer);
    show(surface, width, height);
    return layer;
  }

  place({ window }: Opened): Rect {
    return this.scene.placeOf(window)!;
  }

  /** What is shown, lowest first. */
  get order(): Surface[] {
    return this.scene.stack.map(({ surface }) => surface);
  }
}
