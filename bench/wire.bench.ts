// Round trips and requests per second on each wire, against an echo over a plain Unix socket in the same run.
import { mkdtempSync, rmSync } from 'node:fs';
import { createConnection, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { WebSocket } from 'ws';
import { openHostFiles } from '../protocol/host/native-files.ts';
import type { Connection } from '../protocol/object/connection.ts';
import type { Message } from '../protocol/object/message.ts';
import { connectInProcess } from '../protocol/transport/in-process.ts';
import { connectedPair } from '../protocol/transport/unix.ts';
import { connectUnixPlain, listenUnixPlain } from '../protocol/transport/unix-plain.ts';
import { listenWebSocket } from '../protocol/transport/websocket.ts';
import { connectWebSocket } from '../protocol/transport/websocket-client.ts';
import type { CodecFactory } from '../protocol/wire/codec.ts';
import { encodeMessage } from '../protocol/wire/msgpack.ts';
import { waylandClient, waylandServer } from '../protocol/wire/wayland.ts';
import { type Figure, median } from './figure.ts';

/** A request of the usual size: `wl_surface.damage_buffer`. */
const request: Message = { object: 17, opcode: 9, args: [0, 0, 1920, 1080] };
const ROUNDS = 5;
const ROUND_TRIPS = 1500;
const REQUESTS = 30_000;
const PER_TURN = 100;

type Pair = readonly [client: Connection, server: Connection];

/** Two numbers of one wire: rates of round trips and of one-way requests. */
interface Rates {
  readonly roundTrips: number;
  readonly requests: number;
}

/** Measures every wire and its base. Both ends are in this process, so a figure holds the work of client and server. */
export async function wireFigures(): Promise<Figure[]> {
  const directory = mkdtempSync(join(tmpdir(), 'fencepost-bench-'));
  try {
    const socket = await bare(join(directory, 'bare'));
    const loop = { roundTrips: await typical(loopRoundTrips), requests: await typical(loopRequests) };
    const socketBase = { rates: socket, name: 'echo over a node:net Unix socket' };
    const loopBase = { rates: loop, name: 'empty setImmediate loop' };
    const figures = [...figuresOf(socketBase.name, socket), ...figuresOf(loopBase.name, loop)];
    const native = connectedPair();
    if (native !== null) {
      figures.push(...figuresOf('msgpack over a Unix socket', await rates(native), socketBase));
      figures.push(await descriptorFigure(socketBase));
      const wayland = await rates(waylandPair()!, request, {
        object: OUTPUT,
        opcode: 1,
        args: [3, 1920, 1080, 60_000],
      });
      figures.push(...figuresOf('Wayland over a Unix socket', wayland, socketBase));
    }
    const plain = await plainPair(join(directory, 'plain'));
    figures.push(...figuresOf('msgpack over a node:net Unix socket', await rates(plain), socketBase));
    figures.push(...figuresOf('msgpack over a WebSocket', await rates(await webSocketPair()), socketBase));
    const queues = connectInProcess({ post: (_, run) => void setImmediate(run) });
    figures.push(...figuresOf('in process', await rates(queues), loopBase));
    return figures;
  } finally {
    rmSync(directory, { recursive: true });
  }
}

function figuresOf(
  wire: string,
  { roundTrips, requests }: Rates,
  base?: { rates: Rates; name: string },
): Figure[] {
  const figure = (name: string, value: number, of: keyof Rates): Figure => ({
    name: `${wire}: ${name}`,
    value,
    unit: '/s',
    ...(base && { base: `${base.name}: ${name}`, ratio: value / base.rates[of] }),
  });
  return [
    figure('round trips', roundTrips, 'roundTrips'),
    figure(`requests, ${PER_TURN} a turn`, requests, 'requests'),
  ];
}

async function typical(measure: () => Promise<number>): Promise<number> {
  const values: number[] = [];
  for (let round = 0; round < ROUNDS; round++) values.push(await measure());
  return median(values);
}

/** `count` per second of the time that something takes. */
async function rate(count: number, run: () => Promise<void>): Promise<number> {
  const start = process.hrtime.bigint();
  await run();
  return (count * 1e9) / Number(process.hrtime.bigint() - start);
}

async function rates(pair: Pair, sent: Message = request, answer: Message = sent): Promise<Rates> {
  const [client, server] = pair;
  const arrived = { client: () => {}, server: (_count: number) => {} };
  client.receive({ messages: () => arrived.client(), closed: () => {} });
  server.receive({ messages: batch => arrived.server(batch.length), closed: () => {} });
  const roundTrips = await typical(() => {
    arrived.server = () => server.send(answer);
    return rate(ROUND_TRIPS, () => pingPong(ROUND_TRIPS, () => client.send(sent), arrived));
  });
  const requests = await typical(() =>
    rate(REQUESTS, () =>
      oneWay(
        () => client.send(sent),
        done => (arrived.server = done),
      ),
    ),
  );
  client.close();
  server.close();
  return { roundTrips, requests };
}

/** An id with the events of a wl_output, whose `mode` has as many words as the request. */
const OUTPUT = request.object + 1;

/** A Wayland connection whose ends know the object of the request, and an output. */
function waylandPair(): Pair | null {
  const bind = (interfaceName: string, id: number): Message => ({
    object: 2,
    opcode: 0,
    args: [1, interfaceName, 4, id],
  });
  const ids = Array.from({ length: request.object - 2 }, (_, index) => index + 3);
  const made = [
    { object: 1, opcode: 1, args: [2] },
    ...ids.map(id => bind('wl_surface', id)),
    bind('wl_output', OUTPUT),
  ];
  const sent: Uint8Array[] = [];
  const client: CodecFactory = descriptors => {
    const codec = waylandClient(descriptors);
    for (const message of made) sent.push(Uint8Array.from(codec.encode(message)));
    return codec;
  };
  const server: CodecFactory = descriptors => {
    const codec = waylandServer(descriptors);
    for (const bytes of sent) codec.push(bytes, []);
    return codec;
  };
  return connectedPair([client, server]);
}

function pingPong(count: number, send: () => void, arrived: { client: () => void }): Promise<void> {
  return new Promise(resolve => {
    let left = count;
    arrived.client = () => {
      if (--left === 0) resolve();
      else send();
    };
    send();
  });
}

/** Sends all requests, so many a turn, and ends when the other side has them. */
function oneWay(send: () => void, onArrival: (arrived: (count: number) => void) => void): Promise<void> {
  return new Promise(resolve => {
    let left = REQUESTS;
    onArrival(count => {
      left -= count;
      if (left === 0) resolve();
    });
    let unsent = REQUESTS;
    const turn = () => {
      for (let index = 0; index < PER_TURN; index++) send();
      unsent -= PER_TURN;
      if (unsent > 0) setImmediate(turn);
    };
    turn();
  });
}

/** The base of the sockets: the same bytes echoed, and the same bytes sent a turn at a time, with nothing made of them. */
async function bare(path: string): Promise<Rates> {
  const bytes = Uint8Array.from(encodeMessage(request));
  let serverSide: Socket | null = null;
  const server = createServer(socket => {
    serverSide = socket;
  }).listen(path);
  const client = createConnection(path);
  await new Promise(resolve => server.once('connection', resolve));
  const peer = serverSide as Socket | null;
  if (peer === null) throw new Error('the connection was not accepted');
  const arrived = { client: () => {}, server: (_bytes: number) => {} };
  client.on('data', () => arrived.client());
  peer.on('data', data => arrived.server(data.length));
  const roundTrips = await typical(() => {
    arrived.server = () => void peer.write(bytes);
    return rate(ROUND_TRIPS, () => pingPong(ROUND_TRIPS, () => void client.write(bytes), arrived));
  });
  const turnful = new Uint8Array(PER_TURN * bytes.length);
  for (let index = 0; index < PER_TURN; index++) turnful.set(bytes, index * bytes.length);
  const requests = await typical(() =>
    rate(REQUESTS, () => {
      let inTurn = 0;
      const send = () => {
        inTurn = (inTurn + 1) % PER_TURN;
        if (inTurn === 0) client.write(turnful);
      };
      return oneWay(send, done => (arrived.server = length => done(length / bytes.length)));
    }),
  );
  client.destroy();
  peer.destroy();
  server.close();
  return { roundTrips, requests };
}

function loopRoundTrips(): Promise<number> {
  return rate(ROUND_TRIPS, () => {
    const arrived = { client: () => {} };
    const send = () => void setImmediate(() => setImmediate(() => arrived.client()));
    return pingPong(ROUND_TRIPS, send, arrived);
  });
}

function loopRequests(): Promise<number> {
  return rate(REQUESTS, () => {
    let arrival = (_count: number) => {};
    let queued = 0;
    const deliver = () => {
      const count = queued;
      queued = 0;
      arrival(count);
    };
    const send = () => {
      if (queued++ === 0) setImmediate(deliver);
    };
    return oneWay(send, done => {
      arrival = done;
    });
  });
}

/** Round trips that carry a memfd there, and close it. */
async function descriptorFigure(base: { rates: Rates; name: string }): Promise<Figure> {
  const host = openHostFiles();
  const pair = connectedPair();
  if (host === null || pair === null) throw new Error('native calls were there a moment ago');
  const [client, server] = pair;
  const fd = host.memfd('bench', 4096);
  const sent: Message = { object: 17, opcode: 9, args: [{ kind: 'host', fd }, 4096] };
  const arrived = { client: () => {} };
  client.receive({ messages: () => arrived.client(), closed: () => {} });
  server.receive({
    messages(batch) {
      for (const { args } of batch)
        for (const argument of args)
          if (typeof argument === 'object' && argument !== null && 'fd' in argument) host.close(argument.fd);
      server.send(request);
    },
    closed: () => {},
  });
  const value = await typical(() =>
    rate(ROUND_TRIPS, () => pingPong(ROUND_TRIPS, () => client.send(sent), arrived)),
  );
  host.close(fd);
  client.close();
  server.close();
  return {
    name: 'msgpack over a Unix socket: round trips with a descriptor',
    value,
    unit: '/s',
    base: `${base.name}: round trips`,
    ratio: value / base.rates.roundTrips,
  };
}

async function plainPair(path: string): Promise<Pair> {
  let accept: (connection: Connection) => void = () => {};
  const accepted = new Promise<Connection>(resolve => {
    accept = resolve;
  });
  const listener = await listenUnixPlain(path, { onConnection: connection => accept(connection) });
  const pair = [await connectUnixPlain(path), await accepted] as const;
  listener[Symbol.dispose]();
  return pair;
}

async function webSocketPair(): Promise<Pair> {
  let accept: (connection: Connection) => void = () => {};
  const accepted = new Promise<Connection>(resolve => {
    accept = resolve;
  });
  const listener = await listenWebSocket({ onConnection: connection => accept(connection) });
  const pair = [await connectWebSocket(listener.address, WebSocket), await accepted] as const;
  listener[Symbol.dispose]();
  return pair;
}
