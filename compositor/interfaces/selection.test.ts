import { beforeEach, describe, expect, it } from 'vitest';
import type { Handle } from '../../protocol/object/message.ts';
import type { ObjectProxy } from '../../protocol/object/proxy.ts';
import { Kernel } from '../kernel/kernel.ts';
import { SECOND } from '../machine/machine.ts';
import { VirtualMachine } from '../machine/virtual-machine.ts';
import { DEFAULT_CAPABILITIES } from '../server/capabilities.ts';
import { TestClient, TestServer } from './testing.ts';

let test: TestServer;

beforeEach(() => {
  const machine = new VirtualMachine();
  test = new TestServer({ machine, kernel: new Kernel({ machine, memoryBytes: 64 << 20 }) });
});

interface SelectionProtocol {
  /** A source that offers these types and writes what `data` says of each. */
  source(types: readonly string[], data?: (type: string) => string): Source;
  set(source: Source | null, serial: number): void;
  /** The types offered now; null: nothing is. */
  readonly offered: readonly string[] | null;
  /** How often the selection was told. */
  readonly told: number;
  receive(type: string, into: Handle): void;
}

interface Source {
  readonly proxy: SourceProxy;
  readonly cancelled: () => boolean;
}

/** What the offers of all protocols have in common. */
interface Offer {
  on(event: 'offer', listener: (type: string) => void): void;
  receive(type: string, handle: Handle): void;
  destroy(): void;
}

/** What the sources of all protocols have in common. */
interface SourceProxy {
  offer(type: string): void;
  destroy(): void;
  listen(events: { send(type: string, handle: Handle): void; cancelled(): void }): void;
}

class Program {
  readonly wire: TestClient;
  readonly seat: ObjectProxy<'wl_seat'>;
  /** Of the last event that gave one. */
  serial = 0;

  constructor(name: string) {
    this.wire = new TestClient(test, name, DEFAULT_CAPABILITIES);
    this.seat = this.wire.bind('wl_seat');
    this.seat.get_keyboard().listen({
      enter: serial => {
        this.serial = serial;
      },
      keymap: (_, { fd }) => this.wire.client.task.close(fd),
    });
  }

  /** Opens a window, which gets the keyboard. */
  focus(): this {
    this.wire.mapped();
    return this;
  }

  /** What a device's events tell. */
  ear() {
    const types = new Map<object, string[]>();
    const heard = { offered: null as readonly string[] | null, told: 0, offer: null as Offer | null };
    return {
      heard,
      data_offer: (offer: Offer) => {
        const list: string[] = [];
        types.set(offer, list);
        offer.on('offer', type => void list.push(type));
      },
      selection: (offer: Offer | null) => {
        heard.offer?.destroy();
        heard.offer = offer;
        heard.offered = offer && types.get(offer)!;
        heard.told++;
      },
    };
  }

  clipboard(): SelectionProtocol {
    const manager = this.wire.bind('wl_data_device_manager');
    const device = manager.get_data_device(this.seat);
    const { heard, ...events } = this.ear();
    device.listen(events);
    return this.#protocol(
      heard,
      () => manager.create_data_source(),
      (source, serial) => device.set_selection(source, serial),
    );
  }

  primary(): SelectionProtocol {
    const manager = this.wire.bind('zwp_primary_selection_device_manager_v1');
    const device = manager.get_device(this.seat);
    const { heard, ...events } = this.ear();
    device.listen(events);
    return this.#protocol(
      heard,
      () => manager.create_source(),
      (source, serial) => device.set_selection(source, serial),
    );
  }

  control(name: 'clipboard' | 'primary' = 'clipboard'): SelectionProtocol {
    const manager = this.wire.bind('zwlr_data_control_manager_v1');
    const device = manager.get_data_device(this.seat);
    const { heard, data_offer, selection } = this.ear();
    device.listen({ data_offer, [name === 'clipboard' ? 'selection' : 'primary_selection']: selection });
    return this.#protocol(
      heard,
      () => manager.create_data_source(),
      source => {
        if (name === 'clipboard') device.set_selection(source);
        else device.set_primary_selection(source);
      },
    );
  }

  #protocol<P extends SourceProxy>(
    heard: { offered: readonly string[] | null; told: number; offer: Offer | null },
    make: () => P,
    set: (source: P | null, serial: number) => void,
  ): SelectionProtocol {
    const { wire } = this;
    const proxies = new Map<Source, P>();
    wire.settle();
    return {
      source: (types, write = type => `some ${type}`) => {
        const proxy = make();
        let cancelled = false;
        for (const type of types) proxy.offer(type);
        proxy.listen({
          send: (type, { fd }) => {
            const { task } = wire.client;
            task.pwrite(fd, new TextEncoder().encode(write(type)), 0n);
            task.close(fd);
          },
          cancelled: () => {
            cancelled = true;
          },
        });
        const source = { proxy, cancelled: () => cancelled };
        proxies.set(source, proxy);
        return source;
      },
      set: (source, serial) => {
        set(source && proxies.get(source)!, serial);
        wire.settle();
      },
      get offered() {
        return heard.offered;
      },
      get told() {
        return heard.told;
      },
      receive: (type, into) => {
        heard.offer!.receive(type, into);
        wire.settle();
      },
    };
  }

  /** What is pasted as this type. */
  paste(selection: SelectionProtocol, type: string): string {
    const file = this.wire.memory(0);
    selection.receive(type, file);
    const { task } = this.wire.client;
    const bytes = new Uint8Array(Number(task.status(file.fd).size));
    task.pread(file.fd, bytes, 0n);
    task.close(file.fd);
    return new TextDecoder().decode(bytes);
  }
}

