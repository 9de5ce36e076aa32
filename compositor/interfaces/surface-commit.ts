// wl_surface.commit: the checks that need the whole pending state, and the buffer's use.
import { BufferUse } from '../scene/buffer-use.ts';
import type { ClientBuffer } from '../scene/client-buffer.ts';
import type { Size } from '../scene/region.ts';
import { contentSize } from '../scene/surface-geometry.ts';
import type { Acquire } from '../scene/synchronisation.ts';
import { demand, displayRefusal } from './errors.ts';
import { type CommitSynchronisation, NO_SYNCHRONISATION } from './surface-synchronisation.ts';
import type { BufferObject } from './wl-buffer.ts';
import type { SurfaceObject } from './wl-surface.ts';

/** Commits of a surface that may wait for their acquire fences. */
const MAX_WAITING = 1024;

export function commitSurface(object: SurfaceObject): void {
  const { surface } = object;
  if (object.context.rooms.scene.waiting(surface).length >= MAX_WAITING)
    throw displayRefusal(
      'no_memory',
      `${MAX_WAITING} commits of wl_surface@${object.resource.id} wait for their fences already; wait for some of them`,
    );
  const attachment = takeAttachment(object);
  const size = attachment === undefined ? surface.committedSize : (attachment?.buffer ?? null);
  if (size) checkSize(object, size);
  object.roleObject?.beforeCommit(attachment === undefined ? 'unchanged' : attachment ? 'buffer' : 'null');
  const synchronisation = object.synchronisation?.take(attachment?.buffer ?? null) ?? NO_SYNCHRONISATION;
  if (attachment) commitBuffer(object, attachment, synchronisation);
  else surface.commit(attachment, null);
  object.roleObject?.afterCommit();
}

function takeAttachment(object: SurfaceObject): BufferObject | null | undefined {
  const { attachment } = object;
  object.attachment = undefined;
  return attachment?.destroyed ? null : attachment;
}

function commitBuffer(
  object: SurfaceObject,
  attachment: BufferObject,
  synchronisation: CommitSynchronisation,
): void {
  const { acquireWaiter, releaseService, counters, holdings, machine } = object.context.rooms;
  const { buffer } = attachment;
  const committed = machine.now();
  counters.uses++;
  const endOfUse = attachment.use();
  const released = (): void => {
    counters.commitToRelease.add(machine.now() - committed);
    held[Symbol.dispose]();
    endOfUse();
  };
  const use = new BufferUse({
    buffer,
    acquire: synchronisation.acquire ?? impliedAcquire(buffer),
    targets: { buffer: released, fenced: synchronisation.fenced, point: synchronisation.point },
    release: releaseService,
  });
  const held = holdings.add({
    buffer: buffer.label,
    surface: object.surface.label,
    since: committed,
    holders: () => use.holders,
  });
  for (const hold of synchronisation.holds) hold[Symbol.dispose]();
  // Until the surface holds it, so that a fault on the way gives it back.
  const onTheWay = use.hold(`commit of ${object.surface.label}`);
  try {
    object.surface.commit(use, acquireWaiter.wait(use.acquire, `acquire fence of ${buffer.label}`));
  } finally {
    onTheWay[Symbol.dispose]();
  }
}

const impliedAcquire = (buffer: ClientBuffer): Acquire =>
  buffer.kind === 'dmabuf' ? { kind: 'implicit', buffer } : { kind: 'none' };

function checkSize(object: SurfaceObject, size: Size): void {
  const { pending } = object.surface;
  demand(
    size.width % pending.scale === 0 && size.height % pending.scale === 0,
    object.resource,
    'invalid_size',
    `the buffer is ${size.width}x${size.height}, which is no multiple of the buffer scale ${pending.scale}`,
  );
  const { source, destination } = pending.viewport;
  if (!object.viewport || !source) return;
  const content = contentSize(pending, size);
  demand(
    source.x + source.width <= content.width && source.y + source.height <= content.height,
    object.viewport,
    'out_of_buffer',
    `the source ${source.width}x${source.height} at ${source.x},${source.y} reaches beyond the content of ${content.width}x${content.height}`,
  );
  demand(
    destination !== null || (Number.isInteger(source.width) && Number.isInteger(source.height)),
    object.viewport,
    'bad_size',
    `without a destination the source size must be whole, not ${source.width}x${source.height}`,
  );
}
