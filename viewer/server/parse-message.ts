// What a page says, checked: a page is no more trusted than a client.
import { isKeyCode } from '../stream/key-codes.ts';
import { MOST_CLIPBOARD, type PageMessage } from '../stream/messages.ts';

type Fields = Readonly<Record<string, unknown>>;

const MOST_COORDINATE = 65_535;
const MOST_SCROLL = 4096;
const MOST_STEPS = 64;
const MOST_TOUCHES = 16;
const MOST_NAME = 256;
/** Characters typed at once; longer texts are for the clipboard. */
const MOST_TEXT = 4096;
const U32 = 0xffff_ffff;

/** A message is not one that a page of ours sends. */
export class BadMessage extends Error {
  override readonly name = 'BadMessage';
}

class Reader {
  readonly #fields: Fields;

  constructor(fields: Fields) {
    this.#fields = fields;
  }

  number(name: string, least: number, most: number): number {
    const value = this.#fields[name];
    if (typeof value === 'number' && value >= least && value <= most) return value;
    throw new BadMessage(`${name} is not a number from ${least} to ${most}`);
  }

  whole(name: string, least: number, most: number): number {
    const value = this.number(name, least, most);
    if (Number.isInteger(value)) return value;
    throw new BadMessage(`${name} is not a whole number`);
  }

  flag(name: string): boolean {
    const value = this.#fields[name];
    if (typeof value === 'boolean') return value;
    throw new BadMessage(`${name} is neither true nor false`);
  }

  oneOf<const T extends string>(name: string, known: readonly T[]): T {
    const value = known.find(word => word === this.#fields[name]);
    if (value !== undefined) return value;
    throw new BadMessage(`${name} is none of ${known.join(', ')}`);
  }

  text(name: string, longest: number): string {
    const value = this.#fields[name];
    if (typeof value === 'string' && value.length <= longest) return value;
    throw new BadMessage(`${name} is not a text of at most ${longest} characters`);
  }

  nameOrNull(name: string): string | null {
    return this.#fields[name] === null ? null : this.text(name, MOST_NAME);
  }
}

const place = (reader: Reader) => ({
  output: reader.whole('output', 0, U32),
  x: reader.number('x', 0, MOST_COORDINATE),
  y: reader.number('y', 0, MOST_COORDINATE),
});
const numbered = (reader: Reader) => ({ n: reader.whole('n', 1, U32) });

const readers: { readonly [T in PageMessage['type']]: (reader: Reader) => PageMessage } = {
  ack: reader => ({
    type: 'ack',
    output: reader.whole('output', 0, U32),
    sequence: reader.whole('sequence', 1, U32),
  }),
  watch: reader => ({
    type: 'watch',
    pictures: reader.flag('pictures'),
    snapshots: reader.flag('snapshots'),
  }),
  motion: reader => ({ type: 'motion', ...numbered(reader), ...place(reader) }),
  button: reader => ({
    type: 'button',
    ...numbered(reader),
    code: reader.whole('code', 0x110, 0x117),
    pressed: reader.flag('pressed'),
  }),
  wheel: reader => ({
    type: 'wheel',
    ...numbered(reader),
    source: reader.oneOf('source', ['wheel', 'finger']),
    x: reader.number('x', -MOST_SCROLL, MOST_SCROLL),
    y: reader.number('y', -MOST_SCROLL, MOST_SCROLL),
    stepsX: reader.whole('stepsX', -MOST_STEPS, MOST_STEPS),
    stepsY: reader.whole('stepsY', -MOST_STEPS, MOST_STEPS),
  }),
  key: reader => {
    const code = reader.whole('code', 1, 255);
    if (!isKeyCode(code)) throw new BadMessage(`there is no key ${code}`);
    return { type: 'key', ...numbered(reader), code, pressed: reader.flag('pressed') };
  },
  touch: reader => ({
    type: 'touch',
    ...numbered(reader),
    ...place(reader),
    phase: reader.oneOf('phase', ['down', 'motion', 'up', 'cancel']),
    id: reader.whole('id', 0, MOST_TOUCHES - 1),
  }),
  text: reader => ({ type: 'text', ...numbered(reader), text: reader.text('text', MOST_TEXT) }),
  clipboard: reader => ({ type: 'clipboard', text: reader.text('text', MOST_CLIPBOARD) }),
  release: () => ({ type: 'release' }),
  control: reader => {
    const action = reader.oneOf('action', ['freeze', 'resume', 'step', 'speed', 'close', 'activate']);
    switch (action) {
      case 'freeze':
      case 'resume':
        return { type: 'control', action };
      case 'step':
        return { type: 'control', action, output: reader.nameOrNull('output') };
      case 'speed':
        return { type: 'control', action, speed: reader.number('speed', 0.1, 10) };
      case 'close':
      case 'activate':
        return { type: 'control', action, window: reader.whole('window', 1, U32) };
    }
  },
};

/** Reads a text message of a page. Throws a BadMessage that says what is wrong with it. */
export function parseMessage(text: string): PageMessage {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new BadMessage('a message is not JSON');
  }
  if (typeof value !== 'object' || value === null) throw new BadMessage('a message is not an object');
  const { type } = value as Fields;
  if (typeof type !== 'string' || !Object.hasOwn(readers, type))
    throw new BadMessage('a message of an unknown type');
  return readers[type as PageMessage['type']](new Reader(value as Fields));
}
