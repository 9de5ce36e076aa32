/** Who needs an object's memory: it lasts until the last of them is done, also after the object's own disposal. */
export class MemoryUses implements Disposable {
  readonly #free: () => void;
  #pins = 0;
  #kept = 0;
  #state: 'alive' | 'disposed' | 'freed' = 'alive';

  /** `free` gives the memory back; called once. */
  constructor(free: () => void) {
    this.#free = free;
  }

  get pins(): number {
    return this.#pins;
  }

  /** Whether anybody needs it now. */
  get any(): boolean {
    return this.#pins > 0 || this.#kept > 0;
  }

  /** One more pin or hold, until it is disposed; `release` is called then. */
  pin(release: () => void = () => {}): Disposable {
    this.#pins++;
    return this.#until(() => {
      this.#pins--;
      release();
    });
  }

  /** One more process that has it mapped: no pin. */
  keep(release: () => void = () => {}): Disposable {
    this.#kept++;
    return this.#until(() => {
      this.#kept--;
      release();
    });
  }

  /** The object itself is done with it. */
  [Symbol.dispose](): void {
    if (this.#state === 'alive') this.#state = 'disposed';
    this.#freeIfUnused();
  }

  #until(end: () => void): Disposable {
    let held = true;
    return {
      [Symbol.dispose]: () => {
        if (!held) return;
        held = false;
        end();
        this.#freeIfUnused();
      },
    };
  }

  #freeIfUnused(): void {
    if (this.#state !== 'disposed' || this.any) return;
    this.#state = 'freed';
    this.#free();
  }
}
