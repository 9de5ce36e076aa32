// Where windows go: each output is tiled by its windows, in the order in which they came; some have places of their own.
import type { OutputInfo } from './outputs.ts';
import type { Rect } from './region.ts';
import { FRAME_WIDTH, placeInSlot, TITLE_HEIGHT, windowGeometry } from './stack.ts';
import type { Alignment, Decoration, Slot, Window } from './window.ts';

/** Logical pixels between tiles and around them, once there is more than one. */
const GAP = 8;

/** How windows share the outputs. */
export type LayoutName = 'tiled' | 'floating';

/** An output, and what layer surfaces leave of it. */
export interface OutputArea {
  readonly output: OutputInfo;
  readonly usable: Rect;
}

/**
 * Cuts an area into `count` tiles, row by row, as near to a square grid as the count allows; a last row that is not full
 * is stretched. One window fills the area.
 */
export function tile(count: number, area: Rect): Rect[] {
  if (count <= 0) return [];
  if (count === 1) return [area];
  const columns = Math.ceil(Math.sqrt(count));
  const rows = Math.ceil(count / columns);
  return Array.from({ length: count }, (_, index) => {
    const row = Math.floor(index / columns);
    const inRow = row === rows - 1 ? count - columns * (rows - 1) : columns;
    const across = part(area.width, inRow, index - row * columns);
    const down = part(area.height, rows, row);
    return { x: area.x + across.start, y: area.y + down.start, width: across.length, height: down.length };
  });
}

/** The `index`th of `count` parts of a length with gaps between and around them; whole pixels that add up. */
function part(length: number, count: number, index: number): { start: number; length: number } {
  const room = length - GAP * (count + 1);
  if (room < count)
    return { start: Math.floor((length * index) / count), length: Math.max(1, Math.floor(length / count)) };
  const start = Math.floor((room * index) / count);
  return { start: start + GAP * (index + 1), length: Math.floor((room * (index + 1)) / count) - start };
}

/** Places for windows on outputs. Windows without any output get none. */
export function arrange(
  windows: readonly Window[],
  areas: readonly OutputArea[],
  layout: LayoutName,
): Map<Window, Slot> {
  const slots = new Map<Window, Slot>();
  for (const [area, here] of byArea(windows, areas)) {
    const tiles = tile(here.filter(window => isTiled(window, layout)).length, area.usable);
    let next = 0;
    for (const window of here) {
      const rect = isTiled(window, layout) ? tiles[next++]! : area.usable;
      slots.set(window, slotOf(window, area, rect, layout));
    }
  }
  const placed = new Set<Window>();
  for (const window of windows) placeOverParent(window, slots, placed);
  return slots;
}

/** A dialog lies over its parent, wherever that has come to lie; parents get their places first. */
function placeOverParent(window: Window, slots: Map<Window, Slot>, placed: Set<Window>): void {
  const line: Window[] = [];
  for (let at: Window | null = window; at && !placed.has(at); at = at.parent) {
    placed.add(at);
    line.push(at);
  }
  for (const dialog of line.toReversed()) {
    const { parent } = dialog;
    const slot = slots.get(dialog);
    const below = parent && slots.get(parent);
    if (below && slot?.mode === 'floating' && slot.within)
      slots.set(dialog, { ...slot, rect: coveredBy(parent, below) });
  }
}

/** Of a window that fills its slot, the slot: its client may not have drawn that size yet. */
const coveredBy = ({ surface }: Window, slot: Slot): Rect =>
  slot.mode === 'floating' ? placeInSlot(slot, windowGeometry(surface)) : slot.rect;

function byArea(
  windows: readonly Window[],
  areas: readonly OutputArea[],
): ReadonlyMap<OutputArea, readonly Window[]> {
  const groups = new Map<OutputArea, Window[]>();
  for (const window of windows) {
    const area = areaOf(window, areas);
    const group = area && groups.get(area);
    if (group) group.push(window);
    else if (area) groups.set(area, [window]);
  }
  return groups;
}

