import { beforeEach, describe, expect, it } from 'vitest';
import { Kernel } from '../kernel/kernel.ts';
import { VirtualMachine } from '../machine/virtual-machine.ts';
import { type TestClient, TestOutput, TestServer } from './testing.ts';

let test: TestServer;
let client: TestClient;

beforeEach(() => {
  const machine = new VirtualMachine();
  const kernel = new Kernel({ machine, memoryBytes: 64 << 20 });
  test = new TestServer({ machine, kernel });
  client = test.connect();
});

const TOP = 1;
const LEFT = 4;
const RIGHT = 8;
const LAYER = { background: 0, top: 2, overlay: 3 };

/** A layer surface that acknowledges what it is told; the first commit is the test's. */
function layerSurface(by: TestClient, layer = LAYER.top, version?: number) {
  const surface = by.surface();
  const shell = by.bind('zwlr_layer_shell_v1', version);
  const role = shell.get_layer_surface(surface, null, layer, 'test');
  const told: string[] = [];
  role.on('configure', (serial, width, height) => {
    told.push(`${width}x${height}`);
    role.ack_configure(serial);
  });
  role.on('closed', () => told.push('closed'));
  const commit = (): void => {
    surface.commit();
    by.settle();
  };
  const show = (width: number, height: number): void => {
    surface.attach(by.buffer(width, height), 0, 0);
    commit();
  };
  return { surface, shell, role, told, commit, show };
}

type LayerRole = ReturnType<typeof layerSurface>['role'];

function beAPanel(role: LayerRole, height: number): void {
  role.set_size(0, height);
  role.set_anchor(TOP | LEFT | RIGHT);
  role.set_exclusive_zone(height);
}

function panel(by: TestClient, height = 30) {
  const made = layerSurface(by);
  beAPanel(made.role, height);
  made.commit();
  return made;
}

