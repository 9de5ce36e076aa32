// The page put together.
import { readHeader } from '../stream/frame.ts';
import type { Abilities, ClockMessage, OutputMessage, ServerMessage } from '../stream/messages.ts';
import { Connection, type ConnectionState } from './connection.ts';
import { byId, setAttribute, setText } from './dom.ts';
import { KeyboardInput } from './keyboard-input.ts';
import { Meters } from './meters.ts';
import { PageClipboard } from './page-clipboard.ts';
import { Panel } from './panel.ts';
import { Screen, type Unnumbered } from './screen.ts';
import { TextInput } from './text-input.ts';
import { Tools } from './tools.ts';

const NOTHING: Abilities = {
  pointer: false,
  keyboard: false,
  touch: false,
  clipboard: false,
  observation: false,
  control: false,
};
const KEY_HINT = 6000;

class Page {
  readonly #screens = new Map<number, Screen>();
  readonly #stage = byId('screens', HTMLDivElement);
  readonly #meters = new Meters();
  readonly #panel = new Panel(message => this.#connection.send(message));
  readonly #tools: Tools;
  readonly #keyboard: KeyboardInput;
  readonly #text: TextInput;
  readonly #connection: Connection;
  readonly #clipboard: PageClipboard;
  #abilities = NOTHING;
  #clock: ClockMessage | null = null;
  #frozen = false;
  #tint = false;
  #flash = false;
  #panelShown = false;
  #lastInput = 0;
  #hintTimer: ReturnType<typeof setTimeout> | undefined;

