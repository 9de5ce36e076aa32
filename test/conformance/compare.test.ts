import { describe, expect, it } from 'vitest';
import { compare, differencesOf } from './compare.ts';
import type { Line } from './line.ts';

const line = (part: Partial<Line>): Line => ({
  case: 'area.topic',
  setup: '',
  call: 'call()',
  ret: 0,
  errno: null,
  state: {},
  ...part,
});

const paths = (recorded: Partial<Line>, answered: Partial<Line>): string[] =>
  differencesOf(line(recorded), line(answered)).map(({ path }) => path);

describe('a line', () => {
  it('differs in each leaf that is another', () => {
    expect(paths({ ret: 5 }, { ret: 6 })).toEqual(['ret']);
    expect(paths({ ret: -1, errno: 'EINVAL' }, { ret: -1, errno: 'EPERM' })).toEqual(['errno']);
    expect(paths({ state: { a: [1, { b: true }] } }, { state: { a: [1, { b: false }] } })).toEqual([
      'state.a.1.b',
    ]);
  });

  it('differs where something is missing or too much', () => {
    expect(paths({ state: { a: 1 } }, { state: {} })).toEqual(['state.a']);
    expect(paths({ state: {} }, { state: { a: 1 } })).toEqual(['state.a']);
    expect(paths({ state: { a: [1] } }, { state: { a: [1, 2] } })).toEqual(['state.a.1']);
    expect(paths({ state: { a: {} } }, { state: { a: 1 } })).toEqual(['state.a']);
  });

  it('is right with any value of the kind that a placeholder stands for', () => {
    const state = { time: '<ns>', flag: '<bool>', place: '<ptr>', any: '<varies>' };
    expect(paths({ state }, { state: { time: 12, flag: true, place: '0x7f00', any: [1] } })).toEqual([]);
    expect(paths({ state }, { state: { time: 'soon', flag: 1, place: 'here', any: null } })).toEqual([
      'state.time',
      'state.flag',
      'state.place',
    ]);
    expect(paths({ state: { text: 'at 1.<n>: 2' } }, { state: { text: 'at 1.55: 2' } })).toEqual([]);
    expect(paths({ state: { text: 'at 1.<n>: 2' } }, { state: { text: 'at 1.55: 3' } })).toEqual([
      'state.text',
    ]);
  });

  it('may have other contexts in names and other mounts, and nothing else', () => {
    expect(paths({ state: { name: 'sw_sync-init539-1' } }, { state: { name: 'sw_sync-init2-1' } })).toEqual(
      [],
    );
    expect(paths({ state: { name: 'sw_sync-init539-1' } }, { state: { name: 'sw_sync-init539-2' } })).toEqual(
      ['state.name'],
    );
    expect(paths({ state: { name: 'vgem-a1-1' } }, { state: { name: 'vgem-b1-1' } })).toEqual(['state.name']);
    const info = (mount: number, inode: number) => ({
      fdinfo: `pos:\t0\nmnt_id:\t${mount}\nino:\t${inode}\n`,
    });
    expect(paths({ state: info(11, 3) }, { state: info(14, 3) })).toEqual([]);
    expect(paths({ state: info(11, 3) }, { state: info(11, 4) })).toEqual(['state.fdinfo']);
  });
});

describe('a recording', () => {
  const failing = (recorded: readonly string[], answered: readonly string[]): string[] =>
    compare(
      recorded.map(name => line({ case: name })),
      answered.map(name => line({ case: name })),
    ).flatMap(({ case: name, differences }) => (differences.length > 0 ? [name] : []));

  it('has the same timelines wherever it names them', () => {
    const named = (...names: string[]): Line[] => names.map(name => line({ case: 'a', state: { name } }));
    const differing = (one: Line[], other: Line[]): number =>
      compare(one, other).filter(({ differences }) => differences.length > 0).length;
    const recorded = named('sw_sync-a7-1', 'sw_sync-a9-1', 'sw_sync-a7-2');
    expect(differing(recorded, named('sw_sync-a1-1', 'sw_sync-a2-1', 'sw_sync-a1-2'))).toBe(0);
    expect(differing(recorded, named('sw_sync-a1-1', 'sw_sync-a2-1', 'sw_sync-a3-2'))).toBe(1);
    expect(differing(recorded, named('sw_sync-a1-1', 'sw_sync-a1-1', 'sw_sync-a1-2'))).toBe(1);
  });

  it('is answered line by line, cases of one name in their order', () => {
    expect(failing(['a', 'b', 'b', 'c'], ['a', 'b', 'b', 'c'])).toEqual([]);
  });

  it('wants every case, none more, and in order', () => {
    expect(failing(['a', 'b', 'c'], ['a', 'c'])).toEqual(['b']);
    expect(failing(['a', 'c'], ['a', 'b', 'c'])).toEqual(['b']);
    expect(failing(['a', 'b', 'b'], ['a', 'b'])).toEqual(['b']);
    expect(failing(['a', 'b', 'c'], ['b', 'a', 'c'])).toContain('a');
  });
});
