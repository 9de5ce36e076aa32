import { readFileSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import type { Command } from 'commander';
import { KernelServer } from '../kernel-server.ts';
import { Host, type HostOptions } from './host.ts';
import { collectOutputs, DEFAULT_OUTPUT, type OutputDescription } from './output-option.ts';
import { HELP } from './script/usage.ts';
import { withServerOptions } from './serve.ts';
import { endRequested } from './session.ts';

async function serve(options: HostOptions): Promise<void> {
  const ending = endRequested();
  const host = await Host.start(options, kernel => new KernelServer({ kernel }));
  for (const line of host.sockets.lines) console.log(line);
  await ending;
  await host.stop();
}

async function runScript(file: string, options: { output?: OutputDescription[] }): Promise<void> {
  const script = await read(file);
  const { ScriptError, ScriptRunner } = await import('./script/runner.ts');
  const outputs = options.output ?? [DEFAULT_OUTPUT];
  const runner = new ScriptRunner({ outputs, print: line => console.log(line) });
  try {
    runner.run(script);
  } catch (error) {
    if (!(error instanceof ScriptError)) throw error;
    throw new Error(`${file === '-' ? 'the script' : file}, ${error.message}`);
  } finally {
    runner[Symbol.dispose]();
  }
}

async function read(file: string): Promise<string> {
  if (file === '-') return text(process.stdin);
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`the script ${file} cannot be read (${why})`, { cause });
  }
}

export function addKernel(program: Command): Command {
  const kernel = program
    .command('kernel')
    .description('run a script of system calls and print each answer; or serve the kernel to other programs')
    .argument('<file>', 'the script, or - for standard input; --help tells what is in one')
    .option('-o, --output <WxH[@HZ][,NAME]>', 'a display of the kernel (1920x1080@60)', collectOutputs)
    .addHelpText('after', HELP)
    .action(runScript);
  withServerOptions(kernel.command('serve'))
    .description(
      'offer the devices to programs of your own, without a compositor: each connection is a process on the seat, and the first to open the card is its master',
    )
    .action(serve);
  return kernel;
}
