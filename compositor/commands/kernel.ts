import type { Command } from 'commander';
import { KernelServer } from '../kernel-server.ts';
import { Host, type HostOptions } from './host.ts';
import { withServerOptions } from './serve.ts';
import { endRequested } from './session.ts';

async function serve(options: HostOptions): Promise<void> {
  const ending = endRequested();
  const host = await Host.start(options, kernel => new KernelServer({ kernel }));
  for (const line of host.sockets.lines) console.log(line);
  await ending;
  await host.stop();
}

export function addKernel(program: Command): Command {
  const kernel = program.command('kernel').description('the simulated kernel without a compositor');
  withServerOptions(kernel.command('serve'))
    .description(
      'serve its devices to programs of your own: theirs is the display, each connection is a process on the seat',
    )
    .action(serve);
  return kernel;
}
