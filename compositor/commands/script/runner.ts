import { errnoMeaning } from '../../../protocol/uapi/errno.ts';
import { createDevices, type DevicesOptions } from '../../devices.ts';
import { addSwSync, type Kernel } from '../../kernel/index.ts';
import { KernelError, type Task } from '../../kernel/task/index.ts';
import { type Nanoseconds, SECOND } from '../../machine/machine.ts';
import { VirtualMachine } from '../../machine/virtual-machine.ts';
import { type Call, calls, type Started } from './calls.ts';
import { kmsCalls } from './kms-calls.ts';
import { suggestion } from './names.ts';
import { Parser } from './parser.ts';
import { ScriptError, type Statement, statementsOf } from './tokens.ts';
import type { CallName, WordName } from './usage.ts';
import { Answer, show, type Value } from './values.ts';

export interface ScriptOptions {
  readonly outputs: DevicesOptions['outputs'];
  /** Takes the lines of the answers. */
  readonly print: (line: string) => void;
}

/** How long a call may sleep, in virtual time, before the script interrupts it. */
const PATIENCE: Nanoseconds = 10n * SECOND;

/** A call that was started in the background, by the name of its variable. */
interface Pending extends Started {
  readonly what: string;
}

const systemCalls: Readonly<Record<CallName, Call>> = { ...calls, ...kmsCalls };

const isCall = (word: string): word is CallName => Object.hasOwn(systemCalls, word);

/** Runs a script on a kernel of its own, in virtual time. */
export class ScriptRunner implements Disposable {
  readonly #machine = new VirtualMachine();
  readonly #kernel: Kernel;
  readonly #print: (line: string) => void;
  readonly #processes = new Map<string, Task>();
  readonly #variables = new Map<string, Value>();
  readonly #pending = new Map<string, Pending>();
  #task: Task;
  /** Of the last call: what it returned, or its errno. */
  #last: bigint | string = 0n;

