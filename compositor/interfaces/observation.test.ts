import { beforeEach, expect, it } from 'vitest';
import type { ObjectProxy } from '../../protocol/object/proxy.ts';
import { Kernel } from '../kernel/kernel.ts';
import type { ClockControl } from '../machine/clock-control.ts';
import { VirtualMachine } from '../machine/virtual-machine.ts';
import { type TestClient, TestServer } from './testing.ts';

let test: TestServer;
let client: TestClient;
let observation: ObjectProxy<'fencepost_observation_v1'>;
/** Names of the events that came, in order. */
let events: string[];
let titles: string[];

const FRAME = 17_000_000n;

/** A clock that stands: all that the observation asks of one. */
const standing: ClockControl = {
  frozen: true,
  speed: 1000,
  freeze: () => {},
  resume: () => {},
  setSpeed: () => {},
  stepTo: () => {},
  observe: () => ({ [Symbol.dispose]: () => {} }),
};

beforeEach(() => begin());

function begin(clock?: ClockControl): void {
  const machine = new VirtualMachine();
  const kernel = new Kernel({ machine, memoryBytes: 64 << 20 });
  test = new TestServer({ machine, kernel, ...(clock ? { clock } : {}) });
  client = test.connect('observer', ['observation', 'kernel-calls']);
  observation = client.bind('fencepost_observation_v1');
  events = [];
  titles = [];
  observation.listen({
    output_state: () => events.push('output_state'),
    output_counts: () => events.push('output_counts'),
    window: (_, title) => {
      events.push('window');
      titles.push(title);
    },
    held: () => events.push('held'),
    snapshot_done: (_hi, _lo, _nanoseconds, omitted) => events.push(`done ${omitted}`),
    changed: () => events.push('changed'),
  });
}

/** What a snapshot said. */
function snapshot(): string[] {
  events = [];
  titles = [];
  observation.snapshot();
  client.settle();
  return events;
}

it('tells outputs first, then windows, and ends with the time', () => {
  expect(snapshot()).toEqual(['output_state', 'output_counts', 'done 0']);
  client.mapped();
  expect(snapshot()).toEqual(['output_state', 'output_counts', 'window', 'held', 'done 0']);
});

it('says once that there is something newer, a frame later', () => {
  const { surface } = client.mapped();
  snapshot();
  for (let commit = 0; commit < 3; commit++) {
    surface.attach(client.buffer(), 0, 0);
    surface.damage_buffer(0, 0, 64, 64);
    surface.commit();
    client.settle();
  }
  expect(events).not.toContain('changed');
  test.machine.advance(FRAME);
  expect(events.filter(name => name === 'changed').length).toBe(1);
  test.machine.advance(10n * FRAME);
  expect(events.filter(name => name === 'changed').length).toBe(1);
});

it('says nothing while nothing changes', () => {
  client.mapped();
  snapshot();
  test.machine.advance(100n * FRAME);
  expect(events).not.toContain('changed');
});

it('sets no timer for those who did not ask', () => {
  const { surface } = client.mapped();
  test.machine.advance(FRAME);
  const before = test.machine.nextTimer;
  surface.attach(client.buffer(), 0, 0);
  surface.damage_buffer(0, 0, 64, 64);
  surface.commit();
  client.settle();
  expect(test.machine.nextTimer).toBe(before);
});

it('tells of a new title', () => {
  const { toplevel } = client.mapped();
  snapshot();
  toplevel.set_title('another');
  client.settle();
  test.machine.advance(FRAME);
  expect(events).toContain('changed');
  snapshot();
  expect(titles).toEqual(['another']);
});

it('says so at once while the clock stands', () => {
  begin(standing);
  const { toplevel } = client.mapped();
  snapshot();
  toplevel.set_title('another');
  client.settle();
  expect(events).toContain('changed');
});

it('says so at once when the clock was stopped while it waited for a frame', () => {
  const clock = { ...standing, frozen: false };
  begin(clock);
  const { toplevel } = client.mapped();
  snapshot();
  toplevel.set_title('another');
  client.settle();
  expect(events).not.toContain('changed');
  clock.frozen = true;
  toplevel.set_title('a third');
  client.settle();
  expect(events.filter(name => name === 'changed').length).toBe(1);
  snapshot();
  expect(titles).toEqual(['a third']);
});

it('keeps itself short, whatever the clients do', () => {
  const { surface, toplevel } = client.mapped();
  toplevel.set_title('long '.repeat(200));
  test.waiter.holding = true;
  for (let commit = 0; commit < 260; commit++) {
    surface.attach(client.buffer(8, 8), 0, 0);
    surface.commit();
  }
  client.settle();
  const said = snapshot();
  expect(said.filter(name => name === 'held').length).toBe(256);
  expect(said.at(-1)).toBe('done 5');
  expect(titles[0]!.length).toBe(259);
});

it('forgets a watcher who leaves', () => {
  const { surface } = client.mapped();
  snapshot();
  observation.destroy();
  surface.attach(client.buffer(), 0, 0);
  surface.damage_buffer(0, 0, 64, 64);
  surface.commit();
  client.settle();
  test.machine.advance(FRAME);
  expect(client.error).toBeNull();
  expect(events).not.toContain('changed');
});
