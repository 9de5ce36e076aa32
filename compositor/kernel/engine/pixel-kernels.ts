import { readFileSync } from 'node:fs';
import { builtUrl } from './built.ts';

type Exports = {
  execute(address: number, count: number): void;
  zero(address: number, length: number): void;
};

/** Compiled code is the same for every memory; an instance is what binds it to one. */
let compiled: WebAssembly.Module | undefined;

/**
 * The code that touches pixels: WebAssembly over physical memory, run in the calling thread. Engines decide when.
 *
 * The memory is shared and may be as large as 4 GiB. An address out of it throws a `WebAssembly.RuntimeError`.
 */
export class PixelKernels {
  readonly #exports: Exports;

  constructor(memory: WebAssembly.Memory) {
    compiled ??= compile();
    const instance = new WebAssembly.Instance(compiled, { env: { memory } });
    this.#exports = instance.exports as Exports;
  }

  /** Runs `count` commands (see `layout.ts`) from byte address `address` on. */
  execute(address: number, count: number): void {
    this.#exports.execute(address, count);
  }

  /** Clears `length` bytes from `address` on. */
  zero(address: number, length: number): void {
    this.#exports.zero(address, length);
  }
}

function compile(): WebAssembly.Module {
  const url = builtUrl('pixels.wasm');
  try {
    return new WebAssembly.Module(readFileSync(url));
  } catch (cause) {
    throw new Error(`cannot load the pixel kernels from ${url.pathname}; 'npm run build' makes them`, {
      cause,
    });
  }
}
