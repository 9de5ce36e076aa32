// What clients hear of the keyboard and of fingers, and who has the keyboard.
import { beforeEach, describe, expect, it } from 'vitest';
import { F_ADD_SEALS, F_GET_SEALS, F_SEAL_WRITE } from '../../protocol/uapi/fcntl.ts';
import { Kernel } from '../kernel/kernel.ts';
import { VirtualMachine } from '../machine/virtual-machine.ts';
import { Keymap } from '../seat/keymap.ts';
import { Hands, Listening, listener, openAt } from './seat-testing.ts';
import { type TestClient, TestServer } from './testing.ts';

let test: TestServer;
let client: TestClient;
let hands: Hands;

beforeEach(() => {
  const machine = new VirtualMachine();
  test = new TestServer({ machine, kernel: new Kernel({ machine, memoryBytes: 64 << 20 }) });
  client = test.connect();
  hands = new Hands(test);
});

const [A, SHIFT, CAPS] = [30, 42, 58];

/** A window of 64x64 whose corner is at a place. */
const windowAt = (owner: TestClient, x: number, y: number) => openAt(test, owner, { x, y });

const [NONE, EXCLUSIVE, ON_DEMAND] = [0, 1, 2];

/** A panel of 640x20 at the lower edge, which does not ask for the keyboard at first. */
function panelOf(owner: TestClient) {
  const surface = owner.surface();
  const role = owner.bind('zwlr_layer_shell_v1').get_layer_surface(surface, null, 2, 'panel');
  role.on('configure', serial => role.ack_configure(serial));
  role.set_size(640, 20);
  role.set_anchor(2);
  surface.commit();
  owner.settle();
  surface.attach(owner.buffer(640, 20), 0, 0);
  surface.commit();
  owner.settle();
  const ask = (interactivity: number): void => {
    role.set_keyboard_interactivity(interactivity);
    surface.commit();
    owner.settle();
  };
  return { surface, role, ask };
}

describe('keys', () => {
  it('go to the window that has the keyboard, each with what it does to the modifiers after it', () => {
    const heard = listener(client, windowAt(client, 0, 0));
    hands.key(SHIFT, 'pressed');
    hands.key(A, 'pressed');
    hands.key(A, 'pressed');
    hands.key(A, 'released');
    hands.key(SHIFT, 'released');
    expect(heard.take()).toEqual([
      'key 42 down',
      'modifiers 1 0 0 0',
      'key 30 down',
      'key 30 up',
      'key 42 up',
      'modifiers 0 0 0 0',
    ]);
    hands.key(CAPS, 'pressed');
    hands.key(CAPS, 'released');
    expect(heard.take()).toContain('modifiers 0 0 2 0');
  });

  it('that are down are told to the next window, which hears of their end', () => {
    const first = windowAt(client, 0, 0);
    const heard = listener(client, first);
    hands.key(SHIFT, 'pressed');
    hands.key(A, 'pressed');
    heard.take();
    const second = windowAt(client, 200, 0);
    heard.name(second.surface, 'B');
    expect(heard.take().filter(line => !line.includes('wl_surface@'))).toEqual([
      'keyboard leaves A',
      'modifiers 1 0 0 0',
    ]);
    hands.click(10, 10);
    expect(heard.take()).toContain('keyboard enters A [42,30]');
    hands.key(A, 'released');
    expect(heard.take()).toEqual(['key 30 up']);
  });

  it('go nowhere without a window, and are known when one comes', () => {
    const heard = new Listening(client);
    heard.take();
    hands.key(A, 'pressed');
    expect(heard.take()).toEqual([]);
    const { surface } = windowAt(client, 0, 0);
    expect(heard.take()).toContain(`keyboard enters wl_surface@${surface.id} [30]`);
  });

  it('come with modifiers that are told instead of following from the keys', () => {
    const heard = listener(client, windowAt(client, 0, 0));
    test.seat.keyboard.key(0n, SHIFT, 'pressed', 'told');
    test.seat.keyboard.modifiers({ depressed: 4, latched: 0, locked: 16, group: 1 });
    client.settle();
    expect(heard.take()).toEqual(['key 42 down', 'modifiers 4 0 16 1']);
  });
});

