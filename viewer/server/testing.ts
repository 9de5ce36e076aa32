// A session with a viewer, and a page without a browser, for tests.
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inflateRawSync } from 'node:zlib';
import { WebSocket } from 'ws';
import { type Client, connect, type Window } from '../../client-sdk/index.ts';
import { Session } from '../../compositor/commands/session.ts';
import { type FrameHeader, headerLength, readHeader } from '../stream/frame.ts';
import {
  type PageMessage,
  SESSION_PATH,
  type ServerMessage,
  STREAM_PATH,
  SUBPROTOCOL,
} from '../stream/messages.ts';

/** Of the one output. */
export const SIZE = { width: 320, height: 200 };

export interface Painter {
  readonly client: Client;
  readonly window: Window;
  /** Shows a colour, 0xAARRGGBB. */
  paint(colour: number): Promise<void>;
}

/** A compositor of this process in real time, with its viewer. */
export class Desk implements AsyncDisposable {
  readonly session: Session;
  /** Of the viewer, with its token. */
  readonly address: string;
  readonly #directory: string;
  #ended = false;

  private constructor(session: Session, directory: string) {
    this.session = session;
    this.#directory = directory;
    this.address = /^viewer +(\S+)/m.exec(session.lines.join('\n'))![1]!;
  }

  static async open(): Promise<Desk> {
    const directory = mkdtempSync(join(tmpdir(), 'fencepost-viewer-'));
    const session = await Session.start({
      output: [{ ...SIZE, refresh: 60_000, name: 'Desk' }],
      socket: join(directory, 'fencepost'),
      waylandSocket: join(directory, 'wayland'),
    });
    return new Desk(session, directory);
  }

  /** A window of one colour. */
  async painter(): Promise<Painter> {
    const client = await connect({ display: this.session.sockets.display });
    const window = await client.createWindow({ title: 'painter' });
    const paint = async (colour: number) => {
      const frame = await window.nextFrame();
      const { pixels } = await frame.map();
      pixels.fill(colour);
      frame.present();
    };
    return { client, window, paint };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#ended) return;
    this.#ended = true;
    await this.session.stop();
    rmSync(this.#directory, { recursive: true, force: true });
  }
}

export interface TestFrame extends FrameHeader {
  readonly pixels: Uint8Array;
}

/** Asks for a ticket as a page of the server's would; `headers` replace what that page would send. */
export async function ticketFor(address: string, headers: Record<string, string> = {}): Promise<Response> {
  const url = new URL(address);
  return fetch(new URL(SESSION_PATH, url), {
    method: 'POST',
    headers: { authorization: `Bearer ${url.searchParams.get('token')}`, origin: url.origin, ...headers },
  });
}

/** Opens a stream with a ticket; `headers` as above. */
export function streamOf(address: string, ticket: string, headers: Record<string, string> = {}): WebSocket {
  const { origin, host } = new URL(address);
  return new WebSocket(`ws://${host}${STREAM_PATH}`, [SUBPROTOCOL, ticket], {
    headers: { origin, ...headers },
  });
}

export class TestPage {
  readonly messages: ServerMessage[] = [];
  readonly frames: TestFrame[] = [];
  readonly #socket: WebSocket;
  /** Whether frames are acknowledged as they come. */
  acknowledges = true;
  #told = new Set<() => void>();

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.on('message', (data: Buffer, isBinary: boolean) => {
      if (isBinary) this.#frame(data);
      else this.messages.push(JSON.parse(data.toString()) as ServerMessage);
      for (const told of [...this.#told]) told();
    });
  }

  /** Rejects when it is not let in. */
  static async open(address: string): Promise<TestPage> {
    const socket = streamOf(address, await (await ticketFor(address)).text());
    const page = new TestPage(socket);
    await once(socket, 'open');
    return page;
  }

  say(message: PageMessage): void {
    this.#socket.send(JSON.stringify(message));
  }

  sayText(text: string): void {
    this.#socket.send(text);
  }

  /** Resolves with the first answer other than undefined, looking again after every message. */
  async until<T>(look: () => T | undefined): Promise<T> {
    for (;;) {
      const found = look();
      if (found !== undefined) return found;
      await new Promise<void>(resolve => {
        const told = () => {
          this.#told.delete(told);
          resolve();
        };
        this.#told.add(told);
      });
    }
  }

  message<T extends ServerMessage['type']>(type: T): Promise<Extract<ServerMessage, { type: T }>> {
    return this.until(
      () => this.messages.find(message => message.type === type) as Extract<ServerMessage, { type: T }>,
    );
  }

  /** The frame with this sequence number. */
  frame(sequence: number): Promise<TestFrame> {
    return this.until(() => this.frames.find(frame => frame.sequence === sequence));
  }

  /** Resolves with the code and reason when the server ends it. */
  async closed(): Promise<{ code: number; reason: string }> {
    const [code, reason] = (await once(this.#socket, 'close')) as [number, Buffer];
    return { code, reason: reason.toString() };
  }

  async close(): Promise<void> {
    const closed = once(this.#socket, 'close');
    this.#socket.close();
    await closed;
  }

  #frame(data: Buffer): void {
    const header = readHeader(data);
    const payload = data.subarray(headerLength(header.rects.length));
    const pixels = header.encoding === 'raw' ? payload : inflateRawSync(payload);
    this.frames.push({ ...header, pixels });
    if (this.acknowledges) this.say({ type: 'ack', output: header.output, sequence: header.sequence });
  }
}
