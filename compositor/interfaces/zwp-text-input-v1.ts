// zwp_text_input_v1: the first version of a field that takes text, without double buffering.
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
export function textInputV1(
  inputs: TextInputs,
): (caller: Caller, resource: Resource<'zwp_text_input_manager_v1'>) => void {
  return (caller, resource) =>
    resource.setHandlers({ create_text_input: (_, id) => void new TextInputV1(caller, id, inputs) });
}

class TextInputV1 implements TextField, FocusedTextInput {
  readonly client;
  readonly #resource: Resource<'zwp_text_input_v1'>;
  readonly #caller: Caller;
  #state = NO_TEXT_FIELD_STATE;
  /** The client's own number of its last state, which answers carry. */
  #serial = 0;
  #focus: Surface | null = null;
  /** The surface that it was activated for; it takes text while that has the keyboard. */
  #wanted: Surface | null = null;
  #enabled: Disposable | null = null;

  constructor(caller: Caller, resource: Resource<'zwp_text_input_v1'>, inputs: TextInputs) {
    this.client = caller.client;
    this.#caller = caller;
    this.#resource = resource;
    const added = inputs.add(this);
    resource.onDestroy(() => {
      added[Symbol.dispose]();
      this.#enabled?.[Symbol.dispose]();
    });
    resource.setHandlers({
      activate: (_, __, surface) => this.#activate(caller.context.surfaces.get(surface).surface),
      deactivate: () => this.#deactivate(),
      show_input_panel: () => {},
      hide_input_panel: () => {},
      reset: () => this.#change(NO_TEXT_FIELD_STATE),
      set_surrounding_text: (_, surroundingText, cursor, anchor) =>
        this.#change({ surroundingText, cursor, anchor }),
      set_content_type: (_, contentHint, contentPurpose) => this.#change({ contentHint, contentPurpose }),
      set_cursor_rectangle: () => {},
      set_preferred_language: () => {},
      commit_state: (_, serial) => {
        this.#serial = serial;
      },
      invoke_action: () => {},
    });
  }

  get state(): TextFieldState {
    return this.#state;
  }

  change({ delete: deleted, commit, preedit }: TextChange): void {
    const { events } = this.#resource;
    // Takes effect with the commit_string that follows.
    if (deleted) events.delete_surrounding_text(-deleted.before, deleted.before + deleted.after);
    if (deleted || commit !== undefined) events.commit_string(this.#serial, commit ?? '');
    else if (!preedit) events.preedit_string(this.#serial, '', '');
    if (!preedit) return;
    events.preedit_cursor(preedit.cursorBegin);
    events.preedit_string(this.#serial, preedit.text, preedit.text);
  }

  focusChanged(surface: Surface | null): void {
    if (surface === this.#focus) return;
    this.#focus = surface;
    if (this.#enabled) this.#deactivate();
    else this.#enable();
  }

  #activate(surface: Surface): void {
    if (this.#wanted === surface) return;
    this.#deactivate();
    this.#wanted = surface;
    this.#enable();
  }

  #enable(): void {
    if (!this.#wanted || this.#wanted !== this.#focus) return;
    const object = this.#caller.context.surfaceObject(this.#wanted);
    if (!object) return;
    this.#enabled = this.#caller.context.rooms.seat.textInput.enable(this);
    this.#resource.events.enter(object.resource);
  }

  #deactivate(): void {
    this.#wanted = null;
    if (!this.#enabled) return;
    this.#enabled[Symbol.dispose]();
    this.#enabled = null;
    this.#resource.events.leave();
  }

  #change(change: Partial<TextFieldState>): void {
    this.#state = { ...this.#state, ...change };
    if (this.#enabled) this.#caller.context.rooms.seat.textInput.stateChanged(this);
  }
}
