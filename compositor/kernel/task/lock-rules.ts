import type { Sleeping } from './kernel-thread.ts';
import { type LockClass, LockGraph, MMAP, RECLAIM, SIGNALLING } from './lock-classes.ts';
import type { Warnings } from './warnings.ts';

/** The rules, by the names that errors and warnings give them. */
export type LockRule =
  | 'a lock is not taken twice'
  | 'locks of one class need one acquire context'
  | 'locks are taken in one order'
  | 'only the holder unlocks'
  | 'only what is locked is unlocked'
  | 'a thread ends without locks'
  | 'a fence-signalling section ends where it began'
  | 'no lock in a fence-signalling section'
  | 'no reclaim in a fence-signalling section'
  | 'no user memory in a fence-signalling section'
  | 'no user memory under a reservation lock'
  | 'the reservation lock is held'
  | 'vmap needs a pin or the lock'
  | 'vmap and vunmap are paired'
  | 'no vmap in a fence-signalling section'
  | 'a mapping is not used after a move';

/**
 * Code of the kernel, not a process, did what may deadlock or use memory that has moved: the bug would show once in a
 * thousand runs, the rule shows it in each. Thrown where it happens, and warned of.
 */
export class LockRuleBroken extends Error {
  override readonly name = 'LockRuleBroken';
  readonly rule: LockRule;

  constructor(rule: LockRule, detail: string) {
    super(`${rule}: ${detail}`);
    this.rule = rule;
  }
}

/** Something that is locked, as far as the rules look at it. */
export interface Lockable {
  /** What it guards, for people. */
  readonly what: string;
  readonly lockClass: LockClass;
}

interface Held {
  readonly lock: Lockable;
  /** The acquire context by which it was taken. */
  readonly context: object | null;
}

/** What one thread holds (`current->held_locks`). */
export class Holdings {
  readonly label: string;
  readonly held: Held[] = [];
  /** Fence-signalling sections, the innermost last. */
  readonly sections: string[] = [];

  constructor(label: string) {
    this.label = label;
  }
}

/**
 * The rules of locking, checked each time as lockdep does, on threads that sleep while they hold locks: a possible
 * deadlock is found the first time an order is seen, and not when it happens. Code outside of kernel threads, which
 * cannot sleep, is one thread of its own.
 */
export class LockRules {
  readonly #warnings: Warnings;
  readonly #graph = new LockGraph();
  #current = new Holdings('a call that does not sleep');

  constructor(warnings: Warnings) {
    this.#warnings = warnings;
  }

  /** A thread runs from here to `leave`. Returns what ran before. */
  enter(holdings: Holdings): Holdings {
    const before = this.#current;
    this.#current = holdings;
    return before;
  }

  leave(before: Holdings): void {
    this.#current = before;
  }

  /** Throws and warns. */
  broken(rule: LockRule, detail: string): never {
    const error = new LockRuleBroken(rule, `${detail}, by ${this.#current.label}`);
    this.#warnings.add(rule, error.message);
    throw error;
  }

  /** Whether the running thread holds it. */
  holds(lock: Lockable): boolean {
    return this.#current.held.some(held => held.lock === lock);
  }

  /** `dma_resv_assert_held`. */
  assertHeld(lock: Lockable, why: string): void {
    if (!this.holds(lock))
      this.broken('the reservation lock is held', `${lock.what} is not locked for ${why}`);
  }

