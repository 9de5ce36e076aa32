// Where windows go: each output is tiled by its windows, in the order in which they came.
import type { OutputInfo } from './outputs.ts';
import type { Rect } from './region.ts';
import type { Slot, Window } from './window.ts';

/** Logical pixels between tiles and around them, once there is more than one. */
const GAP = 8;

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
export function arrange(windows: readonly Window[], outputs: readonly OutputInfo[]): Map<Window, Slot> {
  const slots = new Map<Window, Slot>();
  for (const output of outputs) {
    const here = windows.filter(window => outputOf(window, outputs) === output);
    const tiles = tile(here.filter(isTiled).length, output.geometry);
    let next = 0;
    for (const window of here) {
      const rect = isTiled(window) ? tiles[next++]! : output.geometry;
      slots.set(window, slotOf(window, output, rect));
    }
  }
  return slots;
}

/** The output a new window is put on: the one with the fewest. */
export function leastCrowded(windows: readonly Window[], outputs: readonly OutputInfo[]): OutputInfo | null {
  const crowd = (output: OutputInfo): number => windows.filter(window => window.home === output.name).length;
  return outputs.reduce<OutputInfo | null>(
    (best, output) => (best === null || crowd(output) < crowd(best) ? output : best),
    null,
  );
}

const isTiled = ({ wishes }: Window): boolean =>
  wishes.fullscreen === false && !wishes.maximised && wishes.place === null;

function outputOf(window: Window, outputs: readonly OutputInfo[]): OutputInfo | undefined {
  const { fullscreen } = window.wishes;
  const wanted = fullscreen === false ? null : fullscreen.output;
  return (
    outputs.find(output => output.name === wanted) ??
    outputs.find(output => output.name === window.home) ??
    outputs[0]
  );
}

function slotOf({ wishes }: Window, output: OutputInfo, rect: Rect): Slot {
  if (wishes.fullscreen !== false) return { output: output.name, rect: output.geometry, mode: 'fullscreen' };
  if (wishes.maximised) return { output: output.name, rect: output.geometry, mode: 'maximised' };
  if (wishes.place) return { output: output.name, rect: wishes.place, mode: 'floating' };
  return { output: output.name, rect, mode: 'tiled' };
}
