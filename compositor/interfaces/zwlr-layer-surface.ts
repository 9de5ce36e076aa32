// zwlr_layer_surface_v1: a panel, a wallpaper, a launcher.
import { interfaces } from '../../protocol/interfaces/index.ts';
import type { Resource } from '../../protocol/object/resource.ts';
import {
  INITIAL_LAYER_STATE,
  type KeyboardInteractivity,
  LAYERS,
  type LayerName,
  type LayerState,
  LayerSurface,
} from '../scene/layer-surface.ts';
import type { Size } from '../scene/region.ts';
import type { Scene } from '../scene/scene.ts';
import { ConfigureSerials } from './configure-serials.ts';
import { demand } from './errors.ts';
import type { RoleObject, SurfaceObject } from './wl-surface.ts';

const { anchor: ANCHOR } = interfaces.zwlr_layer_surface_v1.enums;
const ALL_ANCHORS = ANCHOR.top | ANCHOR.bottom | ANCHOR.left | ANCHOR.right;
const KEYBOARD: readonly KeyboardInteractivity[] = ['none', 'exclusive', 'on-demand'];
/** The largest size that fits what other interfaces say of sizes. */
const LARGEST = 0x7fff_ffff;

export class LayerSurfaceObject implements RoleObject {
  readonly #object: SurfaceObject;
  readonly #resource: Resource<'zwlr_layer_surface_v1'>;
  readonly #layer: LayerSurface;
  /** What the surface begins with, and begins anew with when it was unmapped. */
  readonly #initial: LayerState;
  readonly #serials = new ConfigureSerials();
  /** The last commit left the surface with a buffer. */
  #hadContent = false;

  constructor(
    object: SurfaceObject,
    resource: Resource<'zwlr_layer_surface_v1'>,
    wishes: { readonly output: string | null; readonly layer: LayerName; readonly namespace: string },
  ) {
    const { surface } = object;
    const counted = object.context.windows.add(object.client, object);
    resource.onDestroy(() => counted[Symbol.dispose]());
    this.#object = object;
    this.#resource = resource;
    this.#layer = new LayerSurface({
      surface,
      client: { configure: size => this.#configure(size), closed: () => resource.events.closed() },
      output: wishes.output ?? defaultOutput(this.#scene) ?? '',
      namespace: wishes.namespace,
    });
    surface.role = { kind: 'layer', layer: this.#layer };
    this.#initial = { ...INITIAL_LAYER_STATE, layer: wishes.layer };
    surface.pending.role = this.#initial;
    object.roleObject = this;
    object.context.layerSurfaces.set(resource, this.#layer);
    this.#scene.addLayer(this.#layer);
    resource.onDestroy(() => this.#destroyed());
    this.#setHandlers();
  }

  beforeCommit(attaching: 'buffer' | 'null' | 'unchanged'): void {
    if (this.#layer.closed) return;
    demand(
      attaching !== 'buffer' || this.#serials.acknowledged !== null,
      this.#resource,
      'invalid_surface_state',
      'a buffer was committed before the first configure was acknowledged; commit without a buffer, wait for configure, acknowledge it, then attach',
    );
    const { size, anchor } = this.#pending;
    const check = (length: number, tied: boolean, what: string, edges: string): void =>
      demand(
        length > 0 || tied,
        this.#resource,
        'invalid_size',
        `the ${what} is 0, which needs both ${edges} as anchors; set a ${what} or the anchors`,
      );
    check(size.width, anchor.left && anchor.right, 'width', 'left and right');
    check(size.height, anchor.top && anchor.bottom, 'height', 'top and bottom');
  }

  afterCommit(): void {
    const hasContent = this.#object.surface.committedSize !== null;
    const unmapped = this.#hadContent && !hasContent;
    this.#hadContent = hasContent;
    if (this.#layer.closed) return;
    if (unmapped) {
      this.#serials.reset();
      this.#layer.reset();
      this.#object.surface.pending.role = this.#initial;
      this.#scene.arrange();
    } else if (!this.#layer.introduced) this.#introduce();
  }

  get #scene(): Scene {
    return this.#object.context.rooms.scene;
  }

  get #pending(): LayerState {
    const { role } = this.#object.surface.pending;
    return role.kind === 'layer' ? role : INITIAL_LAYER_STATE;
  }

  #introduce(): void {
    if (!this.#scene.outputs.some(({ name }) => name === this.#layer.output)) {
      this.#layer.close();
      return;
    }
    this.#layer.introduced = true;
    this.#scene.arrange();
  }

  #change(change: Partial<LayerState>): void {
    this.#object.surface.pending.role = { ...this.#pending, ...change };
  }

  #setHandlers(): void {
    const { context } = this.#object;
    this.#resource.setHandlers({
      set_size: (_, width, height) => this.#setSize({ width, height }),
      set_anchor: (_, anchor) => this.#setAnchor(anchor),
      set_exclusive_zone: (_, zone) => this.#change({ exclusiveZone: zone }),
      set_margin: (_, top, right, bottom, left) => this.#change({ margin: { top, right, bottom, left } }),
      set_keyboard_interactivity: (_, interactivity) => this.#setKeyboard(interactivity),
      get_popup: (_, popup) => context.popups.get(popup).adopt(this.#object),
      ack_configure: (_, serial) => this.#acknowledge(serial),
      destroy: () => {},
      set_layer: (_, layer) => this.#setLayer(layer),
    });
  }

