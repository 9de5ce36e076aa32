import { writeFileSync } from 'node:fs';
import type { Command } from 'commander';

/** How long the compositor may take to answer, in milliseconds. */
const PATIENCE = 10_000;

async function save(file: string, options: { output?: string; display?: string }): Promise<void> {
  // A server starts faster without a client's modules.
  const [{ PNG }, { connect, screenshot }] = await Promise.all([
    import('pngjs'),
    import('../../client-sdk/index.ts'),
  ]);
  const client = await connect(options.display ? { display: options.display } : {});
  const wanted = options.output ? { output: options.output } : {};
  // An open connection would keep the program from ending.
  const taken = screenshot(client, { timeout: PATIENCE, ...wanted }).finally(() => client.close());
  const { width, height, data } = await taken;
  const png = new PNG({ width, height });
  png.data = Buffer.from(data);
  writeFileSync(file, PNG.sync.write(png));
  console.log(`${file}: ${width}x${height}`);
}

export const addScreenshot = (program: Command): Command =>
  program
    .command('screenshot')
    .description('what an output of a running compositor shows, as a PNG file')
    .argument('<file.png>', 'where to write it')
    .option('-o, --output <name>', 'which output; by default the first')
    .option('-d, --display <socket>', 'which compositor; by default FENCEPOST_DISPLAY')
    .action(save);
