/** What is wrong with a script, and in which line. */
export class ScriptError extends Error {
  override readonly name = 'ScriptError';
  readonly line: number;

  constructor(line: number, words: string) {
    super(`line ${line}: ${words}`);
    this.line = line;
  }
}

export type Token =
  | { readonly kind: 'name' | 'path' | 'string' | 'variable' | 'mark'; readonly text: string }
  | { readonly kind: 'number'; readonly value: bigint; readonly text: string };

/** A call with all of its arguments: as many lines as its brackets span. */
export interface Statement {
  /** Where it begins, counted from 1. */
  readonly line: number;
  readonly source: string;
  readonly tokens: readonly Token[];
}

const PATTERNS: readonly [kind: Token['kind'] | 'blank', pattern: RegExp][] = [
  ['blank', /(?:\s+|#[^\n]*)+/y],
  ['path', /\/[\w./:-]+/y],
  ['string', /"(?:[^"\\\n]|\\.)*"/y],
  ['variable', /\$[A-Za-z_]\w*/y],
  ['number', /(?:0x[0-9a-fA-F_]+|\d[\d_]*(?:ns|us|ms|s|K|M)?)(?!\w)/y],
  ['name', /[A-Za-z_]\w*/y],
  ['mark', /<<|[{}[\]:,;|+*=&.-]/y],
];

const UNITS: Readonly<Record<string, bigint>> = {
  ns: 1n,
  us: 1_000n,
  ms: 1_000_000n,
  s: 1_000_000_000n,
  K: 1024n,
  M: 1024n * 1024n,
};

function numberOf(text: string): bigint {
  const [, digits = '', unit] = /^(0x[0-9a-fA-F_]+|[\d_]+)([A-Za-z]*)$/.exec(text) ?? [];
  return BigInt(digits.replaceAll('_', '')) * (unit ? UNITS[unit]! : 1n);
}

/** The text between quotes, where a backslash takes the next letter as it is, but for `\n`. */
function unescaped(text: string): string {
  return text.slice(1, -1).replace(/\\(.)/g, (_, letter: string) => (letter === 'n' ? '\n' : letter));
}

function tokenOf(kind: Token['kind'], text: string): Token {
  if (kind === 'number') return { kind, text, value: numberOf(text) };
  if (kind === 'string') return { kind, text: unescaped(text) };
  return { kind, text: kind === 'variable' ? text.slice(1) : text };
}

/** The words of a text. Throws a ScriptError for what is none. */
function tokensOf(text: string, line: number): Token[] {
  const tokens: Token[] = [];
  for (let at = 0; at < text.length; ) {
    const match = PATTERNS.flatMap(([kind, pattern]) => {
      pattern.lastIndex = at;
      const found = pattern.exec(text)?.[0];
      return found ? [{ kind, found }] : [];
    })[0];
    if (!match) throw new ScriptError(line, `'${text.slice(at).split(/\s/)[0]}' is not understood`);
    if (match.kind !== 'blank') tokens.push(tokenOf(match.kind, match.found));
    at += match.found.length;
  }
  return tokens;
}

const OPENING = new Set(['{', '[']);
const CLOSING = new Set(['}', ']']);

/** How many brackets are open at the end. */
function depthOf(tokens: readonly Token[]): number {
  const marks = tokens.filter(token => token.kind === 'mark');
  return marks.reduce(
    (depth, { text }) => depth + (OPENING.has(text) ? 1 : 0) - (CLOSING.has(text) ? 1 : 0),
    0,
  );
}

/** The statements of a script: one a line, longer ones until their brackets are closed. */
export function statementsOf(script: string): Statement[] {
  const statements: Statement[] = [];
  let open: { line: number; source: string; tokens: Token[] } | null = null;
  for (const [index, text] of script.split('\n').entries()) {
    const tokens = tokensOf(text, index + 1);
    if (open) {
      open.source += `\n${text}`;
      open.tokens.push(...tokens);
    } else if (tokens.length > 0) open = { line: index + 1, source: text.trim(), tokens };
    if (!open || depthOf(open.tokens) > 0) continue;
    statements.push(open);
    open = null;
  }
  if (open) throw new ScriptError(open.line, 'a bracket that is opened here is never closed');
  return statements;
}
