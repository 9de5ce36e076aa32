import type { Machine, Nanoseconds, Timer } from '../../../machine/machine.ts';
import { framesDuration, framesIn, linesDuration, type Mode } from './mode.ts';

/** A vblank: its number, and the start of the active scan-out that follows it in CLOCK_MONOTONIC. */
export interface VblankTime {
  readonly sequence: bigint;
  readonly time: Nanoseconds;
}

interface Waiter {
  readonly sequence: bigint;
  readonly run: (vblank: VblankTime) => void;
}

interface Running {
  readonly mode: Mode;
  /** The vblank that the others are counted from. */
  readonly base: VblankTime;
}

/**
 * The vblanks of one CRTC (`drivers/gpu/drm/drm_vblank.c`). The n-th is at base + n frames, computed and never
 * accumulated, so it does not drift; number and time can be known without a timer. The timer runs only while somebody
 * holds it or waits, and a time stamp is that of the vblank, however late the timer was.
 */
export class Vblank {
  readonly crtcId: number;
  /** Called at each vblank while the timer runs, before those who wait. */
  handler: (vblank: VblankTime) => void = () => {};
  /** Vblanks at which the timer came more than a frame too late, so that others were skipped. */
  skipped = 0n;
  readonly #machine: Machine;
  readonly #label: string;
  #running: Running | null = null;
  #last: VblankTime = { sequence: 0n, time: 0n };
  #waiters: Waiter[] = [];
  #holds = 0;
  #timer: Timer | null = null;
  #handled = 0n;

  constructor(machine: Machine, label: string, crtcId: number) {
    this.#machine = machine;
    this.#label = label;
    this.crtcId = crtcId;
  }

  get enabled(): boolean {
    return this.#running !== null;
  }

  /** The scan begins: `drm_crtc_vblank_on`. Numbers go on from where they stopped. */
  on(mode: Mode): void {
    const base = { sequence: this.#last.sequence + 1n, time: this.#machine.now() };
    this.#running = { mode, base };
    this.#handled = base.sequence;
    this.#last = base;
    this.#arm();
  }

  /** `drm_crtc_vblank_off`: whoever waits is served at once with the last vblank. */
  off(): void {
    if (!this.#running) return;
    this.#last = this.latest();
    this.#running = null;
    this.#timer?.cancel();
    this.#timer = null;
    const waiters = this.#waiters;
    this.#waiters = [];
    for (const waiter of waiters) waiter.run(this.#last);
  }

  /** The last vblank that was, looked up and not remembered; while off, the last before. */
  latest(): VblankTime {
    if (!this.#running) return this.#last;
    const { mode, base } = this.#running;
    const frames = framesIn(mode, this.#machine.now() - base.time);
    return { sequence: base.sequence + frames, time: base.time + framesDuration(mode, frames) };
  }

  /** When vblank `sequence` is or was; the CRTC has to be on. */
  timeOf(sequence: bigint): Nanoseconds {
    if (!this.#running) throw new Error(`${this.#label}: the CRTC is off`);
    const { mode, base } = this.#running;
    return base.time + framesDuration(mode, sequence - base.sequence);
  }

  /** Start of the next blanking, by which a picture should be complete (`drm_crtc_next_vblank_start`); null while off. */
  nextBlankStart(): Nanoseconds | null {
    if (!this.#running) return null;
    const { mode } = this.#running;
    const { sequence, time } = this.latest();
    const active = linesDuration(mode, mode.vdisplay);
    const now = this.#machine.now();
    return time + active > now ? time + active : this.timeOf(sequence + 1n) + active;
  }

  /** Calls `run` at vblank `sequence`, or when the CRTC is switched off. Returns how to take it back. */
  at(sequence: bigint, run: (vblank: VblankTime) => void): () => void {
    const waiter = { sequence, run };
    this.#waiters.push(waiter);
    this.#arm();
    return () => {
      this.#waiters = this.#waiters.filter(other => other !== waiter);
      this.#disarm();
    };
  }

  /** Keeps the timer running until disposed (`drm_crtc_vblank_get`). */
  hold(): Disposable {
    let held = true;
    this.#holds++;
    this.#arm();
    return {
      [Symbol.dispose]: () => {
        if (!held) return;
        held = false;
        this.#holds--;
        this.#disarm();
      },
    };
  }

  get #needed(): boolean {
    return this.#holds > 0 || this.#waiters.length > 0;
  }

  #arm(): void {
    if (this.#timer || !this.#running || !this.#needed) return;
    const next = this.latest().sequence + 1n;
    if (next > this.#handled + 1n) this.#handled = next - 1n;
    this.#timer = this.#machine.at(this.timeOf(next), this.#label, () => this.#tick());
  }

  #disarm(): void {
    if (this.#needed || !this.#timer) return;
    this.#timer.cancel();
    this.#timer = null;
  }

  #tick(): void {
    this.#timer = null;
    const vblank = this.latest();
    this.skipped += vblank.sequence - this.#handled - 1n;
    this.#handled = vblank.sequence;
    this.handler(vblank);
    if (this.#waiters.length > 0) this.#wake(vblank);
    this.#arm();
  }

  #wake(vblank: VblankTime): void {
    const due = this.#waiters.filter(waiter => waiter.sequence <= vblank.sequence);
    this.#waiters = this.#waiters.filter(waiter => waiter.sequence > vblank.sequence);
    for (const waiter of due) waiter.run(vblank);
  }
}