/** The output a new window is put on: the one with the fewest. */
export function leastCrowded(windows: readonly Window[], outputs: readonly OutputInfo[]): OutputInfo | null {
  const crowd = (output: OutputInfo): number => windows.filter(window => window.home === output.name).length;
  return outputs.reduce<OutputInfo | null>(
    (best, output) => (best === null || crowd(output) < crowd(best) ? output : best),
    null,
  );
}

/** Whether a window gets a tile: not one with a place of its own, one over another, or one that has but one size. */
const isTiled = (window: Window, layout: LayoutName): boolean =>
  layout === 'tiled' && modeOf(window) === null && window.parent === null && !window.fixed;

function modeOf({ wishes }: Window): Exclude<Slot['mode'], 'tiled'> | null {
  if (wishes.fullscreen !== false) return 'fullscreen';
  if (wishes.maximised) return 'maximised';
  return wishes.place ? 'floating' : null;
}

/** The output that a window goes to: the one it wants to fill, that of its parent unless it was moved itself, or its own; undefined: there is none. */
export function areaOf(window: Window, areas: readonly OutputArea[]): OutputArea | undefined {
  const named = (name: string | null): OutputArea | undefined =>
    areas.find(({ output }) => output.name === name);
  const wanted = ({ wishes: { fullscreen } }: Window): OutputArea | undefined =>
    fullscreen === false ? undefined : named(fullscreen.output);
  let at = window;
  while (!wanted(at) && at.parent?.mapped && !at.wishes.place) at = at.parent;
  return wanted(at) ?? named(at.home) ?? areas[0];
}

const CORNER = { x: 'start', y: 'start' } as const;
const MIDDLE = { x: 'centre', y: 'centre' } as const;

function slotOf(window: Window, { output, usable }: OutputArea, rect: Rect, layout: LayoutName): Slot {
  const { wishes } = window;
  const decoration = decorationOf(window, layout);
  const plain = { output: output.name, decoration, align: MIDDLE, within: null };
  const mode = modeOf(window);
  if (mode === 'fullscreen') return { ...plain, rect: output.geometry, mode };
  if (mode === 'maximised') return { ...plain, rect: usable, mode };
  if (wishes.place) return { ...plain, rect: wishes.place, mode: 'floating', align: alignmentOf(window) };
  if (isTiled(window, layout))
    return {
      ...plain,
      rect: decoration === 'server' ? inset(rect, FRAME_WIDTH, FRAME_WIDTH) : rect,
      mode: 'tiled',
    };
  const room = decoration === 'server' ? inset(usable, FRAME_WIDTH, TITLE_HEIGHT) : usable;
  return { ...plain, rect: room, mode: 'floating', within: room };
}

/** A client without a preference has a frame drawn around it in a tile; elsewhere it needs its own title bar. */
function decorationOf(window: Window, layout: LayoutName): Decoration {
  const { decoration } = window.wishes;
  if (decoration === 'none') return 'client';
  return decoration ?? (layout === 'tiled' && window.parent === null && !window.fixed ? 'server' : 'client');
}

/** A window with a place of its own that differs from the size it was given stays at the edges that nobody dragged. */
export function alignmentOf({ wishes, dragged }: Window): Slot['align'] {
  const { width, height } = wishes.place!;
  const from = (edge: -1 | 0 | 1): Alignment => (edge < 0 ? 'end' : 'start');
  return width === 0 && height === 0 ? CORNER : { x: from(dragged.x), y: from(dragged.y) };
}

/** What is left of an area inside of a frame, which is as wide as `above` at the top. */
function inset(rect: Rect, by: number, above: number): Rect {
  return {
    x: rect.x + by,
    y: rect.y + above,
    width: Math.max(1, rect.width - 2 * by),
    height: Math.max(1, rect.height - above - by),
  };
}
