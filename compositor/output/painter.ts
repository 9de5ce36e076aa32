// One frame of an output: planes, composition, commit.
import {
  DRM_MODE_ATOMIC_ALLOW_MODESET,
  DRM_MODE_ATOMIC_NONBLOCK,
  DRM_MODE_ATOMIC_TEST_ONLY,
  DRM_MODE_PAGE_FLIP_EVENT,
  drm_mode_modeinfo,
  modeIoctls,
} from '../../protocol/uapi/drm-mode.ts';
import { KernelError, type KernelThread } from '../kernel/task/index.ts';
import type { Machine, Nanoseconds } from '../machine/machine.ts';
import type { Trace } from '../observe/trace.ts';
import type { Layer } from '../render/layer.ts';
import type { Renderer, RenderJob } from '../render/renderer.ts';
import { Region, rectsEqual, type Size } from '../scene/region.ts';
import type { Surface } from '../scene/surface.ts';
import type { OwnedDescriptor } from '../scene/synchronisation.ts';
import { AtomicRequest } from './atomic-request.ts';
import type { Card } from './card.ts';
import { ConnectorMetadata } from './connector-metadata.ts';
import { cursorDamage } from './cursor-layer.ts';
import { CursorPlane, type CursorUse } from './cursor-plane.ts';
import { FencePointers } from './fence-pointers.ts';
import type { ClientFramebuffers } from './framebuffers.ts';
import { type SceneLayer, soleLayer } from './layers.ts';
import { bytesOf } from './mode-properties.ts';
import type { Pipe } from './pipes.ts';
import { type Assignment, PlaneAssigner, type PlaneUse } from './plane-assignment.ts';
import { clearPlane, setPlane } from './plane-state.ts';
import { ScanoutHolds } from './scanout-holds.ts';
import { type Slot, Swapchain } from './swapchain.ts';

/** Premultiplied ARGB of what no surface covers. */
export const BACKGROUND = 0xff000000;

/** No client's buffer on a plane. */
const NOTHING: Assignment = { scanout: [], composed: [] };

/** How often a display is tried to be switched off before its buffers are given back all the same. */
const MOST_ATTEMPTS = 10;
const AGAIN: Nanoseconds = 16_000_000n;

/** What rides on a commit besides its picture. */
export interface Rider {
  /** Adds its properties. */
  add(request: AtomicRequest, fences: FencePointers): void;
  /** The commit of frame `frame` was accepted; its fences are there to be taken. */
  accepted(fences: FencePointers, frame: bigint): void;
  /** It was refused, with or without the rider's fault; null: there was no commit this time. */
  refused(reason: string | null): void;
}

export interface PaintOrder {
  /** `user_data` of the commit. */
  readonly id: bigint;
  /** Lowest first. */
  readonly layers: readonly SceneLayer[];
  /** Above them all. */
  readonly cursor: SceneLayer | null;
  /** Since the last order, in pixels of the output. */
  readonly damage: Region;
  /** Commit even if nothing changed. */
  readonly force: boolean;
  readonly riders: readonly Rider[];
}

export interface PaintedFrame {
  readonly kind: 'committed';
  readonly slot: Slot | null;
  readonly job: RenderJob | null;
  readonly scanout: readonly PlaneUse[];
  readonly damage: Region;
  /** What changed by the cursor alone. */
  readonly cursorDamage: Region;
  /** Where something was left out that a later frame may be able to draw. */
  readonly missing: Region;
}

export type PaintResult =
  | PaintedFrame
  /** There is nothing to show that is not on the screen already. */
  | { readonly kind: 'unchanged' }
  /** A commit is still under way in the kernel, or every buffer is in use. */
  | { readonly kind: 'busy' }
  | { readonly kind: 'failed'; readonly reason: string };

export interface ShownPlanes {
  readonly scanout: readonly PlaneUse[];
  readonly composes: boolean;
  /** The cursor on its plane. */
  readonly cursor: SceneLayer | null;
  readonly reasons: ReadonlyMap<Surface, string>;
}

