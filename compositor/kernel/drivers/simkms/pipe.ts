import type { Machine, Nanoseconds } from '../../../machine/machine.ts';
import type { Blob } from '../../drm/kms/blob.ts';
import { Completion } from '../../drm/kms/completion.ts';
import type { Crtc } from '../../drm/kms/crtc.ts';
import type { CrtcCommit } from '../../drm/kms/crtc-commit.ts';
import type { VblankTime } from '../../drm/kms/vblank.ts';
import type { DeviceSpeed } from '../../engine/cost.ts';
import type { Engine } from '../../engine/engine.ts';
import type { Sleeping } from '../../task/kernel-thread.ts';
import type { Frame } from './frame.ts';
import { Scan } from './scan.ts';
import type { ScanMemory } from './scan-memory.ts';

/** A picture as it came over the cable. */
export interface MonitorFrame {
  /** The vblank at which its scan began. */
  readonly sequence: bigint;
  readonly time: Nanoseconds;
  /** XRGB8888 in physical memory; good until the next scan begins, that is, inside of the callback. */
  readonly address: number;
  readonly stride: number;
  readonly width: number;
  readonly height: number;
  /** CRC of the picture as `OP_CRC` defines it; null unless asked for. */
  readonly crc: number | null;
  /**
   * The dynamic range and mastering infoframe that came with the picture: `hdr_output_metadata`; null while there is none.
   * The same object from picture to picture until the bytes change.
   */
  readonly hdrMetadata: Uint8Array | null;
}

/** Somebody who looks at the end of the cable. */
export interface Monitor {
  /** A picture is complete. */
  frame(frame: MonitorFrame): void;
  /** Wants every scan, and not only the first of each commit. */
  readonly everyFrame?: boolean;
  /** Wants `crc`. */
  readonly crc?: boolean;
}

/** A commit that was ready for a vblank and could not be latched. */
export interface MissedFlip {
  readonly sequence: bigint;
  readonly time: Nanoseconds;
  readonly reason: string;
}

export interface PipeStatistics {
  readonly flips: number;
  readonly missedFlips: number;
  /** The last of them. */
  readonly misses: readonly MissedFlip[];
  readonly framesScanned: number;
  /** Infoframes that told the monitor something new: other bytes, or that there is nothing to tell any more. */
  readonly infoframes: number;
  /** Scans that ended by a reset of the engine. */
  readonly framesLost: number;
  /** Vblanks that nobody handled because the timer came a frame or more too late. */
  readonly vblanksSkipped: bigint;
}

const MISSES_KEPT = 64;

/** What the next vblank is to latch; without a commit, planes that changed by themselves. */
interface Armed {
  readonly frame: Frame;
  readonly commit: CrtcCommit | null;
  readonly latched: Completion;
  /** A vblank before this time has missed it, however late its timer comes. */
  readonly since: Nanoseconds;
}

/**
 * The hardware behind one CRTC: it latches commits at vblanks, and scans their pictures out when somebody looks: a
 * writeback, a histogram, a monitor.
 *
 * ```text
 * arm(commit) --vblank--> latched: flip event, out-fence --looked at--> scan --last line--> finished
 *        ^        | the engine still reads the frame before: missed, tried again at the next vblank
 *        +--------+
 * ```
 */
export class Pipe implements Disposable {
  readonly crtc: Crtc;
  readonly #machine: Machine;
  readonly #engine: Engine;
  readonly #speed: DeviceSpeed;
  readonly #memory: ScanMemory;
  readonly #monitors = new Set<Monitor>();
  #armed: Armed | null = null;
  #shown: Frame | null = null;
  /** What the monitor was told last. */
  #hdrMetadata: Blob | null = null;
  #infoframes = 0;
  #scan: { readonly scan: Scan; readonly done: Completion } | null = null;
  /** Monitors that have not seen the picture. */
  readonly #unseen = new Set<Monitor>();
  #hold: Disposable | null = null;
  #flips = 0;
  #missed = 0;
  #misses: MissedFlip[] = [];
  #scanned = 0;
  #lost = 0;
  #disposed = false;

  constructor(parts: {
    crtc: Crtc;
    machine: Machine;
    engine: Engine;
    speed: DeviceSpeed;
    memory: ScanMemory;
  }) {
    this.crtc = parts.crtc;
    this.#machine = parts.machine;
    this.#engine = parts.engine;
    this.#speed = parts.speed;
    this.#memory = parts.memory;
    this.crtc.vblank.handler = vblank => this.#atVblank(vblank);
  }

