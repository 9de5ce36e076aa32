// What the examples share: their options, connecting, and ending with words instead of a stack.
import { relative } from 'node:path';
import { type ParseArgsConfig, parseArgs } from 'node:util';
import { type Client, connect } from '../../client-sdk/index.ts';

type Options = NonNullable<ParseArgsConfig['options']>;

export interface ExampleContext {
  readonly client: Client;
  /** After how many frames to stop. */
  readonly frames: number;
  /** What is on the command line besides options. */
  readonly words: readonly string[];
  /** The value of an option of this example. */
  option(name: string): string | undefined;
  /** The value of an option that is a number of at least `least`. */
  number(name: string, otherwise: number, least?: number): number;
}

export interface Example {
  /** The first lines of `--help`. */
  readonly about: string;
  /** How it is called besides the common options: `[FILE.png ...]`. */
  readonly usage?: string;
  /** Options with a value, and what they do. */
  readonly options?: Readonly<Record<string, string>>;
  run(context: ExampleContext): Promise<void>;
}

/** Runs an example: parses its options, connects, and closes the connection at the end. */
export async function runExample(example: Example): Promise<void> {
  try {
    const parsed = parse(example);
    if (parsed === null) return;
    const client = await connect();
    const interrupted = endWith(client);
    try {
      await example.run({ client, ...parsed });
    } finally {
      interrupted[Symbol.dispose]();
      await client.close();
    }
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  }
}

/** Has Ctrl-C, or a request to end, close the connection before the process ends, in peace. */
function endWith(client: Client): Disposable {
  const end = () => void client.close().then(() => process.exit(0));
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, end);
  return {
    [Symbol.dispose]() {
      for (const signal of ['SIGINT', 'SIGTERM'] as const) process.off(signal, end);
    },
  };
}

/** Waits; negative is not at all. */
export function sleep(milliseconds: number): Promise<void> {
  return new Promise(resolve => setTimeout(resolve, Math.max(0, milliseconds)));
}

/** A pause that can be ended early, before it begins too, and leaves no timer behind. */
export class Pause {
  #ended = false;
  #wake = () => {};

  end(): void {
    this.#ended = true;
    this.#wake();
  }

  /** Resolves with whether the pause lasted to its end. */
  async last(milliseconds: number): Promise<boolean> {
    if (!this.#ended)
      await new Promise<void>(resolve => {
        const timer = setTimeout(resolve, milliseconds);
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    const lasted = !this.#ended;
    this.#ended = false;
    return lasted;
  }
}

function parse(example: Example): Omit<ExampleContext, 'client'> | null {
  const own = example.options ?? {};
  const options: Options = { frames: { type: 'string' }, help: { type: 'boolean', short: 'h' } };
  for (const name of Object.keys(own)) options[name] = { type: 'string' };
  const { values, positionals } = parseArgs({ options, allowPositionals: example.usage !== undefined });
  if (values['help']) {
    console.log(helpOf(example));
    return null;
  }
  const option = (name: string) => {
    const value = values[name];
    return typeof value === 'string' ? value : undefined;
  };
  const number = (name: string, otherwise: number, least = 1) => {
    const value = Number(option(name) ?? otherwise);
    if (!(value >= least))
      throw new Error(`--${name} is '${option(name)}'; a number of at least ${least} is expected`);
    return value;
  };
  return { frames: number('frames', Number.POSITIVE_INFINITY), words: positionals, option, number };
}

function helpOf({ about, usage, options = {} }: Example): string {
  const lines: [string, string][] = [
    ...Object.entries(options).map(([name, words]): [string, string] => [`--${name} VALUE`, words]),
    ['--frames N', 'stop after N frames'],
    ['--help', 'show this'],
  ];
  const rows = lines.map(([name, words]) => `  ${name.padEnd(18)}${words}`);
  const program = `node ${relative('', process.argv[1] ?? 'example.js')}`;
  return [
    about,
    '',
    `Usage: ${[program, '[options]', usage].filter(Boolean).join(' ')}`,
    '',
    ...rows,
    '',
    'FENCEPOST_DISPLAY says which server to connect to: a path, a name, or a ws:// address. Without it,',
    'WAYLAND_DISPLAY does: any Wayland server will do for the examples that need no GPU.',
  ].join('\n');
}
