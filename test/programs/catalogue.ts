// Every program that `npm run programs` knows.
import { graphicsPrograms } from './catalogue-graphics.ts';
import { togetherPrograms } from './catalogue-together.ts';
import { toolkitPrograms } from './catalogue-toolkits.ts';
import { toolPrograms } from './catalogue-tools.ts';
import { westonPrograms } from './catalogue-weston.ts';
import type { Program } from './program.ts';

export const catalogue: readonly Program[] = [
  ...westonPrograms,
  ...toolkitPrograms,
  ...graphicsPrograms,
  ...toolPrograms,
  ...togetherPrograms,
];
