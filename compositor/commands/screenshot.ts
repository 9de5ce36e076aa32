import { writeFileSync } from 'node:fs';
import type { Command } from 'commander';
import type { Screenshot } from '../../client-sdk/index.ts';
import { PATIENCE, withClient } from './client.ts';

async function save(file: string, options: { output?: string; display?: string }): Promise<void> {
  const taken = await withClient(options.display, async client => {
    const { screenshot } = await import('../../client-sdk/index.ts');
    return screenshot(client, { timeout: PATIENCE, ...(options.output ? { output: options.output } : {}) });
  });
  try {
    writeFileSync(file, await pngOf(taken));
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`the screenshot cannot be written to ${file} (${why})`, { cause });
  }
  console.log(`${file}: ${taken.width}x${taken.height}`);
}

async function pngOf({ width, height, data }: Screenshot): Promise<Uint8Array> {
  const { PNG } = await import('pngjs');
  const png = new PNG({ width, height });
  png.data = Buffer.from(data);
  return PNG.sync.write(png);
}

export const addScreenshot = (program: Command): Command =>
  program
    .command('screenshot')
    .description('what an output of a running compositor shows, as a PNG file')
    .argument('<file.png>', 'where to write it')
    .option('-o, --output <name>', 'which output; by default the first')
    .option('-d, --display <socket>', 'which compositor; by default FENCEPOST_DISPLAY')
    .action(save);
