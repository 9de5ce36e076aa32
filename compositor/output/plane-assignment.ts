// Which layer goes to which plane: proposed here, tested by the kernel, applied by whoever asked.
import { fourccText } from '../../protocol/uapi/fourcc.ts';
import type { Trace } from '../observe/trace.ts';
import { cull } from '../render/layer.ts';
import { Region, type Size } from '../scene/region.ts';
import type { ClientFramebuffers } from './framebuffers.ts';
import type { SurfaceLayer } from './layers.ts';
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
  readonly composed: readonly SurfaceLayer[];
}

/** A TEST_ONLY commit: null, or why the kernel would refuse. */
export type TestAssignment = (assignment: Assignment) => string | null;

/** Frames for which a layer that had to leave its plane is composed, so that it does not come and go. */
const COOLING_FRAMES = 30;
/** Frames until a proposal that the kernel refused is made again. */
const REFUSAL_FRAMES = 60;

/** Accepted proposals remembered; windows that move make a new one with every step. */
const ACCEPTED_KEPT = 64;

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
  #reasons = new Map<string, string>();
  #refusals = new Map<string, Verdict>();
  /** Proposals that passed the test, until one of them fails or there are many. */
  readonly #accepted = new Set<string>();
  #last: ReadonlySet<string> = new Set();

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

  /** A proposal that the kernel has accepted, or to compose everything. */
  assign(layers: readonly SurfaceLayer[], test: TestAssignment): Assignment {
    this.#frame++;
    if (this.#accepted.size > ACCEPTED_KEPT) this.#accepted.clear();
    const reasons = new Map<string, string>();
    const assignment = this.#fullscreen(layers, test, reasons) ?? this.#overlays(layers, test, reasons);
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
  #fullscreen(
    layers: readonly SurfaceLayer[],
    test: TestAssignment,
    reasons: Map<string, string>,
  ): Assignment | null {
    const area = Region.of({ x: 0, y: 0, ...this.#size });
    const { visible, uncovered } = cull(layers, area);
    const layer = layers.find(candidate => candidate === visible[0]?.layer);
    if (visible.length !== 1 || !layer || !uncovered.isEmpty) return null;
    return this.#try(layer, this.#pipe.primary, { scanout: [], composed: [] }, test, reasons);
  }

  /**
   * Overlays lie above the primary plane, so a layer can go there when nothing composed lies above it. From the top
   * down, each layer that can takes the highest plane that is left.
   */
  #overlays(layers: readonly SurfaceLayer[], test: TestAssignment, reasons: Map<string, string>): Assignment {
    const planes = [...this.#pipe.overlays];
    const screen = Region.of({ x: 0, y: 0, ...this.#size });
    let accepted: Assignment = { scanout: [], composed: layers };
    let above = Region.empty;
    let hidden = Region.empty;
    for (const layer of [...layers].reverse()) {
      const extent = Region.of(layer.destination).intersect(screen);
      // What cannot be seen needs no plane.
      if (hidden.covers(extent)) continue;
      const plane = planes.at(-1);
      let proposal: Assignment | null = null;
      if (!plane) reasons.set(layer.label, 'all overlay planes are taken');
      else if (!above.intersect(extent).isEmpty) reasons.set(layer.label, 'composed content lies above it');
      else proposal = this.#try(layer, plane, accepted, test, reasons);
      if (proposal) {
        accepted = proposal;
        planes.pop();
      } else above = above.union(extent);
      hidden = hidden.union(layer.opaque.intersect(screen));
    }
    return accepted;
  }

  /** Adds a layer to an assignment on a plane, if it is suitable and the kernel agrees. */
  #try(
    layer: SurfaceLayer,
    plane: PlaneInfo,
    rest: Assignment,
    test: TestAssignment,
    reasons: Map<string, string>,
  ): Assignment | null {
    const { buffer } = layer.use;
    const refuse = (reason: string): null => {
      const before = reasons.get(layer.label);
      reasons.set(layer.label, `${before ? `${before}; ` : ''}${plane.name}: ${reason}`);
      return null;
    };
    if (buffer.kind !== 'dmabuf') return refuse(`${buffer.kind} buffers are not scanned out`);
    if (!plane.formats.includes(buffer.format))
      return refuse(`it cannot show format ${fourccText(buffer.format)}`);
    if (layer.transform !== 0) return refuse(`the content is turned (transform ${layer.transform})`);
    const verdict = this.#refusals.get(refusalKey(layer, plane));
    if (verdict && verdict.until > this.#frame) return refuse(verdict.reason);
    const framebuffer = this.#framebuffers.of(buffer);
    if (framebuffer.kind === 'refused') return refuse(framebuffer.reason);
    const use: PlaneUse = { plane, layer, framebuffer: framebuffer.id };
    const proposal: Assignment = {
      scanout: [use, ...rest.scanout],
      composed: rest.composed.filter(other => other !== layer),
    };
    const shape = proposal.scanout.map(shapeOf).join('; ');
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
    this.#refusals.set(refusalKey(layer, plane), { reason, until: this.#frame + REFUSAL_FRAMES });
  }

  /** A layer that is shown still and not on a plane any more stays off it for a while. */
  #cool(layers: readonly SurfaceLayer[], { scanout }: Assignment): void {
    const now = new Set(scanout.map(({ layer }) => layer.label));
    const verdict: Verdict = {
      reason: 'it had to leave a plane a moment ago',
      until: this.#frame + COOLING_FRAMES,
    };
    for (const layer of layers) {
      if (!this.#last.has(layer.label) || now.has(layer.label)) continue;
      for (const plane of [this.#pipe.primary, ...this.#pipe.overlays])
        this.#refusals.set(refusalKey(layer, plane), verdict);
    }
    this.#last = now;
    if (this.#refusals.size === 0) return;
    for (const [key, { until }] of this.#refusals) if (until <= this.#frame) this.#refusals.delete(key);
  }

  /** Says what changed, once. */
  #explain({ scanout }: Assignment, reasons: Map<string, string>): void {
    for (const { layer, plane } of scanout) reasons.set(layer.label, `shown by ${plane.name}`);
    for (const [label, reason] of reasons)
      if (this.#reasons.get(label) !== reason)
        this.#trace.note('plane', `${label} on ${this.#output}: ${reason}`);
    this.#reasons = reasons;
  }
}

function refusalKey(layer: SurfaceLayer, plane: PlaneInfo): string {
  const { source, destination, use } = layer;
  return [
    plane.id,
    layer.label,
    use.buffer.format,
    source.width,
    source.height,
    destination.width,
    destination.height,
  ].join(' ');
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
