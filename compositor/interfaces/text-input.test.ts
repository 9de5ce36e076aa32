import { beforeEach, describe, expect, it } from 'vitest';
import type { ObjectProxy } from '../../protocol/object/proxy.ts';
import { Kernel } from '../kernel/kernel.ts';
import { VirtualMachine } from '../machine/virtual-machine.ts';
import { TestClient, TestServer } from './testing.ts';

let test: TestServer;

beforeEach(() => {
  const machine = new VirtualMachine();
  test = new TestServer({ machine, kernel: new Kernel({ machine, memoryBytes: 64 << 20 }) });
});

const settle = (): void => test.machine.settle();

/** A program with a window and a field of version 3. */
class Editor {
  readonly wire: TestClient;
  readonly field: ObjectProxy<'zwp_text_input_v3'>;
  readonly heard: string[] = [];
  readonly window: ReturnType<TestClient['mapped']>;

  constructor(name: string) {
    this.wire = new TestClient(test, name, []);
    const seat = this.wire.bind('wl_seat');
    seat.get_keyboard().listen({
      enter: () => void this.heard.push('keyboard'),
      keymap: (_, { fd }) => this.wire.client.task.close(fd),
    });
    this.field = this.wire.bind('zwp_text_input_manager_v3').get_text_input(seat);
    this.field.listen({
      enter: () => void this.heard.push('enter'),
      leave: () => void this.heard.push('leave'),
      preedit_string: (text, begin, end) => void this.heard.push(`preedit ${text} ${begin}-${end}`),
      commit_string: text => void this.heard.push(`commit ${text}`),
      delete_surrounding_text: (before, after) => void this.heard.push(`delete ${before},${after}`),
      done: serial => void this.heard.push(`done ${serial}`),
    });
    this.window = this.wire.mapped();
  }

  /** Closes the window, without waiting for what follows from it. */
  close(): void {
    this.window.toplevel.destroy();
    this.window.xdg.destroy();
    this.window.surface.destroy();
  }

  enable(): void {
    this.field.enable();
    this.field.commit();
    settle();
  }

  take(): string[] {
    settle();
    return this.heard.splice(0);
  }
}

describe('zwp_text_input_v3', () => {
  it('follows the keyboard, and comes after it', () => {
    const first = new Editor('first');
    expect(first.take()).toEqual(['keyboard', 'enter']);
    const second = new Editor('second');
    expect([first.take(), second.take()]).toEqual([['leave'], ['keyboard', 'enter']]);
  });

  it('takes text while it is enabled', () => {
    const editor = new Editor('editor');
    editor.take();
    const { textInput } = test.seat;
    expect(textInput.commit('lost')).toBe(false);
    editor.enable();
    expect(textInput.commit('Grüße 日本')).toBe(true);
    expect(editor.take()).toEqual(['commit Grüße 日本', 'done 1']);
    textInput.preedit('にほ', 6);
    expect(editor.take()).toEqual(['preedit にほ 6-6', 'done 1']);
    textInput.preedit('');
    textInput.deleteSurrounding(3, 1);
    expect(editor.take()).toEqual(['done 1', 'delete 3,1', 'done 1']);
    editor.field.disable();
    editor.field.commit();
    settle();
    expect(textInput.commit('lost')).toBe(false);
  });

  it('says what it is with a commit, not before', () => {
    const editor = new Editor('editor');
    const { textInput } = test.seat;
    let changes = 0;
    textInput.observe(() => changes++);
    editor.field.enable();
    editor.field.set_surrounding_text('some text', 4, 4);
    editor.field.set_content_type(0, 8);
    settle();
    expect(textInput.field).toBeNull();
    editor.field.commit();
    settle();
    expect(textInput.field?.state).toEqual({
      surroundingText: 'some text',
      cursor: 4,
      anchor: 4,
      contentHint: 0,
      contentPurpose: 8,
    });
    expect(changes).toBe(1);
    editor.enable();
    expect(textInput.field?.state.surroundingText).toBe('');
  });

  it('is disabled when the keyboard goes, and when its program dies', () => {
    const editor = new Editor('editor');
    editor.enable();
    const other = new Editor('other');
    expect(test.seat.textInput.field).toBeNull();
    other.enable();
    other.wire.client.disconnect('killed');
    settle();
    expect(test.seat.textInput.field).toBeNull();
    expect(editor.take().at(-1)).toBe('enter');
  });

  it('can not be enabled without the keyboard', () => {
    const editor = new Editor('editor');
    new Editor('other');
    editor.enable();
    expect(test.seat.textInput.field).toBeNull();
  });

  it('gets long text in pieces that fit, cut between characters', () => {
    const editor = new Editor('editor');
    editor.enable();
    editor.take();
    const text = '日本'.repeat(2000);
    test.seat.textInput.commit(`${text}\0`);
    const pieces = editor.take().filter(line => line.startsWith('commit '));
    expect(pieces.length).toBe(4);
    expect(pieces.map(piece => piece.slice('commit '.length)).join('')).toBe(text);
  });

  it('hears of no window that is destroyed before it could be told', () => {
    const editor = new Editor('editor');
    editor.take();
    // Destroyed, and the keyboard has not gone elsewhere yet.
    editor.close();
    const late = editor.wire.bind('zwp_text_input_manager_v3').get_text_input(editor.wire.bind('wl_seat'));
    const entered: unknown[] = [];
    late.on('enter', surface => void entered.push(surface));
    settle();
    expect([editor.wire.error, entered]).toEqual([null, []]);
    editor.field.enable();
    editor.field.commit();
    settle();
    expect(test.seat.textInput.field).toBeNull();
  });

  it('is not made without end', () => {
    const editor = new Editor('editor');
    const seat = editor.wire.bind('wl_seat');
    const manager = editor.wire.bind('zwp_text_input_manager_v3');
    for (let at = 0; at < 300; at++) manager.get_text_input(seat);
    settle();
    expect(editor.wire.error!.message).toContain('destroy some first');
  });
});

