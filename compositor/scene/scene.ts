// All surfaces, their order and places, and what changed.
import type { Machine } from '../machine/machine.ts';
import type { Counters } from '../observe/counters.ts';
import type { Trace } from '../observe/trace.ts';
import type { BufferUse } from './buffer-use.ts';
import { type Cursor, cursorSurface } from './cursor.ts';
import { changesStack, contentDamage, DamageTracker } from './damage.ts';
import { arrange, leastCrowded } from './layout.ts';
import type { OutputInfo } from './outputs.ts';
import type { Popup } from './popup.ts';
import { intersectRects, Region } from './region.ts';
import { buildStack, type SurfacePlacement, samePlacement } from './stack.ts';
import { Surface, type SurfaceOwner } from './surface.ts';
import { type Transaction, type TransactionEntry, TransactionQueues } from './transaction.ts';
import type { Slot, Window, WindowStateName } from './window.ts';

/** Who draws the scene, and who tells clients where their surfaces are. */
export interface SceneObserver {
  /** Pixels of the global space have changed. Called within the change: schedule, don't draw. */
  damaged?(damage: Region): void;
  /** A surface waits for a frame callback or feedback, or has other metadata, although no pixel of it may have changed. */
  frameWanted?(surface: Surface): void;
  /** Surfaces came, went, moved or changed their size. */
  restacked?(): void;
  /**
   * A commit took effect that brought other content, or took it away, seen or not. `damage` is in buffer pixels. Called
   * before anything is drawn.
   */
  contentApplied?(surface: Surface, content: BufferUse | null, damage: Region): void;
  surfaceDestroyed?(surface: Surface): void;
  /** The cursor is another one, lies elsewhere, or its surface has a new state. */
  cursorChanged?(): void;
}

export interface SceneOptions {
  machine: Machine;
  trace: Trace;
  counters: Counters;
}

export class Scene {
  readonly #machine: Machine;
  readonly #counters: Counters;
  readonly #queues: TransactionQueues;
  readonly #damage = new DamageTracker();
  readonly #observers = new Set<SceneObserver>();
  readonly #surfaces = new Set<Surface>();
  readonly #owner: SurfaceOwner;
  #windows: Window[] = [];
  #popups: Popup[] = [];
  #outputs: readonly OutputInfo[] = [];
  #stack: readonly SurfacePlacement[] = [];
  #placements = new Map<Surface, SurfacePlacement>();
  /** What each output shows, until the stack changes. */
  readonly #shown = new Map<string, readonly SurfacePlacement[]>();
  /** The window that had each output to itself at the last look. */
  #fullscreen = new Map<string, Window>();
  #cursor: Cursor | null = null;

