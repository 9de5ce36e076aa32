// fencepost_control_v1: the clock of a session in virtual time, and windows, steered from outside.

import { interfaces } from '../../protocol/interfaces/index.ts';
import type { Resource } from '../../protocol/object/resource.ts';
import { type ClockControl, FASTEST, SLOWEST } from '../machine/clock-control.ts';
import type { Nanoseconds } from '../machine/machine.ts';
import type { Rect } from '../scene/region.ts';
import type { Window } from '../scene/window.ts';
import type { Caller, Context } from './context.ts';
import { demand, displayRefusal } from './errors.ts';
import { timestampWords } from './timestamp.ts';

type ControlResource = Resource<'fencepost_control_v1'>;

const { clock_kind: KIND } = interfaces.fencepost_control_v1.enums;
const REAL_PACE = 1000;
/** Coordinates that the engines have. */
const LARGEST = 32767;
const MOST_STEPS = 1000;

interface Vblank {
  readonly output: string;
  readonly time: Nanoseconds;
}

export function bindControl({ context }: Caller, resource: ControlResource): void {
  const clock = new ControlledClock(context, resource);
  const { scene, seat } = context.rooms;
  const withWindow = (id: number, change: (window: Window) => void): void => {
    demand(
      context.windowIds.known(id),
      resource,
      'invalid_window',
      `there has never been a window ${id}; fencepost_observation_v1.window tells the ids`,
    );
    const window = context.windowIds.find(id);
    if (window?.mapped) change(window);
  };
  const maximise = (id: number, maximised: boolean): void =>
    withWindow(id, window => scene.setMaximised(window, maximised));
  resource.setHandlers({
    destroy: () => {},
    freeze: () => clock.hands.freeze(),
    resume: () => clock.hands.resume(),
    step_vblank: (_, output) => clock.step(output),
    set_speed: (_, thousandths) => clock.setSpeed(thousandths),
    close_window: (_, id) => withWindow(id, window => window.client.close()),
    activate_window: (_, id) => withWindow(id, window => seat.activate(window)),
    set_maximized: (_, id) => maximise(id, true),
    unset_maximized: (_, id) => maximise(id, false),
    move_window: (_, id, x, y, width, height) => {
      demand(
        [x, y, width, height].every(edge => Math.abs(edge) <= LARGEST),
        resource,
        'invalid_place',
        `${width}x${height} at ${x},${y} is not within ${-LARGEST} to ${LARGEST}`,
      );
      withWindow(id, window => move(context, window, { x, y, width, height }));
    },
  });
}

/** Gives a window a place of its own; a fullscreen window keeps the output's. */
function move({ rooms: { scene } }: Context, window: Window, { x, y, width, height }: Rect): void {
  scene.moveWindow(window, { x, y });
  const { place } = window.wishes;
  if (!place || (width === 0 && height === 0)) return;
  window.wishes.place = { ...place, width: width || place.width, height: height || place.height };
  scene.arrange();
}

/** The clock as one client steers it: its steps come one after the other. */
class ControlledClock {
  readonly #context: Context;
  readonly #resource: ControlResource;
  /** Outputs whose vblanks are asked for; the first one is under way. */
  readonly #steps: (string | null)[] = [];

  constructor(context: Context, resource: ControlResource) {
    this.#context = context;
    this.#resource = resource;
    this.#tell();
    const observation = context.rooms.clock?.observe(() => this.#tell());
    resource.onDestroy(() => observation?.[Symbol.dispose]());
  }

  /** Raises `real_time` where there is no clock to steer. */
  get hands(): ClockControl {
    const { clock } = this.#context.rooms;
    demand(
      clock,
      this.#resource,
      'real_time',
      'this session runs in real time, which nobody steers; start it with --virtual-time',
    );
    return clock;
  }

  setSpeed(thousandths: number): void {
    const { hands } = this;
    demand(
      thousandths >= SLOWEST && thousandths <= FASTEST,
      this.#resource,
      'invalid_speed',
      `a speed has ${SLOWEST} to ${FASTEST} thousandths, not ${thousandths}`,
    );
    hands.setSpeed(thousandths);
  }

  step(output: string | null): void {
    const { hands } = this;
    const target = this.#nextVblank(output);
    demand(
      target,
      this.#resource,
      'invalid_output',
      output === null ? 'there is no output whose vblank could come' : `there is no output named ${output}`,
    );
    if (this.#steps.length >= MOST_STEPS)
      throw displayRefusal('no_memory', `${MOST_STEPS} steps wait already; wait for some 'stepped' first`);
    hands.freeze();
    this.#steps.push(output);
    if (this.#steps.length === 1) this.#begin(hands, target);
  }

  #begin(hands: ClockControl, { output, time }: Vblank): void {
    hands.stepTo(time, () => this.#ended(hands, output));
  }

  /** Those that wait begin from there, unless somebody lets time pass, or takes their output away. */
  #ended(hands: ClockControl, output: string): void {
    if (this.#resource.destroyed) return;
    this.#resource.events.stepped(output, ...timestampWords(this.#context.rooms.machine.now()));
    this.#steps.shift();
    while (this.#steps.length > 0) {
      const target = hands.frozen ? this.#nextVblank(this.#steps[0]!) : null;
      if (target) {
        this.#begin(hands, target);
        return;
      }
      this.#steps.shift();
    }
  }

  /** Of the output of that name, or of whichever is first; null where there is none. */
  #nextVblank(name: string | null): Vblank | null {
    const vblanks = this.#context.rooms.outputs.list
      .filter(({ info }) => name === null || info.name === name)
      .map(output => ({ output: output.info.name, time: output.nextVblank() }));
    return vblanks.reduce<Vblank | null>(
      (first, vblank) => (first && first.time <= vblank.time ? first : vblank),
      null,
    );
  }

  #tell(): void {
    const { clock } = this.#context.rooms;
    const kind = clock ? KIND.virtual : KIND.real;
    this.#resource.events.clock(kind, clock?.frozen ? 1 : 0, clock?.speed ?? REAL_PACE);
  }
}
