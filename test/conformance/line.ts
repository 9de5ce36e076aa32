export type Json =
  | null
  | boolean
  | number
  | string
  | readonly Json[]
  | { readonly [key: string]: Json | undefined };

/** What is seen after a call. */
export type State = { readonly [key: string]: Json | undefined };

/** One call, or one observation, and its answer: the form of the recordings, one of these per line. */
export interface Line {
  readonly case: string;
  /** What the call found; the state that earlier cases left goes without saying. */
  readonly setup: string;
  readonly call: string;
  /** The return value; a successful mmap is 0, a failed call -1, an observation 0. */
  readonly ret: number | string;
  /** The error's name, null when there was none; what varies between boots is a placeholder. */
  readonly errno: string | null;
  readonly state: State;
}

/** The lines of a recording. */
export function parseLines(text: string): Line[] {
  return text
    .split('\n')
    .filter(line => line !== '')
    .map(line => JSON.parse(line) as Line);
}
