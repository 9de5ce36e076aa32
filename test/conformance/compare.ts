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

/** The number of a mount in fdinfo comes from what was mounted before, and is compared by shape. */
const MOUNT = /\bmnt_id:\t\d+/g;
/** The name that a sync file gets from its fence: DRIVER-TIMELINE, the context of the timeline, and the fence's number. */
const FENCE_NAME = /^(\S*?[^\d\s-])(\d+)-(\d+)$/;

/**
 * Contexts of fences count up from boot, so their numbers are others here. But what was one timeline in the recording has
 * to be one timeline, and what were two, two.
 */
class Contexts {
  readonly #answered = new Map<string, string>();
  readonly #recorded = new Map<string, string>();

  pair(recorded: string, answered: string): boolean {
    if ((this.#answered.get(recorded) ?? answered) !== answered) return false;
    if ((this.#recorded.get(answered) ?? recorded) !== recorded) return false;
    this.#answered.set(recorded, answered);
    this.#recorded.set(answered, recorded);
    return true;
  }
}

/** Compares the lines of a port with a recording, in order. */
export function compare(recorded: readonly Line[], answered: readonly Line[]): ComparedCase[] {
  const left = [...answered];
  const contexts = new Contexts();
  const compared = recorded.map(line => {
    const at = left.findIndex(candidate => candidate.case === line.case);
    if (at < 0) return failed(line, 'case', line.case, undefined);
    const [found, ...skipped] = [left[at]!, ...left.slice(0, at)];
    left.splice(at, 1);
    if (skipped.length > 0 && recorded.some(other => other.case === skipped[0]!.case))
      return failed(line, 'order', line.case, skipped[0]!.case);
    return { case: line.case, call: line.call, differences: differencesOf(line, found, contexts) };
  });
  return [...compared, ...left.map(line => failed(line, 'case', undefined, line.case))];
}

/** The leaves in which two lines differ. `contexts` is what earlier lines have paired. */
export function differencesOf(recorded: Line, answered: Line, contexts = new Contexts()): Difference[] {
  const differences: Difference[] = [];
  for (const key of ['setup', 'call', 'ret', 'errno', 'state'] as const)
    walk({ path: key, recorded: recorded[key], answered: answered[key] }, contexts, differences);
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

function walk(leaf: Difference, contexts: Contexts, into: Difference[]): void {
  const { path, recorded, answered } = leaf;
  if (isNode(recorded) && isNode(answered) && Array.isArray(recorded) === Array.isArray(answered)) {
    for (const key of new Set([...Object.keys(recorded), ...Object.keys(answered)]))
      walk({ path: `${path}.${key}`, recorded: recorded[key], answered: answered[key] }, contexts, into);
    return;
  }
  if (isNode(recorded) || !sameLeaf(recorded, answered, contexts)) into.push(leaf);
}

function isNode(value: Json | undefined): value is { readonly [key: string]: Json | undefined } {
  return typeof value === 'object' && value !== null;
}

function sameLeaf(recorded: Json | undefined, answered: Json | undefined, contexts: Contexts): boolean {
  if (recorded === ANYTHING) return true;
  if (typeof recorded !== 'string' || answered === undefined || answered === null)
    return recorded === answered;
  const placeholder = PLACEHOLDERS[recorded];
  if (placeholder) return placeholder.test(String(answered));
  if (typeof answered !== 'string') return false;
  return sameName(recorded, answered, contexts) ?? sameText(recorded, answered);
}

/** Whether two names of fences are of one timeline and number; null for what is no such name. */
function sameName(recorded: string, answered: string, contexts: Contexts): boolean | null {
  const [, name, context, seqno] = FENCE_NAME.exec(recorded) ?? [];
  const [, otherName, otherContext, otherSeqno] = FENCE_NAME.exec(answered) ?? [];
  if (context === undefined || otherContext === undefined) return null;
  return name === otherName && seqno === otherSeqno && contexts.pair(context, otherContext);
}

/** Text may hold placeholders, and the number of a mount. */
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

const byShape = (text: string): string => text.replace(MOUNT, 'mnt_id:\t<mount>');
