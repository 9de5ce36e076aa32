import { type Command, Option } from 'commander';
import { readKeymap } from './keymap-option.ts';
import { collectOutputs } from './output-option.ts';
import { endRequested, Session, type SessionOptions } from './session.ts';
import { type Status, statusLine } from './status-line.ts';
import { parseWebSocketAddress } from './websocket-option.ts';

const SECOND = 1000;

/** The options of every command that starts a compositor. */
export const withCompositorOptions = (command: Command): Command =>
  withServerOptions(command)
    .option(
      '--wayland-socket <path>',
      'where Wayland programs connect: a path, or a name in XDG_RUNTIME_DIR; by default the first free wayland-N',
    )
    .option(
      '--viewer [host:port]',
      'where the page is that shows the outputs; by default 127.0.0.1 and a free port',
      parseWebSocketAddress,
    )
    .option('--no-viewer', 'no such page')
    .addOption(
      new Option(
        '--layout <how>',
        'how windows share an output: side by side, or each with a place of its own',
      )
        .choices(['tiled', 'floating'])
        .default('tiled'),
    )
    .option(
      '--keymap <file>',
      'what keys mean: a whole keymap, such as xkbcli compile-keymap prints; by default a US keyboard',
      readKeymap,
    )
    .option('--virtual-time', "a clock that can be frozen, slowed and stepped; it starts at the host's pace")
    .option('--test-control', 'let clients steer windows and virtual time');

/** The options of every command that takes connections. */
export const withServerOptions = (command: Command): Command =>
  command
    .option(
      '-o, --output <WxH[@HZ][*SCALE][,NAME]>',
      'a display, such as 1280x720@75,Left or 2560x1440*1.5; may be given several times (1920x1080@60)',
      collectOutputs,
    )
    .option(
      '--socket <path>',
      'where to listen: a path, or a name in XDG_RUNTIME_DIR; by default the first free fencepost-N',
    )
    .option(
      '--websocket <host:port>',
      'take WebSockets too, for clients in a browser; port 0 is a free one',
      parseWebSocketAddress,
    );

/** Prints a status line every second until disposed. */
export function printStatus(session: Session): Disposable {
  let before: Status | null = null;
  const timer = setInterval(() => {
    const now = session.status;
    console.log(statusLine(now, before));
    before = now;
  }, SECOND);
  return { [Symbol.dispose]: () => clearInterval(timer) };
}

async function serve(options: SessionOptions & { status: boolean }): Promise<void> {
  const ending = endRequested();
  const session = await Session.start(options);
  for (const line of session.lines) console.log(line);
  const status = options.status ? printStatus(session) : null;
  await ending;
  status?.[Symbol.dispose]();
  await session.stop();
}

export const addServe = (program: Command): Command =>
  withCompositorOptions(program.command('serve'))
    .description('the compositor alone, for clients of your own')
    .option('--no-status', 'print no status lines')
    .action(serve);
