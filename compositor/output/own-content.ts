// Content that the compositor brings itself, as clients' content is: colours, and the pictures of named cursors.
import { MFD_ALLOW_SEALING, MFD_CLOEXEC } from '../../protocol/uapi/fcntl.ts';
import { DRM_FORMAT_ARGB8888 } from '../../protocol/uapi/fourcc.ts';
import { PAGE_SIZE, type Task } from '../kernel/task/index.ts';
import { BufferUse } from '../scene/buffer-use.ts';
import type { ClientBuffer, ShmMemory } from '../scene/client-buffer.ts';
import { CURSOR_SHAPES, type CursorShape } from '../scene/cursor.ts';
import { Lifetime } from '../scene/lifetime.ts';
import type { Point, Size } from '../scene/region.ts';
import { cursorImage } from './cursor-images.ts';

/** Shown again and again: it is held for good, and nobody waits for its release. */
function ownUse(buffer: ClientBuffer): BufferUse {
  const use = new BufferUse({
    buffer,
    acquire: { kind: 'none' },
    targets: { buffer: () => {}, fenced: null, point: null },
    release: { release: () => {} },
  });
  use.hold('the compositor');
  return use;
}

/** One pixel of a premultiplied colour. */
function colourUse(argb: number): BufferUse {
  return ownUse({
    kind: 'single-pixel',
    id: 0,
    label: `colour ${argb.toString(16).padStart(8, '0')}`,
    width: 1,
    height: 1,
    format: DRM_FORMAT_ARGB8888,
    argb,
    lifetime: new Lifetime(),
  });
}

export interface ShapeContent extends Size {
  readonly use: BufferUse;
  readonly hotspot: Point;
}

/** Of the window that has the keyboard, and of the others. */
const ACTIVE_FRAME = 0xff4a90d9;
const INACTIVE_FRAME = 0xff5e6167;

export class OwnContent {
  readonly #task: Task;
  readonly #known = new Map<CursorShape, ShapeContent>();
  readonly #active = colourUse(ACTIVE_FRAME);
  readonly #inactive = colourUse(INACTIVE_FRAME);

  constructor(task: Task) {
    this.#task = task;
  }

  /** The colour of a window's frame. */
  frame(activated: boolean): BufferUse {
    return activated ? this.#active : this.#inactive;
  }

  /**
   * A named cursor, in memory of the compositor's own from its first use on. Throws a KernelError when there is no memory
   * or no descriptor left.
   */
  cursor(shape: CursorShape): ShapeContent {
    const known = this.#known.get(shape);
    if (known) return known;
    const made = this.#make(shape);
    this.#known.set(shape, made);
    return made;
  }

  #make(shape: CursorShape): ShapeContent {
    const { width, height, pixels, hotspot } = cursorImage(shape);
    const memory = this.#file(`cursor ${shape}`, new Uint8Array(pixels.buffer));
    const use = ownUse({
      kind: 'shm',
      // Clients' buffers count from 1: caches tell them apart by it.
      id: -1 - CURSOR_SHAPES.indexOf(shape),
      label: `cursor ${shape}`,
      width,
      height,
      format: DRM_FORMAT_ARGB8888,
      memory,
      offset: 0,
      stride: width * 4,
      byteLength: pixels.byteLength,
      lifetime: new Lifetime(),
      fault: () => {},
    });
    return { use, width, height, hotspot };
  }

  /** Whole pages with these bytes at their beginning. */
  #file(name: string, bytes: Uint8Array): ShmMemory {
    const fd = this.#task.memfdCreate(name, MFD_CLOEXEC | MFD_ALLOW_SEALING);
    try {
      const size = Math.ceil(bytes.length / PAGE_SIZE) * PAGE_SIZE;
      this.#task.truncate(fd, BigInt(size));
      this.#task.pwrite(fd, bytes, 0n);
      return { fd, owner: this, size };
    } catch (error) {
      // It is tried again with each frame.
      this.#task.close(fd);
      throw error;
    }
  }
}
