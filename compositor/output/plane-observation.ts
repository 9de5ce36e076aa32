// What is on an output's planes, as a value for tools.
import type { PlaceObservation, PlaneContent, PlaneObservation } from '../scene/outputs.ts';
import type { Rect, Size } from '../scene/region.ts';
import type { Surface } from '../scene/surface.ts';
import type { ShownPlanes } from './painter.ts';
import type { Pipe, PlaneInfo } from './pipes.ts';

const NOWHERE: Rect = { x: 0, y: 0, width: 0, height: 0 };

/** Every plane that the output can use, from the lowest to the highest. */
export function observePlanes(pipe: Pipe, mode: Size, shown: ShownPlanes): PlaneObservation[] {
  const observe = (plane: PlaneInfo, otherwise: PlaneContent, place: Rect): PlaneObservation => {
    const use = shown.scanout.find(candidate => candidate.plane === plane);
    const { id, kind } = plane;
    if (!use) return { id, kind, content: otherwise, place };
    const { surface, use: commit, destination } = use.layer;
    return {
      id,
      kind,
      content: { kind: 'surface', surface, buffer: commit.buffer.label },
      place: destination,
    };
  };
  const off: PlaneContent = { kind: 'off' };
  const screen = { x: 0, y: 0, ...mode };
  const planes = [
    shown.composes
      ? observe(pipe.primary, { kind: 'composition' }, screen)
      : observe(pipe.primary, off, NOWHERE),
    ...pipe.overlays.map(plane => observe(plane, off, NOWHERE)),
  ];
  if (pipe.cursor) {
    const { cursor } = shown;
    const content: PlaneContent = cursor ? { kind: 'cursor', surface: cursor.surface } : off;
    planes.push(observe(pipe.cursor, content, cursor?.destination ?? NOWHERE));
  }
  return planes;
}

/** Where each surface is shown, and why there. */
export const observePlaces = (surfaces: readonly Surface[], shown: ShownPlanes): PlaceObservation[] =>
  surfaces.map(surface => ({
    surface,
    plane: shown.scanout.find(({ layer }) => layer.surface === surface)?.plane.id ?? null,
    reason: shown.reasons.get(surface) ?? 'nothing of it is seen',
  }));