  /** `might_lock`: it will be taken if need be, so it has to be allowed now. */
  mightLock(lock: Lockable, context: object | null = null): void {
    const { held, sections } = this.#current;
    if (held.length === 0 && sections.length === 0) return;
    for (const other of held) this.#compare(other, lock, context);
    const section = sections.at(-1);
    if (section !== undefined && this.#graph.add(SIGNALLING, lock.lockClass))
      this.broken('no lock in a fence-signalling section', `${lock.what} is locked in '${section}'`);
  }

  /** The running thread has it now. */
  acquired(lock: Lockable, context: object | null): void {
    this.#current.held.push({ lock, context });
  }

  /** Whoever gives it back has to be who took it. */
  released(lock: Lockable, locked: boolean): void {
    const { held } = this.#current;
    const at = held.findIndex(other => other.lock === lock);
    if (at >= 0) held.splice(at, 1);
    else if (locked) this.broken('only the holder unlocks', `${lock.what} is locked by another thread`);
    else this.broken('only what is locked is unlocked', `${lock.what} is not locked`);
  }

  /** An allocation that may wait for memory to be reclaimed (GFP_KERNEL). */
  mayReclaim(what: string): void {
    const section = this.#current.sections.at(-1);
    if (section !== undefined)
      this.broken(
        'no reclaim in a fence-signalling section',
        `a ${what} is allocated in '${section}', and reclaim may wait for that very fence`,
      );
    for (const { lock } of this.#current.held) this.#order(lock, RECLAIM, 'memory');
  }

  /** Memory of a process is read or written: it may fault, and the fault takes locks (`might_fault`). */
  mayFault(): void {
    const { held, sections } = this.#current;
    if (held.length === 0 && sections.length === 0) return;
    if (sections.length > 0)
      this.broken('no user memory in a fence-signalling section', `a copy in '${sections.at(-1)}'`);
    for (const { lock } of held)
      if (this.#graph.add(lock.lockClass, MMAP))
        this.broken('no user memory under a reservation lock', `a copy while ${lock.what} is locked`);
  }

  /** A fence is waited for (`__dma_fence_might_wait`): the locks that are held must not be wanted by who signals it. */
  mayWaitForFence(): void {
    for (const { lock } of this.#current.held) this.#order(lock, SIGNALLING, 'a fence');
  }

  get inSection(): boolean {
    return this.#current.sections.length > 0;
  }

  /** `dma_fence_begin_signalling`: from here on a promised fence depends on this thread getting on. */
  beginSignalling(what: string): void {
    this.#current.sections.push(what);
  }

  /** `dma_fence_end_signalling`, of the section that was begun last. */
  endSignalling(what: string): void {
    const last = this.#current.sections.pop();
    if (last !== what)
      this.broken(
        'a fence-signalling section ends where it began',
        `'${what}' ends inside '${last ?? 'none'}'`,
      );
  }

  /** Runs `body` as a fence-signalling section. */
  signalling<T>(what: string, body: () => T): T {
    this.beginSignalling(what);
    try {
      return body();
    } finally {
      this.endSignalling(what);
    }
  }

  /** The same for code that sleeps. */
  *signallingThread<T>(what: string, body: Sleeping<T>): Sleeping<T> {
    this.beginSignalling(what);
    try {
      return yield* body;
    } finally {
      this.endSignalling(what);
    }
  }

  /** What a thread that has ended should not have, or null. */
  leftBehind({ label, held, sections }: Holdings): LockRuleBroken | null {
    const first = held[0];
    if (!first && sections.length === 0) return null;
    const error = first
      ? new LockRuleBroken('a thread ends without locks', `${first.lock.what} is held at the end of ${label}`)
      : new LockRuleBroken('a fence-signalling section ends where it began', `'${sections[0]}' of ${label}`);
    this.#warnings.add(error.rule, error.message);
    return error;
  }

  #compare({ lock: other, context: its }: Held, lock: Lockable, context: object | null): void {
    if (other === lock) this.broken('a lock is not taken twice', `${lock.what} is locked by the caller`);
    if (other.lockClass !== lock.lockClass) this.#order(other, lock.lockClass, lock.what);
    else if (context === null || context !== its)
      this.broken(
        'locks of one class need one acquire context',
        `${lock.what} is locked while ${other.what} is, which in the other order would deadlock`,
      );
  }

  #order(held: Lockable, next: LockClass, what: string): void {
    const chain = this.#graph.add(held.lockClass, next);
    if (chain)
      this.broken(
        'locks are taken in one order',
        `${what} is waited for while ${held.what} is locked, but the order is ${chain.join(' -> ')}`,
      );
  }
}
