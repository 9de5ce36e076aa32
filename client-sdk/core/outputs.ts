import { interfaces } from '../../protocol/interfaces/index.ts';
import type { ObjectProxy } from '../../protocol/object/proxy.ts';
import type { Client } from './client.ts';
import type { OutputDescription } from './options.ts';
import type { Global } from './registry.ts';

/** A screen, as the server describes it. Its description is complete after a round trip. */
export class Output {
  readonly proxy: ObjectProxy<'wl_output'>;
  #description: OutputDescription;

  constructor(proxy: ObjectProxy<'wl_output'>, number: number) {
    this.proxy = proxy;
    this.#description = {
      name: `output-${number}`,
      description: '',
      x: 0,
      y: 0,
      width: 0,
      height: 0,
      refresh: 0,
      scale: 1,
      make: '',
      model: '',
    };
    proxy.listen({
      geometry: (x, y, _width, _height, _subpixel, make, model) => this.#learn({ x, y, make, model }),
      mode: (flags, width, height, refresh) => {
        if ((flags & interfaces.wl_output.enums.mode.current) !== 0) this.#learn({ width, height, refresh });
      },
      scale: scale => this.#learn({ scale }),
      name: name => this.#learn({ name }),
      description: description => this.#learn({ description }),
    });
  }

  get description(): OutputDescription {
    return this.#description;
  }

  get name(): string {
    return this.#description.name;
  }

  #learn(part: Partial<OutputDescription>): void {
    this.#description = { ...this.#description, ...part };
  }
}

/** The outputs that there are now. */
export class Outputs implements Iterable<Output> {
  readonly #client: Client;
  readonly #byGlobal = new Map<number, Output>();

  /** See `Client.outputs`. */
  constructor(client: Client) {
    this.#client = client;
    for (const global of client.globals.values()) this.appeared(global);
  }

  [Symbol.iterator](): Iterator<Output> {
    return this.#byGlobal.values();
  }

  get count(): number {
    return this.#byGlobal.size;
  }

  /** The output of that name, or without one the first. Throws, naming those that there are, when it is not there. */
  find(name?: string): Output {
    const found = [...this].find(output => name === undefined || output.name === name);
    if (found) return found;
    const names = [...this].map(output => output.name).join(', ');
    throw new Error(
      `there is no output${name === undefined ? '' : ` '${name}'`}: there are ${names || 'none'}`,
    );
  }

  nameOf(proxy: ObjectProxy<'wl_output'>): string {
    return [...this].find(output => output.proxy === proxy)?.name ?? 'an unknown output';
  }

  appeared(global: Global): void {
    if (global.interface !== 'wl_output') return;
    this.#byGlobal.set(global.name, new Output(this.#client.bindGlobal(global, 'wl_output'), global.name));
  }

  disappeared(name: number): void {
    const output = this.#byGlobal.get(name);
    this.#byGlobal.delete(name);
    if (output && output.proxy.version >= 3 && !output.proxy.destroyed) output.proxy.release();
  }
}