describe('a keyboard', () => {
  it('is told its keymap and how keys repeat, and when its client has the keyboard, that', () => {
    const { surface } = windowAt(client, 0, 0);
    hands.key(A, 'pressed');
    const keyboard = client.bind('wl_seat').get_keyboard();
    const told: string[] = [];
    let text = '';
    keyboard.listen({
      keymap: (format, handle, size) => {
        const bytes = new Uint8Array(size);
        client.client.task.pread(handle.fd, bytes, 0n);
        text = new TextDecoder().decode(bytes);
        told.push(`keymap ${format}`);
        expect(client.client.task.fcntl(handle.fd, F_GET_SEALS) & F_SEAL_WRITE).toBe(F_SEAL_WRITE);
        client.client.task.close(handle.fd);
      },
      repeat_info: (rate, delay) => told.push(`repeat ${rate} ${delay}`),
      enter: (_, entered, keys) => told.push(`enter ${entered?.id === surface.id} ${keys.length}`),
      modifiers: () => told.push('modifiers'),
    });
    client.settle();
    expect(told).toEqual(['keymap 1', 'repeat 25 600', 'enter true 4', 'modifiers']);
    expect(text).toBe(`${test.seat.keyboard.keymap.text}\0`);
  });

  it('of an older version gets a file of its own, which it may map shared', () => {
    const files: number[] = [];
    const keyboard = client.bind('wl_seat', 3).get_keyboard();
    keyboard.on('keymap', (_, { fd }) => {
      files.push(client.client.task.fcntl(fd, F_GET_SEALS));
      expect(() => client.client.task.fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE)).not.toThrow();
      client.client.task.close(fd);
    });
    client.settle();
    expect(files.map(seals => seals & F_SEAL_WRITE)).toEqual([0]);
  });

  it('is told another keymap at once if its client has the keyboard, and else when it gets it', () => {
    const other = test.connect('other');
    windowAt(other, 200, 0);
    windowAt(client, 0, 0);
    const texts = new Map<TestClient, string[]>();
    for (const owner of [client, other]) {
      const list: string[] = [];
      texts.set(owner, list);
      owner
        .bind('wl_seat')
        .get_keyboard()
        .on('keymap', (_, { fd }, size) => {
          const bytes = new Uint8Array(size - 1);
          owner.client.task.pread(fd, bytes, 0n);
          list.push(new TextDecoder().decode(bytes));
          owner.client.task.close(fd);
        });
    }
    test.machine.settle();
    test.seat.keyboard.setKeymap(new Keymap('xkb_keymap { first };'));
    test.seat.keyboard.setKeymap(new Keymap('xkb_keymap { second };'));
    test.machine.settle();
    expect(texts.get(client)!.slice(1)).toEqual(['xkb_keymap { first };', 'xkb_keymap { second };']);
    expect(texts.get(other)).toHaveLength(1);
    hands.click(210, 10);
    expect(texts.get(other)!.slice(1)).toEqual(['xkb_keymap { second };']);
  });

  it('is told the modifiers with a keymap, for the client has forgotten what was locked', () => {
    const heard = listener(client, windowAt(client, 0, 0));
    hands.key(CAPS, 'pressed');
    hands.key(CAPS, 'released');
    heard.take();
    const usual = test.seat.keyboard.keymap;
    test.seat.keyboard.setKeymap(new Keymap('xkb_keymap { other };'));
    test.seat.keyboard.setKeymap(usual);
    client.settle();
    expect(heard.take()).toEqual(['modifiers 0 0 2 0', 'modifiers 0 0 2 0']);
  });

  it('leaves no file behind, however many there are and however often keymaps take turns', () => {
    const before = test.task.files.size;
    const old = test.connect('old');
    windowAt(old, 0, 0);
    const [made, keyboards] = [test.task.files.size, old.bind('wl_seat', 4)];
    const inodes = new Set<bigint>();
    for (let one = 0; one < 20; one++)
      keyboards.get_keyboard().on('keymap', (_, { fd }) => {
        inodes.add(old.client.task.status(fd).inode);
        old.client.task.close(fd);
      });
    const keymaps = [test.seat.keyboard.keymap, new Keymap('xkb_keymap { other };')];
    for (let turn = 1; turn < 20; turn++) {
      test.seat.keyboard.setKeymap(keymaps[turn % 2]!);
      old.settle();
    }
    expect(inodes.size).toBe(2);
    expect(test.task.files.size).toBe(made + 2);
    for (let turn = 0; turn < 20; turn++) test.seat.keyboard.setKeymap(new Keymap(`xkb_keymap { ${turn} };`));
    expect(test.task.files.size).toBe(made + 2);
    old.client.disconnect('test');
    test.seat.keyboard.setKeymap(keymaps[0]!);
    test.machine.settle();
    expect(test.task.files.size).toBeLessThanOrEqual(before);
  });
});

