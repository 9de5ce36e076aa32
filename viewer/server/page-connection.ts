// One page that looks: its WebSocket, what it was shown, what it does.
import type { WebSocket } from 'ws';
import type { Output } from '../../client-sdk/core/index.ts';
import type { InputMessage, PageMessage, ServerMessage } from '../stream/messages.ts';
import type { HeldInput } from './held-input.ts';
import { BadMessage, parseMessage } from './parse-message.ts';
import { type EncodedPixels, headerOf } from './picture.ts';
import { RateLimit } from './rate-limit.ts';
import type { Spectator, Studio } from './studio.ts';
import type { Subscription } from './subscription.ts';

/** Messages a second; a mouse that tells of itself a thousand times a second is within it. */
const RATE = 2000;
const BURST = 1000;
/** Bytes on their way to a page, beyond which news of the panel are left out: newer ones will come. */
const SLOW = 256 * 1024;
/** A page that has stopped reading: what programs copy must not pile up for it. */
const STUCK = 8 << 20;
/** More bytes than all frames that may be on their way to a page: it acknowledges what it does not read. */
const MOST_WAITING = 512 << 20;
/** Input that no picture has followed yet. */
const MOST_REMEMBERED = 64;
const POLICY_VIOLATION = 1008;

interface Screen {
  readonly id: number;
  readonly subscription: Subscription;
}

export class PageConnection implements Spectator {
  readonly #socket: WebSocket;
  readonly #studio: Studio;
  readonly #input: HeldInput;
  readonly #presence: Disposable;
  readonly #limit = new RateLimit(RATE, BURST);
  readonly #screens = new Map<Output, Screen>();
  readonly #recent: { readonly n: number; readonly time: bigint }[] = [];
  #lastInput = 0;
  #pictures = false;
  wantsSnapshots = false;

  constructor(socket: WebSocket, studio: Studio) {
    this.#socket = socket;
    this.#studio = studio;
    this.#input = studio.input();
    this.tell({ type: 'hello', abilities: studio.abilities });
    this.#presence = studio.enter(this);
    this.outputsChanged();
    socket.on('message', (data: Buffer, isBinary: boolean) => this.#received(data, isBinary));
    socket.on('close', () => this.#gone());
    socket.on('error', () => socket.terminate());
  }

  tell(message: ServerMessage): void {
    const waiting = this.#socket.bufferedAmount;
    if (message.type === 'snapshot' && waiting > SLOW) return;
    if (message.type === 'clipboard' && waiting > STUCK) return;
    this.#socket.send(JSON.stringify(message));
  }

  /** Frames of new outputs follow, those of outputs that are gone end. */
  outputsChanged(): void {
    const { outputs } = this.#studio;
    const present = new Set(outputs.values());
    for (const [output, { subscription }] of this.#screens) {
      if (present.has(output)) continue;
      subscription[Symbol.dispose]();
      this.#screens.delete(output);
    }
    for (const [id, output] of outputs) {
      if (this.#screens.has(output)) continue;
      const subscription = this.#studio.subscribe(output, (...frame) => this.#send(id, ...frame));
      this.#screens.set(output, { id, subscription });
      subscription.want(this.#pictures);
    }
  }

  #gone(): void {
    this.#input[Symbol.dispose]();
    for (const { subscription } of this.#screens.values()) subscription[Symbol.dispose]();
    this.#presence[Symbol.dispose]();
  }

  #send(output: number, sequence: number, time: bigint, pixels: EncodedPixels): void {
    if (this.#socket.bufferedAmount > MOST_WAITING) {
      this.#socket.terminate();
      return;
    }
    const header = headerOf({ output, sequence, input: this.#inputBefore(time) }, pixels);
    this.#socket.send(header, { binary: true, fin: false });
    this.#socket.send(pixels.bytes, { binary: true, fin: true });
  }

  /** The last input that came before the picture was shown. In virtual time nobody can tell. */
  #inputBefore(time: bigint): number {
    while (this.#recent.length > 0 && this.#recent[0]!.time <= time)
      this.#lastInput = this.#recent.shift()!.n;
    return this.#lastInput;
  }

  #received(data: Buffer, isBinary: boolean): void {
    try {
      if (isBinary) throw new BadMessage('a message is not text');
      if (!this.#limit.pass()) throw new BadMessage(`more than ${RATE} messages a second`);
      this.#handle(parseMessage(data.toString('utf8')));
    } catch (error) {
      if (!(error instanceof BadMessage)) throw error;
      this.#socket.close(POLICY_VIOLATION, error.message.slice(0, 120));
    }
  }

  #handle(message: PageMessage): void {
    switch (message.type) {
      case 'ack':
        this.#acknowledged(message.output, message.sequence);
        return;
      case 'watch':
        this.#watch(message.pictures, message.snapshots);
        return;
      case 'control':
        this.#studio.control(message);
        return;
      case 'clipboard':
        this.#studio.copied(this, message);
        return;
      default:
        this.#remember(message);
        this.#input.pass(message);
    }
  }

  #acknowledged(output: number, sequence: number): void {
    const screen = [...this.#screens.values()].find(({ id }) => id === output);
    // Of an output that is gone meanwhile, acknowledgements may still come.
    if (screen && !screen.subscription.acknowledge(sequence))
      throw new BadMessage(`frame ${sequence} was not sent, or was acknowledged before`);
  }

  #watch(pictures: boolean, snapshots: boolean): void {
    if (pictures !== this.#pictures) {
      this.#pictures = pictures;
      for (const { subscription } of this.#screens.values()) subscription.want(pictures);
    }
    if (snapshots === this.wantsSnapshots) return;
    this.wantsSnapshots = snapshots;
    this.#studio.interestChanged();
  }

  #remember(message: InputMessage): void {
    if (message.type === 'release') return;
    this.#recent.push({ n: message.n, time: process.hrtime.bigint() });
    if (this.#recent.length > MOST_REMEMBERED) this.#recent.shift();
  }
}
