import { describe, expect, it } from 'vitest';
import { arrangeLayers, exclusiveEdge } from './layer-layout.ts';
import { INITIAL_LAYER_STATE, type LayerState, type LayerSurface } from './layer-surface.ts';

const OUTPUT = { x: 100, y: 50, width: 640, height: 480 };
const NONE = { top: false, bottom: false, left: false, right: false };

/** As much of a layer surface as the layout looks at. */
const layer = (state: Partial<LayerState>, mapped = true): LayerSurface =>
  ({ state: { ...INITIAL_LAYER_STATE, ...state }, mapped }) as LayerSurface;

const panel = (height: number, zone = height): LayerSurface =>
  layer({
    layer: 'top',
    size: { width: 0, height },
    anchor: { ...NONE, top: true, left: true, right: true },
    exclusiveZone: zone,
  });

describe('layer surfaces', () => {
  it('are stretched between two edges, with their margins', () => {
    const one = layer({
      size: { width: 0, height: 30 },
      anchor: { ...NONE, bottom: true, left: true, right: true },
      margin: { top: 1, right: 2, bottom: 3, left: 4 },
    });
    const { places, usable } = arrangeLayers([one], OUTPUT);
    expect(places.get(one)).toEqual({ x: 104, y: 497, width: 634, height: 30 });
    expect(usable).toEqual(OUTPUT);
  });

  it('lie in the middle where nothing ties them', () => {
    const one = layer({ size: { width: 40, height: 20 } });
    expect(arrangeLayers([one], OUTPUT).places.get(one)).toEqual({ x: 400, y: 280, width: 40, height: 20 });
  });

  it('that keep an edge free follow each other, and leave the rest', () => {
    const [first, second] = [panel(30), panel(20)];
    const wallpaper = layer({ anchor: { top: true, bottom: true, left: true, right: true } });
    const { places, usable } = arrangeLayers([wallpaper, first, second], OUTPUT);
    expect(places.get(first)).toMatchObject({ y: 50, height: 30 });
    expect(places.get(second)).toMatchObject({ y: 80, height: 20 });
    expect(usable).toEqual({ x: 100, y: 100, width: 640, height: 430 });
    expect(places.get(wallpaper)).toEqual(usable);
  });

  it('with a zone of -1 do not care what others keep free', () => {
    const everywhere = layer({
      anchor: { top: true, bottom: true, left: true, right: true },
      exclusiveZone: -1,
    });
    expect(arrangeLayers([panel(30), everywhere], OUTPUT).places.get(everywhere)).toEqual(OUTPUT);
  });

  it('keep nothing free before they are shown', () => {
    const coming = layer({ ...panel(30).state }, false);
    expect(arrangeLayers([coming], OUTPUT).usable).toEqual(OUTPUT);
  });

  it('add the margin to the zone they keep free', () => {
    const one = layer({ ...panel(30).state, margin: { top: 5, right: 0, bottom: 99, left: 0 } });
    expect(arrangeLayers([one], OUTPUT).usable).toMatchObject({ y: 85, height: 445 });
  });

  it('leave windows a quarter of the output, whatever they ask for', () => {
    const greedy = panel(30, 0x7fff_ffff);
    const { usable } = arrangeLayers([greedy, panel(30)], OUTPUT);
    expect(usable.height).toBe(120);
    const vast = layer({
      size: { width: 0, height: 10 },
      anchor: { ...NONE, left: true, right: true },
      margin: { top: 0, right: -(2 ** 31), bottom: 0, left: -(2 ** 31) },
    });
    expect(arrangeLayers([vast], OUTPUT).places.get(vast)!.width).toBeLessThanOrEqual(0x7fff_ffff);
    const squeezed = layer({ ...vast.state, margin: { top: 0, right: 2 ** 31 - 1, bottom: 0, left: 0 } });
    expect(arrangeLayers([squeezed], OUTPUT).places.get(squeezed)!.width).toBe(1);
  });

  it.each([
    ['top', { ...NONE, top: true }],
    ['top', { ...NONE, top: true, left: true, right: true }],
    ['left', { ...NONE, left: true, top: true, bottom: true }],
    ['right', { ...NONE, right: true }],
    [null, { ...NONE, top: true, left: true }],
    [null, { ...NONE, left: true, right: true }],
    [null, { top: true, bottom: true, left: true, right: true }],
    [null, NONE],
  ])('keep the edge %s free', (edge, anchor) => {
    expect(exclusiveEdge(anchor)).toBe(edge);
  });
});
