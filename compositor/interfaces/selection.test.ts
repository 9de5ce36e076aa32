import { beforeEach, describe, expect, it } from 'vitest';
import type { ObjectProxy } from '../../protocol/object/proxy.ts';
import { Kernel } from '../kernel/kernel.ts';
import { VirtualMachine } from '../machine/virtual-machine.ts';
import { Program } from './selection-testing.ts';
import { TestClient, TestServer } from './testing.ts';

let test: TestServer;

beforeEach(() => {
  const machine = new VirtualMachine();
  test = new TestServer({ machine, kernel: new Kernel({ machine, memoryBytes: 64 << 20 }) });
});

const protocols = {
  wl_data_device: (program: Program) => program.clipboard(),
  zwp_primary_selection_device_v1: (program: Program) => program.primary(),
} as const;

/** What a program hears when it gets the keyboard, in order. */
function heardOnFocus(listen: (program: Program, say: (word: string) => void) => void): string[] {
  const program = new Program(test, 'paster');
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
    const copier = new Program(test, 'copier').focus();
    const copies = device(copier);
    copies.set(copies.source(['text/plain', 'text/html']), copier.serial);
    expect(copies.offered).toEqual(['text/plain', 'text/html']);
    const paster = new Program(test, 'paster');
    const pastes = device(paster);
    expect(pastes.told).toBe(0);
    paster.focus();
    expect(pastes.offered).toEqual(['text/plain', 'text/html']);
    expect(paster.paste(pastes, 'text/html')).toBe('some text/html');
  });

  it('tells a program that has the keyboard of each change, once', () => {
    const program = new Program(test, 'both').focus();
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
    const program = new Program(test, 'victim').focus();
    const selection = device(program);
    selection.set(selection.source(['a/a']), program.serial);
    const other = new Program(test, 'intruder');
    const intruder = device(other);
    const invented = intruder.source(['evil/evil']);
    intruder.set(invented, program.serial);
    expect([invented.cancelled(), selection.offered]).toEqual([true, ['a/a']]);
  });

  it('has nothing any more when the source goes, and gives an old offer nothing to read', () => {
    const copier = new Program(test, 'copier').focus();
    const copies = device(copier);
    copies.set(copies.source(['text/plain']), copier.serial);
    const paster = new Program(test, 'paster');
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
    const program = new Program(test, 'both').focus();
    const selection = device(program);
    selection.set(selection.source(['text/plain']), program.serial);
    expect(program.paste(selection, 'image/png')).toBe('');
  });
});

describe('zwlr_data_control_device_v1', () => {
  it('hears and sets both selections without the keyboard', () => {
    const program = new Program(test, 'both').focus();
    const clipboard = program.clipboard();
    const primary = program.primary();
    const manager = new Program(test, 'manager');
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
    const reuse = new Program(test, 'reuse');
    const first = reuse.control();
    const source = first.source(['a/a']);
    first.set(source, 0);
    first.set(source, 0);
    expect(reuse.wire.error).toMatchObject({ code: 1 });
    expect(reuse.wire.error!.message).toContain('make another source');

    const late = new Program(test, 'late');
    const second = late.control();
    const lateSource = second.source(['a/a']);
    second.set(lateSource, 0);
    lateSource.proxy.offer('b/b');
    late.wire.settle();
    expect(late.wire.error!.message).toContain('offer its types before that');
  });
});

describe('wl_data_source', () => {
  it('is either dragged or selected', () => {
    const program = new Program(test, 'both').focus();
    const clipboard = program.clipboard();
    const source = clipboard.source(['a/a']);
    (source.proxy as ObjectProxy<'wl_data_source'>).set_actions(1);
    clipboard.set(source, program.serial);
    expect(program.wire.error).toMatchObject({ code: 1 });
    expect(program.wire.error!.message).toContain('use another one for the selection');
  });

  it('has actions once, and no unknown ones', () => {
    const twice = new Program(test, 'twice');
    const source = twice.wire.bind('wl_data_device_manager').create_data_source();
    source.set_actions(3);
    source.set_actions(3);
    twice.wire.settle();
    expect(twice.wire.error!.message).toContain('actions are set once');
    const unknown = new Program(test, 'unknown');
    unknown.wire.bind('wl_data_device_manager').create_data_source().set_actions(8);
    unknown.wire.settle();
    expect(unknown.wire.error!.message).toContain('no action');
  });
});
