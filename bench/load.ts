// Clients of the frames section, several in a process: `load.js KIND WIDTH HEIGHT CLIENTS FRAMES`. Says `ready` when all
// have shown a few frames, begins at a line of input, and prints what they saw as one line of JSON.
import { createInterface } from 'node:readline';
import { connect } from '../client-sdk/index.ts';
import { BenchClient, isKind } from './load-client.ts';

/** The first frames belong to start-up: pages are touched, code is compiled. */
const WARM_UP = 120;

const [kind, ...numbers] = process.argv.slice(2);
const [width, height, count, frames] = numbers.map(Number);
if (!isKind(kind) || !width || !height || !count || !frames)
  throw new Error('expected: load.js KIND WIDTH HEIGHT CLIENTS FRAMES');

const clients: BenchClient[] = [];
for (let made = 0; made < count; made++)
  clients.push(await BenchClient.create(await connect(), kind, { width, height }));
await Promise.all(clients.map(client => client.run(WARM_UP)));
console.log('ready');
for await (const _ of createInterface({ input: process.stdin })) break;
const seen = await Promise.all(clients.map(client => client.run(frames)));
process.stdout.write(`${JSON.stringify(seen)}\n`, () => process.exit(0));
