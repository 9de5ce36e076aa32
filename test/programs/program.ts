// What a program of the catalogue is.
import type { LayoutName } from '../../compositor/scene/layout.ts';
import type { Stage } from './stage.ts';

/** How a program's frames come. */
export type Motion =
  /** It draws when something happens. */
  | 'still'
  /** A frame for each of the display's. */
  | 'display'
  /** At a rate of its own. */
  | 'own'
  /** As many as it can. */
  | 'unthrottled';

export interface Program {
  /** What it is called here and, mostly, what its binary is called. */
  readonly name: string;
  /** The Debian package that has it. */
  readonly package: string;
  /** The command, or what it depends on: files that do not exist on every machine are looked for. */
  readonly command: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly motion: Motion;
  /** Distinct colours that its picture has at least; 2 unless given: more than an empty rectangle. */
  readonly colours?: number;
  /** What it is put through once it shows something. Resolves with words on what was seen; throws when it was not. */
  readonly act?: (stage: Stage) => Promise<string>;
  /**
   * How it ends: asked by the window's close button, by SIGTERM, or by itself. Whoever ends by itself shows no window that
   * has to be waited for.
   */
  readonly end: 'close' | 'signal' | 'itself';
  /** Statuses other than 0, or signals, that are a clean end of this program: what becomes of it is not ours. */
  readonly statuses?: readonly (number | NodeJS.Signals)[];
  /** How windows share the screen; `tiled` unless given. */
  readonly layout?: LayoutName;
  /** It refuses to run as root: another user runs it. */
  readonly notAsRoot?: true;
  /** Other programs that `act` runs. */
  readonly needs?: readonly string[];
}

/** What came of a run. */
export interface Outcome {
  readonly program: Program;
  readonly verdict: 'ok' | 'failed' | 'left out';
  /** What was seen, or what went wrong. */
  readonly words: string;
  /** Commits of its surfaces in the measured time, and those that an output was the first to show. */
  readonly commits: number;
  readonly shown: number;
  /** Commits per second of the machine's time; null when nothing was measured. */
  readonly rate: number | null;
  /** The PNG file, or null without one. */
  readonly screenshot: string | null;
}
