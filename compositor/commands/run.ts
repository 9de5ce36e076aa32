import type { Command } from 'commander';
import { Children } from './children.ts';
import { withCompositorOptions } from './serve.ts';
import { endRequested, Session, type SessionOptions } from './session.ts';

/** Runs a command as client of a compositor of its own; returns the command's exit status. */
async function run(words: readonly string[], options: SessionOptions): Promise<number> {
  const [command, ...args] = words;
  const ending = endRequested();
  const session = await Session.start(options);
  // Standard output is the command's.
  for (const line of session.lines) if (/^(note|viewer)/.test(line)) console.error(line);
  const children = new Children(session.environment, console.error);
  const stopped = ending.then(async () => {
    await children.stop();
    return 130;
  });
  const status = await Promise.race([children.start(command!, command!, args, 'inherit'), stopped]);
  await session.stop();
  return status;
}

export const addRun = (program: Command): Command =>
  withCompositorOptions(program.command('run'))
    .description(
      'a compositor with a command as its client, a Wayland program for example: ends with it, with its exit status',
    )
    .argument('<command...>', 'the command and its arguments, after --')
    .passThroughOptions()
    .action(async (words: string[], options: SessionOptions) => process.exit(await run(words, options)));
