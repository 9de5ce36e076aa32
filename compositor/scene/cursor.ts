// The cursor: a value that the seat sets and the outputs show.
import type { Point, Rect } from './region.ts';
import type { Surface } from './surface.ts';

/** Names of wp_cursor_shape_device_v1.shape. */
export const CURSOR_SHAPES = [
  'default',
  'context_menu',
  'help',
  'pointer',
  'progress',
  'wait',
  'cell',
  'crosshair',
  'text',
  'vertical_text',
  'alias',
  'copy',
  'move',
  'no_drop',
  'not_allowed',
  'grab',
  'grabbing',
  'e_resize',
  'n_resize',
  'ne_resize',
  'nw_resize',
  's_resize',
  'se_resize',
  'sw_resize',
  'w_resize',
  'ew_resize',
  'ns_resize',
  'nesw_resize',
  'nwse_resize',
  'col_resize',
  'row_resize',
  'all_scroll',
  'zoom_in',
  'zoom_out',
] as const;

export type CursorShape = (typeof CURSOR_SHAPES)[number];

export type CursorContent =
  | { readonly kind: 'surface'; readonly surface: Surface }
  | { readonly kind: 'shape'; readonly shape: CursorShape };

export interface Cursor {
  /** Where the hot spot lies, in logical pixels of the global space; need not be whole. */
  readonly position: Point;
  /**
   * The hot spot in a surface's content, in logical pixels from its upper left corner. Shapes bring their own: it is
   * ignored for them.
   */
  readonly hotspot: Point;
  readonly content: CursorContent;
}

/** The surface that a cursor shows; null for none and for shapes. */
export const cursorSurface = (cursor: Cursor | null): Surface | null =>
  cursor?.content.kind === 'surface' ? cursor.content.surface : null;

/** The subsurfaces that hang on a surface, directly or not, as of its newest commit. */
export function subsurfacesOf({ state }: Surface): Surface[] {
  return [...state.below, ...state.above]
    .filter(({ subsurface }) => !subsurface.destroyed)
    .flatMap(({ subsurface: { surface } }) => [surface, ...subsurfacesOf(surface)]);
}

/** Where its surface lies, in logical pixels of the global space; null for none, for shapes, and without content. */
export function cursorExtent(cursor: Cursor | null): Rect | null {
  const surface = cursorSurface(cursor);
  if (!cursor || !surface?.state.content) return null;
  const { position, hotspot } = cursor;
  return { x: position.x - hotspot.x, y: position.y - hotspot.y, ...surface.state.size };
}
