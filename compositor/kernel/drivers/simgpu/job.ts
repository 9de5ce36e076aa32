import type { GemObject } from '../../drm/gem.ts';
import type { Command } from '../../engine/command.ts';
import { costOf, type DeviceSpeed } from '../../engine/cost.ts';
import type { Pin } from '../../memory/backing.ts';
import type { Fence } from '../../sync/fence.ts';
import type { ErrnoName } from '../../task/kernel-error.ts';
import type { CheckedCommand } from './commands.ts';
import type { RenderContext } from './context.ts';

export interface JobOptions {
  readonly context: RenderContext;
  readonly commands: readonly CheckedCommand[];
  /** Buffers that it uses, and whether it writes them. */
  readonly uses: ReadonlyMap<GemObject, boolean>;
}

/** Commands that run as one, and the fence that says when they have. */
export class Job {
  readonly context: RenderContext;
  readonly fence: Fence;
  readonly commands: readonly CheckedCommand[];
  /** Device time that it occupies the engine beyond what its commands cost, in nanoseconds. */
  readonly spin: bigint;
  /** Set when it will not run: its fence will end so. */
  cancelled: ErrnoName | null = null;
  readonly #uses: ReadonlyMap<GemObject, boolean>;
  #pins: Map<GemObject, Pin> | null = null;
  #waitingFor = 0;

  /** Takes a reference to each buffer. */
  constructor({ context, commands, uses }: JobOptions) {
    this.context = context;
    this.fence = context.nextFence();
    this.commands = commands;
    this.spin = commands.reduce((sum, { spin }) => sum + (spin ?? 0n), 0n);
    this.#uses = uses;
    for (const object of uses.keys()) object.get();
  }

  get label(): string {
    return this.fence.describe();
  }

  /** Whether everything that it waits for has signalled. */
  get ready(): boolean {
    return this.#waitingFor === 0;
  }

  /** Waits for `fences`; `onReady` is called when the last has signalled, unless they all have already. */
  waitFor(fences: Iterable<Fence>, onReady: () => void): void {
    const signalled = (): void => {
      if (--this.#waitingFor === 0) onReady();
    };
    for (const fence of fences) if (fence.addCallback(signalled)) this.#waitingFor++;
  }

  /** Makes its buffers addressable until `unpin`. ENOMEM, with nothing pinned. */
  pin(): void {
    this.#pins = new Map();
    try {
      for (const [object, writes] of this.#uses)
        this.#pins.set(object, object.pin(writes ? 'write' : 'read'));
    } catch (error) {
      this.unpin();
      throw error;
    }
  }

  unpin(): void {
    for (const pin of this.#pins?.values() ?? []) pin[Symbol.dispose]();
    this.#pins = null;
  }

  /** The engine's commands, for where the buffers are now; `spinEnd` as `CheckedCommand.place` has it. */
  place(spinEnd: number): Command[] {
    const addressOf = (object: GemObject): number => this.#pins!.get(object)!.address;
    return this.commands
      .map(command => command.place(addressOf, spinEnd))
      .filter(command => command !== null);
  }

  /** Signals the fence; the buffers are let go of by `release`, where that may take locks. */
  finish(error: ErrnoName | null): void {
    this.unpin();
    if (error) this.fence.setError(error);
    this.fence.signal();
  }

  /** Lets go of the buffers, after `finish`. */
  release(): void {
    for (const object of this.#uses.keys()) object.put();
  }

  duration(placed: readonly Command[], speed: DeviceSpeed): bigint {
    return costOf(placed, speed) + this.spin;
  }
}