const protocols = {
  wl_data_device: (program: Program) => program.clipboard(),
  zwp_primary_selection_device_v1: (program: Program) => program.primary(),
} as const;

/** What a program hears when it gets the keyboard, in order. */
function heardOnFocus(listen: (program: Program, say: (word: string) => void) => void): string[] {
  const program = new Program('paster');
  const heard: string[] = [];
  listen(program, word => void heard.push(word));
  program.seat.get_keyboard().listen({
    enter: () => void heard.push('keyboard'),
    keymap: (_, { fd }) => program.wire.client.task.close(fd),
  });
  program.focus();
  return heard;
}

describe('what comes with the keyboard', () => {
  it('is the clipboard before it, as programs that paste at once need it', () => {
    const heard = heardOnFocus((program, say) =>
      program.wire
        .bind('wl_data_device_manager')
        .get_data_device(program.seat)
        .listen({ selection: () => say('clipboard') }),
    );
    expect(heard).toEqual(['clipboard', 'keyboard']);
  });

  it('is the primary selection after it: GTK 3 pasted an older one with the middle button', () => {
    const heard = heardOnFocus((program, say) =>
      program.wire
        .bind('zwp_primary_selection_device_manager_v1')
        .get_device(program.seat)
        .listen({ selection: () => say('primary') }),
    );
    expect(heard).toEqual(['keyboard', 'primary']);
  });
});

describe.each(Object.entries(protocols))('%s', (_, device) => {
  it('tells the program that gets the keyboard what is selected', () => {
    const copier = new Program('copier').focus();
    const copies = device(copier);
    copies.set(copies.source(['text/plain', 'text/html']), copier.serial);
    expect(copies.offered).toEqual(['text/plain', 'text/html']);
    const paster = new Program('paster');
    const pastes = device(paster);
    expect(pastes.told).toBe(0);
    paster.focus();
    expect(pastes.offered).toEqual(['text/plain', 'text/html']);
    expect(paster.paste(pastes, 'text/html')).toBe('some text/html');
  });

  it('tells a program that has the keyboard of each change, once', () => {
    const program = new Program('both').focus();
    const selection = device(program);
    expect(selection.told).toBe(1);
    const first = selection.source(['a/a']);
    const second = selection.source(['b/b']);
    selection.set(first, program.serial);
    selection.set(second, program.serial);
    expect([selection.told, selection.offered]).toEqual([3, ['b/b']]);
    expect([first.cancelled(), second.cancelled()]).toEqual([true, false]);
    selection.set(null, program.serial);
    expect([selection.offered, second.cancelled()]).toEqual([null, true]);
  });

  it('ignores a selection that follows from no input of the program, and says so to its source', () => {
    const program = new Program('victim').focus();
    const selection = device(program);
    selection.set(selection.source(['a/a']), program.serial);
    const other = new Program('intruder');
    const intruder = device(other);
    const invented = intruder.source(['evil/evil']);
    intruder.set(invented, program.serial);
    expect([invented.cancelled(), selection.offered]).toEqual([true, ['a/a']]);
  });

  it('has nothing any more when the source goes, and gives an old offer nothing to read', () => {
    const copier = new Program('copier').focus();
    const copies = device(copier);
    copies.set(copies.source(['text/plain']), copier.serial);
    const paster = new Program('paster');
    const pastes = device(paster);
    paster.focus();
    const open = test.task.files.size;
    copier.wire.client.disconnect('killed');
    // The offer is still there: the news is on its way.
    expect(paster.paste(pastes, 'text/plain')).toBe('');
    expect(pastes.offered).toBeNull();
    expect(test.task.files.size).toBeLessThanOrEqual(open);
    expect(paster.wire.error).toBeNull();
  });

  it('answers a type that was not offered with nothing', () => {
    const program = new Program('both').focus();
    const selection = device(program);
    selection.set(selection.source(['text/plain']), program.serial);
    expect(program.paste(selection, 'image/png')).toBe('');
  });
});

