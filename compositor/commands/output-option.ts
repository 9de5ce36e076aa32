import { InvalidArgumentError } from 'commander';

/** One display, as the command line or a test describes it. */
export interface OutputDescription {
  readonly name: string;
  /** Pixels of the preferred mode. */
  readonly width: number;
  readonly height: number;
  /** Millihertz, as wl_output.mode has it: 60000 is 60 Hz. */
  readonly refresh: number;
}

const SPELLING = /^(\d{1,5})x(\d{1,5})(?:@(\d{1,3}(?:\.\d{1,3})?))?(?:,([A-Za-z0-9_-]{1,32}))?$/;
const LARGEST = 8192;

/** `1920x1080@60,NAME`; rate (60) and name (Virtual-N) may be left out. Throws commander's InvalidArgumentError. */
export function parseOutput(text: string, earlier: readonly OutputDescription[] = []): OutputDescription {
  const match = SPELLING.exec(text);
  if (!match)
    throw new InvalidArgumentError(`expected WIDTHxHEIGHT[@HZ][,NAME], for example 1280x720@75,Left`);
  const [, width, height, hertz = '60', name = `Virtual-${earlier.length + 1}`] = match;
  const output = {
    name,
    width: Number(width),
    height: Number(height),
    refresh: Math.round(Number(hertz) * 1000),
  };
  for (const side of [output.width, output.height])
    if (side < 16 || side > LARGEST)
      throw new InvalidArgumentError(`a side has 16 to ${LARGEST} pixels, not ${side}`);
  if (output.refresh < 1000 || output.refresh > 500_000)
    throw new InvalidArgumentError(`the rate is 1 to 500 Hz, not ${hertz}`);
  if (earlier.some(other => other.name === name))
    throw new InvalidArgumentError(`there are two outputs named ${name}`);
  return output;
}

/** For options that may be given several times. */
export const collectOutputs = (text: string, earlier: OutputDescription[] = []): OutputDescription[] => [
  ...earlier,
  parseOutput(text, earlier),
];

export const DEFAULT_OUTPUT: OutputDescription = parseOutput('1920x1080@60');
