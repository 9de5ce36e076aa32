import type { Command } from 'commander';
import { connect, describe } from '../../client-sdk/index.ts';

/** How long the compositor may take to answer, in milliseconds. */
const PATIENCE = 10_000;

async function info(options: { display?: string }): Promise<void> {
  const client = await connect(options.display ? { display: options.display } : {});
  const { globals, outputs, shmFormats, dmabufFormats } = await describe(client, { timeout: PATIENCE });
  await client.close();
  console.log('globals');
  for (const global of globals) console.log(`  ${global.interface} ${global.version}`);
  console.log('outputs');
  for (const { name, width, height, refresh, x, y, description } of outputs)
    console.log(`  ${name}   ${width}x${height} at ${refresh / 1000} Hz, at ${x},${y}   ${description}`);
  console.log(`wl_shm formats   ${shmFormats.map(format => format.name).join(' ')}`);
  console.log(`dma-buf formats  ${dmabufFormats.map(format => format.name).join(' ')}`);
}

export const addInfo = (program: Command): Command =>
  program
    .command('info')
    .description('globals, devices, outputs, modes, planes and formats of a running compositor')
    .option('-d, --display <socket>', 'which compositor; by default FENCEPOST_DISPLAY')
    .action(info);
