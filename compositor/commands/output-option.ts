import { InvalidArgumentError } from 'commander';

/** One display, as the command line or a test describes it. */
export interface OutputDescription {
  readonly name: string;
  /** Pixels of the preferred mode. */
  readonly width: number;
  readonly height: number;
  /** Millihertz, as wl_output.mode has it: 60000 is 60 Hz. */
  readonly refresh: number;
  /** Device pixels per logical pixel, in steps of 1/120; 1 if left out. */
  readonly scale?: number;
}

const SPELLING =
  /^(\d{1,5})x(\d{1,5})(?:@(\d{1,3}(?:\.\d{1,3})?))?(?:\*(\d(?:\.\d{1,4})?))?(?:,([A-Za-z0-9_-]{1,32}))?$/;
const LARGEST = 8192;
/** wp_fractional_scale_v1 tells scales in parts of this. */
const SCALE_PARTS = 120;

/** `1920x1080@60*1.5,NAME`; rate (60), scale (1) and name (Virtual-N) may be left out. Throws commander's InvalidArgumentError. */
export function parseOutput(text: string, earlier: readonly OutputDescription[] = []): OutputDescription {
  const match = SPELLING.exec(text);
  if (!match)
    throw new InvalidArgumentError(
      `expected WIDTHxHEIGHT[@HZ][*SCALE][,NAME], for example 1280x720@75,Left or 2560x1440*1.5`,
    );
  const [, width, height, hertz = '60', factor, name = `Virtual-${earlier.length + 1}`] = match;
  const output = {
    name,
    width: Number(width),
    height: Number(height),
    refresh: Math.round(Number(hertz) * 1000),
    ...(factor ? { scale: Math.round(Number(factor) * SCALE_PARTS) / SCALE_PARTS } : {}),
  };
  for (const side of [output.width, output.height])
    if (side < 16 || side > LARGEST)
      throw new InvalidArgumentError(`a side has 16 to ${LARGEST} pixels, not ${side}`);
  if (output.refresh < 1000 || output.refresh > 500_000)
    throw new InvalidArgumentError(`the rate is 1 to 500 Hz, not ${hertz}`);
  if (output.scale !== undefined && (output.scale < 0.5 || output.scale > 4))
    throw new InvalidArgumentError(`the scale is 0.5 to 4, not ${factor}`);
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
