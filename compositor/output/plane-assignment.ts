// Which layer goes to which plane: proposed here, tested by the kernel, applied by whoever asked.
import { fourccText } from '../../protocol/uapi/fourcc.ts';
import type { Trace } from '../observe/trace.ts';
import type { Layer } from '../render/layer.ts';
import { intersectRects, type Rect, Region, type Size } from '../scene/region.ts';
import type { Surface } from '../scene/surface.ts';
import type { ClientFramebuffers } from './framebuffers.ts';
import { isOfSurface, type SceneLayer, type SurfaceLayer, soleLayer } from './layers.ts';
import type { Pipe, PlaneInfo } from './pipes.ts';

/** A client's buffer on a plane. */
export interface PlaneUse {
  readonly plane: PlaneInfo;
  readonly layer: SurfaceLayer;
  readonly framebuffer: number;
}

export interface Assignment {
  /** Clients' buffers on planes, from the lowest plane to the highest. On the primary plane: nothing is composed. */
  readonly scanout: readonly PlaneUse[];
  /** What is left for the render engine, lowest first. */
  readonly composed: readonly Layer[];
}

/** What lies above all layers, wherever they are put. */
export interface Above {
  /** Composed with them, over them. */
  readonly composed: Layer | null;
  /** What else the proposals are tested with; the kernel may answer otherwise when that changes. */
  readonly testedWith: string;
}

/** A TEST_ONLY commit: null, or why the kernel would refuse. */
export type TestAssignment = (assignment: Assignment) => string | null;

/** Frames for which a layer that had to leave its plane is composed, so that it does not come and go. */
const COOLING_FRAMES = 30;
/** Frames until a proposal that the kernel refused is made again. */
const REFUSAL_FRAMES = 60;

/** Accepted proposals remembered; windows that move make a new one with every step. */
const ACCEPTED_KEPT = 64;

/** Why each surface is where it is. */
type Reasons = Map<Surface, string>;

interface Verdict {
  readonly reason: string;
  /** Number of the frame in which it may be tried again. */
  readonly until: number;
}

export class PlaneAssigner {
  readonly #pipe: Pipe;
  readonly #size: Size;
  readonly #framebuffers: ClientFramebuffers;
  readonly #trace: Trace;
  readonly #output: string;
  #frame = 0;
  #testedWith = '';
  #reasons: Reasons = new Map();
  #refusals = new Map<string, Verdict>();
  /** Proposals that passed the test, until one of them fails or there are many. */
  readonly #accepted = new Set<string>();
  #last: ReadonlySet<Surface> = new Set();
  /** Surfaces are told apart by number in keys: labels are for people. */
  readonly #numbers = new WeakMap<Surface, number>();
  #nextNumber = 1;

  constructor(options: {
    pipe: Pipe;
    size: Size;
    framebuffers: ClientFramebuffers;
    trace: Trace;
    output: string;
  }) {
    this.#pipe = options.pipe;
    this.#size = options.size;
    this.#framebuffers = options.framebuffers;
    this.#trace = options.trace;
    this.#output = options.output;
  }

  /** Why each surface was put where it is in the last assignment. Those of which nothing is seen have no reason. */
  get reasons(): ReadonlyMap<Surface, string> {
    return this.#reasons;
  }