  constructor() {
    this.#keyboard = new KeyboardInput({
      input: message => this.#input(message),
      changed: owner => this.#keyboardMoved(owner),
    });
    this.#text = new TextInput(byId('typing', HTMLTextAreaElement), message => this.#input(message));
    this.#tools = new Tools({
      scale: actual => setAttribute(document.body, 'data-scale', actual ? 'actual' : null),
      moves: picture => setAttribute(document.body, 'data-moves', picture ? '' : null),
      overlays: (tint, flash) => this.#overlays(tint, flash),
      freeze: frozen => this.#freeze(frozen),
      step: () => this.#connection.send({ type: 'control', action: 'step', output: null }),
      speed: speed => this.#connection.send({ type: 'control', action: 'speed', speed }),
      panel: shown => this.#showPanel(shown),
      keyboard: () => this.#text.open(),
    });
    this.#clipboard = new PageClipboard(text => {
      if (this.#abilities.clipboard) this.#connection.send({ type: 'clipboard', text });
    });
    this.#connection = new Connection({
      state: state => this.#state(state),
      message: message => this.#message(message),
      frame: bytes => void this.#frame(bytes),
    });
    // On a phone that is held across, the screen needs all the room there is.
    this.#tools.showPanel(!matchMedia('(max-height: 500px)').matches);
    document.addEventListener('visibilitychange', () => this.#watch());
    addEventListener('resize', () => {
      for (const screen of this.#screens.values()) screen.fitPixels();
    });
  }

  #state(state: ConnectionState): void {
    document.body.dataset['state'] = state.kind;
    const words = {
      connecting: ['Connecting…', '', ''],
      live: ['Live', '', ''],
      gone: [
        'Not connected',
        'The session does not answer',
        `Reason: ${state.kind === 'gone' ? state.reason : ''}. The page tries again by itself, and goes on when the session is back.`,
      ],
      refused: [
        'No access',
        'This page needs the address of the session',
        'Open the address that was printed when the session started; it has a token that lets you in. A session that was started anew has a new one.',
      ],
    }[state.kind];
    setText(byId('state', HTMLParagraphElement), words[0]!);
    setText(byId('notice-title', HTMLHeadingElement), words[1]!);
    setText(byId('notice-text', HTMLParagraphElement), words[2]!);
    byId('notice', HTMLDivElement).hidden = words[1] === '';
    if (state.kind === 'live') this.#watch();
    else this.#keyboard.leave();
  }

  #message(message: ServerMessage): void {
    switch (message.type) {
      case 'hello':
        this.#abilities = message.abilities;
        this.#panel.control = message.abilities.control;
        // A stream that begins anew numbers its outputs and frames anew.
        for (const screen of this.#screens.values()) screen[Symbol.dispose]();
        this.#screens.clear();
        return;
      case 'outputs':
        this.#outputs(message.outputs);
        return;
      case 'snapshot':
        this.#panel.show(message.snapshot);
        for (const screen of this.#screens.values()) screen.showPlanes(message.snapshot.planes);
        return;
      case 'clock':
        this.#clockTold(message);
        return;
      case 'clipboard':
        this.#clipboard.received(message.text);
        return;
      case 'stepped':
        return;
    }
  }

  /** In virtual time the switch is the clock's: pictures that were frozen before this was known go on. */
  #clockTold(clock: ClockMessage): void {
    this.#clock = clock;
    this.#tools.showClock(clock);
    if (clock.kind !== 'virtual' || !this.#frozen) return;
    this.#frozen = false;
    this.#watch();
  }

  #outputs(outputs: readonly OutputMessage[]): void {
    const ids = new Set(outputs.map(({ id }) => id));
    for (const [id, screen] of this.#screens) {
      if (ids.has(id)) continue;
      if (this.#keyboard.owner === screen) this.#keyboard.leave();
      screen[Symbol.dispose]();
      this.#screens.delete(id);
    }
    for (const output of outputs) {
      const known = this.#screens.get(output.id);
      if (known) known.update(output);
      else this.#addScreen(output);
    }
    this.#arrange(outputs);
    this.#panel.describe(outputs);
  }

  /** Rows of screens as in a book; style.css makes them as large as they fit. */
  #arrange(outputs: readonly OutputMessage[]): void {
    const columns = outputs.length <= 1 ? 1 : outputs.length <= 4 ? 2 : 3;
    const rows = Math.max(1, Math.ceil(outputs.length / columns));
    const widths = Array.from({ length: rows }, (_, row) =>
      outputs
        .slice(row * columns, (row + 1) * columns)
        .reduce((sum, { width, height }) => sum + width / height, 0),
    );
    const { style } = this.#stage;
    style.setProperty('--columns', String(columns));
    style.setProperty('--rows', String(rows));
    style.setProperty('--row-ratio', String(Math.max(...widths) || 1));
  }

  #addScreen(output: OutputMessage): void {
    const screen = new Screen(output, this.#abilities, {
      input: message => this.#input(message),
      keysWanted: wanted => this.#takeKeys(wanted),
      keysLost: lost => {
        if (this.#keyboard.owner === lost) this.#keyboard.leave();
      },
    });
    screen.switchOverlay(this.#tint, this.#flash);
    this.#screens.set(output.id, screen);
    this.#stage.append(screen.element);
  }

  #takeKeys(screen: Screen): void {
    if (this.#abilities.keyboard) this.#keyboard.enter(screen);
    if (this.#abilities.clipboard) void this.#clipboard.read('prompt');
  }

  async #frame(bytes: Uint8Array): Promise<void> {
    const { output, sequence } = readHeader(bytes);
    const screen = this.#screens.get(output);
    if (screen) {
      const { header, bytes: length } = await screen.paint(bytes);
      this.#meters.painted(header.input, length);
    }
    // A stream that began anew meanwhile has other numbers, and would not know this one.
    if (this.#screens.get(output) === screen) this.#connection.send({ type: 'ack', output, sequence });
  }

  #input(message: Unnumbered): void {
    if (message.type === 'release') {
      this.#connection.send(message);
      return;
    }
    const n = ++this.#lastInput;
    this.#meters.sent(n);
    this.#connection.send({ ...message, n });
  }

  #keyboardMoved(owner: Screen | null): void {
    const hint = byId('keyhint', HTMLParagraphElement);
    setText(
      hint,
      owner
        ? `Keys go to ${owner.output.name}. Ctrl+Alt+Esc gives them back.`
        : 'The keyboard is yours again.',
    );
    // A finger needs no keys to be taken from; it is said to screen readers all the same.
    if (matchMedia('(hover: hover)').matches) hint.dataset['shown'] = '';
    clearTimeout(this.#hintTimer);
    this.#hintTimer = setTimeout(() => delete hint.dataset['shown'], owner ? KEY_HINT : KEY_HINT / 4);
  }

  #overlays(tint: boolean, flash: boolean): void {
    this.#tint = tint;
    this.#flash = flash;
    for (const screen of this.#screens.values()) screen.switchOverlay(tint, flash);
    this.#watch();
  }

  #freeze(frozen: boolean): void {
    if (this.#clock?.kind === 'virtual') {
      this.#connection.send({ type: 'control', action: frozen ? 'freeze' : 'resume' });
      return;
    }
    this.#frozen = frozen;
    this.#watch();
  }

  #showPanel(shown: boolean): void {
    this.#panelShown = shown;
    setAttribute(document.body, 'data-panel', shown ? '' : null);
    this.#watch();
  }

  /** Says what is looked at: a hidden tab and a frozen picture cost nothing. */
  #watch(): void {
    const visible = !document.hidden;
    this.#connection.send({
      type: 'watch',
      pictures: visible && !this.#frozen,
      snapshots: visible && (this.#panelShown || this.#tint),
    });
  }
}

new Page();
