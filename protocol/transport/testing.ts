// What the tests of the transports share.
import { readdirSync } from 'node:fs';
import type { Connection, ConnectionListener } from '../object/connection.ts';
import type { Message } from '../object/message.ts';

/** A listener that keeps what it is told, and lets tests wait for it. */
export class Collector implements ConnectionListener {
  readonly received: Message[] = [];
  readonly batches: number[] = [];
  readonly reasons: string[] = [];
  bytes = 0;
  drains = 0;
  #waiters: (() => void)[] = [];

  constructor(connection?: Connection) {
    connection?.receive(this);
  }

  messages(batch: readonly Message[], bytes: number): void {
    this.received.push(...batch);
    this.batches.push(batch.length);
    this.bytes += bytes;
    this.#changed();
  }

  drained(): void {
    this.drains++;
    this.#changed();
  }

  closed(reason: string): void {
    this.reasons.push(reason);
    this.#changed();
  }

  /** Waits until `count` messages have come; fails when the connection ends before. */
  async count(count: number): Promise<readonly Message[]> {
    while (this.received.length < count) {
      if (this.reasons.length > 0)
        throw new Error(`${this.received.length} of ${count} messages, then ${this.reasons[0]}`);
      await this.#change();
    }
    return this.received;
  }

  /** Waits for the end, and says why. */
  async end(): Promise<string> {
    while (this.reasons.length === 0) await this.#change();
    return this.reasons[0]!;
  }

  #change(): Promise<void> {
    return new Promise(resolve => this.#waiters.push(resolve));
  }

  #changed(): void {
    for (const waiter of this.#waiters.splice(0)) waiter();
  }
}

/** One pass of the event loop. */
export function turn(): Promise<void> {
  return new Promise(resolve => setImmediate(resolve));
}

/** Passes of the event loop until something holds, or so many that it will not; the later ones leave time to others. */
export async function until(holds: () => boolean): Promise<void> {
  for (let pass = 0; pass < 4000 && !holds(); pass++) {
    if (pass < 1000) await turn();
    else await new Promise(resolve => setTimeout(resolve, 1));
  }
}

/** Open descriptors of this process. */
export function descriptorCount(): number {
  return readdirSync('/proc/self/fd').length;
}

/** The count once it is down to what it was, or what it stays at. */
export async function descriptorsDownTo(before: number): Promise<number> {
  await until(() => descriptorCount() <= before);
  return descriptorCount();
}
