// What all pages share: one connection to the compositor, one capture of each output, one set of devices.
import type { Client, Output } from '../../client-sdk/core/index.ts';
import {
  type Abilities,
  type ClipboardMessage,
  type ControlMessage,
  MOST_CLIPBOARD,
  type ServerMessage,
} from '../stream/messages.ts';
import { Clipboard, type ClipboardFiles } from './clipboard.ts';
import { HeldInput } from './held-input.ts';
import { InputDevices } from './input-devices.ts';
import { Observer } from './observer.ts';
import { OutputWatch } from './output-watch.ts';
import { ScreenStream } from './screen-stream.ts';
import { SessionControl } from './session-control.ts';
import type { FrameSink, Subscription } from './subscription.ts';

/** A connection to the compositor. */
export interface Connected {
  readonly client: Client;
  /** Null where there are no real descriptors: no text can be copied then. */
  readonly files: ClipboardFiles | null;
}

/** A page, as the studio sees it. */
export interface Spectator {
  readonly wantsSnapshots: boolean;
  tell(message: ServerMessage): void;
  outputsChanged(): void;
}

export class Studio implements Disposable {
  readonly client: Client;
  readonly #spectators = new Set<Spectator>();
  readonly #devices: InputDevices;
  readonly #outputs: OutputWatch;
  readonly #streams = new Map<Output, ScreenStream>();
  readonly #observer: Observer | null;
  readonly #control: SessionControl | null;
  readonly #clipboard: Clipboard | null;

  constructor({ client, files }: Connected) {
    this.client = client;
    this.#devices = new InputDevices(client);
    this.#outputs = new OutputWatch(client, gone => this.#outputsChanged(gone));
    this.#observer = Observer.offeredBy(client)
      ? new Observer(client, snapshot => this.#tellObservers({ type: 'snapshot', snapshot }))
      : null;
    this.#control = SessionControl.offeredBy(client)
      ? new SessionControl(client, message => this.#tell(message))
      : null;
    this.#clipboard =
      files && Clipboard.offeredBy(client)
        ? new Clipboard({ client, files, onText: text => this.#tellText(text) })
        : null;
  }

  get abilities(): Abilities {
    const { pointer, keyboard, touch } = this.#devices;
    return {
      pointer,
      keyboard,
      touch,
      clipboard: this.#clipboard !== null,
      observation: this.#observer !== null,
      control: this.#control !== null,
    };
  }

  get outputs(): ReadonlyMap<number, Output> {
    return this.#outputs.ids;
  }

  /** A page comes; disposing is its going. */
  enter(spectator: Spectator): Disposable {
    this.#spectators.add(spectator);
    // The first page hears of them when they are known.
    if (this.outputs.size > 0) spectator.tell({ type: 'outputs', outputs: this.#outputs.messages });
    if (this.#control?.clock) spectator.tell(this.#control.clock);
    return {
      [Symbol.dispose]: () => {
        this.#spectators.delete(spectator);
        this.interestChanged();
      },
    };
  }

  /** A page wants snapshots now, or wants none any more. */
  interestChanged(): void {
    const wanted = [...this.#spectators].some(({ wantsSnapshots }) => wantsSnapshots);
    this.#observer?.want(wanted);
    if (wanted) this.#observer?.again();
  }

  subscribe(output: Output, sink: FrameSink): Subscription {
    const known = this.#streams.get(output);
    const stream = known ?? new ScreenStream(this.client, output);
    this.#streams.set(output, stream);
    return stream.subscribe(sink);
  }

  input(): HeldInput {
    return new HeldInput(this.#devices, id => this.outputs.get(id));
  }

  /** A person has copied a text: programs get it, and the other people. */
  copied(from: Spectator, message: ClipboardMessage): void {
    this.#clipboard?.setText(message.text);
    for (const spectator of this.#spectators) if (spectator !== from) spectator.tell(message);
  }

  control(message: ControlMessage): void {
    this.#control?.pass(message);
  }

  [Symbol.dispose](): void {
    this.#observer?.[Symbol.dispose]();
    this.#clipboard?.[Symbol.dispose]();
    this.#outputs[Symbol.dispose]();
    for (const stream of this.#streams.values()) stream[Symbol.dispose]();
    this.#streams.clear();
    void this.client.close();
  }

  #outputsChanged(gone: readonly Output[]): void {
    for (const output of gone) {
      this.#streams.get(output)?.[Symbol.dispose]();
      this.#streams.delete(output);
      this.#devices.forget(output);
    }
    this.#tell({ type: 'outputs', outputs: this.#outputs.messages });
    for (const spectator of [...this.#spectators]) spectator.outputsChanged();
  }

  #tellText(text: string): void {
    if (text.length <= MOST_CLIPBOARD) this.#tell({ type: 'clipboard', text });
  }

  #tell(message: ServerMessage): void {
    for (const spectator of this.#spectators) spectator.tell(message);
  }

  #tellObservers(message: ServerMessage): void {
    for (const spectator of this.#spectators) if (spectator.wantsSnapshots) spectator.tell(message);
  }
}
