// The outputs of the compositor, as they come, change and go.
import type { Client, ObjectProxy, Output } from '../../client-sdk/core/index.ts';
import type { OutputMessage } from '../stream/messages.ts';

interface Known {
  readonly id: number;
  readonly listener: Disposable;
}

export class OutputWatch implements Disposable {
  readonly #client: Client;
  readonly #registry: ObjectProxy<'wl_registry'>;
  readonly #listener: Disposable;
  readonly #changed: (gone: readonly Output[]) => void;
  readonly #known = new Map<Output, Known>();
  #nextId = 1;
  #disposed = false;

  /** `changed` is called once at first, and whenever there is something else to be said. */
  constructor(client: Client, changed: (gone: readonly Output[]) => void) {
    this.#client = client;
    this.#changed = changed;
    this.#registry = client.display.get_registry();
    this.#listener = this.#registry.listen({
      global: (_, name) => {
        if (name === 'wl_output') this.#lookSoon();
      },
      global_remove: () => this.#lookSoon(),
    });
    this.#lookSoon();
  }

  get ids(): ReadonlyMap<number, Output> {
    return new Map([...this.#known].map(([output, { id }]) => [id, output]));
  }

  get messages(): OutputMessage[] {
    return [...this.#known].map(([{ description }, { id }]) => ({
      id,
      name: description.name,
      description: description.description,
      x: description.x,
      y: description.y,
      width: description.width,
      height: description.height,
      refresh: description.refresh,
      scale: description.scale,
    }));
  }

  [Symbol.dispose](): void {
    this.#disposed = true;
    this.#listener[Symbol.dispose]();
    for (const { listener } of this.#known.values()) listener[Symbol.dispose]();
  }

  /** A round trip later their descriptions are complete. */
  #lookSoon(): void {
    const { outputs } = this.#client;
    this.#client.roundtrip().then(
      () => {
        if (!this.#disposed) this.#look([...outputs]);
      },
      () => {},
    );
  }

  #look(present: readonly Output[]): void {
    const gone = [...this.#known.keys()].filter(output => !present.includes(output));
    for (const output of gone) {
      this.#known.get(output)!.listener[Symbol.dispose]();
      this.#known.delete(output);
    }
    for (const output of present)
      if (!this.#known.has(output))
        this.#known.set(output, {
          id: this.#nextId++,
          listener: output.proxy.on('done', () => this.#changed([])),
        });
    this.#changed(gone);
  }
}
