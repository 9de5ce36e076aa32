import { constants, structs, suggestion } from './names.ts';
import { ScriptError, type Statement, type Token } from './tokens.ts';
import { Answer, asNumber, cast, isList, isRecord, kindOf, type Value } from './values.ts';

/** What a variable stands for. Throws a TypeError when there is none. */
export type Variables = (name: string) => Value;

type Binary = (left: bigint, right: bigint) => bigint;
/** Those that bind closest come first. */
const OPERATORS: readonly { readonly [mark: string]: Binary }[] = [
  { '*': (left, right) => left * right },
  { '+': (left, right) => left + right },
  { '<<': (left, right) => left << right },
  { '|': (left, right) => left | right },
];
const LONGEST_LIST = 1 << 16;

/** Reads the arguments of one statement, evaluating them. */
export class Parser {
  readonly #statement: Statement;
  readonly #variables: Variables;
  #at = 0;

  constructor(statement: Statement, variables: Variables) {
    this.#statement = statement;
    this.#variables = variables;
  }

  get ended(): boolean {
    return this.#at === this.#statement.tokens.length;
  }

  fail(words: string): never {
    throw new ScriptError(this.#statement.line, words);
  }

  peek(ahead = 0): Token | undefined {
    return this.#statement.tokens[this.#at + ahead];
  }

  /** Takes a mark if it is the next. */
  take(mark: string): boolean {
    const next = this.peek();
    if (next?.kind !== 'mark' || next.text !== mark) return false;
    this.#at++;
    return true;
  }

  /** The next word, which has to be a name. */
  name(what: string): string {
    const next = this.#next(what);
    return next.kind === 'name' ? next.text : this.fail(`${what} is expected, not '${next.text}'`);
  }

  /** A word that stands for itself, a path or a text. */
  word(what: string): string {
    const next = this.#next(what);
    if (next.kind === 'name' || next.kind === 'path' || next.kind === 'string') return next.text;
    return this.fail(`${what} is expected, not '${next.text}'`);
  }

  number(what: string): bigint {
    return this.#checked(what, () => asNumber(this.value(what)));
  }

  /** An expression. */
  value(what: string, level = OPERATORS.length - 1): Value {
    if (level < 0) return this.#primary(what);
    let value = this.value(what, level - 1);
    for (;;) {
      const next = this.peek();
      const operator = next?.kind === 'mark' ? OPERATORS[level]![next.text] : undefined;
      if (!operator) return value;
      this.#at++;
      const left = value;
      const right = this.value(what, level - 1);
      value = this.#checked(what, () => operator(asNumber(left), asNumber(right)));
    }
  }

  #next(what: string): Token {
    return this.#statement.tokens[this.#at++] ?? this.fail(`${what} is missing`);
  }

  #primary(what: string): Value {
    const next = this.#next(what);
    switch (next.kind) {
      case 'number':
        return next.value;
      case 'string':
      case 'path':
        return next.text;
      case 'variable':
        return this.#member(
          `$${next.text}`,
          this.#checked(what, () => this.#variables(next.text)),
        );
      case 'name':
        return this.#named(next.text, what);
      case 'mark':
        return this.#bracketed(next.text, what);
    }
  }

  #bracketed(mark: string, what: string): Value {
    if (mark === '{') return this.#record();
    if (mark === '[') return this.#list();
    if (mark === '-') return -asNumber(this.#primary(what));
    return this.fail(`${what} is expected, not '${mark}'`);
  }

  /** A constant, or a struct: `drm_mode_modeinfo { ... }` is the bytes of one, `drm_event $bytes` the record that they are. */
  #named(name: string, what: string): Value {
    const constant = constants.get(name);
    if (constant !== undefined) return constant;
    const struct = structs.get(name);
    if (!struct)
      return this.fail(
        `there is no constant ${name}${suggestion(name, [...constants.keys(), ...structs.keys()])}`,
      );
    return this.#checked(what, () => cast(struct, this.#primary(struct.name)));
  }

  #record(): Value {
    const record: { [field: string]: Value } = {};
    while (!this.take('}')) {
      const name = this.name('the name of a field');
      if (!this.take(':')) this.fail(`after the field ${name}, ':' and its value are expected`);
      record[name] = this.value(`the value of ${name}`);
      if (!this.take(',') && this.peek()?.text !== '}')
        this.fail(`after the value of ${name}, ',' or '}' is expected`);
    }
    return record;
  }

  /** `[1, 2, 3]`, or `[0; 64]`: the same 64 times. */
  #list(): Value {
    const list: Value[] = [];
    while (!this.take(']')) {
      const item = this.value('an item of the list');
      list.push(item);
      if (list.length === 1 && this.take(';')) {
        const count = Number(this.number('how often'));
        if (!(count >= 0 && count <= LONGEST_LIST)) this.fail(`a list has at most ${LONGEST_LIST} items`);
        if (!this.take(']')) this.fail("']' is expected");
        return Array.from({ length: count }, () => item);
      }
      if (!this.take(',') && this.peek()?.text !== ']')
        this.fail("after an item of a list, ',' or ']' is expected");
    }
    return list;
  }

  /** `.field` and `[index]` behind a variable. */
  #member(path: string, value: Value): Value {
    if (this.take('.')) {
      const name = this.name('the name of a field');
      return this.#member(`${path}.${name}`, this.#field(path, value, name));
    }
    // A list may be the next argument: an index follows without a blank, but blanks are gone, so only a list is indexed.
    if (isList(value) && this.take('[')) {
      const index = this.number('an index');
      if (!this.take(']')) this.fail("']' is expected");
      const item = value[Number(index)];
      if (item === undefined) this.fail(`${path} has ${value.length} items, there is none at ${index}`);
      return this.#member(`${path}[${index}]`, item);
    }
    return value;
  }

  #field(path: string, value: Value, name: string): Value {
    const fields = value instanceof Answer ? value.fields : isRecord(value) ? value : null;
    if (!fields) return this.fail(`${path} is ${kindOf(value)} and has no fields`);
    const field = fields[name];
    if (field !== undefined && Object.hasOwn(fields, name)) return field;
    const known = Object.keys(fields);
    return this.fail(`${path} has no field ${name}${known.length > 0 ? `; it has ${known.join(', ')}` : ''}`);
  }

  /** Errors of values, with the line. */
  #checked<T>(what: string, body: () => T): T {
    try {
      return body();
    } catch (error) {
      if (!(error instanceof TypeError) && !(error instanceof RangeError)) throw error;
      return this.fail(`${what}: ${error.message}`);
    }
  }
}
