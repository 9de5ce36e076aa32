// xdg_popup: a short-lived surface beside its parent.
import type { Resource } from '../../protocol/object/resource.ts';
import { MAX_POPUP_DEPTH, Popup } from '../scene/popup.ts';
import type { Rect } from '../scene/region.ts';
import { windowGeometry } from '../scene/stack.ts';
import type { Surface } from '../scene/surface.ts';
import { demand } from './errors.ts';
import { isComplete, type PositionerRules, placePopup } from './xdg-positioner.ts';
import type { XdgSurfaceObject } from './xdg-surface.ts';

export class PopupObject {
  readonly #xdg: XdgSurfaceObject;
  readonly #resource: Resource<'xdg_popup'>;
  readonly #popup: Popup;

  constructor(
    xdg: XdgSurfaceObject,
    resource: Resource<'xdg_popup'>,
    parent: Resource<'xdg_surface'> | null,
    positioner: Resource<'xdg_positioner'>,
  ) {
    const { surface, context } = xdg.object;
    this.#xdg = xdg;
    this.#resource = resource;
    const rules = this.#rules(positioner);
    const parentObject = parent && context.xdgSurfaces.get(parent);
    demand(
      parentObject && parentObject.role !== null && parentObject !== xdg,
      xdg.wmBase.resource,
      'invalid_popup_parent',
      'a popup needs a parent xdg_surface that is a toplevel or a popup itself',
    );
    const parentSurface = parentObject.object.surface;
    const depth = parentSurface.role?.kind === 'popup' ? parentSurface.role.popup.depth : 0;
    demand(
      depth < MAX_POPUP_DEPTH,
      xdg.wmBase.resource,
      'invalid_popup_parent',
      `popups are nested more than ${MAX_POPUP_DEPTH} deep`,
    );
    this.#popup = new Popup(surface, parentSurface, placePopup(rules, this.#bounds(parentSurface)), {
      done: () => resource.events.popup_done(),
    });
    surface.role = { kind: 'popup', popup: this.#popup };
    context.rooms.scene.addPopup(this.#popup);
    resource.onDestroy(() => this.#destroyed());
    resource.setHandlers({
      destroy: () => this.#checkTopmost(),
      grab: () =>
        demand(
          surface.state.content === null,
          resource,
          'invalid_grab',
          'a grab is asked for before the popup is mapped',
        ),
      reposition: (_, again, token) => {
        this.#popup.rect = placePopup(this.#rules(again), this.#bounds(parentSurface));
        if (resource.version >= 3) resource.events.repositioned(token);
        this.introduce();
      },
    });
  }

  beforeCommit(): void {}

  introduce(): void {
    const { x, y, width, height } = this.#popup.rect;
    this.#resource.events.configure(x, y, width, height);
    this.#xdg.sendConfigure();
    this.#xdg.context.rooms.scene.update();
  }

  unmapped(): void {
    this.#xdg.context.rooms.scene.update();
  }

  #rules(positioner: Resource<'xdg_positioner'>): PositionerRules {
    const rules = this.#xdg.context.positioners.get(positioner);
    demand(
      isComplete(rules),
      this.#xdg.wmBase.resource,
      'invalid_positioner',
      `xdg_positioner@${positioner.id} has no size or no anchor rectangle; set both first`,
    );
    return rules;
  }

  /** The output that shows the parent, in coordinates of the parent's window geometry. */
  #bounds(parent: Surface): Rect {
    const { scene } = this.#xdg.context.rooms;
    const placement = scene.placementOf(parent);
    const output = scene.pacingOutput(parent)?.geometry ?? { x: 0, y: 0, width: 0, height: 0 };
    const geometry = placement ? windowGeometry(parent) : { x: 0, y: 0 };
    return {
      ...output,
      x: output.x - (placement?.x ?? 0) - geometry.x,
      y: output.y - (placement?.y ?? 0) - geometry.y,
    };
  }

  #checkTopmost(): void {
    const { scene } = this.#xdg.context.rooms;
    demand(
      !scene.popups.some(other => other.parent === this.#popup.surface),
      this.#xdg.wmBase.resource,
      'not_the_topmost_popup',
      'another popup lies above this one; destroy popups from the top down',
    );
  }

  #destroyed(): void {
    this.#xdg.object.surface.role = null;
    this.#xdg.context.rooms.scene.removePopup(this.#popup);
    this.#xdg.roleDestroyed();
  }
}
