#!/usr/bin/env node
import { readFileSync } from 'node:fs';
import { Command } from 'commander';
import { addClock } from './commands/clock.ts';
import { addDemo } from './commands/demo.ts';
import { addInfo } from './commands/info.ts';
import { addInput } from './commands/input.ts';
import { addKernel } from './commands/kernel.ts';
import { addRun } from './commands/run.ts';
import { addScreenshot } from './commands/screenshot.ts';
import { addServe } from './commands/serve.ts';
import { addWindows } from './commands/windows.ts';

const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
  version: string;
};

const program = new Command('fencepost')
  .description('A Wayland-style compositor on simulated graphics hardware.')
  .version(version)
  .enablePositionalOptions()
  .showHelpAfterError('(add --help for what is understood)');
addDemo(program);
addServe(program);
addRun(program);
addScreenshot(program);
addInfo(program);
addWindows(program);
addInput(program);
addClock(program);
addKernel(program);

try {
  await program.parseAsync();
} catch (error) {
  console.error(`fencepost: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
}
