// The cursor plane of one output: pictures of the compositor's own, drawn by the render engine.
import { DRM_CAP_CURSOR_HEIGHT, DRM_CAP_CURSOR_WIDTH, drmIoctls } from '../../protocol/uapi/drm.ts';
import { POLLIN } from '../../protocol/uapi/fcntl.ts';
import { DRM_FORMAT_ARGB8888 } from '../../protocol/uapi/fourcc.ts';
import { KernelError } from '../kernel/task/index.ts';
import type { Trace } from '../observe/trace.ts';
import { RenderTarget } from '../render/render-target.ts';
import type { Renderer, RenderJob } from '../render/renderer.ts';
import { type Rect, Region, rectsEqual, type Size } from '../scene/region.ts';
import { completionOf } from '../sync/sync-file.ts';
import type { AtomicRequest } from './atomic-request.ts';
import type { Card } from './card.ts';
import { sameCursorImage } from './cursor-layer.ts';
import { addTargetFramebuffer, type Framebuffer } from './framebuffers.ts';
import type { SceneLayer } from './layers.ts';
import type { Pipe, PlaneInfo } from './pipes.ts';
import { clearPlane, setPlane } from './plane-state.ts';

/** Hardware likes cursors of these sides, in pixels. */
const SIDES = [64, 128, 256, 512];
/** Frames until a plane that was refused is tried again. */
const REFUSAL_FRAMES = 60;
/** Linux' drivers take these where they don't say (`drm_getcap` in `drm_ioctl.c`). */
const DEFAULT_SIDE = 64;

interface Picture {
  readonly target: RenderTarget;
  readonly framebuffer: Framebuffer;
  readonly side: number;
  /** What is drawn there; null: something unknown, or not all of it. */
  content: SceneLayer | null;
}

/** The cursor on its plane: a picture, and where it lies in pixels of the output. */
export interface CursorUse {
  readonly picture: Picture;
  readonly place: Rect;
}

export interface CursorPlaneOptions {
  readonly card: Card;
  readonly pipe: Pipe;
  readonly renderer: Renderer;
  readonly trace: Trace;
  readonly name: string;
  /** A frame is wanted although nothing has changed. */
  readonly wake: () => void;
}

/**
 * Two pictures: one is shown while the other is drawn. A commit shows the newest, and until that is on the screen no other
 * is made, so that the older one is free again by then.
 */
export class CursorPlane {
  readonly #options: CursorPlaneOptions;
  readonly #plane: PlaneInfo | null;
  readonly #largest: Size;
  readonly #pictures: Picture[] = [];
  /** Sides that passed the kernel's test. */
  readonly #accepted = new Set<number>();
  #frame = 0;
  #refusal: { readonly reason: string; readonly until: number } | null = null;
  #told = '';
  /** By the newest commit. */
  #shown: CursorUse | null = null;

  constructor(options: CursorPlaneOptions) {
    this.#options = options;
    const { cursor } = options.pipe;
    this.#plane = cursor?.formats.includes(DRM_FORMAT_ARGB8888) ? cursor : null;
    this.#largest = largestCursor(options.card);
  }

  /** By the newest commit. */
  get shown(): CursorUse | null {
    return this.#shown;
  }

  /**
   * Draws a cursor where no plane shows it, unless that is done. `test` asks the kernel: null, or why it refuses. Null when
   * it is to be composed.
   */
  prepare(layer: SceneLayer, test: (use: CursorUse) => string | null): CursorUse | null {
    this.#frame++;
    const reason = this.#unfit(layer.destination);
    const use = reason === null ? this.#draw(layer) : null;
    const refusal = use && !this.#accepted.has(use.picture.side) ? test(use) : null;
    if (refusal !== null) this.failed(refusal);
    else if (use) this.#accepted.add(use.picture.side);
    const problem = reason ?? this.#refusal?.reason;
    this.#explain(layer, problem === undefined ? `shown by ${this.#plane!.name}` : problem);
    return refusal === null ? use : null;
  }

  /** It is composed for a while: the plane or its memory could not be had. */
  failed(reason: string): void {
    this.#accepted.clear();
    this.#refusal = { reason, until: this.#frame + REFUSAL_FRAMES };
  }