describe('a layer surface', () => {
  it('is told its size once it was committed, and shown once it has content', () => {
    const { told, show } = panel(client);
    expect(told).toEqual(['640x30']);
    expect(test.scene.stack).toEqual([]);
    show(640, 30);
    expect(test.scene.stack).toMatchObject([{ x: 0, y: 0, width: 640, height: 30 }]);
    expect(told).toEqual(['640x30']);
  });

  it('takes room from windows, and gives it back when it is unmapped or gone', () => {
    const { configures } = client.mapped();
    const { surface, role, commit, show } = panel(client);
    const height = (): number => configures.at(-1)!.height;
    expect(height()).toBe(480);
    show(640, 30);
    expect(height()).toBe(450);
    role.set_exclusive_zone(60);
    expect(height()).toBe(450);
    commit();
    expect(height()).toBe(420);
    surface.attach(null, 0, 0);
    commit();
    expect(height()).toBe(480);
    beAPanel(role, 40);
    commit();
    show(640, 40);
    expect(height()).toBe(440);
    role.destroy();
    client.settle();
    expect(height()).toBe(480);
  });

  it('starts over when it was unmapped, with the layer it was made for and nothing else', () => {
    const { surface, role, told, commit, show } = panel(client);
    role.set_layer(LAYER.overlay);
    role.set_keyboard_interactivity(1);
    role.set_margin(1, 2, 3, 4);
    show(640, 30);
    surface.attach(null, 0, 0);
    commit();
    role.set_size(20, 20);
    commit();
    show(20, 20);
    expect(told.at(-1)).toBe('20x20');
    expect(test.scene.stack).toMatchObject([{ x: 310, y: 230, root: { state: { layer: 'top' } } }]);
    expect(test.scene.keyboardClaim).toBeNull();
  });

  it('needs a size again when it was unmapped', () => {
    const { surface, commit, show } = panel(client);
    show(640, 30);
    surface.attach(null, 0, 0);
    commit();
    commit();
    expect(client.error?.codeName).toBe('invalid_size');
  });

  it('follows the keyboard wish of its newest commit', () => {
    const { role, commit, show } = panel(client);
    role.set_keyboard_interactivity(1);
    show(640, 30);
    expect(test.scene.keyboardClaim?.namespace).toBe('test');
    role.set_keyboard_interactivity(2);
    commit();
    expect(test.scene.keyboardClaim).toBeNull();
  });

  it('before version 4 knows of all or nothing', () => {
    const { role, show, commit } = layerSurface(client, LAYER.overlay, 3);
    role.set_size(10, 10);
    role.set_keyboard_interactivity(7);
    commit();
    show(10, 10);
    expect(test.scene.keyboardClaim).not.toBeNull();
  });

  it('has the keyboard when it comes above the windows and takes it on demand, until something else comes', () => {
    client.mapped();
    const window = test.scene.activated!.surface;
    const show = (layer: number) => {
      const made = layerSurface(client, layer);
      beAPanel(made.role, 30);
      made.role.set_keyboard_interactivity(2);
      made.commit();
      made.show(640, 30);
      return test.scene.layers.at(-1)!.surface;
    };
    show(LAYER.background);
    expect(test.seat.keyboard.focus).toBe(window);
    const launcher = show(LAYER.overlay);
    expect(test.seat.keyboard.focus).toBe(launcher);
    client.mapped();
    client.settle();
    expect(test.seat.keyboard.focus).toBe(test.scene.activated!.surface);
  });

  it('changes its layer', () => {
    const window = client.mapped();
    const { role, commit, show } = layerSurface(client, LAYER.background);
    role.set_size(20, 20);
    commit();
    show(20, 20);
    const kinds = (): string[] => test.scene.stack.map(({ root }) => root.kind);
    expect(kinds()).toEqual(['layer', 'window']);
    role.set_layer(LAYER.overlay);
    commit();
    expect(kinds()).toEqual(['window', 'layer']);
    expect(window.configures.length).toBe(1);
  });

  it('is closed when its output goes, and what its client says afterwards means nothing', () => {
    const second = new TestOutput('Virtual-2', 640);
    test.scene.outputs = [test.output.info, second.info];
    const { surface, role, told, commit, show } = panel(client);
    show(640, 30);
    test.scene.outputs = [second.info];
    client.settle();
    expect(told).toEqual(['640x30', 'closed']);
    expect(test.scene.stack).toEqual([]);
    role.set_size(0, 50);
    commit();
    surface.attach(null, 0, 0);
    commit();
    show(10, 10);
    test.scene.outputs = [test.output.info, second.info];
    client.settle();
    expect(told).toEqual(['640x30', 'closed']);
    expect(test.scene.stack).toEqual([]);
    expect(client.error).toBeNull();
  });

  it('is closed at once where there is no output', () => {
    test.scene.outputs = [];
    expect(panel(client).told).toEqual(['closed']);
  });

  it('goes to the output of the active window unless it names one', () => {
    const second = new TestOutput('Virtual-2', 640, 320, 200);
    test.scene.outputs = [test.output.info, second.info];
    client.mapped();
    client.mapped();
    expect(panel(client).told).toEqual(['320x30']);
  });

  it('of a client that dies leaves nothing behind', () => {
    const bystander = test.connect('bystander');
    const { configures } = bystander.mapped();
    panel(client).show(640, 30);
    expect(configures.at(-1)!.height).toBe(450);
    client.client.disconnect('test');
    test.machine.settle();
    expect(configures.at(-1)!.height).toBe(480);
    expect(test.scene.layers).toEqual([]);
    expect(test.trace.notes('fault')).toEqual([]);
  });

  it('may lose its wl_surface first', () => {
    const { surface, role, show } = panel(client);
    show(640, 30);
    surface.destroy();
    role.destroy();
    client.settle();
    expect(test.scene.stack).toEqual([]);
    expect(test.scene.layers).toEqual([]);
    expect(test.trace.notes('fault')).toEqual([]);
  });
});