export interface PainterOptions {
  readonly machine: Machine;
  readonly card: Card;
  readonly pipe: Pipe;
  readonly renderer: Renderer;
  readonly framebuffers: ClientFramebuffers;
  /**
   * The IN_FENCE_FD of clients' buffers. Their acquire fences have signalled already; without it the kernel would wait
   * for whatever the client queued since, and the display with it.
   */
  readonly signalled: OwnedDescriptor;
  readonly trace: Trace;
  readonly name: string;
  readonly size: Size;
  /** A frame is wanted although nothing has changed. */
  readonly wake: () => void;
}

export class Painter {
  readonly #options: PainterOptions;
  readonly #swapchain: Swapchain;
  readonly #assigner: PlaneAssigner;
  readonly #fences: FencePointers;
  readonly #screen: Region;
  readonly #metadata: ConnectorMetadata;
  readonly holds: ScanoutHolds;
  /** The composition that the newest commit shows; null when a client's buffer is on the primary plane. */
  #slot: Slot | null = null;
  #scanout: readonly PlaneUse[] = [];
  readonly #cursorPlane: CursorPlane;
  /** The cursor that the newest commit shows, on its plane or composed. */
  #cursor: SceneLayer | null = null;
  readonly #modeBlob: number;
  /** The CRTC has been switched on. */
  #active = false;

  constructor(options: PainterOptions) {
    this.#options = options;
    const { card, pipe, renderer, framebuffers, trace, name, size } = options;
    this.#swapchain = new Swapchain(renderer.device, card, size);
    this.#assigner = new PlaneAssigner({ pipe, size, framebuffers, trace, output: name });
    this.#cursorPlane = new CursorPlane(options);
    this.#fences = new FencePointers(card.task);
    this.#metadata = new ConnectorMetadata(card, pipe.connector);
    this.#screen = Region.of({ x: 0, y: 0, ...size });
    this.holds = new ScanoutHolds(card.task, trace, name);
    const data = bytesOf(drm_mode_modeinfo, pipe.mode);
    this.#modeBlob = card.task.call(card.fd, modeIoctls.DRM_IOCTL_MODE_CREATEPROPBLOB, { data }).blob_id;
  }

  /** Planes that show something by the newest commit. */
  get planesInUse(): number {
    return this.#scanout.length + (this.#slot ? 1 : 0) + (this.#cursorPlane.shown ? 1 : 0);
  }

  /** Clients' buffers on planes by the newest commit, whether it shows a composition too, and why. */
  get shown(): ShownPlanes {
    return {
      scanout: this.#scanout,
      composes: this.#slot !== null,
      cursor: this.#cursorPlane.shown ? this.#cursor : null,
      reasons: this.#assigner.reasons,
    };
  }