  request(request: AtomicRequest, use: CursorUse | null): void {
    const plane = this.#plane;
    if (!plane || (!use && !this.#shown)) return;
    if (!use) {
      clearPlane(request, plane);
      return;
    }
    const { place, picture } = use;
    setPlane(request, this.#options.pipe.crtc, plane, {
      framebuffer: picture.framebuffer.id,
      source: { ...place, x: 0, y: 0 },
      destination: place,
    });
  }

  /** A commit of it was accepted. */
  committed(use: CursorUse | null): void {
    this.#shown = use;
  }

  shows(use: CursorUse | null): boolean {
    const shown = this.#shown;
    if (!use || !shown) return use === shown;
    return use.picture === shown.picture && rectsEqual(use.place, shown.place);
  }

  clear(request: AtomicRequest): void {
    if (this.#plane) clearPlane(request, this.#plane);
  }

  /** The plane is off. */
  [Symbol.dispose](): void {
    for (const picture of this.#pictures.splice(0)) drop(picture);
  }

  #unfit({ width, height }: Size): string | null {
    if (!this.#plane) return 'there is no cursor plane';
    if (width > this.#largest.width || height > this.#largest.height)
      return `${width}x${height} pixels are more than the ${this.#largest.width}x${this.#largest.height} of the cursor plane`;
    if (this.#refusal && this.#refusal.until <= this.#frame) this.#refusal = null;
    return this.#refusal?.reason ?? null;
  }

  /** Says why it is where it is, when that changes. */
  #explain(layer: SceneLayer, reason: string): void {
    const text = `${layer.label} on ${this.#options.name}: ${reason}`;
    if (text !== this.#told) this.#options.trace.note('plane', text);
    this.#told = text;
  }

  #draw(layer: SceneLayer): CursorUse | null {
    try {
      const picture = this.#pictureOf(layer);
      const { x, y } = layer.destination;
      return { picture, place: { x, y, width: picture.side, height: picture.side } };
    } catch (error) {
      if (!(error instanceof KernelError)) throw error;
      this.failed(error.message);
      return null;
    }
  }

  /** Throws a KernelError. */
  #pictureOf(layer: SceneLayer): Picture {
    const known = this.#pictures.find(({ content }) => content && sameCursorImage(content, layer));
    if (known) return known;
    const picture = this.#free(sideFor(layer.destination, this.#largest));
    picture.content = this.#fill(picture, layer) ? layer : null;
    return picture;
  }

  /** One that is not shown; a larger one is made when it is too small. */
  #free(side: number): Picture {
    const free = this.#pictures.find(picture => picture !== this.#shown?.picture);
    if (free && free.side === side) return free;
    const made = this.#make(side);
    if (free && this.#pictures.length > 1) {
      this.#pictures.splice(this.#pictures.indexOf(free), 1);
      drop(free);
    }
    this.#pictures.push(made);
    return made;
  }

  #make(side: number): Picture {
    const { renderer, card } = this.#options;
    const target = new RenderTarget(renderer.device, { width: side, height: side }, DRM_FORMAT_ARGB8888);
    return { target, framebuffer: addTargetFramebuffer(card, target), side, content: null };
  }

  /**
   * The display waits for the job by the fence that it leaves in the picture. False when something is missing in it that
   * may be there later.
   */
  #fill(picture: Picture, layer: SceneLayer): boolean {
    const { target, side } = picture;
    const { width, height } = layer.destination;
    const job = this.#options.renderer.compose({
      target: target.image,
      layers: [{ ...layer, destination: { x: 0, y: 0, width, height } }],
      damage: Region.of({ x: 0, y: 0, width: side, height: side }),
      background: 0,
      consumer: `cursor of ${this.#options.name}`,
    });
    if (job) this.#await(job, picture);
    return job?.missing.isEmpty ?? true;
  }

  /** One that a reset of the engine cut short is drawn again. */
  #await(job: RenderJob, picture: Picture): void {
    const { task } = this.#options.card;
    task.watch(job.fence, POLLIN, () => {
      job.settle();
      const { error } = completionOf(task, job.fence);
      task.close(job.fence);
      if (error >= 0) return;
      picture.content = null;
      this.#options.wake();
    });
  }
}

function drop({ framebuffer, target }: Picture): void {
  framebuffer[Symbol.dispose]();
  target[Symbol.dispose]();
}

/** The smallest side that hardware likes, or the largest there is. */
function sideFor({ width, height }: Size, largest: Size): number {
  const needed = Math.max(width, height);
  const most = Math.min(largest.width, largest.height);
  const side = SIDES.find(candidate => candidate >= needed) ?? most;
  return Math.max(needed, Math.min(side, most));
}

function largestCursor({ task, fd }: Card): Size {
  const ask = (capability: bigint): number => {
    try {
      const { value } = task.call(fd, drmIoctls.DRM_IOCTL_GET_CAP, { capability });
      return value > 0n ? Number(value) : DEFAULT_SIDE;
    } catch {
      return DEFAULT_SIDE;
    }
  };
  return { width: ask(DRM_CAP_CURSOR_WIDTH), height: ask(DRM_CAP_CURSOR_HEIGHT) };
}
