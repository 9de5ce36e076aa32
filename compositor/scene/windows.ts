// The windows and layer surfaces: who is there, who is active, who lies above whom, and what each is told.
import { arrangeLayers } from './layer-layout.ts';
import { LAYERS, type LayerName, type LayerSurface } from './layer-surface.ts';
import { areaOf, arrange, type LayoutName, leastCrowded, type OutputArea } from './layout.ts';
import type { OutputInfo } from './outputs.ts';
import { clamp, hasPoint, intersectRects, type Rect, type Size } from './region.ts';
import { keepInside, placeInSlot, type Root, windowGeometry } from './stack.ts';
import type { Slot, Window, WindowStateName } from './window.ts';

/** How far a window that finds its place alone lies from the one before it, in logical pixels. */
const CASCADE = 32;
/** After so many the cascade begins anew. */
const CASCADE_LENGTH = 8;

const LEVELS = { tiled: 0, maximised: 1, floating: 2, fullscreen: 3 } as const;

/** Windows that got content, and those that have none any more. */
export interface MappedChange {
  readonly come: readonly Window[];
  readonly gone: readonly Window[];
}

export class Windows {
  readonly #layout: LayoutName;
  /** In the order in which they came. */
  #list: readonly Window[] = [];
  /** In the order in which they were activated last: the newest is the last. */
  #recent: readonly Window[] = [];
  #activated: Window | null = null;
  #layers: readonly LayerSurface[] = [];
  #areas: readonly OutputArea[] = [];
  #cascade = 0;
  #fullscreens: readonly Window[] = [];
  /** Those that were mapped at the last look. */
  #mapped: ReadonlySet<Window> = new Set();

  constructor(layout: LayoutName) {
    this.#layout = layout;
  }

  get list(): readonly Window[] {
    return this.#list;
  }

  get layers(): readonly LayerSurface[] {
    return this.#layers;
  }

  get activated(): Window | null {
    return this.#activated;
  }

  set activated(window: Window | null) {
    this.#activated = window;
  }

