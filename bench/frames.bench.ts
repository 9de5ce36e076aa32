// Latencies and cost of frames: a compositor in a process of its own, clients in others, real sockets, a 60 Hz display.
import { join } from 'node:path';
import { cpuTime } from './cpu-time.ts';
import { type Figure, median, percentile } from './figure.ts';
import type { Kind, Seen } from './load-client.ts';
import { copyTime } from './memory-copy.ts';
import { benchProgram, Program, serve, withDirectory } from './processes.ts';

const OUTPUT = '1920x1080@60';
const FRAMES = 120;
const MILLISECOND = 1e6;
const SECOND = 1e9;
/** So that the clients are not what is measured. */
const CLIENTS_PER_PROCESS = 34;
const REFRESH = 'one refresh of the display';
const COPY = 'a copy of 1920x1080 pixels';
const TIMER = 'CPU time of an empty 60 Hz timer loop, a tick';

interface Load {
  readonly kind: Kind;
  readonly clients: number;
  readonly width: number;
  readonly height: number;
}

interface Run {
  readonly seen: readonly Seen[];
  /** CPU nanoseconds of the server for each vblank that showed something new. */
  readonly cpuPerFrame: number;
}

const small = { width: 128, height: 128 };
const loads: readonly Load[] = (['shm', 'dmabuf'] as const).flatMap(kind =>
  [1, 10, 100].map(clients => ({ kind, clients, ...small })),
);
const large: Load = { kind: 'shm', clients: 1, width: 1920, height: 1080 };

/** How many clients each process gets. */
function shares(clients: number): number[] {
  const processes = Math.ceil(clients / CLIENTS_PER_PROCESS);
  return Array.from({ length: processes }, (_, index) => Math.floor((clients + index) / processes));
}

function measure({ kind, clients, width, height }: Load): Promise<Run> {
  return withDirectory(async directory => {
    const socket = join(directory, 'socket');
    const server = await serve(socket, '--output', OUTPUT);
    try {
      const programs = shares(clients).map(
        share =>
          new Program([benchProgram('load.js'), kind, ...[width, height, share, FRAMES].map(String)], {
            FENCEPOST_DISPLAY: socket,
          }),
      );
      await Promise.all(programs.map(program => program.line()));
      const before = cpuTime(server.pid);
      for (const program of programs) program.tell('begin');
      const told = await Promise.all(programs.map(program => program.line()));
      const used = cpuTime(server.pid) - before;
      await Promise.all(programs.map(program => program.ended()));
      const seen = told.flatMap(line => JSON.parse(line) as Seen[]);
      const frames = new Set(seen.flatMap(({ sequences }) => sequences)).size;
      return { seen, cpuPerFrame: used / frames };
    } finally {
      await server[Symbol.asyncDispose]();
    }
  });
}

async function timerLoop(): Promise<number> {
  const loop = new Program([benchProgram('timer-loop.js'), String(FRAMES)]);
  try {
    await loop.line();
    const before = cpuTime(loop.pid);
    await loop.line();
    return (cpuTime(loop.pid) - before) / FRAMES;
  } finally {
    await loop[Symbol.asyncDispose]();
  }
}

const nameOf = ({ kind, clients, width, height }: Load): string =>
  `${clients} ${kind} client${clients === 1 ? '' : 's'} of ${width}x${height}`;

const all = ({ seen }: Run, of: 'flips' | 'releases'): number[] => seen.flatMap(one => one[of]);

function latencies(load: Load, run: Run): Figure[] {
  const figure = (name: string, value: number): Figure => ({
    name: `${nameOf(load)}: ${name}`,
    value: value / MILLISECOND,
    unit: 'ms',
    base: REFRESH,
  });
  return [
    figure('commit to flip', median(all(run, 'flips'))),
    figure('commit to flip, 99th percentile', percentile(all(run, 'flips'), 0.99)),
    figure('commit to release', median(all(run, 'releases'))),
  ];
}

const cost = (name: string, { cpuPerFrame }: Run, base: string): Figure => ({
  name,
  value: cpuPerFrame / SECOND,
  unit: 's',
  base,
});

/** Commit-to-flip and release latency with 1, 10 and 100 clients, and the server's CPU seconds for each frame. */
export async function frameFigures(): Promise<Figure[]> {
  const figures: Figure[] = [
    { name: REFRESH, value: 1000 / 60, unit: 'ms' },
    { name: TIMER, value: (await timerLoop()) / SECOND, unit: 's' },
    { name: COPY, value: copyTime(large.width * large.height * 4) / SECOND, unit: 's' },
  ];
  for (const load of [...loads, large]) {
    const run = await measure(load);
    const name = `${nameOf(load)}: CPU time a frame`;
    figures.push(...latencies(load, run), cost(name, run, TIMER));
    if (load === large) figures.push(cost(`${name}, against the copy`, run, COPY));
  }
  return figures;
}
