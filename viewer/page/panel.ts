// The side panel: what the compositor has and does.
import type {
  ControlMessage,
  OutputMessage,
  PlaneMessage,
  Snapshot,
  SurfaceMessage,
  WindowMessage,
} from '../stream/messages.ts';
import { byId, icon, KeyedList, make, setAttribute, setText } from './dom.ts';

interface Line {
  readonly key: string;
  readonly title: string;
  readonly tag: string;
  readonly note: string;
  readonly numbers: string;
  readonly marked: boolean;
}

const placed = (rect: { x: number; y: number; width: number; height: number }): string =>
  `${rect.width}×${rect.height} at ${rect.x},${rect.y}`;

const CONTENT = {
  off: 'off',
  composition: 'composed',
  surface: 'scanned out',
  cursor: 'cursor',
} as const;

/** A card of a title, a tag, a sentence and numbers. */
function card() {
  const title = make('strong');
  const tag = make('span', { class: 'tag' });
  const note = make('span', { class: 'note' });
  const numbers = make('span', { class: 'numbers' });
  const element = make('li', { class: 'card' }, title, tag, note, numbers);
  return {
    element,
    title,
    tag,
    update(line: Line) {
      setText(title, line.title);
      setText(tag, line.tag);
      setText(note, line.note);
      setText(numbers, line.numbers);
      tag.hidden = line.tag === '';
      note.hidden = line.note === '';
      numbers.hidden = line.numbers === '';
      setAttribute(element, 'data-marked', line.marked ? '' : null);
    },
  };
}

export class Panel {
  readonly #windows: KeyedList<WindowMessage, HTMLElement>;
  readonly #planes = new KeyedList<Line, HTMLElement>(byId('planes', HTMLUListElement), card);
  readonly #surfaces = new KeyedList<Line, HTMLElement>(byId('surfaces', HTMLUListElement), card);
  readonly #outputs = new KeyedList<Line, HTMLElement>(byId('outputs', HTMLUListElement), card);
  #described: readonly OutputMessage[] = [];
  #snapshot: Snapshot | null = null;
  /** Whether windows can be steered from here. */
  control = false;

  constructor(send: (message: ControlMessage) => void) {
    const list = byId('windows', HTMLUListElement);
    this.#windows = new KeyedList(list, ({ id }) => this.#windowCard(id, send));
    list.dataset['empty'] = 'No windows yet';
    byId('surfaces', HTMLUListElement).dataset['empty'] = 'Nothing is shown';
  }

  describe(outputs: readonly OutputMessage[]): void {
    this.#described = outputs;
    this.#show();
  }

  show(snapshot: Snapshot): void {
    this.#snapshot = snapshot;
    this.#show();
  }

  #show(): void {
    const { windows = [], planes = [], surfaces = [], counts = [] } = this.#snapshot ?? {};
    const several = this.#described.length > 1;
    const titleOf = (id: number): string => {
      const window = windows.find(one => one.id === id);
      return window ? titleOfWindow(window) : '';
    };
    this.#windows.show(windows, ({ id }) => String(id));
    this.#planes.show(
      planes.map(plane => planeLine(plane, surfaces, titleOf, several)),
      ({ key }) => key,
    );
    this.#surfaces.show(
      surfaces.map(surface => surfaceLine(surface, titleOf)),
      ({ key }) => key,
    );
    this.#outputs.show(
      this.#described.map(output => {
        const counted = counts.find(count => count.output === output.name);
        return {
          key: String(output.id),
          title: output.name,
          tag: counted?.state ?? '',
          note: output.description,
          numbers: counted
            ? `${counted.composited} composed · ${counted.scannedOut} scanned out · ${counted.missed} missed`
            : '',
          marked: false,
        };
      }),
      ({ key }) => key,
    );
  }

  #windowCard(id: number, send: (message: ControlMessage) => void) {
    const shown = card();
    const acts = make('span', { class: 'acts' });
    const act = (action: 'activate' | 'close', name: string) => {
      const button = make('button', { type: 'button' }, icon(name));
      button.addEventListener('click', () => send({ type: 'control', action, window: id }));
      acts.append(button);
      return button;
    };
    const raise = act('activate', 'raise');
    const close = act('close', 'close');
    if (this.control) shown.tag.replaceWith(acts);
    return {
      element: shown.element,
      update(window: WindowMessage) {
        const title = titleOfWindow(window);
        const active = window.states.includes('activated');
        shown.update({
          key: '',
          title,
          tag: active ? 'active' : '',
          note: [window.appId, ...window.states.filter(state => state !== 'activated')]
            .filter(Boolean)
            .join(' · '),
          numbers: `${placed(window.rect)} on ${window.output}`,
          marked: active,
        });
        for (const [button, words] of [
          [raise, `Activate ${title}`],
          [close, `Close ${title}`],
        ] as const) {
          setAttribute(button, 'aria-label', words);
          button.title = words;
        }
      },
    };
  }
}

const titleOfWindow = ({ title, appId }: WindowMessage): string => title || appId || 'untitled';

type TitleOf = (window: number) => string;

function planeLine(
  plane: PlaneMessage,
  surfaces: readonly SurfaceMessage[],
  titleOf: TitleOf,
  several: boolean,
): Line {
  const shown = surfaces.find(one => one.plane === plane.plane && one.output === plane.output);
  const isComposition = plane.content === 'composition';
  const what = titleOf(plane.window) || plane.label;
  return {
    key: `${plane.output} ${plane.plane}`,
    title: `${plane.type} ${plane.plane}${several ? ` · ${plane.output}` : ''}`,
    tag: CONTENT[plane.content],
    note: isComposition ? '' : [what, shown?.reason].filter(Boolean).join(': '),
    numbers: plane.content === 'off' ? '' : placed(plane.rect),
    marked: plane.content === 'surface' || plane.content === 'cursor',
  };
}

const surfaceLine = ({ output, label, window, plane, reason }: SurfaceMessage, titleOf: TitleOf): Line => ({
  key: `${output} ${label}`,
  title: titleOf(window) || label,
  tag: plane === 0 ? 'composed' : `plane ${plane}`,
  note: reason,
  numbers: titleOf(window) ? label : '',
  marked: plane !== 0,
});
