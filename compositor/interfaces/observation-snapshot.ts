// fencepost_observation_v1.snapshot: outputs, planes, windows and buffers as they are now, told to who asks.

import { interfaces } from '../../protocol/interfaces/index.ts';
import type { Resource } from '../../protocol/object/resource.ts';
import type { Output, OutputObservation } from '../scene/outputs.ts';
import type { Rect } from '../scene/region.ts';
import type { Surface } from '../scene/surface.ts';
import type { Window } from '../scene/window.ts';
import type { Context } from './context.ts';
import { timestampWords } from './timestamp.ts';

type Observation = Resource<'fencepost_observation_v1'>;

const {
  plane_type: PLANE,
  plane_content: CONTENT,
  window_state: STATE,
} = interfaces.fencepost_observation_v1.enums;

/** What is told of each kind of thing: a hostile client makes thousands, and the reader is somebody else. */
const MOST = 256;
const LONGEST_TEXT = 256;

const word = (count: number): number => count % 2 ** 32;
/** Cut by characters: half of one would be no text. */
const cut = (text: string): string =>
  text.length > LONGEST_TEXT ? `${[...text].slice(0, LONGEST_TEXT).join('')}...` : text;

/** Sends a snapshot. Returns whether it is going to be another one although nothing changes in the scene: a frame is under way. */
export function sendSnapshot(context: Context, resource: Observation): boolean {
  const { scene, outputs, holdings, machine } = context.rooms;
  const windowOf = windowNumbers(context);
  let omitted = 0;
  const some = <T>(all: readonly T[]): readonly T[] => {
    omitted += Math.max(0, all.length - MOST);
    return all.slice(0, MOST);
  };
  let moving = false;
  for (const output of outputs.list) {
    const observed = output.observe();
    if (observed.state !== 'idle') moving = true;
    sendOutput(resource, output, observed);
    for (const plane of observed.planes) sendPlane(resource, output, plane, windowOf);
    for (const { surface, plane, reason } of some(observed.places))
      resource.events.surface_place(
        output.info.name,
        surface.label,
        windowOf(surface),
        plane ?? 0,
        cut(reason),
      );
  }
  for (const window of some(scene.windows.filter(({ mapped }) => mapped)))
    sendWindow(resource, context.windowIds.of(window), window, scene.placeOf(window));
  const now = machine.now();
  for (const { surface, buffer, since, holders } of some(holdings.list))
    resource.events.held(
      surface,
      buffer,
      word(Number((now - since) / 1_000_000n)),
      cut(holders().join(', ')),
    );
  resource.events.snapshot_done(...timestampWords(now), omitted);
  return moving;
}

/** The number of the window that a surface belongs to; 0 for those of none. */
function windowNumbers({ rooms, windowIds }: Context): (surface: Surface) => number {
  const numbers = new Map<Surface, number>();
  for (const { surface, root } of rooms.scene.stack)
    if (root.kind === 'window') numbers.set(surface, windowIds.of(root));
  return surface => numbers.get(surface) ?? 0;
}

function sendOutput({ events }: Observation, { info }: Output, observed: OutputObservation): void {
  const { name, geometry, mode, refresh, scale, transform } = info;
  events.output_state(
    name,
    geometry.x,
    geometry.y,
    geometry.width,
    geometry.height,
    mode.width,
    mode.height,
    refresh,
    scale,
    transform,
    observed.state,
  );
  const { frames, composited, scannedOut, misses } = observed;
  events.output_counts(
    name,
    word(frames),
    word(composited),
    word(scannedOut),
    word(misses['late client']),
    word(misses['late render']),
    word(misses['late commit']),
    word(misses.device),
  );
}

function sendPlane(
  { events }: Observation,
  { info }: Output,
  { id, kind, content, place }: OutputObservation['planes'][number],
  windowOf: (surface: Surface) => number,
): void {
  const surface = 'surface' in content ? content.surface : null;
  events.plane_use(
    info.name,
    id,
    PLANE[kind],
    CONTENT[content.kind],
    surface?.label ?? '',
    content.kind === 'surface' ? content.buffer : '',
    surface ? windowOf(surface) : 0,
    place.x,
    place.y,
    place.width,
    place.height,
  );
}

function sendWindow({ events }: Observation, id: number, window: Window, place: Rect | null): void {
  const { surface, title, appId, slot } = window;
  const { x, y, width, height } = place ?? { x: 0, y: 0, width: 0, height: 0 };
  events.window(
    id,
    cut(title),
    cut(appId),
    surface.label,
    slot?.output ?? '',
    x,
    y,
    width,
    height,
    statesOf(window),
    word(surface.state.sequence),
  );
}

function statesOf({ configuration, slot, unresponsive }: Window): number {
  const states = configuration?.states ?? [];
  return (
    (states.includes('activated') ? STATE.activated : 0) |
    (states.includes('suspended') ? STATE.suspended : 0) |
    (unresponsive ? STATE.unresponsive : 0) |
    (slot ? STATE[slot.mode === 'maximised' ? 'maximized' : slot.mode] : 0)
  );
}
