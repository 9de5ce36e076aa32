// fencepost_observation_v1: what the compositor runs on, read from the display's device as any of its clients could.

import { interfaces } from '../../protocol/interfaces/index.ts';
import type { Resource } from '../../protocol/object/resource.ts';
import {
  DRM_CLIENT_CAP_ATOMIC,
  DRM_CLIENT_CAP_UNIVERSAL_PLANES,
  drmIoctls,
} from '../../protocol/uapi/drm.ts';
import { DRM_MODE_TYPE_PREFERRED } from '../../protocol/uapi/mode-flags.ts';
import { KernelError, type Task } from '../kernel/task/index.ts';
import { CARD_NODE } from '../output/card.ts';
import { type ModeInfo, refreshOf } from '../output/mode-properties.ts';
import { findPipes, type Pipe, type PlaneInfo } from '../output/pipes.ts';
import type { Caller } from './context.ts';
import { sendSnapshot } from './observation-snapshot.ts';
import { ObservationWatch } from './observation-watch.ts';
import { words } from './words.ts';

const { mode_flags: MODE, plane_type: PLANE } = interfaces.fencepost_observation_v1.enums;
const PICOSECONDS = 1e12;

export function bindObservation({ context }: Caller, resource: Resource<'fencepost_observation_v1'>): void {
  const { task, kernel, outputs } = context.rooms;
  const watch = new ObservationWatch(context.rooms, () => resource.events.changed());
  resource.onDestroy(() => watch[Symbol.dispose]());
  resource.setHandlers({
    destroy: () => {},
    snapshot: () => watch.begin(sendSnapshot(context, resource)),
    describe: () => {
      for (const { path, access } of kernel.nodes()) resource.events.device(path, access);
      const pipes = readPipes(task);
      for (const pipe of pipes) {
        // An output may have a name of its own; its description tells the connector's.
        const known = outputs.list.find(({ info }) => info.description.includes(`(${pipe.connector.name},`));
        describePipe(resource, known?.info.name ?? pipe.connector.name, pipe);
      }
      resource.events.done();
    },
  });
}

/** Pipes as they are now, through a descriptor that is closed again. None where there is no display. */
function readPipes(task: Task): Pipe[] {
  let card: number | null = null;
  try {
    card = task.open(CARD_NODE);
    for (const capability of [DRM_CLIENT_CAP_UNIVERSAL_PLANES, DRM_CLIENT_CAP_ATOMIC])
      task.call(card, drmIoctls.DRM_IOCTL_SET_CLIENT_CAP, { capability, value: 1n });
    return findPipes(task, card);
  } catch (error) {
    if (error instanceof KernelError) return [];
    throw error;
  } finally {
    if (card !== null) task.close(card);
  }
}

function describePipe({ events }: Resource<'fencepost_observation_v1'>, output: string, pipe: Pipe): void {
  for (const mode of pipe.connector.modes)
    events.mode(
      output,
      mode.hdisplay,
      mode.vdisplay,
      Math.round(PICOSECONDS / Number(refreshOf(mode))),
      modeFlags(mode, pipe.mode),
    );
  const cursor = pipe.cursor ? [pipe.cursor] : [];
  for (const plane of [pipe.primary, ...pipe.overlays, ...cursor])
    events.plane(output, plane.id, PLANE[plane.kind], words(plane.formats), showing(plane));
}

const modeFlags = (mode: ModeInfo, current: ModeInfo): number =>
  (mode === current ? MODE.current : 0) | ((mode.type & DRM_MODE_TYPE_PREFERRED) !== 0 ? MODE.preferred : 0);

function showing(plane: PlaneInfo): string {
  const framebuffer = plane.properties.get('FB_ID')?.value ?? 0n;
  return framebuffer === 0n ? '' : `framebuffer ${framebuffer}`;
}
