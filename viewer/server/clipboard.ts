// The clipboard of the session for a person in front of a browser: text, both ways, through zwlr_data_control_v1.
import { Socket } from 'node:net';
import type { Client, ObjectProxy } from '../../client-sdk/index.ts';
import type { Handle } from '../../protocol/object/message.ts';

/** What UTF-8 text is called, the name that everybody should use first. */
const TEXT_TYPES: readonly string[] = ['text/plain;charset=utf-8', 'UTF8_STRING', 'text/plain'];
/** Bytes of UTF-8: more is neither read nor offered. */
export const MOST_TEXT = 1 << 20;
/** How long a program may take to give its text, and how long one may take to read ours, in milliseconds. */
const PATIENCE = 5000;
/** Programs that have our text given to them at a time: each takes a descriptor of this process until it has read it. */
const MOST_TRANSFERS = 32;
/** Milliseconds from one reading to the next: programs may change the selection thousands of times a second. */
const INTERVAL = 100;

type Offer = ObjectProxy<'zwlr_data_control_offer_v1'>;

/** Real descriptors: what programs of other processes read from and write to. */
export interface ClipboardFiles {
  /** A pipe, both ends the caller's; null when there are too many descriptors. */
  pipe(): { readonly read: number; readonly write: number } | null;
  /** A real descriptor, the caller's own, for one that came with an event and is closed by this; null where none is behind it. */
  real(handle: Handle): number | null;
  close(fd: number): void;
}

export interface ClipboardOptions {
  /** Is offered zwlr_data_control_manager_v1 and wl_seat. */
  readonly client: Client;
  readonly files: ClipboardFiles;
  /** A program has put text on the clipboard. Text of this side does not come back. */
  readonly onText: (text: string) => void;
}

/**
 * Reads what programs copy as soon as they do, and offers them the text that was set here last.
 *
 * ```ts
 * const clipboard = new Clipboard({ client, files: clipboardFiles(libc, task), onText: text => socket.send(text) });
 * clipboard.setText('for everybody');
 * clipboard[Symbol.dispose]();
 * ```
 */
export class Clipboard implements Disposable {
  readonly #options: ClipboardOptions;
  readonly #manager: ObjectProxy<'zwlr_data_control_manager_v1'>;
  readonly #device: ObjectProxy<'zwlr_data_control_device_v1'>;
  /** Types of offers that were announced and not selected yet, or are the selection now. */
  readonly #offers = new Map<Offer, Set<string>>();
  readonly #transfers = new Set<Socket>();
  /** A type that nobody else offers: by it our own selection is known when it comes back. */
  readonly #mark = `application/x-fencepost-viewer-${crypto.randomUUID()}`;
  #reading: Socket | null = null;
  /** When the selection was read last, and when it will be again: the newest, after so many. */
  #lastRead = Number.NEGATIVE_INFINITY;
  #nextRead: NodeJS.Timeout | null = null;
  #source: ObjectProxy<'zwlr_data_control_source_v1'> | null = null;
  /** The text that is on the clipboard, as far as it is known. */
  #text: string | null = null;

  static offeredBy(client: Client): boolean {
    return client.offers('zwlr_data_control_manager_v1') > 0 && client.offers('wl_seat') > 0;
  }

  /** Throws `MissingGlobal` where the clipboard is not offered. */
  constructor(options: ClipboardOptions) {
    this.#options = options;
    const { client } = options;
    this.#manager = client.bind('zwlr_data_control_manager_v1', 1);
    this.#device = this.#manager.get_data_device(client.shared('wl_seat'));
    this.#device.on('data_offer', offer => this.#offered(offer));
    this.#device.on('selection', offer => this.#selected(offer));
  }

