import { readdirSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { openHostFiles } from '../../compositor/machine/host-files.ts';
import { programs } from './program.ts';
import { runs } from './runs.ts';

const TIMEOUT = 600_000;

describe('random programs of kernel calls', () => {
  it(
    'keep the rules, and leave everything as it was where a step of a call fails',
    () => {
      const property = fc.property(programs(40, true), program => program.run());
      fc.assert(property, runs(40));
    },
    TIMEOUT,
  );

  it(
    'keep the rules when nobody looks in between',
    () => {
      const property = fc.property(programs(120, false), program => program.run());
      fc.assert(property, runs(60));
    },
    TIMEOUT,
  );

  it(
    'leave no descriptor of the host open',
    () => {
      const host = openHostFiles();
      const open = (): number => readdirSync('/proc/self/fd').length;
      const property = fc.property(programs(60, true), program => {
        const before = open();
        program.run(host);
        expect(open()).toBe(before);
      });
      fc.assert(property, runs(10));
    },
    TIMEOUT,
  );
});