describe('zwp_text_input_v1', () => {
  function editor(name = 'old editor') {
    const wire = new TestClient(test, name, []);
    const seat = wire.bind('wl_seat');
    const field = wire.bind('zwp_text_input_manager_v1').create_text_input();
    const heard: string[] = [];
    field.listen({
      enter: () => void heard.push('enter'),
      leave: () => void heard.push('leave'),
      commit_string: (serial, text) => void heard.push(`commit ${text} of ${serial}`),
      preedit_string: (serial, text, commit) => void heard.push(`preedit ${text}/${commit} of ${serial}`),
      preedit_cursor: index => void heard.push(`cursor ${index}`),
      delete_surrounding_text: (index, length) => void heard.push(`delete ${index},${length}`),
    });
    const { surface } = wire.mapped();
    return { wire, seat, field, heard, surface };
  }

  it('takes text from its activation on', () => {
    const { field, seat, surface, heard } = editor();
    expect(test.seat.textInput.commit('lost')).toBe(false);
    field.activate(seat, surface);
    field.commit_state(7);
    settle();
    test.seat.textInput.commit('text');
    test.seat.textInput.preedit('かな', 3);
    test.seat.textInput.preedit('');
    test.seat.textInput.deleteSurrounding(2, 1);
    settle();
    expect(heard).toEqual([
      'enter',
      'commit text of 7',
      'cursor 3',
      'preedit かな/かな of 7',
      'preedit / of 7',
      'delete -2,3',
      'commit  of 7',
    ]);
    field.deactivate(seat);
    settle();
    expect(heard.at(-1)).toBe('leave');
    expect(test.seat.textInput.field).toBeNull();
  });

  it('that was activated too early takes text once the keyboard comes', () => {
    const { field, seat, surface, heard, wire } = editor();
    const other = new TestClient(test, 'other', []).mapped();
    field.activate(seat, surface);
    settle();
    expect(heard).toEqual([]);
    other.toplevel.destroy();
    settle();
    expect(heard).toEqual(['enter']);
    new TestClient(test, 'third', []).mapped();
    settle();
    expect(heard).toEqual(['enter', 'leave']);
    expect(wire.error).toBeNull();
  });
});
