import { parseArgs } from 'node:util';

const { values } = parseArgs({
  options: { frames: { type: 'string' }, help: { type: 'boolean', short: 'h' } },
});

if (values.help) {
  console.log('A window whose colours move.\n\n  --frames N   stop after N frames\n  --help       show this');
  process.exit();
}

/** The number given as `--frames`, else endless. */
export const frameLimit = values.frames === undefined ? Number.POSITIVE_INFINITY : Number(values.frames);
