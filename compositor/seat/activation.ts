// Tokens by which one program lets another take the focus (xdg_activation_v1).
import type { Machine, Nanoseconds, Timer } from '../machine/machine.ts';
import { SECOND } from '../machine/machine.ts';

/** A program that was started with a token has this long to open its window. */
const TOKEN_LIFETIME: Nanoseconds = 30n * SECOND;
/** Tokens kept; beyond it the oldest of whoever has most goes. */
const MOST_OF_ONE_OWNER = 64;

interface Token {
  readonly owner: object;
  readonly expires: Nanoseconds;
}

/** Every token that may still be used. A token is good for one activation. */
export class ActivationTokens {
  readonly #machine: Machine;
  /** In the order in which they expire. */
  readonly #tokens = new Map<string, Token>();
  #timer: Timer | null = null;

  constructor(machine: Machine) {
    this.#machine = machine;
  }

  /** Outstanding ones. */
  get size(): number {
    return this.#tokens.size;
  }

  /** A token that nobody can guess. `owner` had the right to the focus when it asked; of one owner the oldest go first. */
  create(owner: object): string {
    const mine = [...this.#tokens].filter(([, token]) => token.owner === owner);
    if (mine.length >= MOST_OF_ONE_OWNER) this.#tokens.delete(mine[0]![0]);
    const name = this.name();
    this.#tokens.set(name, { owner, expires: this.#machine.now() + TOKEN_LIFETIME });
    this.#arm();
    return name;
  }

  /** 128 bits of the machine's, in hexadecimal. As a token it is worth nothing unless `create` made it. */
  name(): string {
    const word = (): string =>
      Math.floor(this.#machine.random() * 2 ** 32)
        .toString(16)
        .padStart(8, '0');
    return word() + word() + word() + word();
  }

  /** Uses a token up. False for one that was never made, was used before, or is too old. */
  redeem(name: string): boolean {
    return this.#tokens.delete(name);
  }

  #arm(): void {
    const first = this.#tokens.values().next().value;
    if (this.#timer || !first) return;
    this.#timer = this.#machine.at(first.expires, 'activation tokens expire', () => {
      this.#timer = null;
      for (const [name, { expires }] of this.#tokens) {
        if (expires > this.#machine.now()) break;
        this.#tokens.delete(name);
      }
      this.#arm();
    });
  }
}
