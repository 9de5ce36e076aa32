import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import type { Machine } from '../../machine/machine.ts';
import { VirtualMachine } from '../../machine/virtual-machine.ts';
import { builtUrl } from './built.ts';
import { type Command, type EngineImage, writeCommand } from './command.ts';
import type { Engine, EngineJob, JobResult } from './engine.ts';
import { AR24, XR24 } from './formats.ts';
import { BLEND_NONE, BLEND_PREMULTIPLIED, CMD_BYTES, FILTER_BILINEAR } from './layout.ts';
import { VirtualEngine } from './virtual-engine.ts';
import { WorkerEngine } from './worker-engine.ts';

const newMemory = () => new WebAssembly.Memory({ initial: 4, maximum: 4, shared: true });
const target: EngineImage = { address: 0x10000, stride: 128, width: 32, height: 32, format: XR24 };
const source: EngineImage = { address: 0x18000, stride: 64, width: 16, height: 16, format: AR24 };
const whole = { x: 0, y: 0, width: 32, height: 32 };
const paint = (color: number): Command => ({
  op: 'fill',
  target,
  clip: whole,
  color,
  blend: BLEND_NONE,
  alpha: 0,
});

/** Writes commands at `address` and makes a job of them; what becomes of it is added to `log`. */
function jobOf(
  memory: WebAssembly.Memory,
  address: number,
  commands: Command[],
  log: string[],
  label = 'job',
): EngineJob {
  const words = new Int32Array(memory.buffer, address, commands.length * (CMD_BYTES / 4));
  commands.forEach((command, index) => writeCommand(words, index, command));
  const done = (result: JobResult) =>
    void log.push(`${label} ${result.kind}${result.kind === 'reset' ? `: ${result.reason}` : ''}`);
  return { label, address, count: commands.length, duration: 1000n, done };
}

const pixel = (memory: WebAssembly.Memory) => new Uint32Array(memory.buffer)[target.address / 4]! & 0xffffff;

/** A machine whose queue is the event loop's, for threads. */
function hostMachine(): Machine {
  return {
    now: () => 0n,
    post: (_label, run) => void setImmediate(run),
    at: () => ({ cancel() {} }),
    random: () => 0,
  };
}

/** Resolves when `log` has `count` lines. */
function logged(log: string[], count: number): Promise<void> {
  return new Promise(resolve => {
    const look = () => (log.length >= count ? resolve() : void setTimeout(look, 1));
    look();
  });
}

const allAlphas = (memory: WebAssembly.Memory) =>
  new Uint8Array(memory.buffer, source.address, 1024).forEach(
    (_, at, bytes) => (bytes[at] = (at * 37) & 0xff),
  );

const drawing: Command[] = [
  paint(0x334455),
  {
    op: 'composite',
    target,
    source,
    destination: { x: -3, y: 2, width: 29, height: 27 },
    clip: whole,
    sourceRect: { x: 30000, y: 0, width: 900000, height: 1048576 },
    transform: 5,
    filter: FILTER_BILINEAR,
    blend: BLEND_PREMULTIPLIED,
    alpha: 0xc000,
  },
];