  /** A proposal that the kernel has accepted, or to compose everything. */
  assign(layers: readonly SceneLayer[], above: Above, test: TestAssignment): Assignment {
    this.#frame++;
    if (this.#accepted.size > ACCEPTED_KEPT) this.#accepted.clear();
    this.#testedWith = above.testedWith;
    const reasons: Reasons = new Map();
    const assignment =
      (above.composed ? null : this.#fullscreen(layers, test, reasons)) ??
      this.#overlays(layers, above.composed, test, reasons);
    this.#cool(layers, assignment);
    this.#explain(assignment, reasons);
    return assignment;
  }

  /** The kernel took the test and refused the commit: everything is composed for a while. */
  failed(assignment: Assignment, reason: string): void {
    this.#accepted.clear();
    for (const { layer, plane } of assignment.scanout) this.#refuse(layer, plane, reason);
  }

  /** One layer that hides all others goes to the primary plane as it is. */
  #fullscreen(layers: readonly SceneLayer[], test: TestAssignment, reasons: Reasons): Assignment | null {
    const top = soleLayer(layers, this.#size);
    if (!top || unfit(top) !== null) return null;
    return this.#try(top, this.#pipe.primary, { scanout: [], composed: [] }, test, reasons);
  }

  /**
   * Overlays lie above the primary plane, so a layer can go there when nothing composed lies above it. From the top
   * down, each layer that can takes the highest plane that is left.
   */
  #overlays(
    layers: readonly SceneLayer[],
    top: Layer | null,
    test: TestAssignment,
    reasons: Reasons,
  ): Assignment {
    const planes = [...this.#pipe.overlays];
    const screen = Region.of({ x: 0, y: 0, ...this.#size });
    let accepted: Assignment = { scanout: [], composed: top ? [...layers, top] : layers };
    const above: SceneLayer[] = [];
    const composed: Rect[] = top ? [top.destination] : [];
    for (const layer of layers.toReversed()) {
      if (!isOfSurface(layer)) {
        above.push(layer);
        composed.push(layer.destination);
        continue;
      }
      const plane = planes.at(-1);
      const reason = unfit(layer) ?? (plane ? covered(layer, composed) : 'all overlay planes are taken');
      // What cannot be seen needs no plane.
      if (reason === null && !isSeen(layer, above, screen)) continue;
      if (reason !== null) reasons.set(layer.surface, reason);
      const proposal = reason === null && plane ? this.#try(layer, plane, accepted, test, reasons) : null;
      above.push(layer);
      if (proposal) {
        accepted = proposal;
        planes.pop();
      } else composed.push(layer.destination);
    }
    return accepted;
  }

  /** Adds a layer to an assignment on a plane, if it is suitable and the kernel agrees. */
  #try(
    layer: SurfaceLayer,
    plane: PlaneInfo,
    rest: Assignment,
    test: TestAssignment,
    reasons: Reasons,
  ): Assignment | null {
    const { buffer } = layer.use;
    const refuse = (reason: string): null => {
      const before = reasons.get(layer.surface);
      reasons.set(layer.surface, `${before ? `${before}; ` : ''}${plane.name}: ${reason}`);
      return null;
    };
    if (buffer.kind !== 'dmabuf') return refuse(NOT_SCANNED_OUT[buffer.kind]);
    if (!plane.formats.includes(buffer.format))
      return refuse(`it cannot show format ${fourccText(buffer.format)}`);
    const verdict = this.#refusals.get(this.#key(layer, plane));
    if (verdict && verdict.until > this.#frame) return refuse(verdict.reason);
    const framebuffer = this.#framebuffers.of(buffer);
    if (framebuffer.kind === 'refused') return refuse(framebuffer.reason);
    const use: PlaneUse = { plane, layer, framebuffer: framebuffer.id };
    const proposal: Assignment = {
      scanout: [use, ...rest.scanout],
      composed: rest.composed.filter(other => other !== layer),
    };
    const shape = [this.#testedWith, ...proposal.scanout.map(shapeOf)].join('; ');
    // The same planes with other buffers of the same layout: the kernel said yes to that.
    if (this.#accepted.has(shape)) return proposal;
    const error = test(proposal);
    if (error === null) {
      this.#accepted.add(shape);
      return proposal;
    }
    this.#refuse(layer, plane, error);
    return refuse(error);
  }

  #refuse(layer: SurfaceLayer, plane: PlaneInfo, reason: string): void {
    this.#refusals.set(this.#key(layer, plane), { reason, until: this.#frame + REFUSAL_FRAMES });
  }

  /** A layer that is shown still and not on a plane any more stays off it for a while. */
  #cool(layers: readonly SceneLayer[], { scanout }: Assignment): void {
    const now = new Set(scanout.map(({ layer }) => layer.surface));
    const verdict: Verdict = {
      reason: 'it had to leave a plane a moment ago',
      until: this.#frame + COOLING_FRAMES,
    };
    for (const layer of layers) {
      if (!isOfSurface(layer) || !this.#last.has(layer.surface) || now.has(layer.surface)) continue;
      for (const plane of [this.#pipe.primary, ...this.#pipe.overlays])
        this.#refusals.set(this.#key(layer, plane), verdict);
    }
    this.#last = now;
    if (this.#refusals.size === 0) return;
    for (const [key, { until }] of this.#refusals) if (until <= this.#frame) this.#refusals.delete(key);
  }

  /** Says what changed, once. */
  #explain({ scanout }: Assignment, reasons: Reasons): void {
    for (const { layer, plane } of scanout) reasons.set(layer.surface, `shown by ${plane.name}`);
    for (const [surface, reason] of reasons)
      if (this.#reasons.get(surface) !== reason)
        this.#trace.note('plane', `${surface.label} on ${this.#output}: ${reason}`);
    this.#reasons = reasons;
  }

  /** What a refusal is for: a surface with content of these sizes on a plane. */
  #key({ surface, source, destination, use }: SurfaceLayer, plane: PlaneInfo): string {
    let number = this.#numbers.get(surface);
    if (number === undefined) {
      number = this.#nextNumber++;
      this.#numbers.set(surface, number);
    }
    return [
      plane.id,
      number,
      use.buffer.format,
      source.width,
      source.height,
      destination.width,
      destination.height,
    ].join(' ');
  }
}

const NOT_SCANNED_OUT = {
  shm: 'shm buffers are not scanned out',
  'single-pixel': 'single-pixel buffers are not scanned out',
} as const;

/** Why no plane can show a layer; null when one might. */
function unfit({ use, transform }: SurfaceLayer): string | null {
  if (use.buffer.kind !== 'dmabuf') return NOT_SCANNED_OUT[use.buffer.kind];
  return transform === 0 ? null : `the content is turned (transform ${transform})`;
}

const covered = ({ destination }: Layer, composed: readonly Rect[]): string | null =>
  composed.some(rect => intersectRects(rect, destination) !== null) ? 'composed content lies above it' : null;

/** Whether the layers above leave anything of it on the screen. */
function isSeen({ destination }: Layer, above: readonly Layer[], screen: Region): boolean {
  let rest = Region.of(destination).intersect(screen);
  for (const { opaque } of above) rest = rest.subtract(opaque);
  return !rest.isEmpty;
}

function shapeOf({ plane, layer }: PlaneUse): string {
  const { source, destination, use } = layer;
  const { buffer } = use;
  const { format, width, height } = buffer;
  const layout =
    buffer.kind === 'dmabuf' ? buffer.planes.map(({ offset, stride }) => `${offset}/${stride}`).join() : '';
  return [
    plane.id,
    format,
    `${width}x${height}`,
    layout,
    ...[source, destination].map(({ x, y, width: w, height: h }) => `${w}x${h}+${x}+${y}`),
  ].join(' ');
}