describe('zwlr_data_control_device_v1', () => {
  it('hears and sets both selections without the keyboard', () => {
    const program = new Program('both').focus();
    const clipboard = program.clipboard();
    const primary = program.primary();
    const manager = new Program('manager');
    const controls = { clipboard: manager.control('clipboard'), primary: manager.control('primary') };
    expect([controls.clipboard.told, controls.clipboard.offered]).toEqual([1, null]);
    clipboard.set(clipboard.source(['a/a']), program.serial);
    primary.set(primary.source(['b/b']), program.serial);
    expect([controls.clipboard.offered, controls.primary.offered]).toEqual([['a/a'], ['b/b']]);
    expect(manager.paste(controls.primary, 'b/b')).toBe('some b/b');
    controls.clipboard.set(
      controls.clipboard.source(['c/c'], () => 'kept'),
      0,
    );
    expect(clipboard.offered).toEqual(['c/c']);
    expect(program.paste(clipboard, 'c/c')).toBe('kept');
  });

  it('is offered to those with the capability alone', () => {
    const plain = new TestClient(test, 'plain', []);
    expect(plain.globals.has('zwlr_data_control_manager_v1')).toBe(false);
    expect(plain.globals.has('wl_data_device_manager')).toBe(true);
  });

  it('refuses a source that was used, and types that come late', () => {
    const reuse = new Program('reuse');
    const first = reuse.control();
    const source = first.source(['a/a']);
    first.set(source, 0);
    first.set(source, 0);
    expect(reuse.wire.error).toMatchObject({ code: 1 });
    expect(reuse.wire.error!.message).toContain('make another source');

    const late = new Program('late');
    const second = late.control();
    const lateSource = second.source(['a/a']);
    second.set(lateSource, 0);
    lateSource.proxy.offer('b/b');
    late.wire.settle();
    expect(late.wire.error!.message).toContain('offer its types before that');
  });
});

