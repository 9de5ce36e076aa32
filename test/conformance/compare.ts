import type { Json, Line } from './line.ts';

/** One leaf that is not what was recorded. */
export interface Difference {
  /** `ret`, `errno`, `call`, `setup`, or a path below `state`. */
  readonly path: string;
  readonly recorded: Json | undefined;
  readonly answered: Json | undefined;
}

/** A recorded case and how the model answered it. */
export interface ComparedCase {
  readonly case: string;
  readonly call: string;
  readonly differences: readonly Difference[];
}

/** What stood in place of a leaf that was not the same in every boot. */
const PLACEHOLDERS: { readonly [placeholder: string]: RegExp } = {
  '<ns>': /^-?\d+$/,
  '<ino>': /^\d+$/,
  '<pid>': /^\d+$/,
  '<ptr>': /^(0x[0-9a-f]+|\d+)$/,
  '<n>': /^-?\d+$/,
  '<bool>': /^(true|false)$/,
};
const ANYTHING = '<varies>';

/**
 * Numbers that come from what ran before, in the same boot, and so are compared by shape: the context in the name that
 * a sync file gets from its fence (`DRIVER-TIMELINE<context>-<seqno>`), and the number of a mount in fdinfo.
 */
const HISTORY: readonly [RegExp, string][] = [
  [/^(\S*?[^\d\s-])\d+-(\d+)$/, '$1<context>-$2'],
  [/\bmnt_id:\t\d+/g, 'mnt_id:\t<mount>'],
];

/** Compares the lines of a port with a recording, in order. */
export function compare(recorded: readonly Line[], answered: readonly Line[]): ComparedCase[] {
  const left = [...answered];
  const compared = recorded.map(line => {
    const at = left.findIndex(candidate => candidate.case === line.case);
    if (at < 0) return failed(line, 'case', line.case, undefined);
    const [found, ...skipped] = [left[at]!, ...left.slice(0, at)];
    left.splice(at, 1);
    if (skipped.length > 0 && recorded.some(other => other.case === skipped[0]!.case))
      return failed(line, 'order', line.case, skipped[0]!.case);
    return { case: line.case, call: line.call, differences: differencesOf(line, found) };
  });
  return [...compared, ...left.map(line => failed(line, 'case', undefined, line.case))];
}

/** The leaves in which two lines differ. */
export function differencesOf(recorded: Line, answered: Line): Difference[] {
  const differences: Difference[] = [];
  for (const key of ['setup', 'call', 'ret', 'errno', 'state'] as const)
    walk(key, recorded[key], answered[key], differences);
  return differences;
}

function failed(
  line: Line,
  path: string,
  recorded: Json | undefined,
  answered: Json | undefined,
): ComparedCase {
  return { case: line.case, call: line.call, differences: [{ path, recorded, answered }] };
}

function walk(
  path: string,
  recorded: Json | undefined,
  answered: Json | undefined,
  into: Difference[],
): void {
  if (isNode(recorded) && isNode(answered) && Array.isArray(recorded) === Array.isArray(answered)) {
    const keys = new Set([...Object.keys(recorded), ...Object.keys(answered)]);
    for (const key of keys) walk(`${path}.${key}`, recorded[key], answered[key], into);
    return;
  }
  if (!isNode(recorded) && sameLeaf(recorded, answered)) return;
  into.push({ path, recorded, answered });
}

function isNode(value: Json | undefined): value is { readonly [key: string]: Json | undefined } {
  return typeof value === 'object' && value !== null;
}

function sameLeaf(recorded: Json | undefined, answered: Json | undefined): boolean {
  if (recorded === answered || recorded === ANYTHING) return true;
  if (typeof recorded !== 'string' || answered === undefined || answered === null) return false;
  const placeholder = PLACEHOLDERS[recorded];
  if (placeholder) return placeholder.test(String(answered));
  return typeof answered === 'string' && sameText(recorded, answered);
}

/** Text may hold placeholders and numbers that come from history. */
function sameText(recorded: string, answered: string): boolean {
  const shape = byShape(recorded);
  if (shape === byShape(answered)) return true;
  if (!/<\w+>/.test(shape)) return false;
  const pattern = shape.split(/(<\w+>)/).map(part => {
    const source = PLACEHOLDERS[part]?.source.slice(1, -1);
    return source ?? part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  });
  return new RegExp(`^${pattern.join('')}$`).test(byShape(answered));
}

function byShape(text: string): string {
  return HISTORY.reduce((shape, [pattern, replacement]) => shape.replace(pattern, replacement), text);
}