  #setSize({ width, height }: Size): void {
    demand(
      width <= LARGEST && height <= LARGEST,
      this.#resource,
      'invalid_size',
      `the size ${width}x${height} is larger than any surface; 0 to ${LARGEST} are expected`,
    );
    this.#change({ size: { width, height } });
  }

  #setAnchor(anchor: number): void {
    demand(
      (anchor & ~ALL_ANCHORS) === 0,
      this.#resource,
      'invalid_anchor',
      `${anchor} has bits that are no edge; 0 to ${ALL_ANCHORS} are expected`,
    );
    const has = (bit: number): boolean => (anchor & bit) !== 0;
    this.#change({
      anchor: {
        top: has(ANCHOR.top),
        bottom: has(ANCHOR.bottom),
        left: has(ANCHOR.left),
        right: has(ANCHOR.right),
      },
    });
  }

  /** Before version 4 it was a boolean. */
  #setKeyboard(interactivity: number): void {
    const known = this.#resource.version < 4 ? Math.min(interactivity, 1) : interactivity;
    const keyboard = KEYBOARD[known];
    demand(
      keyboard,
      this.#resource,
      'invalid_keyboard_interactivity',
      `${interactivity} is no keyboard interactivity; 0 (none), 1 (exclusive) and 2 (on demand) are`,
    );
    this.#change({ keyboard });
  }

  #setLayer(layer: number): void {
    const name = LAYERS[layer];
    demand(
      name,
      this.#resource,
      'invalid_surface_state',
      `${layer} is no layer; 0 (background) to 3 (overlay) are`,
    );
    this.#change({ layer: name });
  }

  #acknowledge(serial: number): void {
    if (this.#layer.closed) return;
    demand(
      this.#serials.acknowledge(serial) !== 'unknown',
      this.#resource,
      'invalid_surface_state',
      `serial ${serial} is of no configure that waits to be acknowledged (${this.#serials.text})`,
    );
  }

  #configure({ width, height }: Size): void {
    const serial = this.#object.context.serial();
    this.#serials.sent(serial);
    this.#resource.events.configure(serial, width, height);
  }

  #destroyed(): void {
    if (this.#object.roleObject === this) this.#object.roleObject = null;
    this.#object.surface.role = null;
    this.#scene.removeLayer(this.#layer);
  }
}

/** Where the user is: the output of the active window, else the first. */
function defaultOutput(scene: Scene): string | null {
  return scene.activated?.slot?.output ?? scene.outputs[0]?.name ?? null;
}