  /** What a cursor changes against the one that the newest commit shows. */
  cursorDamage(cursor: SceneLayer | null): Region {
    return cursorDamage(this.#cursor, cursor).intersect(this.#screen);
  }

  paint(order: PaintOrder): PaintResult {
    try {
      return this.#paint(order);
    } catch (error) {
      if (!(error instanceof KernelError)) throw error;
      return error.code === 'EBUSY' ? { kind: 'busy' } : { kind: 'failed', reason: error.message };
    }
  }

  /** The commit that showed `slot` before the newest one is off the screen. */
  retire(slot: Slot | null): void {
    if (slot) slot.users--;
  }

  /** Switches the CRTC off, when what is under way is over, and gives everything back then. */
  shutDown(attempt = 1): void {
    const { card, pipe, machine, trace, name } = this.#options;
    const request = new AtomicRequest();
    for (const plane of [pipe.primary, ...pipe.overlays]) clearPlane(request, plane);
    this.#cursorPlane.clear(request);
    request.set(pipe.crtc, 'ACTIVE', 0).set(pipe.crtc, 'MODE_ID', 0).set(pipe.connector, 'CRTC_ID', 0);
    if (pipe.writeback) request.set(pipe.writeback, 'CRTC_ID', 0);
    this.#metadata.clear(request);
    const thread = request.start(card.task, card.fd, DRM_MODE_ATOMIC_ALLOW_MODESET);
    thread.whenEnded(() => {
      const reason = card.task.exited ? null : refusalOf(thread);
      if (reason === null) {
        this.#giveBack();
        return;
      }
      // It still shows what is on its planes.
      trace.note('fault', `${name} could not be switched off`, { reason, attempt });
      if (attempt === MOST_ATTEMPTS) this.#giveBack();
      else machine.at(machine.now() + AGAIN, `switching ${name} off`, () => this.shutDown(attempt + 1));
    });
  }

  #giveBack(): void {
    const { card } = this.#options;
    this.holds.clear();
    this.#swapchain[Symbol.dispose]();
    this.#cursorPlane[Symbol.dispose]();
    this.#fences[Symbol.dispose]();
    if (!card.task.exited)
      card.task.call(card.fd, modeIoctls.DRM_IOCTL_MODE_DESTROYPROPBLOB, { blob_id: this.#modeBlob });
  }

  #paint(order: PaintOrder): PaintResult {
    const cursor = order.cursor && this.#cursorPlane.prepare(order.cursor, use => this.#test(NOTHING, use));
    const composedCursor = cursor ? null : order.cursor;
    const assignment = this.#assign(order.layers, cursor, composedCursor);
    const composes = !usesPrimary(assignment, this.#options.pipe);
    const damage = order.damage.union(this.#planeDamage(assignment.scanout));
    const cursorMoved = this.cursorDamage(order.cursor);
    this.#swapchain.damage(damage.union(this.#composedCursorDamage(composedCursor)));
    const covered = assignment.scanout.reduce((all, { layer }) => all.union(layer.opaque), Region.empty);
    const current = this.#slot;
    const redraw = composes && (current === null || !current.stale.subtract(covered).isEmpty);
    const metadata = soleLayer(order.layers, this.#options.size)?.state.hdrMetadata ?? null;
    const same =
      this.#sameScanout(assignment.scanout) &&
      (current !== null) === composes &&
      this.#cursorPlane.shows(cursor);
    if (!redraw && !order.force && same && this.#metadata.isShown(metadata)) return { kind: 'unchanged' };
    const slot = redraw ? this.#swapchain.free() : composes ? current : null;
    if (composes && !slot) return { kind: 'busy' };
    const job = redraw && slot ? this.#compose(slot, assignment, covered) : null;
    try {
      this.#commit(order, assignment, { slot, cursor, metadata });
    } catch (error) {
      if (job) this.#options.card.task.close(job.fence);
      if (error instanceof KernelError && error.code !== 'EBUSY') {
        this.#assigner.failed(assignment, error.message);
        if (cursor) this.#cursorPlane.failed(error.message);
      }
      throw error;
    }
    if (slot) slot.users++;
    this.#slot = slot;
    this.#scanout = assignment.scanout;
    this.#cursor = order.cursor;
    this.#cursorPlane.committed(cursor);
    const missing = job?.missing ?? Region.empty;
    const { scanout } = assignment;
    return { kind: 'committed', slot, job, scanout, damage, cursorDamage: cursorMoved, missing };
  }

  #assign(layers: readonly SceneLayer[], cursor: CursorUse | null, composed: Layer | null): Assignment {
    const testedWith = cursor ? `cursor of ${cursor.picture.side}` : '';
    return this.#assigner.assign(layers, { composed, testedWith }, proposal => this.#test(proposal, cursor));
  }

  /** What has to be composed anew because of a cursor that is not, or was not, on its plane. */
  #composedCursorDamage(composed: SceneLayer | null): Region {
    const before = this.#cursorPlane.shown ? null : this.#cursor;
    return cursorDamage(before, composed).intersect(this.#screen);
  }

  #compose(slot: Slot, { composed }: Assignment, covered: Region): RenderJob | null {
    const job = this.#options.renderer.compose({
      target: slot.target.image,
      layers: composed,
      damage: slot.stale.subtract(covered),
      background: BACKGROUND,
      consumer: this.#options.name,
    });
    slot.stale = slot.stale.intersect(covered);
    return job;
  }

  #commit(
    order: PaintOrder,
    assignment: Assignment,
    { slot, cursor, metadata }: { slot: Slot | null; cursor: CursorUse | null; metadata: Uint8Array | null },
  ): void {
    const { task, fd } = this.#options.card;
    const request = this.#request(assignment, slot, cursor);
    const replaces = this.holds.replaces(assignment.scanout);
    if (replaces) request.set(this.#options.pipe.crtc, 'OUT_FENCE_PTR', this.#fences.address('out'));
    for (const rider of order.riders) rider.add(request, this.#fences);
    const flags = DRM_MODE_ATOMIC_NONBLOCK | DRM_MODE_PAGE_FLIP_EVENT | this.#addMode(request);
    this.#metadata.commitWith(request, metadata, () => request.commit(task, fd, flags, order.id));
    this.#active = true;
    const outFence = replaces ? this.#fences.take('out') : null;
    this.holds.committed(assignment.scanout, outFence);
    if (outFence !== null) task.close(outFence);
    for (const rider of order.riders) rider.accepted(this.#fences, order.id);
  }

  /** Asks the kernel; null, or why it refuses. */
  #test(assignment: Assignment, cursor: CursorUse | null): string | null {
    const { task, fd } = this.#options.card;
    try {
      const composes = !usesPrimary(assignment, this.#options.pipe);
      const slot = composes ? (this.#slot ?? this.#swapchain.free()) : null;
      const request = this.#request(assignment, slot, cursor);
      request.commit(task, fd, DRM_MODE_ATOMIC_TEST_ONLY | this.#addMode(request), 0n);
      return null;
    } catch (error) {
      if (!(error instanceof KernelError)) throw error;
      return `the kernel refuses: ${error.message}`;
    }
  }

  #request(assignment: Assignment, slot: Slot | null, cursor: CursorUse | null): AtomicRequest {
    const { pipe, size } = this.#options;
    const request = new AtomicRequest();
    if (slot) {
      const whole = { x: 0, y: 0, ...size };
      setPlane(request, pipe.crtc, pipe.primary, {
        framebuffer: slot.framebuffer.id,
        source: whole,
        destination: whole,
      });
    }
    for (const { plane, layer, framebuffer } of assignment.scanout)
      setPlane(request, pipe.crtc, plane, {
        framebuffer,
        source: layer.source,
        destination: layer.destination,
        inFence: this.#options.signalled.fd,
      });
    for (const { plane } of this.#scanout)
      if (plane !== pipe.primary && !assignment.scanout.some(use => use.plane === plane))
        clearPlane(request, plane);
    this.#cursorPlane.request(request, cursor);
    return request;
  }

  /** Switches the CRTC on with the first commit; returns the flag that this needs. */
  #addMode(request: AtomicRequest): number {
    if (this.#active) return 0;
    const { pipe } = this.#options;
    request
      .set(pipe.crtc, 'ACTIVE', 1)
      .set(pipe.crtc, 'MODE_ID', this.#modeBlob)
      .set(pipe.connector, 'CRTC_ID', pipe.crtc.id);
    // Attached from the start, so that a capture needs no modeset.
    if (pipe.writeback) request.set(pipe.writeback, 'CRTC_ID', pipe.crtc.id);
    return DRM_MODE_ATOMIC_ALLOW_MODESET;
  }

  /** Where content came onto a plane, left one, or moved: what lies below has to be looked at again. */
  #planeDamage(scanout: readonly PlaneUse[]): Region {
    const changed = (from: readonly PlaneUse[], to: readonly PlaneUse[]): Region =>
      from
        .filter(use => !to.some(other => samePlace(use, other)))
        .reduce((all, { layer }) => all.union(Region.of(layer.destination)), Region.empty);
    return changed(this.#scanout, scanout).union(changed(scanout, this.#scanout)).intersect(this.#screen);
  }

  #sameScanout(scanout: readonly PlaneUse[]): boolean {
    return (
      scanout.length === this.#scanout.length &&
      scanout.every((use, at) => {
        const other = this.#scanout[at]!;
        return (
          samePlace(use, other) &&
          use.layer.use === other.layer.use &&
          rectsEqual(use.layer.source, other.layer.source)
        );
      })
    );
  }
}

const samePlace = (a: PlaneUse, b: PlaneUse): boolean =>
  a.plane === b.plane &&
  a.layer.surface === b.layer.surface &&
  rectsEqual(a.layer.destination, b.layer.destination) &&
  a.layer.opaque.equals(b.layer.opaque);

const usesPrimary = ({ scanout }: Assignment, { primary }: Pipe): boolean =>
  scanout.some(({ plane }) => plane === primary);

/** Why a call that has ended failed; null when it did not. */
function refusalOf(call: KernelThread<unknown>): string | null {
  try {
    call.result();
    return null;
  } catch (error) {
    if (error instanceof KernelError) return error.message;
    throw error;
  }
}
