// All surfaces, their order and places, and what changed.
import type { Machine } from '../machine/machine.ts';
import type { Counters } from '../observe/counters.ts';
import type { Trace } from '../observe/trace.ts';
import { type Cursor, cursorSurface } from './cursor.ts';
import { changesLayout, changesStack, DamageTracker } from './damage.ts';
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
import { placeInSlot, type Root, type SurfacePlacement, windowGeometry } from './stack.ts';
import { Surface, type SurfaceOwner } from './surface.ts';
import { type Transaction, type TransactionEntry, TransactionQueues } from './transaction.ts';
import type { Edges, Window, WindowWishes } from './window.ts';
import { resized, Windows } from './windows.ts';

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
    this.arrange();
  }

  /** Transactions of a surface that wait. */
  waiting(surface: Surface): readonly Transaction[] {
    return this.#queues.of(surface);
  }

  addWindow(window: Window): void {
    this.#windows.add(window);
  }

  removeWindow(window: Window): void {
    this.#windows.remove(window);
    dismissPopups(this.#popups, window.surface);
    this.arrange();
  }

  addPopup(popup: Popup): void {
    this.#popups = [...this.#popups, popup];
    this.update();
  }

  removePopup(popup: Popup): void {
    this.#popups = this.#popups.filter(other => other !== popup);
    dismissPopups(this.#popups, popup.surface);
    this.update();
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

  /** Makes a window the active one and raises it; with null none is. One that a fullscreen window hides is only raised. */
  activate(window: Window | null): void {
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

  /** Puts a window above the others of its kind, with its dialogs. */
  raise(window: Window): void {
    this.#windows.raise(window);
    this.#reorder();
  }

  /** The window geometry as it is shown, in the global space; null: it is not. */
  placeOf(window: Window): Rect | null {
    return window.slot && window.mapped ? placeInSlot(window.slot, windowGeometry(window.surface)) : null;
  }

  /** Puts the corner of a window's geometry somewhere; from now on it floats. Does nothing for a fullscreen window. */
  moveWindow(window: Window, { x, y }: Point): void {
    if (!this.#windows.float(window)) return;
    this.#replace(window, { ...window.wishes.place!, x: Math.round(x), y: Math.round(y) });
  }

  /** A hand is at the window's edges from now on; it floats. Returns where it is; null when it can't be resized. */
  beginResize(window: Window, edges: Edges): Rect | null {
    const place = this.placeOf(window);
    if (!place || !this.#windows.float(window)) return null;
    window.resizing = edges;
    window.dragged = { x: edges.x || 1, y: edges.y || 1 };
    window.wishes.place = place;
    this.arrange();
    return place;
  }

  /** Gives a window that is being resized another place: `from` (what `beginResize` returned), its edges dragged by `by`. */
  resizeWindow(window: Window, from: Rect, by: Point): void {
    if (window.resizing) this.#replace(window, resized(window, from, by));
  }

  endResize(window: Window): void {
    if (!window.resizing) return;
    window.resizing = null;
    this.#windows.configure();
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

  /** Gives every mapped window and every layer surface its place and tells it. */
  arrange(): void {
    this.#windows.arrangeLayers(this.#outputs);
    const before = this.activated;
    const turned = this.#windows.arrange();
    const changed = this.#windows.noteMapped();
    for (const window of changed.gone) dismissPopups(this.#popups, window.surface);
    this.#windows.configure();
    this.update();
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

  /** Looks at the whole stack again and reports the damage. */
  update(content: ReadonlyMap<Surface, Region> = NOTHING): void {
    this.#roots = this.#windows.roots();
    this.#rebuild(content, null);
  }

  /** Looks at the order of the windows again, and at what is drawn of `changed`. */
  #reorder(...changed: readonly (Window | null)[]): void {
    this.#roots = this.#windows.roots();
    this.#rebuild(NOTHING, new Set(changed.filter(window => window !== null)));
  }

  /** Looks at what hangs on `dirty`; null looks at everything. The order of the others is what it was. */
  #rebuild(content: ReadonlyMap<Surface, Region>, dirty: ReadonlySet<Root> | null): void {
    const restacked = this.#stack.build({
      roots: this.#dragIcon ? [...this.#roots, this.#dragIcon] : this.#roots,
      popups: this.#popups,
      activated: this.activated,
      dirty,
    });
    const uncovered = this.#cover.update(this.#outputs, output => this.fullscreenOn(output));
    const damage = this.#damage.update(this.stack, content).union(uncovered);
    this.#tellDamage(damage);
    if (!restacked) return;
    this.#notify(observer => observer.restacked?.());
    for (const popup of this.#popups) {
      const root = popup.client.moved && rootOf(popup.surface);
      if (root && (dirty === null || dirty.has(root))) popup.client.moved?.();
    }
  }

  /** A new place for a window that floats. Where nothing else depends on it, nothing else is looked at. */
  #replace(window: Window, place: Rect): void {
    window.wishes.place = place;
    const { slot } = window;
    if (slot?.mode !== 'floating' || slot.within || this.windows.some(({ parent }) => parent === window)) {
      this.arrange();
      return;
    }
    window.slot = { ...slot, rect: place };
    this.#windows.configureOne(window);
    this.#rebuild(NOTHING, new Set([window]));
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
    else this.update();
  }

  #apply(transaction: Transaction): void {
    const content = new Map<Surface, Region>();
    const retold = new Set<Surface>();
    const dirty = new Set<Root>();
    let rearranged = false;
    let layersChanged = false;
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
      if (moved || changesStack(before, surface.state)) this.#addRoot(surface, dirty);
      if (changesLayout(surface, before)) rearranged = true;
      if (surface.role?.kind === 'layer' && before.role !== surface.state.role) layersChanged = true;
      if (before.content && !surface.state.content) dismissPopups(this.#popups, surface);
    }
    if (rearranged) this.arrange();
    if (layersChanged) this.#notify(observer => observer.layersChanged?.());
    if (dirty.size > 0) this.#rebuild(content, dirty);
    else this.#tellDamage(this.#cover.contentDamage(content, surface => this.#stack.of(surface)));
    for (const { surface, commit } of transaction.entries)
      if (surface.hasFrameCallbacks || commit.feedback.length > 0 || retold.has(surface))
        this.#notify(observer => observer.frameWanted?.(surface));
  }

  #addRoot(surface: Surface, into: Set<Root>): void {
    const root = rootOf(surface);
    if (root) into.add(root);
    else if (this.#dragIcon && surface.isWithin(this.#dragIcon.surface)) into.add(this.#dragIcon);
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
