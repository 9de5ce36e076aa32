import { describe, expect, it } from 'vitest';
import { binaries } from './binaries.ts';
import { catalogue, fullName } from './catalogue.ts';
import { runSubtest } from './run.ts';

describe.each(binaries)('$name', binary => {
  it.each(Object.keys(binary.subtests).map(name => [fullName(binary.name, name), name] as const))(
    '%s',
    (_, name) => {
      runSubtest(binary, name);
      runSubtest(binary, name, { order: 'random', seed: 7 });
    },
  );
});

describe('the list of names', () => {
  it.each(catalogue)(
    'of $binary has a test for each that holds as it stands, and a reason for each other',
    listing => {
      const { asIs = [], adapted = [], left = {} } = listing;
      const tests = binaries.find(({ name }) => name === listing.binary)?.subtests ?? {};
      expect(asIs.filter(name => !tests[name])).toEqual([]);
      expect(adapted.filter(name => !tests[name])).toEqual(Object.keys(left));
    },
  );

  it('has every test, and no name twice', () => {
    const testable = catalogue.flatMap(({ binary, asIs = [], adapted = [] }) =>
      [...asIs, ...adapted].map(name => fullName(binary, name)),
    );
    const tests = binaries.flatMap(({ name, subtests }) =>
      Object.keys(subtests).map(each => fullName(name, each)),
    );
    expect(tests.filter(name => !testable.includes(name))).toEqual([]);
    expect(new Set(testable).size).toBe(testable.length);
  });
});
