import fc from 'fast-check';
import { describe, it } from 'vitest';
import { programs } from './program.ts';
import { runs } from './runs.ts';

describe('random programs of kernel calls', () => {
  it('keep the rules, and leave everything as it was where a step of a call fails', () => {
    fc.assert(
      fc.property(programs(40, true), program => program.run()),
      runs(40),
    );
  });

  it('keep the rules when nobody looks in between', () => {
    fc.assert(
      fc.property(programs(120, false), program => program.run()),
      runs(60),
    );
  });
});
