// All surfaces, their order and places, and what changed.
import type { Machine } from '../machine/machine.ts';
import type { Counters } from '../observe/counters.ts';
import type { Trace } from '../observe/trace.ts';
import { type Cursor, cursorSurface } from './cursor.ts';
import { DamageTracker } from './damage.ts';
import type { DragIcon } from './drag-icon.ts';
import { FullscreenCover } from './fullscreen-cover.ts';
import { type FrameHit, type Hit, hit, hitFrame, rootOf } from './hit-test.ts';
import type { LayerSurface } from './layer-surface.ts';
import type { LayoutName } from './layout.ts';
import type { OutputInfo } from './outputs.ts';
import { dismissPopups, type Popup } from './popup.ts';
import { hasPoint, type Point, type Rect, Region } from './region.ts';
import type { SceneObserver } from './scene-observer.ts';
import { mostShownOn, ShownStack } from './shown-stack.ts';
import { type Root, type SurfacePlacement, shownPlaceOf } from './stack.ts';
import { Surface, type SurfaceOwner } from './surface.ts';
import { type Transaction, type TransactionEntry, TransactionQueues } from './transaction.ts';
import { TransactionEffect } from './transaction-effect.ts';
import type { Edges, Window, WindowWishes } from './window.ts';
import { WindowSteering } from './window-steering.ts';
import { Windows } from './windows.ts';

export type { SceneObserver } from './scene-observer.ts';

export interface SceneOptions {
  machine: Machine;
  trace: Trace;
  counters: Counters;
  /** How windows share the outputs that want nothing else; `tiled` by default. */
  layout?: LayoutName;
}

const NOTHING: ReadonlyMap<Surface, Region> = new Map();
const NO_ROOTS: ReadonlySet<Root> = new Set();

export class Scene {
  readonly #machine: Machine;
  readonly #counters: Counters;
  readonly #queues: TransactionQueues;
  readonly #damage = new DamageTracker();
  readonly #observers = new Set<SceneObserver>();
  readonly #surfaces = new Set<Surface>();
  readonly #owner: SurfaceOwner;
  readonly #windows: Windows;
  readonly #steering: WindowSteering;
  readonly #stack = new ShownStack();
  /** What the stack was built of last, from the lowest to the highest. */
  #roots: readonly Root[] = [];
  #popups: readonly Popup[] = [];
  #outputs: readonly OutputInfo[] = [];
  #dragIcon: DragIcon | null = null;
  readonly #cover = new FullscreenCover();
  #cursor: Cursor | null = null;

