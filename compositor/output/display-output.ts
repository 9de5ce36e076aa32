// One display: when it repaints, and what is answered when a frame is on the screen.
import { KernelError } from '../kernel/task/index.ts';
import { type Machine, type Nanoseconds, SECOND } from '../machine/machine.ts';
import type { Counters } from '../observe/counters.ts';
import type { Trace } from '../observe/trace.ts';
import { cursorSurface, subsurfacesOf } from '../scene/cursor.ts';
import type {
  CaptureConstraints,
  CaptureRequest,
  HistogramRequest,
  Output,
  OutputInfo,
  OutputObservation,
} from '../scene/outputs.ts';
import { Region } from '../scene/region.ts';
import type { Scene } from '../scene/scene.ts';
import type { Surface } from '../scene/surface.ts';
import { completionOf } from '../sync/sync-file.ts';
import { CaptureQueue } from './capture.ts';
import type { CaptureDevices } from './capture-destination.ts';
import type { Card, Flip } from './card.ts';
import { cursorLayer } from './cursor-layer.ts';
import { type Frame, FrameAnswers } from './frame.ts';
import { FrameClock } from './frame-clock.ts';
import { FrameTally } from './frame-tally.ts';
import { HistogramQueue } from './histogram.ts';
import { damageOn, isOfSurface, layersOf, type SceneLayer } from './layers.ts';
import type { OwnContent } from './own-content.ts';
import { type PaintedFrame, Painter, type PainterOptions } from './painter.ts';
import type { Pipe } from './pipes.ts';
import { observePlaces, observePlanes } from './plane-observation.ts';
import type { RepaintState } from './repaint-state.ts';
import type { OutputStatistics } from './statistics.ts';
import { DAMAGE_RECTANGLES } from './swapchain.ts';

/** No flip for so long means that it was lost. */
const FLIP_TIMEOUT: Nanoseconds = 5n * SECOND;

export interface DisplayOutputOptions extends Omit<PainterOptions, 'wake'> {
  readonly machine: Machine;
  readonly counters: Counters;
  readonly scene: Scene;
  readonly info: OutputInfo;
  readonly refresh: Nanoseconds;
  readonly captureConstraints: CaptureConstraints;
  readonly devices: CaptureDevices;
  readonly own: OwnContent;
}

export class DisplayOutput implements Output {
  readonly info: OutputInfo;
  readonly captureConstraints: CaptureConstraints;
  readonly #machine: Machine;
  readonly #trace: Trace;
  readonly #scene: Scene;
  readonly #card: Card;
  readonly #pipe: Pipe;
  readonly #own: OwnContent;
  readonly #crtc: number;
  readonly #painter: Painter;
  readonly #clock: FrameClock;
  readonly #captures: CaptureQueue;
  readonly #histograms: HistogramQueue;
  readonly #flips: Disposable;
  readonly #shownCommits = new WeakMap<Surface, number>();
  readonly #tally: FrameTally;
  #state: RepaintState = { kind: 'idle' };
  #damage: Region;
  #wanted = false;
  /** Callbacks of frames that turned into one with something to show before they were answered. */
  readonly #carried: FrameAnswers[] = [];
  /** The frame on the screen. */
  #shown: Frame | null = null;
  #nextFrame = 1n;

