// wl_pointer: its one request chooses the cursor.
import type { Resource } from '../../protocol/object/resource.ts';
import type { Point } from '../scene/region.ts';
import type { Caller } from './context.ts';
import { demand } from './errors.ts';
import type { SurfaceObject } from './wl-surface.ts';

export function servePointer(caller: Caller, pointer: Resource<'wl_pointer'>): void {
  const { context } = caller;
  pointer.setHandlers({
    set_cursor: (_, serial, surface, x, y) =>
      setCursor(caller, pointer, {
        serial,
        object: surface && context.surfaces.get(surface),
        hotspot: { x, y },
      }),
    release: () => {},
  });
}

interface CursorRequest {
  readonly serial: number;
  /** Null hides the cursor. */
  readonly object: SurfaceObject | null;
  readonly hotspot: Point;
}

/** A surface becomes a cursor for good, whether or not it is shown: the client may have lost the pointer meanwhile. */
function setCursor(
  { context, client }: Caller,
  pointer: Resource<'wl_pointer'>,
  { serial, object, hotspot }: CursorRequest,
): void {
  if (object) becomeCursor(pointer, object);
  if (!context.input.mayChooseCursor(client, serial)) return;
  const content = object && ({ kind: 'surface', surface: object.surface } as const);
  context.rooms.seat.cursor.show(content, hotspot);
}

function becomeCursor(pointer: Resource<'wl_pointer'>, object: SurfaceObject): void {
  if (object.roleName === 'cursor') return;
  demand(
    object.roleName === null,
    pointer,
    'role',
    `wl_surface@${object.resource.id} is an ${object.roleName} and can't be a cursor; make a surface of its own for that`,
  );
  const { cursor } = object.context.rooms.seat;
  object.roleName = 'cursor';
  object.surface.role = { kind: 'cursor' };
  // An offset of the surface moves the hot spot.
  object.roleObject = { beforeCommit: () => {}, afterCommit: () => cursor.update() };
  object.resource.onDestroy(() => cursor.update());
}
