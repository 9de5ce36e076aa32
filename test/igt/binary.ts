import type { Probe } from '../conformance/probe.ts';

/** Makes the calls of a subtest and throws where an answer is not what the subtest asserts. */
export type Subtest = (probe: Probe) => void;

/** A program of the suite: its subtests by name. */
export interface Binary {
  readonly name: string;
  /** Its subtests plug in devices, which have memory of their own for as long as there is the kernel. */
  readonly addsDevices?: boolean;
  readonly subtests: { readonly [name: string]: Subtest };
}
