// What the scene tells those who draw it, steer it, and speak of it to clients.
import type { BufferUse } from './buffer-use.ts';
import type { Region } from './region.ts';
import type { Surface } from './surface.ts';
import type { Window } from './window.ts';

/** Who draws the scene, and who tells clients where their surfaces are. */
export interface SceneObserver {
  /** Pixels of the global space have changed. Called within the change: schedule, don't draw. */
  damaged?(damage: Region): void;
  /** A surface waits for a frame callback or feedback, or has other metadata, although no pixel of it may have changed. */
  frameWanted?(surface: Surface): void;
  /**
   * Surfaces came, went, moved or changed their size: `changed`, which is empty when their order alone did. Null: any of
   * them may be on other outputs than before.
   */
  restacked?(changed: ReadonlySet<Surface> | null): void;
  /**
   * A commit took effect that brought other content, or took it away, seen or not. `damage` is in buffer pixels. Called
   * before anything is drawn.
   */
  contentApplied?(surface: Surface, content: BufferUse | null, damage: Region): void;
  surfaceDestroyed?(surface: Surface): void;
  /** The cursor is another one, lies elsewhere, or its surface has a new state. */
  cursorChanged?(): void;
  /** A window has content now. */
  windowMapped?(window: Window): void;
  /** It has none any more, or is gone. */
  windowUnmapped?(window: Window): void;
  /** A mapped window's title, application, parent, place or states are others. */
  windowChanged?(window: Window): void;
  /** Another window is the active one: by request, because it was mapped, or because the one before it is gone. */
  activated?(window: Window | null): void;
  /** A layer surface has other rules than before: it may take the keyboard, or no longer. */
  layersChanged?(): void;
}
