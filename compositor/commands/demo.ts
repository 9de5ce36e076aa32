import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Command } from 'commander';
import { Children } from './children.ts';
import { printStatus, withServerOptions } from './serve.ts';
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
  const session = await Session.start(options);
  for (const line of session.lines) console.log(line);
  const children = new Children({ FENCEPOST_DISPLAY: session.sockets.display }, console.error);
  let stopping = false;
  for (const { name, args } of clients(options)) {
    const file = join(examples, `${name}.js`);
    void children.start(name, process.execPath, [file, ...args], 'ignore').then(status => {
      if (!stopping) console.log(`client      ${name} ended with status ${status}`);
    });
    console.log(`client      ${name}`);
  }
  console.log('Ctrl-C ends everything.');
  const status = printStatus(session);
  await endRequested();
  stopping = true;
  status[Symbol.dispose]();
  await children.stop();
  await session.stop();
}

export const addDemo = (program: Command): Command =>
  withServerOptions(program.command('demo', { isDefault: true }))
    .description('the compositor with three example clients (what happens without a command)')
    .option('--video <file.y4m>', 'a Y4M video, or - for standard input, instead of the one that is made')
    .action(demo);
