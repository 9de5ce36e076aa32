// From the start of the processes until something is on the screen.
import { join } from 'node:path';
import { type Figure, median } from './figure.ts';
import { benchProgram, Program, serve, withDirectory } from './processes.ts';

const ROUNDS = 5;
const MILLISECOND = 1e6;
const BASE = 'node -e 0, start to end';

async function nothing(): Promise<number> {
  const node = new Program(['-e', '0']);
  await node.ended();
  return Number(process.hrtime.bigint() - node.started);
}

interface Start {
  /** Nanoseconds from the server's start until it listens. */
  readonly listening: number;
  /** Nanoseconds from the server's start until the client's first frame is on the screen. */
  readonly shown: number;
  /** Nanoseconds from the client's start until its first frame is on the screen. */
  readonly client: number;
}

function start(): Promise<Start> {
  return withDirectory(async directory => {
    const socket = join(directory, 'socket');
    const server = await serve(socket);
    const listening = Number(process.hrtime.bigint() - server.started);
    try {
      const client = new Program([benchProgram('first-frame.js')], { FENCEPOST_DISPLAY: socket });
      const shown = BigInt(await client.line());
      await client.ended();
      return {
        listening,
        shown: Number(shown - server.started),
        client: Number(shown - client.started),
      };
    } finally {
      await server[Symbol.asyncDispose]();
    }
  });
}

/** Start-up times of a compositor and one client, each a process of its own, and of a Node that does nothing. */
export async function startupFigures(): Promise<Figure[]> {
  const bases: number[] = [];
  const starts: Start[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    bases.push(await nothing());
    starts.push(await start());
  }
  const figure = (name: string, of: keyof Start): Figure => ({
    name,
    value: median(starts.map(times => times[of])) / MILLISECOND,
    unit: 'ms',
    base: BASE,
  });
  return [
    { name: BASE, value: median(bases) / MILLISECOND, unit: 'ms' },
    figure('fencepost serve: start to listening', 'listening'),
    figure('then a client: its start to its first frame on the screen', 'client'),
    figure('both: start of the server to the first frame on the screen', 'shown'),
  ];
}
