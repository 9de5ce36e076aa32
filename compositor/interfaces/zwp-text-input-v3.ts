// zwp_text_input_v3: a field that takes text. Requests stash, commit decides.
import type { Resource } from '../../protocol/object/resource.ts';
import type { Surface } from '../scene/surface.ts';
import {
  NO_TEXT_FIELD_STATE,
  type TextChange,
  type TextField,
  type TextFieldState,
} from '../seat/text-input.ts';
import type { Caller } from './context.ts';
import type { FocusedTextInput, TextInputs } from './text-inputs.ts';

/** What binds the global. */
export function textInputV3(
  inputs: TextInputs,
): (caller: Caller, resource: Resource<'zwp_text_input_manager_v3'>) => void {
  return (caller, resource) =>
    resource.setHandlers({
      destroy: () => {},
      get_text_input: (_, id) => void new TextInputV3(caller, id, inputs),
    });
}

interface Pending {
  /** Undefined leaves it as it is. */
  readonly enabled?: boolean;
  readonly state: TextFieldState;
}

class TextInputV3 implements TextField, FocusedTextInput {
  readonly client;
  readonly #resource: Resource<'zwp_text_input_v3'>;
  readonly #caller: Caller;
  #pending: Pending = { state: NO_TEXT_FIELD_STATE };
  #state = NO_TEXT_FIELD_STATE;
  #focus: Surface | null = null;
  /** It takes text. */
  #enabled: Disposable | null = null;
  /** Commits so far, by which the client knows what an answer is about. */
  #commits = 0;

  constructor(caller: Caller, resource: Resource<'zwp_text_input_v3'>, inputs: TextInputs) {
    this.client = caller.client;
    this.#caller = caller;
    this.#resource = resource;
    resource.setHandlers({
      destroy: () => {},
      enable: () => {
        this.#pending = { enabled: true, state: NO_TEXT_FIELD_STATE };
      },
      disable: () => {
        this.#pending = { ...this.#pending, enabled: false };
      },
      set_surrounding_text: (_, surroundingText, cursor, anchor) =>
        this.#stash({ surroundingText, cursor, anchor }),
      set_text_change_cause: () => {},
      set_content_type: (_, contentHint, contentPurpose) => this.#stash({ contentHint, contentPurpose }),
      set_cursor_rectangle: () => {},
      commit: () => this.#commit(),
    });
    const added = inputs.add(this);
    resource.onDestroy(() => {
      added[Symbol.dispose]();
      this.#disable();
    });
  }

  get state(): TextFieldState {
    return this.#state;
  }

  change({ delete: deleted, commit, preedit }: TextChange): void {
    const { events } = this.#resource;
    if (preedit) events.preedit_string(preedit.text, preedit.cursorBegin, preedit.cursorEnd);
    if (deleted) events.delete_surrounding_text(deleted.before, deleted.after);
    if (commit !== undefined) events.commit_string(commit);
    events.done(this.#commits);
  }

  focusChanged(surface: Surface | null): void {
    if (surface === this.#focus) return;
    const { context } = this.#caller;
    const before = this.#focus && context.surfaceObject(this.#focus);
    const now = surface && context.surfaceObject(surface);
    this.#focus = surface;
    this.#disable();
    if (before && !before.resource.destroyed) this.#resource.events.leave(before.resource);
    if (now) this.#resource.events.enter(now.resource);
  }

  #stash(change: Partial<TextFieldState>): void {
    this.#pending = { ...this.#pending, state: { ...this.#pending.state, ...change } };
  }

  #commit(): void {
    this.#commits = (this.#commits + 1) >>> 0;
    const { textInput } = this.#caller.context.rooms.seat;
    const { enabled, state } = this.#pending;
    this.#state = state;
    this.#pending = { state };
    if (enabled === false) this.#disable();
    else if (enabled && this.#focus) {
      this.#disable();
      this.#enabled = textInput.enable(this);
    } else if (this.#enabled) textInput.stateChanged(this);
  }

  #disable(): void {
    this.#enabled?.[Symbol.dispose]();
    this.#enabled = null;
  }
}