describe('an engine in virtual time', () => {
  function start(seed = 1) {
    const machine = new VirtualMachine({ seed, start: 0n });
    const memory = newMemory();
    return { machine, memory, engine: new VirtualEngine(machine, memory, 'render'), log: [] as string[] };
  }

  it('takes the duration of each job, one after the other', () => {
    const { machine, memory, engine, log } = start();
    engine.run(jobOf(memory, 0, [paint(1)], log, 'first'));
    engine.run(jobOf(memory, 256, [paint(2)], log, 'second'));
    machine.advanceTo(999n);
    expect([log, pixel(memory)]).toEqual([[], 1]);
    machine.advanceTo(1000n);
    expect(log).toEqual(['first complete']);
    machine.advanceTo(1999n);
    expect([log.length, pixel(memory)]).toEqual([1, 2]);
    machine.advanceTo(2000n);
    expect(log).toEqual(['first complete', 'second complete']);
  });

  it('touches the pixels of each command at an instant of its own part, chosen by the seed', () => {
    const instants = new Set<string>();
    for (let seed = 1; seed <= 8; seed++) {
      const { machine, memory, engine, log } = start(seed);
      engine.run(jobOf(memory, 0, [paint(1), paint(2)], log));
      const seen: bigint[] = [];
      for (const color of [1, 2]) {
        machine.runUntil(() => pixel(memory) === color, 1000n);
        seen.push(machine.now());
      }
      expect(seen[0]).toBeLessThan(500n);
      expect(seen[1]).toBeGreaterThanOrEqual(500n);
      expect(seen[1]).toBeLessThan(1000n);
      instants.add(seen.join());
    }
    expect(instants.size).toBeGreaterThan(4);
  });

  it('drops all jobs at a reset and takes new ones', () => {
    const { machine, memory, engine, log } = start();
    engine.run(jobOf(memory, 0, [paint(1)], log, 'first'));
    engine.run(jobOf(memory, 256, [paint(2)], log, 'second'));
    engine.reset('time-out');
    expect(log).toEqual([]);
    engine.run(jobOf(memory, 512, [paint(3)], log, 'third'));
    machine.advance(5000n);
    expect(log).toEqual(['first reset: time-out', 'second reset: time-out', 'third complete']);
    expect(pixel(memory)).toBe(3);
  });

  it('drops a job whose timer is due but has not run', () => {
    const { machine, memory, engine, log } = start();
    engine.run({ ...jobOf(memory, 0, [paint(1)], log), duration: 0n });
    machine.post('a reset that comes first', () => engine.reset('late'));
    machine.advance(10n);
    expect([log, pixel(memory)]).toEqual([['job reset: late'], 0]);
  });

  it('hangs in a job that never ends', () => {
    const { machine, memory, engine, log } = start();
    engine.run(jobOf(memory, 0, [paint(1), { op: 'spin', table: 0 }, paint(2)], log, 'hang'));
    engine.run(jobOf(memory, 512, [paint(3)], log, 'behind'));
    machine.advance(1_000_000n);
    expect([log, pixel(memory)]).toEqual([[], 1]);
    engine.reset('hang check');
    machine.advance(1n);
    expect(log).toEqual(['hang reset: hang check', 'behind reset: hang check']);
  });

  it('passes a wait that is over', () => {
    const { machine, memory, engine, log } = start();
    new Int32Array(memory.buffer)[0x8000 / 4] = 1;
    engine.run(jobOf(memory, 0, [{ op: 'spin', table: 0x8000 }, paint(1)], log));
    machine.advance(1000n);
    expect([log, pixel(memory)]).toEqual([['job complete'], 1]);
  });

  it('is reset by a command that faults', () => {
    const { machine, memory, engine, log } = start();
    engine.run(jobOf(memory, 0, [{ op: 'zero', address: 0x3fff0, length: 64 }], log));
    machine.advance(1000n);
    expect(log.join()).toMatch(/^job reset: fault in 'job': RuntimeError: memory access out of bounds/);
  });

  it('forgets its jobs when it is disposed of', () => {
    const { machine, memory, engine, log } = start();
    engine.run(jobOf(memory, 0, [paint(1)], log));
    engine[Symbol.dispose]();
    machine.advance(5000n);
    expect([log, pixel(memory)]).toEqual([[], 0]);
    expect(() => engine.run(jobOf(memory, 0, [paint(1)], log))).toThrow('disposed');
  });
});

/** Device time of a job that is worth another thread. */
const LARGE = 1_000_000n;
const largeJobOf = (...args: Parameters<typeof jobOf>): EngineJob => ({ ...jobOf(...args), duration: LARGE });