  constructor(options: DisplayOutputOptions) {
    this.info = options.info;
    this.captureConstraints = options.captureConstraints;
    this.#machine = options.machine;
    this.#trace = options.trace;
    this.#scene = options.scene;
    this.#card = options.card;
    this.#pipe = options.pipe;
    this.#own = options.own;
    this.#crtc = options.pipe.crtc.id;
    this.#painter = new Painter({ ...options, wake: () => this.#want() });
    this.#clock = new FrameClock(options.refresh);
    this.#tally = new FrameTally(options);
    this.#captures = new CaptureQueue({
      ...options,
      cursorShown: () => this.#cursorLayer() !== null,
      wake: () => this.#want(),
    });
    this.#histograms = new HistogramQueue({ ...options, wake: () => this.#want() });
    this.#damage = Region.of({ x: 0, y: 0, ...options.info.mode });
    this.#flips = options.card.onFlip(this.#crtc, flip => this.#flipped(flip));
    this.#schedule();
  }

  get statistics(): OutputStatistics {
    return {
      name: this.info.name,
      ...this.#tally.counts,
      planesInUse: this.#painter.planesInUse,
      state: this.#state.kind,
    };
  }

  observe(): OutputObservation {
    const surfaces = this.#scene.stackOn(this.info).map(({ surface }) => surface);
    return {
      state: this.#state.kind,
      ...this.#tally.counts,
      planes: observePlanes(this.#pipe, this.info.mode, this.#painter.shown),
      places: observePlaces(surfaces, this.#painter.shown),
    };
  }

  nextVblank(): Nanoseconds {
    const now = this.#machine.now();
    if (this.#shown) this.#clock.synchronise(this.#card.lastVblank(this.#crtc));
    return this.#clock.nextVblank(now) ?? now + this.#clock.refresh;
  }

  /** Pixels of the global space changed. */
  damaged(damage: Region): void {
    const here = damageOn(this.info, damage);
    if (here.isEmpty) return;
    this.#damage = this.#damage.union(here).simplified(DAMAGE_RECTANGLES);
    this.#schedule();
  }

  /** It is another one, or elsewhere. An output that does not show it, and did not, does nothing. */
  cursorChanged(): void {
    if (this.#state.kind === 'scheduled') return;
    if (!this.#painter.cursorDamage(this.#cursorLayer()).isEmpty) this.#schedule();
  }

  /** A surface wants a callback or feedback; it is answered with the next frame if this output paces it. */
  frameWanted(surface: Surface): void {
    const cursor = cursorSurface(this.#scene.cursor);
    const onCursor = cursor !== null && surface.isWithin(cursor);
    if (!this.#paces(onCursor ? cursor : surface)) return;
    if (onCursor || this.#scene.stackOn(this.info).some(placement => placement.surface === surface))
      this.#schedule();
  }

  #paces(surface: Surface): boolean {
    return this.#scene.pacingOutput(surface)?.name === this.info.name;
  }

  capture(request: CaptureRequest): Disposable {
    return this.#captures.add(request);
  }

  histogram(request: HistogramRequest): Disposable {
    return this.#histograms.add(request);
  }

  /** The output is removed: what it holds is given back when the display is off. */
  [Symbol.dispose](): void {
    const state = this.#state;
    if (state.kind === 'off') return;
    this.#state = { kind: 'off' };
    this.#flips[Symbol.dispose]();
    if (state.kind === 'scheduled' || state.kind === 'pacing') state.timer.cancel();
    const waiting = state.kind === 'pacing' ? [state.answers] : this.#carried.splice(0);
    for (const answers of waiting) answers.done(this.#machine.now());
    if (state.kind === 'flipping') {
      state.watchdog.cancel();
      this.#giveUp(state.frame);
    }
    this.#captures[Symbol.dispose]();
    this.#histograms[Symbol.dispose]();
    this.#painter.shutDown();
  }

  /** A frame although nothing changed. */
  #want(): void {
    this.#wanted = true;
    this.#schedule();
  }

  #schedule(): void {
    const state = this.#state;
    if (state.kind === 'scheduled' || state.kind === 'off') return;
    if (state.kind === 'flipping') {
      if (!state.wanted) this.#state = { ...state, wanted: true };
      return;
    }
    if (state.kind === 'pacing') {
      state.timer.cancel();
      this.#carried.push(state.answers);
    }
    if (this.#shown) this.#clock.synchronise(this.#card.lastVblank(this.#crtc));
    this.#plan(this.#machine.now(), true);
  }

  /**
   * Sets the timer for the first vblank after `after`, or for `after` itself while no vblank is known. When its deadline has passed and it may still be met, the frame
   * begins at once; it is late if that is because of a `change` that has come just now.
   */
  #plan(after: Nanoseconds, change: boolean): void {
    const now = this.#machine.now();
    let target = this.#clock.nextVblank(after);
    let deadline = target === null ? after : this.#clock.deadlineOf(target);
    if (target !== null && deadline < now) {
      target = this.#clock.worthTrying(target, now);
      deadline = this.#clock.deadlineOf(target);
    }
    const late = change && deadline < now;
    const when = deadline < now ? now : deadline;
    const timer = this.#machine.at(when, `repaint of ${this.info.name}`, () => this.#repaint());
    this.#state = { kind: 'scheduled', timer, deadline: when, target, late };
  }

  #repaint(): void {
    const state = this.#state;
    if (state.kind !== 'scheduled') return;
    const begun = this.#machine.now();
    const layers = layersOf(this.info, this.#scene.stackOn(this.info), this.#own);
    const cursor = this.#cursorLayer();
    const paced = this.#paced(layers.filter(isOfSurface).map(({ surface }) => surface));
    const damage = this.#damage;
    const cursorDamage = this.#painter.cursorDamage(cursor);
    const riders = [
      ...this.#captures.riders({ layers, cursor, damage, cursorDamage }),
      ...this.#histograms.riders(damage),
    ];
    const id = this.#nextFrame++;
    const force = this.#wanted || riders.length > 0 || paced.some(({ hasFeedback }) => hasFeedback);
    const result = this.#painter.paint({ id, layers, cursor, damage, force, riders });
    switch (result.kind) {
      case 'committed':
        this.#committed(state, begun, id, paced, result);
        return;
      case 'unchanged':
        this.#damage = Region.empty;
        this.#pace(state.target ?? begun, paced);
        return;
      case 'busy':
        this.#trace.note(
          'repaint',
          `${this.info.name}: the last commit is still under way; again after a vblank`,
        );
        for (const rider of riders) rider.refused(null);
        this.#plan(state.target ?? begun + this.#clock.refresh, false);
        return;
      case 'failed':
        this.#trace.note('fault', `${this.info.name}: the commit was refused`, { reason: result.reason });
        for (const rider of riders) rider.refused(result.reason);
        this.#plan(begun + this.#clock.refresh, false);
    }
  }

  /** Null as well when a named cursor cannot be had for lack of memory; the trace says so. */
  #cursorLayer(): SceneLayer | null {
    try {
      return cursorLayer(this.info, this.#scene.cursor, this.#own);
    } catch (error) {
      if (!(error instanceof KernelError)) throw error;
      this.#trace.note('fault', `${this.info.name}: there is no memory for a cursor`, {
        error: error.message,
      });
      return null;
    }
  }

  /**
   * Those of the surfaces shown, and those of the cursor, whose clients follow the frames of this output. A cursor's
   * subsurfaces are not shown: their callbacks are answered, or their clients would wait for ever.
   */
  #paced(shown: readonly Surface[]): Surface[] {
    const paced = shown.filter(surface => this.#paces(surface));
    const cursor = cursorSurface(this.#scene.cursor);
    if (!cursor || !this.#paces(cursor)) return paced;
    const hidden = subsurfacesOf(cursor);
    for (const surface of hidden) for (const feedback of surface.takeFeedback()) feedback.discarded();
    return [...paced, cursor, ...hidden];
  }

  #committed(
    state: Extract<RepaintState, { kind: 'scheduled' }>,
    begun: Nanoseconds,
    id: bigint,
    paced: readonly Surface[],
    painted: PaintedFrame,
  ): void {
    this.#damage = painted.missing;
    this.#wanted = false;
    const committed = this.#machine.now();
    const frame: Frame = {
      id,
      begun,
      committed,
      target: state.target,
      deadline: state.deadline,
      late: state.late,
      damage: painted.damage,
      cursorDamage: painted.cursorDamage,
      slot: painted.slot,
      job: painted.job,
      scanout: painted.scanout,
      answers: FrameAnswers.take(paced, painted.scanout, this.#shownCommits, this.#carried.splice(0)),
    };
    const watchdog = this.#machine.at(committed + FLIP_TIMEOUT, `flip watchdog of ${this.info.name}`, () =>
      this.#flipLost(frame),
    );
    this.#state = {
      kind: 'flipping',
      frame,
      watchdog,
      wanted: this.#histograms.waiting,
    };
  }

  /** Nothing to show: callbacks are answered when a frame would have been shown. */
  #pace(target: Nanoseconds, paced: readonly Surface[]): void {
    const answers = FrameAnswers.take(paced, [], this.#shownCommits, this.#carried.splice(0));
    if (answers.isEmpty) {
      this.#state = { kind: 'idle' };
      return;
    }
    const timer = this.#machine.at(target, `frame callbacks of ${this.info.name}`, () => {
      this.#state = { kind: 'idle' };
      answers.done(this.#machine.now());
    });
    this.#state = { kind: 'pacing', timer, answers };
  }

  #flipped(flip: Flip): void {
    const state = this.#state;
    if (state.kind !== 'flipping' || state.frame.id !== flip.userData) return;
    state.watchdog.cancel();
    const { frame } = state;
    const sequence = this.#clock.flipped(flip.time, flip.sequence);
    const rendered = this.#settle(frame);
    this.#painter.holds.flipped();
    this.#painter.retire(this.#shown?.slot ?? null);
    this.#shown = frame;
    this.#tally.shown(frame, flip.time, rendered);
    this.#captures.flipped(frame, flip.time);
    this.#state = { kind: 'idle' };
    // A capture that was asked for while the frame was on its way may lack what that has changed.
    const wanted = state.wanted || this.#wanted || this.#captures.waiting;
    if (wanted || !this.#damage.isEmpty) this.#plan(this.#after(flip.time), false);
    const { refresh } = this.#clock;
    frame.answers.presented({ output: this, time: flip.time, refresh, sequence });
    frame.answers.done(flip.time);
  }

  /** The vblank that was just seen is no target any more, even if its event came at its very time. */
  #after(vblank: Nanoseconds): Nanoseconds {
    const now = this.#machine.now();
    return now > vblank ? now : vblank;
  }

  /**
   * Ends the render job of a frame that is on the screen; returns when its pixels were done, 0 without a job. A frame of
   * planes alone is measured too, or one slow composition would make the display begin early for good.
   */
  #settle(frame: Frame): Nanoseconds {
    const start = frame.late ? frame.begun : frame.deadline;
    if (!frame.job) {
      this.#clock.measured(frame.committed - start);
      return 0n;
    }
    frame.job.settle();
    const { time, error } = completionOf(this.#card.task, frame.job.fence);
    this.#card.task.close(frame.job.fence);
    if (error < 0) this.#spoiled(error);
    else if (time > 0n) this.#clock.measured(time - start);
    return time;
  }

  /** The engine was reset in the middle of the frame, or does not say whether it was: who knows what it drew. */
  #spoiled(error: number): void {
    this.#trace.note(
      'fault',
      `${this.info.name}: a frame was not drawn to its end; all of it is drawn again`,
      {
        errno: -error,
      },
    );
    this.#damage = Region.of({ x: 0, y: 0, ...this.info.mode });
  }

  /** The event never came: the frame counts as shown so that clients go on, and the next commit says more. */
  #flipLost(frame: Frame): void {
    this.#trace.note(
      'fault',
      `${this.info.name}: no flip within ${FLIP_TIMEOUT / SECOND} s; going on without it`,
    );
    this.#tally.lost();
    this.#giveUp(frame);
    this.#captures.flipped(frame, this.#machine.now());
    this.#state = { kind: 'idle' };
    this.#want();
  }

  /** Without its event a frame counts as the one that is shown. */
  #giveUp(frame: Frame): void {
    this.#painter.retire(this.#shown?.slot ?? null);
    this.#shown = frame;
    if (frame.job) this.#card.task.close(frame.job.fence);
    frame.answers.discarded();
    frame.answers.done(this.#machine.now());
  }
}
