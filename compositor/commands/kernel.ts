import { type Command, Option } from 'commander';
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
