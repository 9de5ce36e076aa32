import type { Probe } from '../conformance/probe.ts';

/** Makes the calls of a subtest and throws where an answer is not what the subtest asserts. */
export type Subtest = (probe: Probe) => void;

/** A program of the suite: its subtests by name. */
export interface Binary {
  readonly name: string;
  readonly subtests: { readonly [name: string]: Subtest };
}
