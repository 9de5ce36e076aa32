import { describe, expect, it } from 'vitest';
import { binaries } from './binaries.ts';
import { catalogue, fullName } from './catalogue.ts';
import { runSubtest } from './run.ts';
import { igtTable } from './summary.ts';

const namesOf = (subtests: object, binary: string) =>
  Object.keys(subtests).map(name => [fullName(binary, name), name] as const);

describe.each(binaries)('$name', binary => {
  it.each(namesOf(binary.subtests, binary.name))('%s', (_, name) => {
    runSubtest(binary, name);
    runSubtest(binary, name, { order: 'random', seed: 7, behaves: '6.12' });
  });
});

describe.each(catalogue)(
  'the names of $binary',
  ({ binary, asIs = [], adapted = [], skipped = [], left = {} }) => {
    const tests = binaries.find(({ name }) => name === binary)?.subtests ?? {};

    it('each have a test, or a reason why not, which there is none for those that hold as they stand', () => {
      expect(asIs.filter(name => !tests[name])).toEqual([]);
      expect([...adapted, ...skipped].filter(name => !tests[name]).sort()).toEqual(Object.keys(left).sort());
    });

    it('are not twice on the list, and no test has another', () => {
      const all = [...asIs, ...adapted, ...skipped];
      expect(new Set(all).size).toBe(all.length);
      expect(Object.keys(tests).filter(name => !all.includes(name))).toEqual([]);
    });
  },
);

describe('a subtest', () => {
  const complaintOf = (name: string, body: Parameters<typeof runSubtest>[0]['subtests'][string]) => {
    try {
      runSubtest({ name: 'made_up', subtests: { [name]: body } }, name);
      return null;
    } catch (error) {
      return String(error);
    }
  };

  it('fails when it leaves a thread behind, or is not there', () => {
    expect(complaintOf('tidy', ({ task }) => void task.eventfd())).toBeNull();
    const sleeper = complaintOf('sleeper', ({ kernel }) => {
      kernel.thread(
        'sleeper',
        (function* () {
          yield { what: 'nothing', interruptible: false, arm: () => () => {} };
        })(),
      );
    });
    expect(sleeper).toMatch(/what is left/);
    expect(() => runSubtest({ name: 'made_up', subtests: {} }, 'missing')).toThrow(
      'made_up has no subtest missing',
    );
  });
});

it('is counted by npm run conformance', () => {
  const [first] = catalogue;
  const report = { binary: first!.binary, subtests: 3, covered: 2, passing: 1, left: [] };
  const table = igtTable([{ ...report, failing: [{ subtest: 'a@b', complaint: 'wrong' }] }]);
  expect(table.split('\n').map(line => line.trim().split(/\s+/))).toEqual([
    ['binary', 'subtests', 'covered', 'passing'],
    [first!.binary, '3', '2', '1'],
    ['all', '3', '2', '1'],
    [''],
    ['a@b'],
    ['wrong'],
  ]);
});
