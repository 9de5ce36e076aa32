// Clipboards of one session, with real pipes between them.
import { readdirSync } from 'node:fs';
import { Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Client, connectOver } from '../../client-sdk/core/index.ts';
import { clipboardFiles } from '../../compositor/clipboard-files.ts';
import { Compositor } from '../../compositor/compositor.ts';
import { createDevices } from '../../compositor/devices.ts';
import { openHostFiles } from '../../compositor/machine/host-files.ts';
import { PacedMachine } from '../../compositor/machine/paced-machine.ts';
import { loadLibc } from '../../protocol/host/libc.ts';
import { connectInProcess } from '../../protocol/transport/in-process.ts';
import { Clipboard, type ClipboardFiles, MOST_TEXT } from './clipboard.ts';

const { libc } = loadLibc();

/** Values that come one by one. */
class Inbox<T> {
  readonly all: T[] = [];
  #wake = () => {};

  readonly add = (value: T): void => {
    this.all.push(value);
    this.#wake();
  };

  async count(wanted: number): Promise<readonly T[]> {
    while (this.all.length < wanted) await new Promise<void>(resolve => (this.#wake = resolve));
    return this.all;
  }
}

const descriptors = (): number => readdirSync('/proc/self/fd').length;

// Without native calls there are no pipes.
describe.runIf(libc)('the clipboard', () => {
  const host = openHostFiles()!;
  let machine: PacedMachine;
  let compositor: Compositor;
  const opened: Disposable[] = [];

  beforeEach(() => {
    machine = new PacedMachine();
    const outputs = [{ width: 64, height: 48 }];
    const { kernel } = createDevices({ machine, outputs, engines: 'virtual', host, memoryBytes: 64 << 20 });
    compositor = new Compositor({ kernel });
  });

  afterEach(() => {
    for (const one of opened.splice(0).reverse()) one[Symbol.dispose]();
    machine[Symbol.dispose]();
    compositor.kernel[Symbol.dispose]();
  });

  async function connect(name: string): Promise<{ client: Client; files: ClipboardFiles }> {
    const [here, there] = connectInProcess({
      name,
      post: (label, run) => machine.post(label, run),
      descriptors: host,
    });
    const { task } = compositor.server.accept(there, {
      name,
      capabilities: ['clipboard', 'kernel-calls'],
    });
    return { client: await connectOver(here), files: clipboardFiles(libc!, task) };
  }

  async function clipboard(name: string) {
    const texts = new Inbox<string>();
    const connection = await connect(name);
    const made = new Clipboard({ ...connection, onText: texts.add });
    opened.push(made);
    await connection.client.roundtrip();
    return { ...connection, texts, clipboard: made };
  }

  it('carries text from one to the other, and back', async () => {
    const [person, program] = [await clipboard('person'), await clipboard('program')];
    person.clipboard.setText('Grüße, 世界 🙂');
    expect(await program.texts.count(1)).toEqual(['Grüße, 世界 🙂']);
    program.clipboard.setText('');
    program.clipboard.setText('second');
    expect((await person.texts.count(1)).at(-1)).toBe('second');
    expect([person.texts.all.length, program.texts.all.length]).toEqual([1, 1]);
  });

  it('carries more than a pipe holds', async () => {
    const [person, program] = [await clipboard('person'), await clipboard('program')];
    const text = 'ä'.repeat(MOST_TEXT / 2);
    person.clipboard.setText(text);
    expect((await program.texts.count(1))[0] === text).toBe(true);
  });

  it('tells who comes later what is there', async () => {
    const person = await clipboard('person');
    person.clipboard.setText('early');
    await person.client.roundtrip();
    expect(await (await clipboard('program')).texts.count(1)).toEqual(['early']);
  });

  it('does not take over what it was told', async () => {
    const [person, program] = [await clipboard('person'), await clipboard('program')];
    program.clipboard.setText('theirs');
    await person.texts.count(1);
    person.clipboard.setText('theirs');
    await person.client.roundtrip();
    // It is the program's still: what the person sets next reaches it.
    person.clipboard.setText('mine');
    expect(await program.texts.count(1)).toEqual(['mine']);
  });

  it('has the newest of many texts in the end', async () => {
    const [person, program] = [await clipboard('person'), await clipboard('program')];
    for (let text = 0; text <= 200; text++) {
      program.clipboard.setText(`text ${text}`);
      await program.client.roundtrip();
    }
    for (let read = 1; person.texts.all.at(-1) !== 'text 200'; read++) await person.texts.count(read);
  });

  it('leaves too much text alone, in both directions', async () => {
    const [person, program] = [await clipboard('person'), await clipboard('program')];
    person.clipboard.setText('x'.repeat(MOST_TEXT + 1));
    person.clipboard.setText('short');
    expect(await program.texts.count(1)).toEqual(['short']);
    const { client, files } = await connect('flood');
    const manager = client.bind('zwlr_data_control_manager_v1', 1);
    const source = manager.create_data_source();
    source.offer('text/plain;charset=utf-8');
    const refused = new Promise<void>(resolve => {
      source.on('send', (_, handle) => {
        const socket = new Socket({ fd: files.real(handle)!, readable: false, writable: true });
        socket.on('error', () => {});
        socket.on('close', () => resolve());
        socket.end(Buffer.alloc(2 * MOST_TEXT, 'x'));
      });
    });
    manager.get_data_device(client.shared('wl_seat')).set_selection(source);
    await refused;
    program.clipboard.setText('after it');
    expect(await person.texts.count(1)).toEqual(['after it']);
  });

  it('survives programs that keep their end, close it at once, or die', async () => {
    const person = await clipboard('person');
    const { client, files } = await connect('odd');
    const manager = client.bind('zwlr_data_control_manager_v1', 1);
    const device = manager.get_data_device(client.shared('wl_seat'));
    const asked = new Inbox<number>();
    const offer = (): void => {
      const source = manager.create_data_source();
      source.offer('text/plain;charset=utf-8');
      source.on('send', (_, handle) => asked.add(files.real(handle)!));
      device.set_selection(source);
    };
    offer();
    // Kept without a word; the next selection does not wait for it.
    const [kept] = await asked.count(1);
    offer();
    const [, closed] = await asked.count(2);
    files.close(closed!);
    expect(await person.texts.count(1)).toEqual(['']);
    offer();
    await asked.count(3);
    await client.close();
    const program = await clipboard('program');
    program.clipboard.setText('still there');
    expect((await person.texts.count(2)).at(-1)).toBe('still there');
    files.close(kept!);
    files.close(asked.all[2]!);
  });

  it('leaves no descriptor behind', async () => {
    const run = async () => {
      const [person, program] = [await clipboard('person'), await clipboard('program')];
      person.clipboard.setText('text');
      await program.texts.count(1);
      for (const one of opened.splice(0).reverse()) one[Symbol.dispose]();
      await Promise.all([person.client.close(), program.client.close()]);
    };
    await run();
    const before = descriptors();
    for (let time = 0; time < 5; time++) await run();
    expect(descriptors()).toBeLessThanOrEqual(before);
  });
});
