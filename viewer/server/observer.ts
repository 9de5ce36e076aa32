// What the compositor has and does, as the side panel shows it.
import type { Client, ObjectProxy } from '../../client-sdk/core/index.ts';
import { interfaces } from '../../protocol/interfaces/index.ts';
import type {
  CountsMessage,
  PlaneMessage,
  Snapshot,
  SurfaceMessage,
  WindowMessage,
} from '../stream/messages.ts';

/** `snapshot` came with the second version. */
const VERSION = 2;
/** Milliseconds from one snapshot to the next, however much changes. */
const INTERVAL = 100;

const { plane_type, plane_content, window_state } = interfaces.fencepost_observation_v1.enums;

const nameIn = <N extends string>(names: Readonly<Record<N, number>>, value: number): N =>
  (Object.keys(names) as N[]).find(name => names[name] === value) ?? (Object.keys(names) as N[])[0]!;

interface Draft {
  counts: CountsMessage[];
  planes: PlaneMessage[];
  surfaces: SurfaceMessage[];
  windows: WindowMessage[];
}

const empty = (): Draft => ({ counts: [], planes: [], surfaces: [], windows: [] });

/** Asks for snapshots while they are wanted: again when the compositor says that something changed, and not too often. */
export class Observer implements Disposable {
  readonly #proxy: ObjectProxy<'fencepost_observation_v1'>;
  readonly #taken: (snapshot: Snapshot) => void;
  readonly #states = new Map<string, string>();
  #draft = empty();
  #wanted = false;
  #asked = false;
  #changed = true;
  #timer: NodeJS.Timeout | null = null;

  static offeredBy(client: Client): boolean {
    return client.offers('fencepost_observation_v1') >= VERSION;
  }

  constructor(client: Client, taken: (snapshot: Snapshot) => void) {
    this.#proxy = client.bind('fencepost_observation_v1', VERSION);
    this.#taken = taken;
    this.#listen();
  }

  want(wanted: boolean): void {
    this.#wanted = wanted;
    this.#ask();
  }

  /** Somebody new looks: what was told to the others is asked for again. */
  again(): void {
    this.#changed = true;
    this.#ask();
  }

  [Symbol.dispose](): void {
    if (this.#timer) clearTimeout(this.#timer);
    this.#wanted = false;
  }

  #ask(): void {
    if (!this.#wanted || this.#asked || !this.#changed || this.#timer || this.#proxy.destroyed) return;
    this.#asked = true;
    this.#changed = false;
    this.#draft = empty();
    this.#proxy.snapshot();
    this.#timer = setTimeout(() => {
      this.#timer = null;
      this.#ask();
    }, INTERVAL);
  }

  #listen(): void {
    this.#proxy.listen({
      output_state: (output, ...rest) => void this.#states.set(output, rest[9]),
      output_counts: (output, frames, composited, scannedOut, ...missed) =>
        this.#draft.counts.push({
          output,
          state: this.#states.get(output) ?? '',
          frames,
          composited,
          scannedOut,
          missed: missed.reduce((sum, count) => sum + count, 0),
        }),
      plane_use: (output, plane, type, content, label, buffer, window, x, y, width, height) =>
        this.#draft.planes.push({
          output,
          plane,
          type: nameIn(plane_type, type),
          content: nameIn(plane_content, content),
          label,
          buffer,
          window,
          rect: { x, y, width, height },
        }),
      surface_place: (output, label, window, plane, reason) =>
        this.#draft.surfaces.push({ output, label, window, plane, reason }),
      window: (id, title, appId, client, output, x, y, width, height, states) =>
        this.#draft.windows.push({
          id,
          title,
          appId,
          client,
          output,
          rect: { x, y, width, height },
          states: stateNames(states),
        }),
      snapshot_done: () => {
        this.#asked = false;
        this.#taken(this.#draft);
        this.#ask();
      },
      changed: () => {
        this.#changed = true;
        this.#ask();
      },
    });
  }
}

const stateNames = (states: number): string[] =>
  Object.entries(window_state).flatMap(([name, bit]) => ((states & bit) === 0 ? [] : [name]));
