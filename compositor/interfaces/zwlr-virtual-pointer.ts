// zwlr_virtual_pointer_manager_v1: pointers that programs move.
import { interfaces } from '../../protocol/interfaces/index.ts';
import type { Resource } from '../../protocol/object/resource.ts';
import type { Output } from '../scene/outputs.ts';
import type { Rect } from '../scene/region.ts';
import type { AxisEvent } from '../seat/sink.ts';
import type { Caller, Context } from './context.ts';
import { demand } from './errors.ts';

const { axis_source: SOURCE } = interfaces.wl_pointer.enums;
const AXES = ['vertical', 'horizontal'] as const;
const SOURCES = Object.entries(SOURCE) as [NonNullable<AxisEvent['source']>, number][];
const PRESSED = 1;
/** KEY_MAX of evdev, which buttons are counted in too. */
const LAST_BUTTON = 0x2ff;

type Axis = (typeof AXES)[number];

export function bindVirtualPointers(
  { context }: Caller,
  resource: Resource<'zwlr_virtual_pointer_manager_v1'>,
): void {
  resource.setHandlers({
    create_virtual_pointer: (_, __, id) => void new VirtualPointer(context, id, null),
    create_virtual_pointer_with_output: (_, __, output, id) =>
      void new VirtualPointer(context, id, output && context.outputs.get(output)),
    destroy: () => {},
  });
}

class VirtualPointer {
  readonly #context: Context;
  readonly #resource: Resource<'zwlr_virtual_pointer_v1'>;
  /** What places are places of; null: everything there is. */
  readonly #output: Output | null;
  readonly #pressed = new Set<number>();
  /** What came of an axis since the last frame. */
  readonly #axes = new Map<Axis, AxisEvent>();
  #source: AxisEvent['source'];

  constructor(context: Context, resource: Resource<'zwlr_virtual_pointer_v1'>, output: Output | null) {
    this.#context = context;
    this.#resource = resource;
    this.#output = output;
    resource.onDestroy(() => this.#destroyed());
    // Time stamps of input are the machine's: what a program counts from is its own matter.
    resource.setHandlers({
      motion: (_, __, x, y) => this.#pointer.motion(this.#now, { x, y }),
      motion_absolute: (_, __, x, y, width, height) => this.#moveTo(x, y, width, height),
      button: (_, __, button, state) => this.#button(button, state === PRESSED),
      axis: (_, __, axis, value) => this.#axis(axis, { value }),
      axis_source: (_, source) => this.#setSource(source),
      axis_stop: (_, __, axis) => this.#axis(axis, { value: 0, stop: true }),
      axis_discrete: (_, __, axis, value, discrete) => this.#axis(axis, { value, discrete }),
      frame: () => this.#frame(),
      destroy: () => {},
    });
  }

  get #pointer() {
    return this.#context.rooms.seat.pointer;
  }

  get #now() {
    return this.#context.rooms.machine.now();
  }

  #moveTo(x: number, y: number, width: number, height: number): void {
    if (width === 0 || height === 0) return;
    const area = this.#output?.info.geometry ?? bounds(this.#context.rooms.scene.outputs);
    this.#pointer.moveTo(this.#now, {
      x: area.x + (x / width) * area.width,
      y: area.y + (y / height) * area.height,
    });
  }

  #button(button: number, pressed: boolean): void {
    if (button > LAST_BUTTON || this.#pressed.has(button) === pressed) return;
    if (pressed) this.#pressed.add(button);
    else this.#pressed.delete(button);
    this.#pointer.button(this.#now, button, pressed ? 'pressed' : 'released');
  }

  #axis(axis: number, event: Omit<AxisEvent, 'axis' | 'source'>): void {
    const name = AXES[axis];
    demand(name, this.#resource, 'invalid_axis', `${axis} is no axis; 0 is vertical, 1 horizontal`);
    const before = this.#axes.get(name);
    this.#axes.set(name, { ...before, ...event, axis: name });
  }

  #setSource(value: number): void {
    const source = SOURCES.find(([, known]) => known === value);
    demand(
      source,
      this.#resource,
      'invalid_axis_source',
      `${value} is no source of an axis; there are 0 to 3`,
    );
    [this.#source] = source;
  }

  #frame(): void {
    for (const event of this.#axes.values())
      this.#pointer.axis(this.#now, this.#source ? { ...event, source: this.#source } : event);
    this.#axes.clear();
    this.#source = undefined;
    this.#pointer.frame();
  }

  /** Nobody is left to let go of what it holds. */
  #destroyed(): void {
    if (this.#pressed.size === 0) return;
    for (const button of this.#pressed) this.#pointer.button(this.#now, button, 'released');
    this.#pointer.frame();
  }
}

/** The smallest rectangle around all outputs. */
function bounds(outputs: readonly { readonly geometry: Rect }[]): Rect {
  if (outputs.length === 0) return { x: 0, y: 0, width: 0, height: 0 };
  const left = Math.min(...outputs.map(({ geometry }) => geometry.x));
  const top = Math.min(...outputs.map(({ geometry }) => geometry.y));
  const right = Math.max(...outputs.map(({ geometry }) => geometry.x + geometry.width));
  const bottom = Math.max(...outputs.map(({ geometry }) => geometry.y + geometry.height));
  return { x: left, y: top, width: right - left, height: bottom - top };
}