describe('the keyboard', () => {
  it('is given to a window that comes, and given back when it goes, in the order of their use', () => {
    const heard = listener(client, windowAt(client, 0, 0), windowAt(client, 100, 0));
    const third = windowAt(client, 200, 0);
    heard.name(third.surface, 'C');
    hands.click(10, 10);
    hands.click(210, 10);
    heard.take();
    third.toplevel.destroy();
    client.settle();
    const lines = heard.take().filter(line => line.startsWith('keyboard'));
    expect(lines).toEqual(['keyboard leaves C', 'keyboard enters A []']);
  });

  it('is not given to a window that a fullscreen one hides, but to its dialog', () => {
    const full = windowAt(client, 0, 0);
    full.toplevel.set_fullscreen(null);
    client.settle();
    const heard = listener(client, full);
    const hidden = client.mapped();
    expect(heard.take()).toEqual([]);
    const dialog = client.window();
    dialog.toplevel.set_parent(full.toplevel);
    dialog.surface.attach(client.buffer(), 0, 0);
    dialog.surface.commit();
    client.settle();
    heard.name(dialog.surface, 'B');
    expect(heard.take()).toContain(`keyboard enters wl_surface@${dialog.surface.id} []`);
    dialog.toplevel.destroy();
    client.settle();
    expect(heard.take()).toContain('keyboard enters A []');
    full.toplevel.destroy();
    client.settle();
    expect(heard.take()).toContain(`keyboard enters wl_surface@${hidden.surface.id} []`);
  });

  it('is not taken to a window under a fullscreen one, whoever asks for that: it comes when it is seen again', () => {
    const first = windowAt(client, 0, 0);
    const second = windowAt(client, 100, 0);
    const full = windowAt(client, 0, 0);
    full.toplevel.set_fullscreen(null);
    client.settle();
    const heard = listener(client, first, second, full);
    test.seat.activate(test.scene.windows[0]!);
    test.machine.settle();
    expect(heard.take()).toEqual([]);
    full.toplevel.unset_fullscreen();
    full.toplevel.destroy();
    client.settle();
    expect(heard.take()).toContain('keyboard enters A []');
  });

  it('goes to a window that becomes fullscreen over the one that has it', () => {
    const first = windowAt(client, 0, 0);
    const heard = listener(client, first, windowAt(client, 100, 0));
    first.toplevel.set_fullscreen(null);
    client.settle();
    expect(heard.take().filter(line => line.startsWith('keyboard'))).toEqual([
      'keyboard leaves B',
      'keyboard enters A []',
    ]);
  });

  it('stays with a window when nothing is clicked', () => {
    const heard = listener(client, windowAt(client, 0, 0));
    hands.click(400, 400);
    hands.key(A, 'pressed');
    expect(heard.take()).toContain('key 30 down');
  });

  it('is for a layer surface that claims it whatever is clicked, and for one on demand when that is clicked', () => {
    const heard = listener(client, windowAt(client, 0, 0));
    const panel = panelOf(client);
    heard.name(panel.surface, 'panel');
    const keyboardLines = (): string[] => heard.take().filter(line => /^keyboard/.test(line));
    expect(keyboardLines()).toEqual([]);
    panel.ask(EXCLUSIVE);
    expect(keyboardLines()).toEqual(['keyboard leaves A', 'keyboard enters panel []']);
    hands.click(10, 10);
    expect(keyboardLines()).toEqual([]);
    panel.ask(ON_DEMAND);
    expect(keyboardLines()).toEqual(['keyboard leaves panel', 'keyboard enters A []']);
    hands.click(320, 470);
    expect(keyboardLines()).toEqual(['keyboard leaves A', 'keyboard enters panel []']);
    hands.click(10, 10);
    expect(keyboardLines()).toEqual(['keyboard leaves panel', 'keyboard enters A []']);
    hands.click(320, 470);
    expect(keyboardLines()).toEqual(['keyboard leaves A', 'keyboard enters panel []']);
    panel.ask(NONE);
    expect(keyboardLines()).toEqual(['keyboard leaves panel', 'keyboard enters A []']);
    panel.ask(ON_DEMAND);
    hands.click(320, 470);
    panel.role.destroy();
    panel.surface.destroy();
    client.settle();
    expect(test.seat.keyboard.focus).toBe(test.scene.windows[0]?.surface);
  });

  it('stays with a launcher when a panel is clicked that never takes it', () => {
    const heard = listener(client, windowAt(client, 0, 0));
    const launcher = panelOf(client);
    heard.name(launcher.surface, 'launcher');
    launcher.ask(ON_DEMAND);
    hands.click(320, 470);
    panelOf(test.connect('panel'));
    heard.take();
    hands.click(320, 470);
    expect(heard.take().filter(line => line.startsWith('keyboard'))).toEqual([]);
    expect(test.seat.keyboard.focus?.role).toMatchObject({ kind: 'layer' });
  });

  it('goes on to the next client when one dies while it has it and keys are down', () => {
    const heard = listener(client, windowAt(client, 0, 0));
    const victim = test.connect('victim');
    windowAt(victim, 100, 0);
    new Listening(victim);
    hands.key(A, 'pressed');
    heard.take();
    victim.client.disconnect('it was killed');
    test.machine.settle();
    expect(heard.take()).toContain('keyboard enters A [30]');
    expect(test.trace.notes('fault')).toEqual([]);
  });
});