  constructor(options: SceneOptions) {
    this.#machine = options.machine;
    this.#counters = options.counters;
    this.#windows = new Windows(options.layout ?? 'tiled');
    this.#steering = new WindowSteering(this.#windows, {
      arrange: () => this.arrange(),
      moved: window => this.#rebuild(NOTHING, new Set([window])),
    });
    this.#queues = new TransactionQueues(options.trace, transaction => this.#apply(transaction));
    this.#owner = {
      submit: transaction => this.#queues.submit(transaction),
      // A surface that was not shown leaves no gap; a client that goes takes many of them along.
      unmapped: surface => {
        if (this.#stack.of(surface)) this.#unmapped(surface);
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
    return this.#stack.placements;
  }

  /** Where a surface is shown; null: it is not. */
  placementOf(surface: Surface): SurfacePlacement | null {
    return this.#stack.of(surface);
  }

  /** The part of the stack that one output shows: under a fullscreen window nothing else. */
  stackOn(output: OutputInfo): readonly SurfacePlacement[] {
    return this.#stack.on(output, this.fullscreenOn(output));
  }

  /** The topmost surface under a point of the global space whose input region has it. */
  at(point: Point): Hit | null {
    return hit(this.#stackAt(point), point);
  }

  /** The window whose frame lies under a point, where `at` finds nothing. */
  frameAt(point: Point): FrameHit | null {
    return this.at(point) ? null : hitFrame(this.#stackAt(point), point);
  }

  #stackAt(point: Point): readonly SurfacePlacement[] {
    const output = this.#outputs.find(({ geometry }) => hasPoint(geometry, point));
    return output ? this.stackOn(output) : [];
  }

  /** What a surface belongs to, through its subsurfaces and popups; null for one that has no place. */
  rootOf(surface: Surface): Window | LayerSurface | null {
    return rootOf(surface);
  }

  /** The window that has an output to itself; what it does not cover there is black. */
  fullscreenOn(output: OutputInfo): Window | null {
    return this.#windows.fullscreenOn(output.name);
  }

  /**
   * The output whose frames pace a surface (frame callbacks, feedback): the one that shows most of it, the first one if
   * none does. That of the cursor is where the hot spot is. Null without outputs.
   */
  pacingOutput(surface: Surface): OutputInfo | null {
    const cursor = surface === cursorSurface(this.#cursor) ? this.#cursor : null;
    const placement = cursor ? { ...cursor.position, width: 1, height: 1 } : this.#stack.of(surface);
    return mostShownOn(placement, this.#outputs);
  }

  /** Windows in the order in which they came. */
  get windows(): readonly Window[] {
    return this.#windows.list;
  }

  get outputs(): readonly OutputInfo[] {
    return this.#outputs;
  }

  set outputs(outputs: readonly OutputInfo[]) {
    this.#outputs = outputs;
    for (const output of outputs) this.#notify(observer => observer.damaged?.(Region.of(output.geometry)));
    this.#windows.arrangeLayers(outputs);
    this.#windows.gather();
    this.arrange();
    // Who stayed where it was may be on other outputs all the same.
    this.#notify(observer => observer.restacked?.(null));
  }

  /** Transactions of a surface that wait. */
  waiting(surface: Surface): readonly Transaction[] {
    return this.#queues.of(surface);
  }

  addWindow(window: Window): void {
    this.#windows.add(window);
  }

  removeWindow(window: Window): void {
    const mattered = window.slot || window === this.activated || this.#windows.haveDialogs(new Set([window]));
    this.#windows.remove(window);
    dismissPopups(this.#popups, window.surface);
    if (mattered) this.arrange();
  }

  addPopup(popup: Popup): void {
    this.#popups = [...this.#popups, popup];
  }

  removePopup(popup: Popup): void {
    this.#popups = this.#popups.filter(other => other !== popup);
    dismissPopups(this.#popups, popup.surface);
    this.#refresh(popup.parent);
  }

  get popups(): readonly Popup[] {
    return this.#popups;
  }

  /** Panels, wallpapers and launchers, in the order in which they came. */
  get layers(): readonly LayerSurface[] {
    return this.#windows.layers;
  }

  addLayer(layer: LayerSurface): void {
    this.#windows.addLayer(layer);
  }

  removeLayer(layer: LayerSurface): void {
    this.#windows.removeLayer(layer);
    dismissPopups(this.#popups, layer.surface);
    this.arrange();
  }

  /** The layer surface that has the keyboard for itself, whatever is clicked. */
  get keyboardClaim(): LayerSurface | null {
    return this.#windows.keyboardClaim;
  }

  /** The part of an output that windows may fill; null: there is no such output. */
  usableArea(output: OutputInfo): Rect | null {
    return this.#windows.usable(output.name);
  }

  /** The window that has, or had last, the keyboard. */
  get activated(): Window | null {
    return this.#windows.activated;
  }

  /** Makes a mapped window the active one and raises it (null: none is). One that a fullscreen window hides is only raised. */
  activate(window: Window | null): void {
    if (window && !window.mapped) return;
    const before = this.activated;
    if (window) this.#windows.raise(window);
    if (window && this.#windows.isHidden(window)) {
      this.#reorder();
      return;
    }
    this.#windows.activated = window;
    this.#windows.configure();
    this.#reorder(before, window);
    if (before !== window) this.#tellActivated(before);
  }

  /** Puts a window above the others of its kind, with its parents and dialogs. */
  raise(window: Window): void {
    this.#windows.raise(window);
    this.#windows.configure();
    this.#reorder();
  }

  /** The window geometry as it is shown, in the global space; null: it is not. */
  placeOf(window: Window): Rect | null {
    return shownPlaceOf(window);
  }

  /** Puts the corner of a window's geometry somewhere; from now on it floats. Does nothing for a fullscreen window. */
  moveWindow(window: Window, corner: Point): void {
    this.#steering.move(window, corner);
  }

  /** A hand is at the window's edges from now on; it floats. Returns where it is; null when it can't be resized. */
  beginResize(window: Window, edges: Edges): Rect | null {
    return this.#steering.beginResize(window, edges);
  }

  /** Gives a window that is being resized another place: `from` (what `beginResize` returned), its edges dragged by `by`. */
  resizeWindow(window: Window, from: Rect, by: Point): void {
    this.#steering.resize(window, from, by);
  }

  endResize(window: Window): void {
    this.#steering.endResize(window);
  }

  /** A window was unmapped: it starts over, and its dialogs go to its parent. */
  resetWindow(window: Window): void {
    this.#windows.orphan(window);
    window.reset();
    this.arrange();
  }

  /** Makes a window a dialog of another, above which it lies from now on; null: of none. */
  setParent(window: Window, parent: Window | null): void {
    this.#windows.setParent(window, parent);
    if (!window.mapped) return;
    this.arrange();
    this.windowChanged(window);
  }

  setMaximised(window: Window, maximised: boolean): void {
    this.#windows.remember(window);
    window.wishes.maximised = maximised;
    this.#wished(window);
  }

  /** `wish` as in WindowWishes. */
  setFullscreen(window: Window, wish: WindowWishes['fullscreen']): void {
    this.#windows.remember(window);
    window.wishes.fullscreen = wish;
    this.#wished(window);
  }

  /** What the client asked of decorations, as in WindowWishes. */
  setDecoration(window: Window, wish: WindowWishes['decoration']): void {
    window.wishes.decoration = wish;
    this.#wished(window);
  }

  /** A wish was noted: one that is not configured yet hears of it with its first configuration. */
  #wished(window: Window): void {
    if (window.mapped) this.arrange();
    else if (window.configuration) this.introduce(window);
  }

  /** The client said something new of its window. */
  windowChanged(window: Window): void {
    if (window.mapped) this.#notify(observer => observer.windowChanged?.(window));
  }

  /** Sends a window its first configuration: the place it will get once it is mapped. The others keep theirs until then. */
  introduce(window: Window): void {
    this.#windows.introduce(window);
  }

  /** Gives every mapped window and every layer surface its place and tells it. `content` as in `update`. */
  arrange(content: ReadonlyMap<Surface, Region> = NOTHING): void {
    this.#windows.arrangeLayers(this.#outputs);
    const before = this.activated;
    const turned = this.#windows.arrange();
    const changed = this.#windows.noteMapped();
    for (const window of changed.gone) dismissPopups(this.#popups, window.surface);
    this.#windows.configure();
    this.update(content);
    // Whoever hears of it finds everything in its new place.
    for (const window of changed.gone) this.#notify(observer => observer.windowUnmapped?.(window));
    for (const window of changed.come) this.#notify(observer => observer.windowMapped?.(window));
    if (this.activated !== before) this.#tellActivated(before);
    for (const window of turned) this.windowChanged(window);
  }

  /** What follows the pointer during a drag; not hit by input. */
  get dragIcon(): DragIcon | null {
    return this.#dragIcon;
  }

  set dragIcon(icon: DragIcon | null) {
    const before = this.#dragIcon;
    if (before === icon) return;
    this.#dragIcon = icon;
    this.#rebuild(NOTHING, NO_ROOTS);
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

  /** Looks at the whole stack again and reports the damage. `content` is what commits have damaged, in buffer pixels. */
  update(content: ReadonlyMap<Surface, Region> = NOTHING): void {
    this.#roots = this.#windows.roots();
    this.#rebuild(content, null);
  }

  /** Looks at the tree that a surface is in again, at everything if it is in none. */
  #refresh(surface: Surface | null): void {
    const root = surface && rootOf(surface);
    if (root) this.#rebuild(NOTHING, new Set([root]));
    else this.update();
  }

  /** Looks at the order of the windows again, and at what is drawn of `changed`. */
  #reorder(...changed: readonly (Window | null)[]): void {
    this.#roots = this.#windows.roots();
    this.#rebuild(NOTHING, new Set(changed.filter(window => window !== null)));
  }

  /** Looks at what hangs on `dirty`; null looks at everything. The order of the others is what it was. */
  #rebuild(content: ReadonlyMap<Surface, Region>, dirty: ReadonlySet<Root> | null): void {
    const changed = this.#stack.build({
      roots: this.#dragIcon ? [...this.#roots, this.#dragIcon] : this.#roots,
      popups: this.#popups,
      activated: this.activated,
      dirty,
    });
    const uncovered = this.#cover.update(this.#outputs, output => this.fullscreenOn(output));
    const damage = this.#damage.update(this.stack, content).union(uncovered);
    this.#tellDamage(damage);
    if (!changed && uncovered.isEmpty) return;
    this.#notify(observer => observer.restacked?.(uncovered.isEmpty ? changed : null));
    for (const popup of this.#popups) {
      const root = popup.client.moved && rootOf(popup.surface);
      if (root && (dirty === null || dirty.has(root))) popup.client.moved?.();
    }
  }

  #tellActivated(before: Window | null): void {
    const now = this.activated;
    this.#notify(observer => observer.activated?.(now));
    for (const changed of [before, now]) if (changed) this.windowChanged(changed);
  }

  /** A surface that was shown has gone, without a commit. */
  #unmapped(surface: Surface): void {
    dismissPopups(this.#popups, surface);
    if (surface.role?.kind === 'layer' || surface.role?.kind === 'toplevel') this.arrange();
    else this.#refresh(surface);
  }

  #apply(transaction: Transaction): void {
    const effect = new TransactionEffect(this.#dragIcon);
    for (const entry of transaction.entries) {
      const before = entry.surface.state;
      entry.surface.apply(entry);
      this.#counters.commits++;
      this.#tellApplied(entry);
      effect.note(entry, before);
      if (before.content && !entry.surface.state.content) dismissPopups(this.#popups, entry.surface);
    }
    const { content, roots } = effect;
    if (effect.layout || this.#windows.haveDialogs(roots)) this.arrange(content);
    else if (roots.size > 0) this.#rebuild(content, roots);
    else this.#tellDamage(this.#cover.contentDamage(content, surface => this.#stack.of(surface)));
    if (effect.layers) this.#notify(observer => observer.layersChanged?.());
    for (const { surface, commit } of transaction.entries)
      if (surface.hasFrameCallbacks || commit.feedback.length > 0 || effect.retold.has(surface))
        this.#notify(observer => observer.frameWanted?.(surface));
  }

  #tellApplied({ surface, commit: { attached, bufferDamage } }: TransactionEntry): void {
    if (attached !== undefined)
      this.#notify(observer => observer.contentApplied?.(surface, attached, bufferDamage));
    if (surface === cursorSurface(this.#cursor)) this.#notify(observer => observer.cursorChanged?.());
  }

  #surfaceDestroyed(surface: Surface): TransactionEntry[] {
    this.#surfaces.delete(surface);
    this.#notify(observer => observer.surfaceDestroyed?.(surface));
    return this.#queues.forget(surface);
  }

  #tellDamage(damage: Region): void {
    if (!damage.isEmpty) this.#notify(observer => observer.damaged?.(damage));
  }

  #notify(call: (observer: SceneObserver) => void): void {
    for (const observer of this.#observers) call(observer);
  }
}
