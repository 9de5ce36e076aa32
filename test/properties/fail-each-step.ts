import type { DescriptorTable } from '../../compositor/kernel/task/descriptor-table.ts';
import { KernelError } from '../../compositor/kernel/task/kernel-error.ts';
import { Broken, holds } from './invariants.ts';
import type { World } from './world.ts';

/** Steps of one call at most; a call with more of them allocates without end. */
const MOST = 64;

/** Fails the nth step of a call: an allocation, or a number of a descriptor table. */
export class Failure {
  readonly #nth: number;
  #steps = 0;
  #what: string | null = null;

  constructor(nth: number) {
    this.#nth = nth;
  }

  /** What has failed; null until it has. */
  get what(): string | null {
    return this.#what;
  }

  fails(what: string): boolean {
    if (++this.#steps !== this.#nth) return false;
    this.#what = what;
    return true;
  }
}

/** Has a table ask `failure` before it gives out a number. */
export function failing(files: DescriptorTable, failure: () => Failure | null): void {
  const reserve = files.reserve.bind(files);
  files.reserve = lowest => {
    if (failure()?.fails('descriptor')) throw new KernelError('EMFILE', 'no number is left, says a test');
    return reserve(lowest);
  };
}

/**
 * Makes a call with its first step failing, then its second, until it goes through; returns what it gives then, or the
 * errno. A call that fails because of a step must say so, and leave everything as it was, but for the lines `ignored`.
 */
export function failEachStep(
  world: World,
  call: () => unknown,
  name: string,
  ignored: RegExp | null = null,
): unknown {
  for (let nth = 1; nth <= MOST; nth++) {
    const failure = new Failure(nth);
    const before = world.footprint();
    const answer = world.failing(failure, call);
    const { what } = failure;
    if (what === null) return answer;
    const expected = what === 'descriptor' ? 'EMFILE' : 'ENOMEM';
    holds(answer === expected, () => `${name} without a ${what} gives ${String(answer)}, not ${expected}`);
    const changed = difference(before, world.footprint()).filter(line => !ignored?.test(line));
    holds(changed.length === 0, () => `${name} without a ${what} leaves\n  ${changed.join('\n  ')}`);
  }
  throw new Broken(`${name} has more than ${MOST} steps that can fail`);
}

function difference(before: readonly string[], after: readonly string[]): string[] {
  return [
    ...before.filter(line => !after.includes(line)).map(line => `- ${line}`),
    ...after.filter(line => !before.includes(line)).map(line => `+ ${line}`),
  ];
}
