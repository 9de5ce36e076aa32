import { type Command, writeCommand } from '../../engine/command.ts';
import { CMD_BYTES } from '../../engine/layout.ts';
import type { Kernel } from '../../kernel.ts';

/** Commands in physical memory: one slot for each job that the engine may have at a time. */
export class Ring implements Disposable {
  readonly #kernel: Kernel;
  readonly #range: Disposable & { readonly address: number };
  readonly #slotBytes: number;
  readonly #free: number[] = [];

  constructor(kernel: Kernel, slots: number, commandsPerSlot: number) {
    this.#kernel = kernel;
    this.#slotBytes = commandsPerSlot * CMD_BYTES;
    this.#range = kernel.memory.allocate(CMD_BYTES + slots * this.#slotBytes);
    for (let slot = slots - 1; slot >= 0; slot--) this.#free.push(slot);
    this.#words(this.spinEnd, 4)[0] = 1;
  }

  /** Address of a word that is 1: a spin that looks there ends at once. */
  get spinEnd(): number {
    return this.#range.address;
  }

  get full(): boolean {
    return this.#free.length === 0;
  }

  /** Writes the commands of a job; the slot is the job's until given back. */
  write(commands: readonly Command[]): { slot: number; address: number } {
    const slot = this.#free.pop();
    if (slot === undefined) throw new Error('every slot of the ring is in use');
    const address = this.#range.address + CMD_BYTES + slot * this.#slotBytes;
    const words = this.#words(address, commands.length * CMD_BYTES);
    for (const [index, command] of commands.entries()) writeCommand(words, index, command);
    return { slot, address };
  }

  giveBack(slot: number): void {
    this.#free.push(slot);
  }

  [Symbol.dispose](): void {
    this.#range[Symbol.dispose]();
  }

  #words(address: number, bytes: number): Int32Array {
    return new Int32Array(this.#kernel.memory.memory.buffer, address, bytes / 4);
  }
}
