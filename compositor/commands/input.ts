// What a person would do, from a script: typing and clicking.
import { type Command, InvalidArgumentError, Option } from 'commander';
import type { Client } from '../../client-sdk/index.ts';
import { interfaces } from '../../protocol/interfaces/index.ts';
import { PATIENCE, withClient } from './client.ts';

const { button_state: STATE } = interfaces.wl_pointer.enums;
/** BTN_* of linux/input-event-codes.h. */
const BUTTONS = { left: 0x110, right: 0x111, middle: 0x112 } as const;

/** Milliseconds of CLOCK_MONOTONIC. */
const now = (): number => Number(process.hrtime.bigint() / 1_000_000n) >>> 0;

/** `\n`, `\t` and `\\` as a shell passes them on; everything else is itself. */
const plain = (text: string): string =>
  text.replaceAll(/\\([nt\\])/g, (_, letter: string) =>
    letter === 'n' ? '\n' : letter === 't' ? '\t' : '\\',
  );

async function type(text: string, options: { display?: string }): Promise<void> {
  const { Typist } = await import('../../viewer/server/typist.ts');
  const { TypingKeyboard } = await import('../../viewer/server/typing-keyboard.ts');
  await withClient(options.display, async client => {
    const keyboard = new TypingKeyboard(client, now);
    new Typist(keyboard).type(plain(text));
    await keyboard.typed();
    await client.roundtrip({ timeout: PATIENCE });
  });
}

interface Point {
  readonly x: number;
  readonly y: number;
}

function parsePoint(text: string): Point {
  const match = /^(\d{1,5}),(\d{1,5})$/.exec(text);
  if (!match) throw new InvalidArgumentError('expected X,Y in logical pixels, for example 320,200');
  return { x: Number(match[1]), y: Number(match[2]) };
}

async function click(
  { x, y }: Point,
  options: { display?: string; button: keyof typeof BUTTONS },
): Promise<void> {
  await withClient(options.display, async client => {
    const { width, height } = await extent(client);
    const manager = client.bind('zwlr_virtual_pointer_manager_v1');
    const pointer = manager.create_virtual_pointer(client.shared('wl_seat'));
    pointer.motion_absolute(now(), x, y, width, height);
    pointer.frame();
    for (const state of [STATE.pressed, STATE.released]) {
      pointer.button(now(), BUTTONS[options.button], state);
      pointer.frame();
    }
    await client.roundtrip({ timeout: PATIENCE });
  });
}

/** Of all outputs together, from the corner of the global space, in logical pixels: whatever the scale of each. */
async function extent(client: Client): Promise<{ readonly width: number; readonly height: number }> {
  const manager = client.bind('zxdg_output_manager_v1');
  const size = { width: 0, height: 0 };
  for (const { proxy } of client.outputs) {
    let [left, top] = [0, 0];
    manager.get_xdg_output(proxy).listen({
      logical_position: (x, y) => {
        [left, top] = [x, y];
      },
      logical_size: (width, height) => {
        size.width = Math.max(size.width, left + width);
        size.height = Math.max(size.height, top + height);
      },
    });
  }
  await client.roundtrip({ timeout: PATIENCE });
  return size;
}

export function addInput(program: Command): void {
  program
    .command('type')
    .description('type a text where the keyboard is: any characters, and \\n, \\t')
    .argument('<text>', 'what to type')
    .option('-d, --display <socket>', 'which compositor; by default FENCEPOST_DISPLAY')
    .action(type);
  program
    .command('click')
    .description('move the pointer somewhere and click')
    .argument('<x,y>', 'where, in logical pixels of the global space', parsePoint)
    .addOption(
      new Option('-b, --button <name>', 'which button').choices(Object.keys(BUTTONS)).default('left'),
    )
    .option('-d, --display <socket>', 'which compositor; by default FENCEPOST_DISPLAY')
    .action(click);
}