  constructor(options: SceneOptions) {
    this.#machine = options.machine;
    this.#counters = options.counters;
    this.#queues = new TransactionQueues(options.trace, transaction => this.#apply(transaction));
    this.#owner = {
      submit: transaction => this.#queues.submit(transaction),
      // A surface that was not shown leaves no gap; a client that goes takes many of them along.
      unmapped: surface => {
        if (this.#placements.has(surface)) this.update();
        if (surface === cursorSurface(this.#cursor)) this.#notify(observer => observer.cursorChanged?.());
      },
      surfaceDestroyed: surface => this.#surfaceDestroyed(surface),
      now: () => this.#machine.now(),
    };
  }

  createSurface(label: string): Surface {
    const surface = new Surface(this.#owner, label);
    this.#surfaces.add(surface);
    return surface;
  }

  /** Every surface, shown or not. */
  get surfaces(): ReadonlySet<Surface> {
    return this.#surfaces;
  }

  /** What is shown, lowest first. */
  get stack(): readonly SurfacePlacement[] {
    return this.#stack;
  }

  /** The part of the stack that one output shows: under a fullscreen window nothing else. */
  stackOn(output: OutputInfo): readonly SurfacePlacement[] {
    const known = this.#shown.get(output.name);
    if (known) return known;
    const full = this.fullscreenOn(output);
    const shown = this.#stack.filter(
      placement =>
        (full === null || placement.window === full) && intersectRects(placement, output.geometry) !== null,
    );
    this.#shown.set(output.name, shown);
    return shown;
  }

  /** The window that has an output to itself; what it does not cover there is black. */
  fullscreenOn(output: OutputInfo): Window | null {
    const covers = ({ slot, mapped }: Window): boolean =>
      mapped && slot?.mode === 'fullscreen' && slot.output === output.name;
    return this.#windows.findLast(covers) ?? null;
  }

  /**
   * The output whose frames pace a surface (frame callbacks, feedback): the one that shows most of it, the first one if
   * none does. Null without outputs.
   */
  pacingOutput(surface: Surface): OutputInfo | null {
    const placement = this.#placements.get(surface);
    const shown = (output: OutputInfo): number => {
      const part = placement ? intersectRects(placement, output.geometry) : null;
      return part ? part.width * part.height : 0;
    };
    return this.#outputs.reduce<OutputInfo | null>(
      (best, output) => (best === null || shown(output) > shown(best) ? output : best),
      null,
    );
  }

  /** Windows in the order in which they came. */
  get windows(): readonly Window[] {
    return this.#windows;
  }

  get outputs(): readonly OutputInfo[] {
    return this.#outputs;
  }

  set outputs(outputs: readonly OutputInfo[]) {
    this.#outputs = outputs;
    for (const output of outputs) this.#notify(observer => observer.damaged?.(Region.of(output.geometry)));
    this.arrange();
  }

  /** Transactions of a surface that wait. */
  waiting(surface: Surface): readonly Transaction[] {
    return this.#queues.of(surface);
  }

  addWindow(window: Window): void {
    window.home = leastCrowded(this.#windows, this.#outputs)?.name ?? null;
    this.#windows = [...this.#windows, window];
  }

  removeWindow(window: Window): void {
    this.#windows = this.#windows.filter(other => other !== window);
    this.arrange();
  }

  addPopup(popup: Popup): void {
    this.#popups = [...this.#popups, popup];
    this.update();
  }

  removePopup(popup: Popup): void {
    this.#popups = this.#popups.filter(other => other !== popup);
    this.update();
  }

  get popups(): readonly Popup[] {
    return this.#popups;
  }

  /** Sends a window its first configuration: the place it will get once it is mapped. The others keep theirs until then. */
  introduce(window: Window): void {
    const others = this.#windows.filter(other => other.mapped && other !== window);
    const slot = arrange([...others, window], this.#outputs).get(window);
    if (slot) this.#configure(window, slot);
    else window.configure({ size: { width: 0, height: 0 }, bounds: { width: 0, height: 0 }, states: [] });
  }

  /** Gives every mapped window its place and tells it. */
  arrange(): void {
    const slots = arrange(
      this.#windows.filter(window => window.mapped),
      this.#outputs,
    );
    for (const window of this.#windows) window.slot = slots.get(window) ?? null;
    for (const window of this.#windows) if (window.slot) this.#configure(window, window.slot);
    this.update();
  }

  /** Null: nothing is shown, as before the first event of a pointer. */
  get cursor(): Cursor | null {
    return this.#cursor;
  }

  set cursor(cursor: Cursor | null) {
    if (cursor === this.#cursor) return;
    this.#cursor = cursor;
    this.#notify(observer => observer.cursorChanged?.());
  }

  observe(observer: SceneObserver): Disposable {
    this.#observers.add(observer);
    return { [Symbol.dispose]: () => void this.#observers.delete(observer) };
  }

  /** Looks at the stack again and reports the damage. */
  update(content: ReadonlyMap<Surface, Region> = new Map()): void {
    const before = this.#stack;
    this.#stack = buildStack(this.#windows, this.#popups);
    this.#placements = new Map(this.#stack.map(placement => [placement.surface, placement]));
    this.#shown.clear();
    const damage = this.#damage.update(this.#stack, content).union(this.#uncovered());
    if (!damage.isEmpty) this.#notify(observer => observer.damaged?.(damage));
    const same =
      before.length === this.#stack.length &&
      this.#stack.every((placement, at) => samePlacement(placement, before[at]!));
    if (!same) this.#notify(observer => observer.restacked?.());
  }

  /** Outputs that a fullscreen window took or left: what it hides or uncovers may not have changed itself. */
  #uncovered(): Region {
    let damage = Region.empty;
    const now = new Map<string, Window>();
    for (const output of this.#outputs) {
      const window = this.fullscreenOn(output);
      if (window) now.set(output.name, window);
      if (this.#fullscreen.get(output.name) !== now.get(output.name))
        damage = damage.union(Region.of(output.geometry));
    }
    this.#fullscreen = now;
    return damage;
  }

  #configure(window: Window, slot: Slot): void {
    const states: WindowStateName[] = [];
    if (slot.mode !== 'floating') states.push(slot.mode);
    // The newest; one that is not mapped takes nobody's place yet.
    if (window === this.#windows.findLast(other => other.mapped || other === window))
      states.push('activated');
    if (this.#hidden(window, slot)) states.push('suspended');
    const { width, height } = slot.rect;
    const whole = slot.mode === 'fullscreen' || slot.mode === 'maximised';
    const size = whole ? { width, height } : window.fit({ width, height });
    window.configure({ size, bounds: { width, height }, states });
  }

  /** Whether another window has the output to itself. */
  #hidden(window: Window, slot: Slot): boolean {
    const output = this.#outputs.find(candidate => candidate.name === slot.output);
    const full = output && this.fullscreenOn(output);
    return full !== undefined && full !== null && full !== window;
  }

  #apply(transaction: Transaction): void {
    const content = new Map<Surface, Region>();
    const retold = new Set<Surface>();
    let restacked = false;
    let mapChanged = false;
    for (const entry of transaction.entries) {
      const { surface, commit } = entry;
      const before = surface.state;
      surface.apply(entry);
      const { attached, bufferDamage } = commit;
      if (attached !== undefined)
        this.#notify(observer => observer.contentApplied?.(surface, attached, bufferDamage));
      if (before.hdrMetadata !== commit.hdrMetadata) retold.add(surface);
      if (surface === cursorSurface(this.#cursor)) this.#notify(observer => observer.cursorChanged?.());
      content.set(surface, commit.bufferDamage);
      this.#counters.commits++;
      const moved = commit.offset.x !== 0 || commit.offset.y !== 0;
      if (moved || changesStack(before, surface.state)) restacked = true;
      if (surface.role?.kind === 'toplevel' && (before.content === null) !== (surface.state.content === null))
        mapChanged = true;
    }
    if (mapChanged) this.arrange();
    if (restacked) this.update(content);
    else this.#damageContent(content);
    for (const { surface, commit } of transaction.entries)
      if (surface.hasFrameCallbacks || commit.feedback.length > 0 || retold.has(surface))
        this.#notify(observer => observer.frameWanted?.(surface));
  }

  /** The common case: new pixels where the old ones were. What a fullscreen window hides is no damage. */
  #damageContent(content: ReadonlyMap<Surface, Region>): void {
    let damage = Region.empty;
    for (const [surface, buffer] of content) {
      const placement = this.#placements.get(surface);
      if (placement) damage = damage.union(this.#seen(placement.window, contentDamage(placement, buffer)));
    }
    if (!damage.isEmpty) this.#notify(observer => observer.damaged?.(damage));
  }

  /** The part of a window's damage that lies on outputs which no other window has to itself. */
  #seen(window: Window, damage: Region): Region {
    let seen = damage;
    for (const output of this.#outputs) {
      const full = this.#fullscreen.get(output.name);
      if (full && full !== window) seen = seen.subtract(Region.of(output.geometry));
    }
    return seen;
  }

  #surfaceDestroyed(surface: Surface): TransactionEntry[] {
    this.#surfaces.delete(surface);
    this.#notify(observer => observer.surfaceDestroyed?.(surface));
    return this.#queues.forget(surface);
  }

  #notify(call: (observer: SceneObserver) => void): void {
    for (const observer of this.#observers) call(observer);
  }
}
