import { accessSync, constants } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Command, InvalidArgumentError } from 'commander';
import { Children } from './children.ts';
import { printStatus, withCompositorOptions } from './serve.ts';
import { endRequested, Session, type SessionOptions } from './session.ts';

const examples = join(dirname(fileURLToPath(import.meta.url)), '../../examples');

interface DemoOptions extends SessionOptions {
  readonly video?: string;
}

/** The clients of the demo session, each a process of its own. */
const clients = (options: DemoOptions): { name: string; args: string[] }[] => [
  { name: 'photo-viewer', args: [] },
  { name: 'video-player', args: options.video ? [options.video] : [] },
  { name: 'animation', args: [] },
];

async function demo(options: DemoOptions): Promise<void> {
  const ending = endRequested();
  let connected = () => {};
  const session = await Session.start({ ...options, connected: () => connected() });
  for (const line of session.lines) console.log(line);
  const children = new Children(session.environment, console.error);
  const stopped = { is: false };
  void ending.then(() => {
    stopped.is = true;
  });
  console.log('Ctrl-C ends everything.');
  const status = printStatus(session);
  // One after the other, so that each demo has the same windows in the same places.
  for (const { name, args } of clients(options)) {
    if (stopped.is) break;
    const there = new Promise<void>(resolve => {
      connected = resolve;
    });
    const ended = startClient(children, name, args).then(code => {
      if (!stopped.is) console.log(`client      ${name} ended with status ${code}`);
    });
    await Promise.race([there, ended, ending]);
  }
  await ending;
  status[Symbol.dispose]();
  await children.stop();
  await session.stop();
}

function startClient(children: Children, name: string, args: readonly string[]): Promise<number> {
  console.log(`client      ${name}`);
  return children.start(name, process.execPath, [join(examples, `${name}.js`), ...args], 'ignore');
}

/** A file that can be read, or - for standard input. Throws commander's InvalidArgumentError. */
function readableFile(name: string): string {
  try {
    if (name !== '-') accessSync(name, constants.R_OK);
  } catch (error) {
    throw new InvalidArgumentError(error instanceof Error ? error.message : String(error));
  }
  return name;
}

export const addDemo = (program: Command): Command =>
  withCompositorOptions(program.command('demo', { isDefault: true }))
    .description('the compositor with three example clients (what happens without a command)')
    .option(
      '--video <file.y4m>',
      'a Y4M video, or - for standard input, instead of the one that is made',
      readableFile,
    )
    .allowExcessArguments()
    .action((options: DemoOptions, command: Command) => {
      const [word] = command.args;
      // Whatever is no command ends up here, with the default one.
      if (word === undefined) return demo(options);
      const names = program.commands.map(known => known.name()).join(', ');
      return command.error(`error: unknown command '${word}'; there are ${names}`);
    });
