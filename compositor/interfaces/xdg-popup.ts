// xdg_popup: a short-lived surface beside its parent.
import type { Resource } from '../../protocol/object/resource.ts';
import { MAX_POPUP_DEPTH, Popup } from '../scene/popup.ts';
import { type Point, type Rect, rectsEqual } from '../scene/region.ts';
import { placeInSlot, windowGeometry } from '../scene/stack.ts';
import type { Surface } from '../scene/surface.ts';
import type { Rooms } from './context.ts';
import { demand } from './errors.ts';
import { grabPopup } from './seat-requests.ts';
import type { SurfaceObject } from './wl-surface.ts';
import { isComplete, type PositionerRules, placePopup } from './xdg-positioner.ts';
import type { XdgSurfaceObject } from './xdg-surface.ts';

const NOWHERE: Rect = { x: 0, y: 0, width: 0, height: 0 };

/** A place that the client was told of, and shows from the commit on that acknowledges it. */
interface ToldPlace {
  readonly serial: number;
  readonly rect: Rect;
}

export class PopupObject {
  readonly popup: Popup;
  readonly resource: Resource<'xdg_popup'>;
  readonly #xdg: XdgSurfaceObject;
  #rules: PositionerRules;
  /** Not shown yet, oldest first. */
  #told: ToldPlace[] = [];

  constructor(
    xdg: XdgSurfaceObject,
    resource: Resource<'xdg_popup'>,
    parent: Resource<'xdg_surface'> | null,
    positioner: Resource<'xdg_positioner'>,
  ) {
    const { surface, context, client } = xdg.object;
    this.#xdg = xdg;
    this.resource = resource;
    this.#rules = this.#rulesOf(positioner);
    const parentObject = parent && context.xdgSurfaces.get(parent);
    demand(
      !parentObject || (parentObject.role !== null && parentObject !== xdg),
      xdg.wmBase.resource,
      'invalid_popup_parent',
      'a popup needs a parent xdg_surface that is a toplevel or a popup itself',
    );
    this.popup = new Popup(surface, null, NOWHERE, {
      done: () => resource.events.popup_done(),
      moved: () => this.#parentMoved(),
    });
    if (parentObject) this.#setParent(parentObject.object.surface);
    surface.role = { kind: 'popup', popup: this.popup };
    context.popups.set(resource, this);
    context.rooms.scene.addPopup(this.popup);
    resource.onDestroy(() => this.#destroyed());
    resource.setHandlers({
      destroy: () => this.#checkTopmost(),
      grab: (_, __, serial) =>
        grabPopup({ context, client }, { popup: this.popup, resource, wmBase: xdg.wmBase.resource, serial }),
      reposition: (_, again, token) => this.#reposition(again, token),
    });
  }

  /** zwlr_layer_surface_v1.get_popup, for a popup that was made without a parent. */
  adopt(layer: SurfaceObject): void {
    demand(
      this.popup.parent === null && !this.#xdg.configured,
      this.#xdg.wmBase.resource,
      'invalid_popup_parent',
      'a layer surface takes a popup that has no parent and was not committed yet',
    );
    this.#setParent(layer.surface);
  }

  beforeCommit(): void {
    demand(
      this.popup.parent,
      this.#xdg.wmBase.resource,
      'invalid_popup_parent',
      'a popup was committed without a parent; give get_popup one, or a layer surface with its own get_popup',
    );
  }

  introduce(): void {
    this.#configure(this.#place());
  }

  /** The place that the commit acknowledged is the one to be shown at. */
  afterCommit(acknowledged: number | null): void {
    if (acknowledged === null) return;
    const shown = this.#told.findLastIndex(({ serial }) => serial <= acknowledged);
    const place = this.#told[shown];
    if (!place) return;
    this.#told.splice(0, shown + 1);
    if (rectsEqual(this.popup.rect, place.rect)) return;
    this.popup.rect = place.rect;
    this.#rooms.scene.update();
  }

  unmapped(): void {
    this.#told = [];
    this.#rooms.seat.popups.remove(this.popup);
    this.#rooms.scene.update();
  }

  #setParent(parent: Surface): void {
    const depth = parent.role?.kind === 'popup' ? parent.role.popup.depth : 0;
    demand(
      depth < MAX_POPUP_DEPTH,
      this.#xdg.wmBase.resource,
      'invalid_popup_parent',
      `popups are nested more than ${MAX_POPUP_DEPTH} deep`,
    );
    this.popup.parent = parent;
    this.popup.rect = this.#place();
  }

  #reposition(positioner: Resource<'xdg_positioner'>, token: number): void {
    this.#rules = this.#rulesOf(positioner);
    this.resource.events.repositioned(token);
    if (this.#xdg.configured) this.#configure(this.#place());
  }

  /** The parent lies elsewhere: a reactive popup may have to flip or slide. */
  #parentMoved(): void {
    if (!this.#rules.reactive || !this.#xdg.configured || this.popup.dismissed) return;
    this.#rules.parentSize = null;
    const place = this.#place();
    if (!rectsEqual(place, this.#told.at(-1)?.rect ?? this.popup.rect)) this.#configure(place);
  }

  #configure(rect: Rect): void {
    this.resource.events.configure(rect.x, rect.y, rect.width, rect.height);
    this.#told.push({ serial: this.#xdg.sendConfigure(), rect });
  }

  #rulesOf(positioner: Resource<'xdg_positioner'>): PositionerRules {
    const rules = this.#xdg.context.positioners.get(positioner);
    demand(
      isComplete(rules),
      this.#xdg.wmBase.resource,
      'invalid_positioner',
      `xdg_positioner@${positioner.id} has no size or no anchor rectangle; set both first`,
    );
    return { ...rules };
  }

  #place(): Rect {
    const { parent } = this.popup;
    return parent ? placePopup(this.#rules, this.#bounds(parent)) : NOWHERE;
  }

  /** The room there is, in coordinates of the parent's window geometry: what windows may fill, or all of the output. */
  #bounds(parent: Surface): Rect {
    const { scene } = this.#rooms;
    const output = scene.pacingOutput(parent);
    const root = scene.rootOf(parent);
    const inLayout = root?.kind === 'window' && root.slot?.mode !== 'fullscreen';
    const room = output && ((inLayout && scene.usableArea(output)) || output.geometry);
    if (!room) return NOWHERE;
    const corner = this.#cornerOf(parent);
    return { ...room, x: room.x - corner.x, y: room.y - corner.y };
  }

  /** Where the parent's window geometry begins; that of a window, when it has the size that the positioner says. */
  #cornerOf(parent: Surface): Point {
    const { parentSize } = this.#rules;
    const slot = parent.role?.kind === 'toplevel' ? parent.role.window.slot : null;
    if (slot && parentSize) return placeInSlot(slot, { x: 0, y: 0, ...parentSize });
    const placement = this.#rooms.scene.placementOf(parent);
    if (!placement) return NOWHERE;
    const geometry = windowGeometry(parent);
    return { x: placement.x + geometry.x, y: placement.y + geometry.y };
  }

  #checkTopmost(): void {
    const { scene } = this.#rooms;
    demand(
      !scene.popups.some(other => other.parent === this.popup.surface),
      this.#xdg.wmBase.resource,
      'not_the_topmost_popup',
      'another popup lies above this one; destroy popups from the top down',
    );
  }

  get #rooms(): Rooms {
    return this.#xdg.context.rooms;
  }

  #destroyed(): void {
    this.#rooms.seat.popups.remove(this.popup);
    this.#xdg.object.surface.role = null;
    this.#rooms.scene.removePopup(this.popup);
    this.#xdg.roleDestroyed();
  }
}