describe('an engine on a thread', () => {
  async function withEngine(
    use: (engine: Engine, memory: WebAssembly.Memory, log: string[]) => Promise<void>,
  ) {
    const memory = newMemory();
    const engine = new WorkerEngine(hostMachine(), memory, 'render');
    try {
      await use(engine, memory, []);
    } finally {
      engine[Symbol.dispose]();
    }
  }

  it('leaves the same bytes as one in virtual time', () =>
    withEngine(async (engine, memory, log) => {
      allAlphas(memory);
      engine.run(largeJobOf(memory, 0, drawing, log));
      await logged(log, 1);
      const machine = new VirtualMachine();
      const other = newMemory();
      allAlphas(other);
      new VirtualEngine(machine, other, 'render').run(largeJobOf(other, 0, drawing, log));
      machine.advance(LARGE);
      expect(log).toEqual(['job complete', 'job complete']);
      expect(Buffer.compare(new Uint8Array(memory.buffer), new Uint8Array(other.buffer))).toBe(0);
    }));

  it('completes jobs in order', () =>
    withEngine(async (engine, memory, log) => {
      for (let n = 0; n < 20; n++) engine.run(largeJobOf(memory, n * 128, [paint(n)], log, `job ${n}`));
      expect(log).toEqual([]);
      await logged(log, 20);
      expect(log).toEqual([...Array(20).keys()].map(n => `job ${n} complete`));
      expect(pixel(memory)).toBe(19);
    }));

  it('is stopped in a job that never ends, and goes on with those queued since', () =>
    withEngine(async (engine, memory, log) => {
      engine.run(largeJobOf(memory, 0, [paint(1)], log, 'first'));
      engine.run(largeJobOf(memory, 256, [{ op: 'spin', table: 0 }, paint(2)], log, 'hang'));
      engine.run(largeJobOf(memory, 768, [paint(3)], log, 'behind'));
      await logged(log, 1);
      engine.reset('hang check');
      engine.run(largeJobOf(memory, 1024, [paint(4)], log, 'after'));
      await logged(log, 4);
      expect(log).toEqual([
        'first complete',
        'hang reset: hang check',
        'behind reset: hang check',
        'after complete',
      ]);
      expect(pixel(memory)).toBe(4);
    }));

  it('waits for a word of memory', () =>
    withEngine(async (engine, memory, log) => {
      engine.run(largeJobOf(memory, 0, [paint(1)], log, 'before'));
      engine.run(largeJobOf(memory, 256, [{ op: 'spin', table: 0x8000 }, paint(2)], log, 'waiting'));
      await logged(log, 1);
      expect(pixel(memory)).toBe(1);
      const words = new Int32Array(memory.buffer);
      Atomics.store(words, 0x8000 / 4, 1);
      Atomics.notify(words, 0x8000 / 4);
      await logged(log, 2);
      expect([log[1], pixel(memory)]).toEqual(['waiting complete', 2]);
    }));

  it('keeps the process alive while it has work, and not after', () => {
    // The process ends by itself, or not at all.
    const script = `
      import { WorkerEngine } from ${JSON.stringify(builtUrl('worker-engine.js').href)};
      const memory = new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true });
      const engine = new WorkerEngine({ post: (label, run) => run() }, memory, 'render');
      const job = { address: 0, count: 1, duration: 1_000_000n };
      engine.run({ ...job, label: 'first', done: ({ kind }) => {
        console.log('first', kind);
        engine.run({ ...job, label: 'second', done: ({ kind }) => console.log('second', kind) });
      } });`;
    const node = spawnSync(process.execPath, ['--input-type=module', '--eval', script], { encoding: 'utf8' });
    expect(node).toMatchObject({ stdout: 'first complete\nsecond complete\n', status: 0 });
  });

  it('is reset by a command that faults, and works again', () =>
    withEngine(async (engine, memory, log) => {
      engine.run(largeJobOf(memory, 0, [{ op: 'zero', address: 0x3fff0, length: 64 }], log, 'bad'));
      await logged(log, 1);
      expect(log[0]).toMatch(/^bad reset: fault in 'bad': RuntimeError: memory access out of bounds/);
      engine.run(largeJobOf(memory, 0, [paint(1)], log, 'good'));
      await logged(log, 2);
      expect(log[1]).toBe('good complete');
    }));

  it('runs a small job at once when it is idle, and says so later', () =>
    withEngine(async (engine, memory, log) => {
      engine.run(jobOf(memory, 0, [paint(1)], log, 'small'));
      expect([log, pixel(memory)]).toEqual([[], 1]);
      await logged(log, 1);
      expect(log).toEqual(['small complete']);
    }));

  it('lets a small job wait for a large one that came before', () =>
    withEngine(async (engine, memory, log) => {
      engine.run(largeJobOf(memory, 0, [paint(1)], log, 'large'));
      engine.run(jobOf(memory, 256, [paint(2)], log, 'small'));
      expect(pixel(memory)).not.toBe(2);
      await logged(log, 2);
      expect([log, pixel(memory)]).toEqual([['large complete', 'small complete'], 2]);
    }));

  it('gives a small job that waits for somebody to the thread', () =>
    withEngine(async (engine, memory, log) => {
      engine.run(jobOf(memory, 0, [{ op: 'spin', table: 0x8000 }, paint(1)], log, 'waiting'));
      Atomics.store(new Int32Array(memory.buffer), 0x8000 / 4, 1);
      Atomics.notify(new Int32Array(memory.buffer), 0x8000 / 4);
      await logged(log, 1);
      expect([log, pixel(memory)]).toEqual([['waiting complete'], 1]);
    }));

  it('is reset by a small job that faults', () =>
    withEngine(async (engine, memory, log) => {
      engine.run(jobOf(memory, 0, [{ op: 'zero', address: 0x3fff0, length: 64 }], log, 'bad'));
      await logged(log, 1);
      expect(log[0]).toMatch(/^bad reset: fault in 'bad': RuntimeError: memory access out of bounds/);
    }));
});