describe('a popup of a layer surface', () => {
  function menuOf(by: TestClient, parent: ReturnType<typeof layerSurface>) {
    const base = by.bind('xdg_wm_base');
    const positioner = base.create_positioner();
    positioner.set_size(50, 40);
    positioner.set_anchor_rect(100, 0, 10, 30);
    positioner.set_anchor(2);
    positioner.set_gravity(2);
    const surface = by.surface();
    const xdg = base.get_xdg_surface(surface);
    xdg.on('configure', serial => xdg.ack_configure(serial));
    const popup = xdg.get_popup(null, positioner);
    const told: string[] = [];
    popup.on('configure', (x, y, width, height) => told.push(`${width}x${height} at ${x},${y}`));
    popup.on('popup_done', () => told.push('done'));
    parent.role.get_popup(popup);
    surface.commit();
    by.settle();
    return { surface, xdg, popup, told };
  }

  it('lies beside what it belongs to, above everything', () => {
    client.mapped();
    const parent = panel(client);
    parent.show(640, 30);
    const { surface, told } = menuOf(client, parent);
    expect(told).toEqual(['50x40 at 80,30']);
    surface.attach(client.buffer(50, 40), 0, 0);
    surface.commit();
    client.settle();
    expect(test.scene.stack.at(-1)).toMatchObject({ x: 80, y: 30, width: 50, height: 40 });
    expect(test.scene.at({ x: 81, y: 31 })?.root.kind).toBe('layer');
  });

  it('is taken away with it', () => {
    const parent = panel(client);
    parent.show(640, 30);
    const { surface, told } = menuOf(client, parent);
    surface.attach(client.buffer(50, 40), 0, 0);
    surface.commit();
    parent.role.destroy();
    client.settle();
    expect(told.at(-1)).toBe('done');
    expect(test.scene.stack).toEqual([]);
    expect(client.error).toBeNull();
  });
});

type Offence = [object: string, code: string, act: (by: TestClient) => void];

const offences: Offence[] = [
  ['zwlr_layer_shell_v1', 'invalid_layer', by => layerSurface(by, 4)],
  [
    'zwlr_layer_shell_v1',
    'role',
    by => by.bind('zwlr_layer_shell_v1').get_layer_surface(by.window().surface, null, 0, ''),
  ],
  [
    'zwlr_layer_shell_v1',
    'already_constructed',
    by => {
      const surface = by.surface();
      surface.attach(by.buffer(), 0, 0);
      by.bind('zwlr_layer_shell_v1').get_layer_surface(surface, null, 0, '');
    },
  ],
  [
    'zwlr_layer_surface_v1',
    'invalid_surface_state',
    by => {
      const { surface, role, show } = layerSurface(by);
      role.set_size(10, 10);
      expect(surface.destroyed).toBe(false);
      show(10, 10);
    },
  ],
  ['zwlr_layer_surface_v1', 'invalid_surface_state', by => layerSurface(by).role.ack_configure(77)],
  ['zwlr_layer_surface_v1', 'invalid_size', by => layerSurface(by).commit()],
  [
    'zwlr_layer_surface_v1',
    'invalid_size',
    by => {
      const { role, commit } = layerSurface(by);
      role.set_size(0, 10);
      role.set_anchor(LEFT);
      commit();
    },
  ],
  ['zwlr_layer_surface_v1', 'invalid_size', by => layerSurface(by).role.set_size(0xffff_ffff, 1)],
  ['zwlr_layer_surface_v1', 'invalid_anchor', by => layerSurface(by).role.set_anchor(16)],
  [
    'zwlr_layer_surface_v1',
    'invalid_keyboard_interactivity',
    by => layerSurface(by).role.set_keyboard_interactivity(3),
  ],
];

describe('a client that breaks a rule of layer surfaces', () => {
  it.each(offences)('is told %s %s', (object, code, act) => {
    act(client);
    test.machine.settle();
    expect(client.error && [client.error.interfaceName, client.error.codeName]).toEqual([object, code]);
    expect(test.scene.layers).toEqual([]);
    expect(test.trace.notes('fault')).toEqual([]);
  });

  it('may ask for the largest margins and zones there are', () => {
    const { role, told, commit } = layerSurface(client);
    role.set_anchor(TOP | LEFT | RIGHT);
    role.set_size(0, 10);
    role.set_margin(-(2 ** 31), 2 ** 31 - 1, 2 ** 31 - 1, -(2 ** 31));
    role.set_exclusive_zone(2 ** 31 - 1);
    commit();
    expect(told.length).toBe(1);
    client.mapped();
    expect(client.error).toBeNull();
  });
});
