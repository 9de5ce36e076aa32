import type { Machine, Nanoseconds, Timer } from '../../../machine/machine.ts';
import type { CrtcCommit } from '../../drm/kms/crtc-commit.ts';
import { linesDuration } from '../../drm/kms/mode.ts';
import type { VblankTime } from '../../drm/kms/vblank.ts';
import { type Command, type PixelRect, writeCommand } from '../../engine/command.ts';
import { costOf, type DeviceSpeed } from '../../engine/cost.ts';
import type { Engine, JobResult } from '../../engine/engine.ts';
import { BLEND_NONE, FILTER_NEAREST } from '../../engine/layout.ts';
import { coversScreen, type Frame } from './frame.ts';
import { writeRecord } from './histogram.ts';
import { BANDS, type ScanMemory } from './scan-memory.ts';

export interface ScanParts {
  readonly machine: Machine;
  readonly engine: Engine;
  readonly speed: DeviceSpeed;
  readonly memory: ScanMemory;
  readonly label: string;
  readonly frame: Frame;
  readonly vblank: VblankTime;
  /** The commit whose first scan this is, for what it wants written; null for a repetition. */
  readonly commit: CrtcCommit | null;
  readonly crc: boolean;
  /** Called once, when the engine has done its last band and the last line has gone out. */
  finished(complete: boolean): void;
}

/**
 * One picture on its way to the cable, from a vblank to the end of its last line. The engine reads the framebuffers in
 * bands as the beam comes to them, so memory that changes meanwhile shows as tearing.
 */
export class Scan implements Disposable {
  readonly #parts: ScanParts;
  #timer: Timer;
  #running = 0;
  #failed = false;
  #disposed = false;

  constructor(parts: ScanParts) {
    this.#parts = parts;
    if (parts.frame.gamma) parts.memory.setGamma(parts.frame.gamma);
    this.#timer = this.#at(parts.vblank.time, () => this.#startBand(0));
  }

  /** Reads no further band, and tells nobody. */
  [Symbol.dispose](): void {
    this.#timer.cancel();
    this.#disposed = true;
  }

  get vblank(): VblankTime {
    return this.#parts.vblank;
  }

  get #end(): Nanoseconds {
    const { vblank, frame } = this.#parts;
    return vblank.time + linesDuration(frame.mode, frame.mode.vdisplay);
  }

  #at(when: Nanoseconds, run: () => void): Timer {
    return this.#parts.machine.at(when, `scan of ${this.#parts.label}`, run);
  }

  #line(band: number): number {
    return Math.floor((this.#parts.frame.mode.vdisplay * band) / BANDS);
  }

  #startBand(band: number): void {
    const { engine, speed, memory, label, frame, vblank } = this.#parts;
    const commands = this.#commands(band);
    const words = memory.commandWords(band);
    for (const [index, command] of commands.entries()) writeCommand(words, index, command);
    this.#running++;
    engine.run({
      label: `${label} band ${band} of vblank ${vblank.sequence}`,
      address: memory.commandAddress(band),
      count: commands.length,
      duration: costOf(commands, speed),
      done: result => this.#bandDone(result, band),
    });
    if (band + 1 === BANDS) return;
    const next = vblank.time + linesDuration(frame.mode, this.#line(band + 1));
    this.#timer = this.#at(next, () => this.#startBand(band + 1));
  }

  #bandDone(result: JobResult, band: number): void {
    this.#running--;
    if (this.#disposed) return;
    if (result.kind === 'reset') this.#failed = true;
    if (this.#failed && this.#running === 0) {
      this.#timer.cancel();
      this.#finish();
    } else if (band + 1 === BANDS) this.#timer = this.#at(this.#end, () => this.#finish());
  }

  #commands(band: number): Command[] {
    const { frame, memory, crc, commit } = this.#parts;
    const { hdisplay: width, vdisplay: height } = frame.mode;
    const top = this.#line(band);
    const clip: PixelRect = { x: 0, y: top, width, height: this.#line(band + 1) - top };
    const target = memory.image(width, height);
    const commands: Command[] = [];
    if (band === 0 && commit?.histogram)
      commands.push({ op: 'zero', address: memory.histogramAddress, length: 1024 });
    if (band === 0 && crc) commands.push({ op: 'zero', address: memory.crcAddress, length: 4 });
    const [bottom] = frame.layers;
    if (!bottom || !coversScreen(bottom, frame.mode))
      commands.push({ op: 'fill', target, clip, color: frame.background, blend: BLEND_NONE, alpha: 0xffff });
    for (const layer of frame.layers) commands.push({ ...layer, target, clip });
    if (frame.gamma) commands.push({ op: 'gamma', target, clip, table: memory.gammaAddress });
    if (commit?.histogram) commands.push({ op: 'histogram', target, clip, table: memory.histogramAddress });
    if (crc) commands.push({ op: 'crc', target, clip, table: memory.crcAddress });
    if (commit?.writeback) {
      const whole = { x: 0, y: 0, width, height };
      commands.push({
        op: 'composite',
        target: commit.writeback.fb.image,
        clip,
        destination: whole,
        source: target,
        sourceRect: { x: 0, y: 0, width: width * 65536, height: height * 65536 },
        transform: 0,
        filter: FILTER_NEAREST,
        blend: BLEND_NONE,
        alpha: 0xffff,
      });
    }
    return commands;
  }

  /** What the commit asked for is complete before its fences say so. */
  #finish(): void {
    const { commit, memory, vblank, finished } = this.#parts;
    if (commit?.histogram && !this.#failed)
      writeRecord(memory.bytes, commit.histogram, vblank, memory.histogram);
    commit?.finishOutputs(this.#failed ? 'EIO' : null);
    finished(!this.#failed);
  }
}