  /** The window to go to when the active one is gone: the one that was active before it. */
  get #next(): Window | null {
    const shown = this.#recent.filter(window => window.mapped && window.slot);
    return shown.findLast(window => !this.isHidden(window)) ?? shown.at(-1) ?? null;
  }

  add(window: Window): void {
    const outputs = this.#areas.map(({ output }) => output);
    window.home = leastCrowded(this.#list, outputs)?.name ?? null;
    this.#list = [...this.#list, window];
    this.#recent = [window, ...this.#recent];
  }

  remove(window: Window): void {
    const others = (other: Window): boolean => other !== window;
    this.#list = this.#list.filter(others);
    this.#recent = this.#recent.filter(others);
    this.orphan(window);
    window.slot = null;
  }

  /** A window lies above its parent from now on. */
  setParent(window: Window, parent: Window | null): void {
    window.parent = parent;
    if (parent && this.#recent.indexOf(window) < this.#recent.indexOf(parent)) this.raise(window);
  }

  /** The dialogs of a window that is shown no more are those of its own parent. */
  orphan(window: Window): void {
    for (const other of this.#list) if (other.parent === window) other.parent = window.parent;
    window.parent = null;
  }

  /** Whether any window lies over one of these. */
  haveDialogs(parents: ReadonlySet<Root>): boolean {
    return parents.size > 0 && this.#list.some(({ parent }) => parent !== null && parents.has(parent));
  }

  addLayer(layer: LayerSurface): void {
    this.#layers = [...this.#layers, layer];
  }

  removeLayer(layer: LayerSurface): void {
    this.#layers = this.#layers.filter(other => other !== layer);
  }

  /** Above the windows of its kind, with its parents below it and its dialogs above; of the dialogs of one parent it is the highest. */
  raise(window: Window): void {
    const top = topOf(window);
    const others: Window[] = [];
    const family: Window[] = [];
    const own: Window[] = [];
    for (const other of this.#recent) {
      if (other === window) continue;
      if (descends(other, window)) own.push(other);
      else if (descends(other, top)) family.push(other);
      else others.push(other);
    }
    this.#recent = [...others, ...family, window, ...own];
  }

  /** A window with a place of its own belongs to the output that its middle is on. Returns its name; null: on none. */
  rehome(window: Window): string | null {
    const place = placeOf(window);
    const middle = place && { x: place.x + place.width / 2, y: place.y + place.height / 2 };
    const area = middle && this.#areas.find(({ output }) => hasPoint(output.geometry, middle));
    if (!area) return null;
    window.home = area.output.name;
    return window.home;
  }

  /** Brings windows with a place of their own back that lie where there is no output any more. */
  gather(): void {
    for (const window of this.#list) {
      const place = placeOf(window);
      const area = areaOf(window, this.#areas);
      if (!place || !area || this.#areas.some(({ output }) => intersectRects(output.geometry, place)))
        continue;
      const { usable } = area;
      window.wishes.place = {
        ...window.wishes.place!,
        x: keepInside(place.x, place.width, usable.x, usable.width),
        y: keepInside(place.y, place.height, usable.y, usable.height),
      };
    }
  }

  /** What windows may fill of an output. */
  usable(output: string): Rect | null {
    return this.#areas.find(area => area.output.name === output)?.usable ?? null;
  }

  /** Lays layer surfaces out, and tells them; windows have to be arranged after it. */
  arrangeLayers(outputs: readonly OutputInfo[]): void {
    this.#areas = outputs.map(output => {
      const here = this.#layers.filter(layer => layer.output === output.name && !layer.closed);
      const { places, usable } = arrangeLayers(here, output.geometry);
      for (const [layer, place] of places) {
        layer.place = place;
        if (layer.introduced) layer.configure(place);
      }
      return { output, usable };
    });
    const there = new Set(outputs.map(({ name }) => name));
    for (const layer of this.#layers) {
      if (there.has(layer.output)) continue;
      if (layer.introduced) layer.close();
      else layer.place = null;
    }
  }

  /** Gives every mapped window its place. Returns those that are tiled, floating, maximised or fullscreen and were not. */
  arrange(): Window[] {
    const mapped = this.#list.filter(window => window.mapped);
    const slots = arrange(mapped, this.#areas, this.#layout);
    const turned: Window[] = [];
    for (const window of this.#list) {
      const slot = slots.get(window) ?? null;
      if (slot && slot.mode !== window.slot?.mode) turned.push(window);
      window.slot = slot;
    }
    this.#fullscreens = mapped.filter(({ slot }) => slot?.mode === 'fullscreen');
    return turned;
  }

  /**
   * Which windows were mapped and unmapped since the last look. One that was mapped becomes the active one, unless a
   * fullscreen window hides it; where the active one is gone, the one that was active before it does, and where a
   * fullscreen window hides it now, that one does.
   */
  noteMapped(): MappedChange {
    const before = this.#mapped;
    const now = new Set(this.#list.filter(window => window.mapped));
    this.#mapped = now;
    const gone = [...before].filter(window => !now.has(window));
    const come = [...now].filter(window => !before.has(window));
    for (const window of come) this.raise(window);
    if (come.filter(window => this.#settle(window)).length > 0) this.arrange();
    const newest = come.findLast(window => !this.isHidden(window));
    if (newest) this.#activated = newest;
    else if (this.#activated && !now.has(this.#activated)) this.#activated = this.#next;
    else if (this.#activated && this.isHidden(this.#activated))
      this.#activated = this.fullscreenOn(this.#activated.slot!.output);
    return { come, gone };
  }

  /** Tells the windows what has changed for them. */
  configure(): void {
    for (const window of this.#list) if (window.slot) this.#configure(window, window.slot);
  }

  configureOne(window: Window): void {
    if (window.slot) this.#configure(window, window.slot);
  }

  /** Sends a window its first configuration: the place it will get once it is mapped. The others keep theirs until then. */
  introduce(window: Window): void {
    const others = this.#list.filter(other => other.mapped && other !== window);
    const slot = arrange([...others, window], this.#areas, this.#layout).get(window);
    if (slot) this.#configure(window, slot);
    else
      window.configure({
        size: { width: 0, height: 0 },
        bounds: { width: 0, height: 0 },
        states: [],
        decoration: 'client',
      });
  }

  /**
   * A window under `floating` finds its place when its size is known: in the middle, beside the one before it. Returns
   * whether it did.
   */
  #settle(window: Window): boolean {
    const { slot, wishes } = window;
    if (this.#layout !== 'floating' || wishes.place || window.parent || slot?.mode !== 'floating')
      return false;
    const { x, y, width, height } = placeInSlot(slot, windowGeometry(window.surface));
    const area = slot.rect;
    const step = CASCADE * (this.#cascade++ % CASCADE_LENGTH);
    const shifted = (at: number, length: number, from: number, room: number): number =>
      Math.max(from, Math.min(at + step, from + room - length));
    wishes.place = {
      x: shifted(x, width, area.x, area.width),
      y: shifted(y, height, area.y, area.height),
      width: 0,
      height: 0,
    };
    return true;
  }

  /** Takes a window out of the layout, at the place and with the size that it has now. False when it can't be. */
  float(window: Window): boolean {
    const { slot, wishes } = window;
    if (!slot || slot.mode === 'fullscreen') return false;
    const place = placeInSlot(slot, windowGeometry(window.surface));
    if (slot.mode === 'maximised' && wishes.place) {
      const { width, height } = wishes.place;
      wishes.place = { x: place.x, y: place.y, width, height };
    } else if (slot.mode !== 'floating' || !wishes.place)
      wishes.place = slot.mode === 'floating' ? { ...place, width: 0, height: 0 } : place;
    wishes.maximised = false;
    return true;
  }

  /** Where a floating window is kept for the time after it was maximised or fullscreen. */
  remember(window: Window): void {
    const { slot, wishes } = window;
    if (slot?.mode !== 'floating' || !wishes.place) return;
    wishes.place = placeInSlot(slot, windowGeometry(window.surface));
  }

  /** The roots of the stack from the lowest to the highest; the drag icon is not among them. */
  roots(): Root[] {
    const shown = this.#list.filter(window => window.slot && window.mapped);
    const tiled = shown.filter(window => levelOf(window) === LEVELS.tiled);
    const recent = this.#recent.filter(window => window.slot && window.mapped);
    const at = (...levels: number[]): Window[] => recent.filter(window => levels.includes(levelOf(window)));
    // Among tiles, what floats was taken out of them on purpose; where all float, a maximised window is one of them.
    const { maximised, floating } = LEVELS;
    const loose = this.#layout === 'floating' ? at(maximised, floating) : [...at(maximised), ...at(floating)];
    return [
      ...this.#layersOf('background'),
      ...this.#layersOf('bottom'),
      ...tiled,
      ...loose,
      ...this.#layersOf('top'),
      ...at(LEVELS.fullscreen),
      ...this.#layersOf('overlay'),
    ];
  }

  /** The window that has an output to itself. */
  fullscreenOn(output: string): Window | null {
    const covers = ({ slot, mapped }: Window): boolean =>
      mapped && slot?.mode === 'fullscreen' && slot.output === output;
    const there = this.#fullscreens.filter(covers);
    return there.length > 1 ? this.#recent.findLast(window => there.includes(window))! : (there[0] ?? null);
  }

  /** The layer surface that has the keyboard whatever is clicked: the highest that asks for it above the windows. */
  get keyboardClaim(): LayerSurface | null {
    const claims = (layer: LayerSurface): boolean => {
      const { state } = layer;
      return layer.mapped && layer.place !== null && state.keyboard === 'exclusive' && isAbove(state.layer);
    };
    return [...this.#layersOf('top'), ...this.#layersOf('overlay')].findLast(claims) ?? null;
  }

  /** Under a fullscreen window that it does not belong to. */
  isHidden(window: Window, slot: Slot | null = window.slot): boolean {
    const full = slot && this.fullscreenOn(slot.output);
    return full !== null && !descends(window, full);
  }

  #layersOf(name: LayerName): LayerSurface[] {
    return this.#layers.filter(layer => layer.mapped && layer.place && layer.state.layer === name);
  }

  #configure(window: Window, slot: Slot): void {
    const states: WindowStateName[] = [];
    if (slot.mode !== 'floating') states.push(slot.mode);
    if (window.resizing) states.push('resizing');
    // The next to be mapped will be the active one; until then it takes nobody's place.
    if (window === this.#activated || !window.mapped) states.push('activated');
    if (this.isHidden(window, slot)) states.push('suspended');
    const bounds = this.usable(slot.output) ?? slot.rect;
    window.configure({
      size: sizeFor(window, slot),
      bounds: { width: bounds.width, height: bounds.height },
      states,
      decoration: slot.decoration,
    });
  }
}

/** Whether a window is another, or has it as its parent, directly or not. */
export function descends(window: Window, ancestor: Window): boolean {
  for (let at: Window | null = window; at; at = at.parent) if (at === ancestor) return true;
  return false;
}

/** The window that a dialog, or a dialog of that, belongs to; its own where it is none. */
function topOf(window: Window): Window {
  let top = window;
  while (top.parent) top = top.parent;
  return top;
}

/** Where a window with a place of its own lies while it is neither maximised nor fullscreen; null for another. */
function placeOf({ wishes: { place }, surface }: Window): Rect | null {
  const { width, height } = windowGeometry(surface);
  return place && { ...place, width: place.width || width, height: place.height || height };
}

const isAbove = (layer: LayerName): boolean => LAYERS.indexOf(layer) >= LAYERS.indexOf('top');

/** A dialog is never below its parent. */
function levelOf(window: Window): number {
  let level = 0;
  for (let at: Window | null = window; at?.mapped || at === window; at = at.parent)
    if (at.slot) level = Math.max(level, LEVELS[at.slot.mode]);
  return level;
}

function sizeFor(window: Window, { mode, rect }: Slot): Size {
  const { width, height } = rect;
  if (mode === 'fullscreen' || mode === 'maximised') return { width, height };
  if (mode === 'tiled') return window.fit({ width, height });
  const { place } = window.wishes;
  if (!place || place.width <= 0 || place.height <= 0) return { width: 0, height: 0 };
  const fitting = window.fit(place);
  return { width: clamp(fitting.width), height: clamp(fitting.height) };
}