  /** Puts text on the clipboard. Too much of it, and text that is there already, changes nothing. */
  setText(text: string): void {
    const bytes = Buffer.from(text);
    if (bytes.length > MOST_TEXT || text === this.#text) return;
    const source = this.#manager.create_data_source();
    for (const type of [...TEXT_TYPES, this.#mark]) source.offer(type);
    source.on('send', (_type, handle) => this.#give(bytes, handle));
    source.on('cancelled', () => {
      source.destroy();
      if (this.#source === source) this.#source = null;
    });
    this.#device.set_selection(source);
    this.#source = source;
    this.#text = text;
  }

  [Symbol.dispose](): void {
    this.#forgetNextRead();
    for (const transfer of this.#transfers) transfer.destroy();
    if (this.#options.client.error) return;
    for (const offer of this.#offers.keys()) offer.destroy();
    this.#source?.destroy();
    this.#device.destroy();
    this.#manager.destroy();
  }

  #offered(offer: Offer): void {
    const types = new Set<string>();
    this.#offers.set(offer, types);
    offer.on('offer', type => void types.add(type));
  }

  /** The offer before it is of no use any more. */
  #selected(selected: Offer | null): void {
    this.#reading?.destroy();
    this.#forgetNextRead();
    for (const offer of [...this.#offers.keys()]) if (offer !== selected) this.#forget(offer);
    const types = selected && this.#offers.get(selected);
    if (types?.has(this.#mark)) return;
    this.#text = null;
    if (!selected || !types) return;
    const type = TEXT_TYPES.find(candidate => types.has(candidate));
    if (type !== undefined) this.#takeSoon(selected, type);
  }

  #forget(offer: Offer): void {
    this.#offers.delete(offer);
    offer.destroy();
  }

  #takeSoon(offer: Offer, type: string): void {
    const wait = this.#lastRead + INTERVAL - performance.now();
    if (wait <= 0) this.#take(offer, type);
    else this.#nextRead = setTimeout(() => this.#take(offer, type), wait);
  }

  #forgetNextRead(): void {
    if (this.#nextRead) clearTimeout(this.#nextRead);
    this.#nextRead = null;
  }

  #take(offer: Offer, type: string): void {
    const { client, files } = this.#options;
    this.#lastRead = performance.now();
    if (client.error) return;
    const pipe = files.pipe();
    if (!pipe) return;
    const { read, write } = pipe;
    // Sending duplicates it; ours would keep the end of the text from coming.
    offer.receive(type, { kind: 'host', fd: write });
    files.close(write);
    const parts: Buffer[] = [];
    let bytes = 0;
    const socket = this.#transfer(read, { readable: true, writable: false });
    if (!socket) return;
    this.#reading = socket;
    socket.on('data', (part: Buffer) => {
      parts.push(part);
      bytes += part.length;
      if (bytes > MOST_TEXT) socket.destroy();
    });
    socket.on('end', () => this.#taken(Buffer.concat(parts).toString()));
  }

  #taken(text: string): void {
    this.#text = text;
    this.#options.onText(text);
  }

  #give(bytes: Buffer, handle: Handle): void {
    const fd = this.#options.files.real(handle);
    if (fd === null) return;
    this.#transfer(fd, { readable: false, writable: true })?.end(bytes);
  }

  /**
   * One end of a pipe that a program has the other end of: it may stop reading or writing, or die. Null for what is no pipe
   * or socket (nothing else can be written to without waiting), and where too many wait already.
   */
  #transfer(fd: number, direction: { readable: boolean; writable: boolean }): Socket | null {
    if (this.#transfers.size >= MOST_TRANSFERS) {
      this.#options.files.close(fd);
      return null;
    }
    let socket: Socket;
    try {
      socket = new Socket({ fd, ...direction });
    } catch {
      this.#options.files.close(fd);
      return null;
    }
    this.#transfers.add(socket);
    socket.setTimeout(PATIENCE, () => socket.destroy());
    socket.on('error', () => {});
    socket.on('close', () => {
      this.#transfers.delete(socket);
      if (this.#reading === socket) this.#reading = null;
    });
    return socket;
  }
}
