import { beforeEach, describe, expect, it } from 'vitest';
import { Kernel } from '../kernel/kernel.ts';
import { VirtualMachine } from '../machine/virtual-machine.ts';
import { type TestClient, TestServer } from './testing.ts';

let test: TestServer;
let client: TestClient;

beforeEach(() => {
  const machine = new VirtualMachine();
  const kernel = new Kernel({ machine, memoryBytes: 64 << 20 });
  test = new TestServer({ machine, kernel });
  client = test.connect();
});

const BOTTOM_RIGHT = 8;
const SLIDE = 1 | 2;

interface Rules {
  readonly at?: readonly [x: number, y: number];
  readonly size?: readonly [width: number, height: number];
  readonly adjustment?: number;
  readonly reactive?: boolean;
  readonly parentSize?: readonly [width: number, height: number];
}

type Parent = ReturnType<TestClient['mapped']>;

function positioner({ base }: Parent, rules: Rules) {
  const { at = [10, 10], size = [20, 20], adjustment = 0, reactive, parentSize } = rules;
  const made = base.create_positioner();
  made.set_size(...size);
  made.set_anchor_rect(...at, 1, 1);
  made.set_anchor(BOTTOM_RIGHT);
  made.set_gravity(BOTTOM_RIGHT);
  made.set_constraint_adjustment(adjustment);
  if (reactive) made.set_reactive();
  if (parentSize) made.set_parent_size(...parentSize);
  return made;
}

/** A popup that shows a buffer and acknowledges only when told to. */
function popupOf(parent: Parent, rules: Rules = {}) {
  const surface = client.surface();
  const xdg = parent.base.get_xdg_surface(surface);
  const popup = xdg.get_popup(parent.xdg, positioner(parent, rules));
  const told: string[] = [];
  let serial = 0;
  popup.listen({
    configure: (x, y) => void told.push(`${x},${y}`),
    repositioned: token => void told.push(`token ${token}`),
    popup_done: () => void told.push('done'),
  });
  xdg.on('configure', given => {
    serial = given;
  });
  const acknowledge = (): void => {
    xdg.ack_configure(serial);
    surface.commit();
    client.settle();
  };
  surface.commit();
  client.settle();
  xdg.ack_configure(serial);
  surface.attach(client.buffer(20, 20), 0, 0);
  surface.commit();
  client.settle();
  return { surface, xdg, popup, told, acknowledge };
}

/** Where the topmost surface lies. */
const shownAt = (): string => {
  const { x, y } = test.scene.stack.at(-1)!;
  return `${x},${y}`;
};

describe('a popup', () => {
  it('that is repositioned goes there with the commit that acknowledges it', () => {
    const parent = client.mapped(640, 480);
    const { popup, told, acknowledge } = popupOf(parent);
    expect([told.splice(0), shownAt()]).toEqual([['11,11'], '11,11']);
    popup.reposition(positioner(parent, { at: [50, 60] }), 7);
    popup.reposition(positioner(parent, { at: [70, 80] }), 8);
    client.settle();
    expect([told, shownAt()]).toEqual([['token 7', '51,61', 'token 8', '71,81'], '11,11']);
    acknowledge();
    expect(shownAt()).toBe('71,81');
  });

  it('is kept inside what windows may fill, or all of the output of a fullscreen one', () => {
    const parent = client.mapped(640, 480);
    const { told, popup } = popupOf(parent, { at: [635, 475], adjustment: SLIDE });
    expect(told).toEqual(['620,460']);
    popup.destroy();
    parent.toplevel.set_fullscreen(null);
    client.settle();
    expect(popupOf(parent, { at: [-9, -9], adjustment: SLIDE }).told).toEqual(['0,0']);
  });

  it('is placed for the size that its parent is about to have', () => {
    const parent = client.mapped(100, 100);
    const { told, popup } = popupOf(parent, { at: [600, 10], adjustment: SLIDE });
    popup.reposition(positioner(parent, { at: [600, 10], adjustment: SLIDE, parentSize: [640, 480] }), 1);
    popup.reposition(positioner(parent, { at: [600, 10], adjustment: SLIDE, parentSize: [-1, 0] }), 2);
    client.settle();
    // The small parent lies in the middle of its tile, the large one fills it.
    expect(told).toEqual(['350,11', 'token 1', '601,11', 'token 2', '350,11']);
  });

  it('follows its parent when it is reactive, and stays when it is not', () => {
    const parent = client.mapped(100, 100);
    const window = test.scene.windows[0]!;
    test.scene.moveWindow(window, { x: 0, y: 0 });
    const still = popupOf(parent, { at: [90, 10], adjustment: SLIDE });
    const reactive = popupOf(parent, { at: [90, 10], adjustment: SLIDE, reactive: true });
    test.scene.moveWindow(window, { x: 200, y: 0 });
    client.settle();
    expect(reactive.told).toEqual(['91,11']);
    test.scene.moveWindow(window, { x: 560, y: 0 });
    client.settle();
    expect(still.told).toEqual(['91,11']);
    expect(reactive.told).toEqual(['91,11', '60,11']);
    reactive.acknowledge();
    expect(shownAt()).toBe('620,11');
    expect(reactive.told.length).toBe(2);
  });

  it('is taken away with its parent, in whatever order things go', () => {
    for (const end of ['toplevel', 'xdg', 'surface', 'null'] as const) {
      const parent = client.mapped(100, 100);
      const { told, popup, xdg, surface } = popupOf(parent);
      if (end === 'null') parent.surface.attach(null, 0, 0);
      if (end === 'null') parent.surface.commit();
      else parent.toplevel.destroy();
      if (end === 'xdg' || end === 'surface') parent.xdg.destroy();
      if (end === 'surface') parent.surface.destroy();
      client.settle();
      expect([end, told]).toEqual([end, ['11,11', 'done']]);
      expect(test.scene.stack).toEqual([]);
      popup.reposition(positioner(parent, {}), 1);
      popup.destroy();
      xdg.destroy();
      surface.destroy();
      client.settle();
      expect(client.error).toBeNull();
    }
    expect(test.scene.popups).toEqual([]);
    expect(test.trace.notes('fault')).toEqual([]);
  });

  it('may be as large and as far away as numbers go', () => {
    const parent = client.mapped(100, 100);
    const most = 2 ** 31 - 1;
    for (const adjustment of [0, SLIDE, 4 | 8, 16 | 32, 63])
      for (const at of [
        [most, most],
        [-most, -most],
      ] as const) {
        const surface = client.surface();
        const xdg = parent.base.get_xdg_surface(surface);
        const popup = xdg.get_popup(parent.xdg, positioner(parent, { at, size: [most, most], adjustment }));
        surface.commit();
        client.settle();
        popup.destroy();
        xdg.destroy();
        surface.destroy();
      }
    client.settle();
    expect(client.error).toBeNull();
    expect(test.trace.notes('fault')).toEqual([]);
  });

  it('longer than the room keeps the end inside that it grows from', () => {
    const parent = client.mapped(640, 480);
    const made = positioner(parent, { at: [300, 10], size: [700, 20], adjustment: SLIDE });
    const gravityLeft = 3;
    made.set_gravity(gravityLeft);
    const surface = client.surface();
    const xdg = parent.base.get_xdg_surface(surface);
    const places: number[] = [];
    xdg.get_popup(parent.xdg, made).on('configure', x => places.push(x));
    surface.commit();
    client.settle();
    expect(places).toEqual([640 - 700]);
  });
});