  constructor({ outputs, print }: ScriptOptions) {
    this.#print = print;
    this.#kernel = createDevices({
      machine: this.#machine,
      outputs,
      engines: 'virtual',
      memoryBytes: 256 << 20,
    }).kernel;
    addSwSync(this.#kernel);
    this.#task = this.#process('script', { seat: true });
  }

  /** Throws a ScriptError that names the line. Calls that fail are answers, not errors. */
  run(script: string): void {
    for (const statement of statementsOf(script)) {
      const source = statement.source.split('\n').map(line => line.trim());
      this.#print(`${String(statement.line).padStart(4)}  ${source.join(' ')}`);
      this.#statement(statement);
    }
  }

  [Symbol.dispose](): void {
    this.#kernel[Symbol.dispose]();
  }

  #statement(statement: Statement): void {
    const parser = new Parser(statement, name => this.#variable(name));
    const second = parser.peek(1);
    const result = second?.kind === 'mark' && second.text === '=' ? parser.name('a variable') : null;
    if (result !== null) parser.take('=');
    const word = parser.name('a call');
    if (this.#isWord(word)) this.#sound(parser, () => this.#words[word](parser, result));
    else if (isCall(word)) this.#sound(parser, () => this.#call(parser, systemCalls[word], result));
    else
      parser.fail(
        `there is no call ${word}${suggestion(word, [...Object.keys(this.#words), ...Object.keys(systemCalls)])}`,
      );
    if (!parser.ended) parser.fail(`'${parser.peek()?.text}' is too much`);
  }

  /** Values that nothing can be done with, such as a length of 2^60, are faults of the script. */
  #sound(parser: Parser, body: () => void): void {
    try {
      body();
    } catch (error) {
      if (!(error instanceof RangeError) && !(error instanceof TypeError)) throw error;
      parser.fail(error.message);
    }
  }

  #isWord(word: string): word is WordName {
    return Object.hasOwn(this.#words, word);
  }

  /** Makes a system call and prints what it answers, which takes time if it sleeps. */
  #call(parser: Parser, call: Call, result: string | null): void {
    if (this.#task.exited) parser.fail(`process ${this.#task.name} has exited; go on as another one`);
    this.#answer(result, () => {
      const outcome = call({ task: this.#task, parser });
      if (outcome instanceof Answer) return outcome;
      const background = parser.take('&');
      if (!background) return this.#finish(outcome);
      if (result === null) parser.fail('a call in the background needs a name: NAME = CALL ... &');
      this.#pending.set(result, { ...outcome, what: result });
      this.#print(`      ... ${outcome.thread.describe()}`);
      return null;
    });
  }

  #answer(result: string | null, body: () => Answer | null): void {
    const before = this.#machine.now();
    try {
      const answer = body();
      this.#machine.settle();
      if (!answer) return;
      if (result !== null) this.#variables.set(result, answer);
      this.#last = answer.returned;
      const text = show(answer.news);
      this.#tell(`= ${show(answer.returned)}${text === '{}' ? '' : ` ${text}`}`, before);
    } catch (error) {
      if (!(error instanceof KernelError)) throw error;
      this.#last = error.code;
      if (result !== null) this.#variables.set(result, new Answer(-1n));
      this.#tell(`= -1 ${error.code} (${errnoMeaning(error.code)}): ${error.detail}`, before);
    }
  }

  #tell(words: string, before: Nanoseconds): void {
    const slept = this.#machine.now() - before;
    this.#print(`      ${words}${slept > 0n ? `   after ${duration(slept)}` : ''}`);
  }

  /** Lets time pass until the call has returned. */
  #finish({ thread, answer }: Started): Answer {
    const limit = this.#machine.now() + PATIENCE;
    while (!thread.ended && this.#machine.step(limit));
    if (!thread.ended) {
      this.#print(`      ... ${thread.describe()}; nothing will wake it, so it is interrupted`);
      thread.interrupt();
      while (!thread.ended && this.#machine.step(limit + PATIENCE));
    }
    return answer();
  }

  #process(name: string, credentials: { uid?: number; seat?: boolean }): Task {
    const task = this.#kernel.createTask({ name, credentials });
    this.#processes.set(name, task);
    return task;
  }

  #variable(name: string): Value {
    const value = this.#variables.get(name);
    if (value !== undefined) return value;
    if (this.#pending.has(name)) throw new TypeError(`$${name} has not returned; wait ${name} first`);
    throw new TypeError(`there is no $${name}${suggestion(name, this.#variables.keys())}`);
  }

  #takePending(parser: Parser): Pending {
    const name = parser.name('the name of a call in the background');
    const pending = this.#pending.get(name);
    return pending ?? parser.fail(`no call in the background is named ${name}`);
  }

  readonly #words: Readonly<Record<WordName, (parser: Parser, result: string | null) => void>> = {
    process: parser => {
      const name = parser.name('the name of a process');
      const rights = new Set<string>();
      while (!parser.ended) rights.add(parser.name("'seat' or 'root'"));
      for (const right of rights)
        if (right !== 'seat' && right !== 'root') parser.fail(`'seat' or 'root' is expected, not '${right}'`);
      const known = this.#processes.get(name);
      if (known && rights.size > 0) parser.fail(`process ${name} has its rights already`);
      const credentials = { uid: rights.has('root') ? 0 : 1000, seat: rights.has('seat') };
      this.#task = known && !known.exited ? known : this.#process(name, credentials);
    },
    send: (parser, result) => {
      const fd = Number(parser.number('a descriptor'));
      const name = parser.name('the name of a process');
      const to = this.#processes.get(name);
      if (!to) return parser.fail(`there is no process ${name}${suggestion(name, this.#processes.keys())}`);
      this.#answer(result, () => new Answer(BigInt(this.#task.send(fd, to))));
    },
    advance: parser => this.#machine.advance(parser.number('a time')),
    wait: parser => {
      const pending = this.#takePending(parser);
      this.#pending.delete(pending.what);
      this.#answer(pending.what, () => this.#finish(pending));
    },
    interrupt: parser => {
      const { thread } = this.#takePending(parser);
      const restart = !parser.ended && parser.name("'restart'") === 'restart';
      thread.interrupt({ restart });
      this.#machine.settle();
    },
    exit: () => {
      this.#task.exit();
      this.#machine.settle();
    },
    print: parser => this.#print(`      ${show(parser.value('a value'))}`),
    expect: parser => {
      const next = parser.peek();
      const isErrno = next?.kind === 'name' && /^E[A-Z0-9]+$/.test(next.text);
      const expected = isErrno ? parser.name('an errno') : parser.number('a value or an errno');
      if (expected !== this.#last) parser.fail(`the last call returned ${this.#last}, not ${expected}`);
    },
  };
}

function duration(time: Nanoseconds): string {
  if (time < 1000n) return `${time} ns`;
  const [unit, name] = time < 1_000_000n ? [1000n, 'us'] : time < SECOND ? [1_000_000n, 'ms'] : [SECOND, 's'];
  return `${(Number((time * 1000n) / unit) / 1000).toString()} ${name}`;
}

export { ScriptError };
