import { describe, expect, it } from 'vitest';
import type { ObjectProxy } from '../../protocol/object/proxy.ts';
import { Kernel } from '../kernel/kernel.ts';
import type { ClockControl } from '../machine/clock-control.ts';
import { VirtualMachine } from '../machine/virtual-machine.ts';
import { TestServer } from './testing.ts';

/** Hands of a clock that say what was done with them; a step ends when the test says so. */
class TestClock implements ClockControl {
  frozen = false;
  speed = 1000;
  readonly steps: { when: bigint; done: () => void }[] = [];
  readonly #listeners = new Set<() => void>();

  freeze(): void {
    this.frozen = true;
    this.#changed();
  }

  resume(): void {
    this.frozen = false;
    this.#changed();
  }

  setSpeed(thousandths: number): void {
    this.speed = thousandths;
    this.#changed();
  }

  stepTo(when: bigint, done: () => void): void {
    this.steps.push({ when, done });
  }

  observe(listener: () => void): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) };
  }

  get watched(): boolean {
    return this.#listeners.size > 0;
  }

  #changed(): void {
    for (const listener of this.#listeners) listener();
  }
}

function controlled(clock?: ClockControl) {
  const machine = new VirtualMachine();
  const kernel = new Kernel({ machine, memoryBytes: 64 << 20 });
  const test = new TestServer({ machine, kernel, ...(clock ? { clock } : {}) });
  const client = test.connect('steersman', ['test-control', 'observation', 'kernel-calls']);
  const control = client.bind('fencepost_control_v1');
  const events: (string | number)[][] = [];
  control.on('clock', (kind, frozen, speed) => events.push(['clock', kind, frozen, speed]));
  control.on('stepped', output => events.push(['stepped', output]));
  client.settle();
  return { test, client, control, events };
}

/** The id of the only window, as the observation tells it. */
function windowId(client: ReturnType<typeof controlled>['client']): number {
  const ids: number[] = [];
  const observation = client.bind('fencepost_observation_v1');
  observation.on('window', id => ids.push(id));
  observation.snapshot();
  client.settle();
  expect(ids.length).toBe(1);
  return ids[0]!;
}

it('is offered to those alone who may steer', () => {
  const { test } = controlled();
  expect(test.connect('anybody', ['observation', 'kernel-calls']).globals.has('fencepost_control_v1')).toBe(
    false,
  );
});

describe('the clock', () => {
  it('is told after the bind, and whenever anybody changes it', () => {
    const clock = new TestClock();
    const { client, control, events } = controlled(clock);
    clock.setSpeed(500);
    control.freeze();
    client.settle();
    control.resume();
    client.settle();
    expect(events).toEqual([
      ['clock', 1, 0, 1000],
      ['clock', 1, 0, 500],
      ['clock', 1, 1, 500],
      ['clock', 1, 0, 500],
    ]);
  });

  it('is left alone when the client is gone', () => {
    const clock = new TestClock();
    const { client, control } = controlled(clock);
    expect(clock.watched).toBe(true);
    control.destroy();
    client.settle();
    expect(clock.watched).toBe(false);
  });

  it('goes from vblank to vblank, one step after the other', () => {
    const clock = new TestClock();
    const { client, control, events } = controlled(clock);
    control.step_vblank(null);
    control.step_vblank('Virtual-1');
    client.settle();
    expect([clock.frozen, clock.steps.length]).toEqual([true, 1]);
    clock.steps[0]!.done();
    client.settle();
    expect([clock.steps.length, events.at(-1)]).toEqual([2, ['stepped', 'Virtual-1']]);
    clock.steps[1]!.done();
    expect(clock.steps.length).toBe(2);
  });

  it('forgets the steps of who leaves, and of an output that goes', () => {
    const clock = new TestClock();
    const { test, client, control } = controlled(clock);
    control.step_vblank(null);
    control.step_vblank(null);
    client.settle();
    test.outputs.remove(test.output);
    clock.steps[0]!.done();
    expect(clock.steps.length).toBe(1);
  });

  it('takes a thousand steps to come, and no more', () => {
    const { client, control } = controlled(new TestClock());
    for (let step = 0; step < 1000; step++) control.step_vblank(null);
    client.settle();
    expect(client.error).toBeNull();
    control.step_vblank(null);
    client.settle();
    expect(client.error?.message).toContain('1000 steps wait already');
  });

  it("of real time is nobody's to steer", () => {
    const { client, control, events } = controlled();
    expect(events).toEqual([['clock', 0, 0, 1000]]);
    control.freeze();
    client.settle();
    expect(client.error?.message).toContain('--virtual-time');
  });
});

describe('windows', () => {
  it('are closed by their client, when it is asked to', () => {
    const { client, control } = controlled();
    const window = client.mapped();
    let asked = 0;
    window.toplevel.on('close', () => asked++);
    control.close_window(windowId(client));
    client.settle();
    expect(asked).toBe(1);
  });

  it('become active by request', () => {
    const { test, client, control } = controlled();
    client.mapped();
    const first = windowId(client);
    const second = client.mapped();
    expect(test.scene.activated).toBe(test.scene.windows[1]);
    control.activate_window(first);
    client.settle();
    expect(test.scene.activated).toBe(test.scene.windows[0]);
    second.toplevel.destroy();
  });

  it('fill the output, and go back', () => {
    const { client, control, test } = controlled();
    client.mapped();
    const id = windowId(client);
    control.set_maximized(id);
    client.settle();
    expect(test.scene.windows[0]!.slot?.mode).toBe('maximised');
    control.unset_maximized(id);
    client.settle();
    expect(test.scene.windows[0]!.slot?.mode).toBe('tiled');
  });

  it('get a place of their own', () => {
    const { client, control, test } = controlled();
    const { configures } = client.mapped();
    control.move_window(windowId(client), 30, 40, 200, 100);
    client.settle();
    expect(test.scene.placeOf(test.scene.windows[0]!)).toMatchObject({ x: 30, y: 40 });
    expect(configures.at(-1)).toMatchObject({ width: 200, height: 100 });
  });

  it('that are gone meanwhile are no error', () => {
    const { client, control } = controlled();
    const window = client.mapped();
    const id = windowId(client);
    window.toplevel.destroy();
    client.settle();
    control.close_window(id);
    control.move_window(id, 0, 0, 0, 0);
    client.settle();
    expect(client.error).toBeNull();
  });
});

type Control = ObjectProxy<'fencepost_control_v1'>;
const offences: [name: string, code: number, act: (control: Control) => void][] = [
  ['a speed of 0', 1, control => control.set_speed(0)],
  ['a speed beyond ten', 1, control => control.set_speed(10_001)],
  ['a window that never was', 2, control => control.close_window(1)],
  ['window 0', 2, control => control.activate_window(0)],
  ['a place that no engine has', 3, control => control.move_window(1, 0, 40_000, 0, 0)],
  ['an output that is not there', 4, control => control.step_vblank('Nowhere')],
];

it.each(offences)('refuses %s', (_, code, act) => {
  const { client, control } = controlled(new TestClock());
  act(control);
  client.settle();
  expect(client.error).toMatchObject({ code });
});