describe('fingers', () => {
  it('belong to the surface that they came down on', () => {
    const heard = listener(client, windowAt(client, 0, 0), windowAt(client, 200, 0));
    hands.finger('down', 1, 10, 20);
    expect(heard.take().filter(line => !/keyboard|modifiers/.test(line))).toEqual([
      'finger 1 down A 10,20',
      'touch frame',
    ]);
    hands.finger('down', 2, 210, 20);
    hands.finger('motion', 1, 220, 20);
    hands.lift(1);
    hands.lift(2);
    expect(heard.take().filter(line => /finger/.test(line))).toEqual([
      'finger 2 down B 10,20',
      'finger 1 220,20',
      'finger 1 up',
      'finger 2 up',
    ]);
  });

  it('give a window the keyboard', () => {
    const heard = listener(client, windowAt(client, 0, 0), windowAt(client, 200, 0));
    hands.finger('down', 1, 10, 20);
    expect(heard.take()).toContain('keyboard enters A []');
  });

  it('are up when their surface is gone, so that no id comes down twice', () => {
    const first = windowAt(client, 0, 0);
    const heard = listener(client, first, windowAt(client, 200, 0));
    hands.finger('down', 1, 10, 20);
    heard.take();
    first.toplevel.destroy();
    first.xdg.destroy();
    first.surface.destroy();
    client.settle();
    expect(heard.take().filter(line => /finger|touch/.test(line))).toEqual(['finger 1 up', 'touch frame']);
    hands.finger('motion', 1, 11, 20);
    hands.lift(1);
    expect(heard.take()).toEqual([]);
    hands.finger('down', 1, 210, 20);
    expect(heard.take()).toContain('finger 1 down B 10,20');
  });

  it('are cancelled for each client once', () => {
    const heard = listener(client, windowAt(client, 0, 0), windowAt(client, 200, 0));
    hands.finger('down', 1, 10, 20);
    hands.finger('down', 2, 210, 20);
    heard.take();
    test.seat.touch.cancel();
    client.settle();
    expect(heard.take()).toEqual(['touch cancelled']);
    hands.lift(1);
    expect(heard.take()).toEqual([]);
  });
});