  get statistics(): PipeStatistics {
    return {
      flips: this.#flips,
      missedFlips: this.#missed,
      misses: [...this.#misses],
      framesScanned: this.#scanned,
      infoframes: this.#infoframes,
      framesLost: this.#lost,
      vblanksSkipped: this.crtc.vblank.skipped,
    };
  }

  /** Has a frame shown from the next vblank on that can take it. */
  arm(frame: Frame, commit: CrtcCommit): void {
    const latched = this.#armed?.latched ?? new Completion();
    this.#armed = { frame, commit, latched, since: this.#machine.now() };
    this.#updateHold();
  }

  /** Has a frame shown that differs by planes which are not synchronised with flips; done when it is latched. */
  refresh(frame: Frame): Completion {
    const { commit = null, latched = new Completion(), since = this.#machine.now() } = this.#armed ?? {};
    this.#armed = { frame, commit, latched, since };
    this.#updateHold();
    return latched;
  }

  /** Lets the scan that is under way end; nothing is shown afterwards. */
  *disable(): Sleeping<void> {
    const latched = this.#armed?.latched;
    // First of all, so that no other scan begins while this one ends.
    this.#armed = null;
    this.#shown = null;
    this.#unseen.clear();
    while (this.#scan) yield* this.#scan.done.wait(`the scan of ${this.crtc.name}`);
    // A monitor that was dark has to be told again.
    this.#hdrMetadata = null;
    latched?.complete();
    this.#updateHold();
  }

  attach(monitor: Monitor): Disposable {
    this.#monitors.add(monitor);
    this.#unseen.add(monitor);
    this.#updateHold();
    return {
      [Symbol.dispose]: () => {
        this.#monitors.delete(monitor);
        this.#unseen.delete(monitor);
        this.#updateHold();
      },
    };
  }

  /** The power is gone: no timer runs any more, whoever still waits. */
  [Symbol.dispose](): void {
    this.#disposed = true;
    this.#armed = null;
    this.#scan?.scan[Symbol.dispose]();
    this.#scan = null;
    this.#shown = null;
    this.#updateHold();
    this.crtc.vblank.off();
  }

  get #monitorsWait(): boolean {
    if (!this.#shown || this.#monitors.size === 0) return false;
    return this.#unseen.size > 0 || [...this.#monitors].some(monitor => monitor.everyFrame);
  }

  /** The vblank timer runs while there is something to latch, to scan, or being scanned. */
  #updateHold(): void {
    const needed = !this.#disposed && (this.#armed !== null || this.#scan !== null || this.#monitorsWait);
    if (needed) this.#hold ??= this.crtc.vblank.hold();
    else {
      this.#hold?.[Symbol.dispose]();
      this.#hold = null;
    }
  }

  #atVblank(vblank: VblankTime): void {
    let commit: CrtcCommit | null = null;
    const armed = this.#armed && this.#armed.since <= vblank.time ? this.#armed : null;
    if (armed && this.#scan) this.#miss(armed, vblank, this.#scan.scan);
    else if (armed) commit = this.#latch(armed, vblank);
    const wanted = commit?.writeback || commit?.histogram || this.#monitorsWait;
    if (wanted && this.#shown && !this.#scan) this.#startScan(this.#shown, vblank, commit);
    this.#updateHold();
  }

  #latch({ frame, commit, latched }: Armed, vblank: VblankTime): CrtcCommit | null {
    this.#armed = null;
    this.#shown = frame;
    this.#tell(frame.hdrMetadata);
    for (const monitor of this.#monitors) this.#unseen.add(monitor);
    if (commit) this.#flips++;
    commit?.flip(vblank);
    latched.complete();
    return commit;
  }

  /** `drm_connector_atomic_hdr_metadata_equal`: another blob of the same bytes is no news. */
  #tell(metadata: Blob | null): void {
    if (metadata === this.#hdrMetadata || metadata?.equals(this.#hdrMetadata)) return;
    this.#hdrMetadata = metadata;
    this.#infoframes++;
  }

  #miss({ commit }: Armed, { sequence, time }: VblankTime, scan: Scan): void {
    if (!commit) return;
    this.#missed++;
    const reason = `the display engine still reads the frame of vblank ${scan.vblank.sequence}`;
    this.#misses.push({ sequence, time, reason });
    if (this.#misses.length > MISSES_KEPT) this.#misses.shift();
  }

  #startScan(frame: Frame, vblank: VblankTime, commit: CrtcCommit | null): void {
    const done = new Completion();
    const viewers = [...this.#monitors].filter(monitor => this.#unseen.has(monitor) || monitor.everyFrame);
    const crc = viewers.some(monitor => monitor.crc);
    this.#unseen.clear();
    const scan = new Scan({
      machine: this.#machine,
      engine: this.#engine,
      speed: this.#speed,
      memory: this.#memory,
      label: this.crtc.name,
      frame,
      vblank,
      commit,
      crc,
      finished: complete => {
        this.#scan = null;
        if (complete) {
          this.#scanned++;
          this.#show(viewers, frame, vblank, crc);
        } else this.#lost++;
        this.#updateHold();
        done.complete();
      },
    });
    this.#scan = { scan, done };
  }

  #show(viewers: readonly Monitor[], { mode }: Frame, { sequence, time }: VblankTime, crc: boolean): void {
    if (viewers.length === 0) return;
    const { address, stride, width, height } = this.#memory.image(mode.hdisplay, mode.vdisplay);
    const hdrMetadata = this.#hdrMetadata?.bytes ?? null;
    const picture = { sequence, time, address, stride, width, height, hdrMetadata };
    const frame: MonitorFrame = { ...picture, crc: crc ? this.#memory.crc : null };
    for (const monitor of viewers) if (this.#monitors.has(monitor)) monitor.frame(frame);
  }
}
