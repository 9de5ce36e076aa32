// Things that each client has a few of and that are gone through for every event.
import type { Client } from '../server/client.ts';
import { displayRefusal } from './errors.ts';

/** Of each kind, where it does not say otherwise; a client that makes more would cost the others. */
const MOST = 256;

export class PerClient<T> {
  readonly #byClient = new Map<Client, Set<T>>();
  readonly #none: ReadonlySet<T> = new Set();
  readonly #what: string;
  readonly #most: number;

  /** `what` they are, for the client that makes too many; `most` it may have. */
  constructor(what: string, most = MOST) {
    this.#what = what;
    this.#most = most;
  }

  /** Lists it until the result is disposed. */
  add(client: Client, value: T): Disposable {
    const values = this.#byClient.get(client) ?? new Set<T>();
    if (values.size >= this.#most)
      throw displayRefusal(
        'no_memory',
        `the client has ${values.size} ${this.#what}, which is all it may; destroy some first`,
      );
    this.#byClient.set(client, values.add(value));
    return {
      [Symbol.dispose]: () => {
        values.delete(value);
        if (values.size === 0 && this.#byClient.get(client) === values) this.#byClient.delete(client);
      },
    };
  }

  of(client: Client): ReadonlySet<T> {
    return this.#byClient.get(client) ?? this.#none;
  }

  get clients(): readonly Client[] {
    return [...this.#byClient.keys()];
  }
}