describe('a hostile program', () => {
  it('is ended for a list of types that would fill the connections of others', () => {
    const hostile = new Program('hostile').focus();
    const clipboard = hostile.clipboard();
    clipboard.source(Array.from({ length: 40 }, (_, at) => `${at}/${'x'.repeat(1000)}`));
    hostile.wire.settle();
    expect(hostile.wire.error!.message).toContain('offer fewer');
    const long = new Program('long').focus();
    long.clipboard().source(['x'.repeat(4000)]);
    long.wire.settle();
    expect(long.wire.error!.message).toContain('offer fewer');
    const many = new Program('many').focus();
    many.clipboard().source(Array.from({ length: 600 }, (_, at) => `a/${at}`));
    many.wire.settle();
    expect(many.wire.error!.message).toContain('offer fewer');
  });

  it('does not end another by asking for its data without end', () => {
    const copier = new Program('copier').focus();
    const copies = copier.clipboard();
    let sends = 0;
    copies.set(
      copies.source(['text/plain'], () => `${++sends}`),
      copier.serial,
    );
    const hostile = new Program('hostile').focus();
    const pastes = hostile.clipboard();
    const file = hostile.wire.memory(0);
    copier.wire.stopReading();
    for (let at = 0; at < 2000; at++) pastes.receive('text/plain', file);
    copier.wire.readAgain();
    copier.wire.settle();
    expect(sends).toBeGreaterThan(50);
    expect(sends).toBeLessThan(256);
    const open = test.task.files.size;
    for (let at = 0; at < 300; at++) pastes.receive('text/plain', file);
    copier.wire.settle();
    expect(sends).toBe(256);
    expect(test.task.files.size).toBe(open);
    expect(copier.wire.closed).toBeNull();
    test.machine.advance(SECOND);
    expect(hostile.paste(pastes, 'text/plain')).toBe('257');
  });

  it('does not end another by having it sent what it can not be sent', () => {
    const copier = new TestClient(test, 'copier', ['clipboard'], 'wayland');
    const manager = copier.bind('zwlr_data_control_manager_v1');
    const source = manager.create_data_source();
    source.offer('text/plain');
    manager.get_data_device(copier.bind('wl_seat')).set_selection(source);
    copier.settle();
    const hostile = new Program('hostile').focus();
    // There is no real descriptor behind a memfd of the simulated kernel's own.
    expect(hostile.paste(hostile.clipboard(), 'text/plain')).toBe('');
    expect(copier.closed).toBeNull();
  });

  it('does not fill the table of another with files', () => {
    const copier = new Program('copier').focus();
    const copies = copier.clipboard();
    const kept: number[] = [];
    const source = copier.wire.bind('wl_data_device_manager').create_data_source();
    source.offer('text/plain');
    source.on('send', (_, { fd }) => void kept.push(fd));
    copier.wire
      .bind('wl_data_device_manager')
      .get_data_device(copier.seat)
      .set_selection(source, copier.serial);
    copier.wire.settle();
    const { files } = copier.wire.client.task;
    files.limit = files.size + 40;
    const hostile = new Program('hostile').focus();
    const pastes = hostile.clipboard();
    for (let at = 0; at < 100; at++) pastes.receive('text/plain', hostile.wire.memory(0));
    expect(kept.length).toBeGreaterThan(0);
    expect(files.size).toBeLessThanOrEqual(Math.ceil(files.limit / 2));
    expect([copies.told, copier.wire.closed]).toEqual([2, null]);
  });

  it('is told of many changes once, and is ended when it keeps every offer', () => {
    const program = new Program('both').focus();
    const keeper = new Program('keeper');
    const device = keeper.wire.bind('zwlr_data_control_manager_v1').get_data_device(keeper.seat);
    let offers = 0;
    device.listen({ data_offer: () => void offers++ });
    keeper.wire.settle();
    const clipboard = program.clipboard();
    const manager = program.wire.bind('wl_data_device_manager');
    const setter = manager.get_data_device(program.seat);
    for (let at = 0; at < 100; at++) {
      const proxy = manager.create_data_source();
      proxy.offer('a/a');
      setter.set_selection(proxy, program.serial);
    }
    program.wire.settle();
    expect(offers).toBeLessThan(5);
    setter.release();
    for (let at = 0; at < 1100 && !keeper.wire.closed; at++)
      clipboard.set(clipboard.source(['a/a']), program.serial);
    expect(keeper.wire.error!.message).toContain('must be destroyed');
    expect(program.wire.error).toBeNull();
  });
});

describe('wl_data_source', () => {
  it('is either dragged or selected', () => {
    const program = new Program('both').focus();
    const clipboard = program.clipboard();
    const source = clipboard.source(['a/a']);
    (source.proxy as ObjectProxy<'wl_data_source'>).set_actions(1);
    clipboard.set(source, program.serial);
    expect(program.wire.error).toMatchObject({ code: 1 });
    expect(program.wire.error!.message).toContain('use another one for the selection');
  });

  it('has actions once, and no unknown ones', () => {
    const twice = new Program('twice');
    const source = twice.wire.bind('wl_data_device_manager').create_data_source();
    source.set_actions(3);
    source.set_actions(3);
    twice.wire.settle();
    expect(twice.wire.error!.message).toContain('actions are set once');
    const unknown = new Program('unknown');
    unknown.wire.bind('wl_data_device_manager').create_data_source().set_actions(8);
    unknown.wire.settle();
    expect(unknown.wire.error!.message).toContain('no action');
  });
});
