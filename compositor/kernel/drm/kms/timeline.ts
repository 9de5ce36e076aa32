import type { Kernel } from '../../kernel.ts';
import { Fence } from '../../sync/fence.ts';

/** A timeline of the display: its fences signal in the order in which they were made. */
export class DisplayTimeline {
  readonly #kernel: Kernel;
  readonly #context: bigint;
  readonly #driver: string;
  readonly #name: string;
  #seqno = 0n;

  constructor(kernel: Kernel, driver: string, name: string) {
    this.#kernel = kernel;
    this.#context = kernel.allocateFenceContexts();
    this.#driver = driver;
    this.#name = name;
  }

  next(): Fence {
    return new Fence(this.#kernel.machine, {
      driver: this.#driver,
      timeline: this.#name,
      context: this.#context,
      seqno: ++this.#seqno,
    });
  }
}
