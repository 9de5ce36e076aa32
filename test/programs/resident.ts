// A program that is there all the time.
import type { SurfaceState } from '../../compositor/scene/surface-state.ts';
import type { Program } from './program.ts';
import { killGroup, type Run, type Stage } from './stage.ts';

/** How often its surfaces are looked at, in milliseconds: no frame of a display of 60 Hz is missed for long. */
const LOOK = 25;

export class Resident {
  readonly #program: Program;
  readonly #stage: Stage;
  #run: Run | null = null;
  #ended: number | string | null = null;
  #watch: NodeJS.Timeout | null = null;
  #last: readonly SurfaceState[] = [];
  #frames = 0;
  /** When its picture last became another one, in milliseconds. */
  #moved = 0;

  constructor(program: Program, stage: Stage) {
    this.#program = program;
    this.#stage = stage;
  }

  get name(): string {
    return this.#program.name;
  }

  get gone(): boolean {
    return this.#ended !== null;
  }

  /** What it ended with, when that was not a clean end; null otherwise. */
  get fall(): string | null {
    if (this.#ended === null) return null;
    const { statuses = [] } = this.#program;
    if ([0, ...statuses].some(status => status === this.#ended)) return null;
    return `${this.name} ended with ${this.#ended}: ${this.#run?.output().trim().slice(-300)}`;
  }

  /** Seconds since its last new frame; 0 for one that need not move. */
  get stillFor(): number {
    return this.#program.motion === 'still' ? 0 : (performance.now() - this.#moved) / 1000;
  }

  forgive(): void {
    this.#moved = performance.now();
  }

  /** Changes of its picture since the last call. */
  takeFrames(): number {
    const frames = this.#frames;
    this.#frames = 0;
    return frames;
  }

  start(): void {
    this.#ended = null;
    // It may take a while to come up on a machine with much to do.
    this.#moved = performance.now() + 20_000;
    const run = this.#stage.start(this.#program.command, this.#program.environment);
    this.#run = run;
    void run.ended
      .catch(error => String(error))
      .then(status => {
        this.#ended = status;
      });
    this.#watch ??= setInterval(() => this.#look(), LOOK);
  }

  stop(): void {
    if (this.#watch) clearInterval(this.#watch);
    this.#watch = null;
    if (this.#run) killGroup(this.#run.process, 'SIGTERM');
  }

  #look(): void {
    const own = `(pid ${this.#run?.process.pid})`;
    const now = this.#stage.shown
      .filter(({ surface }) => surface.label.includes(own))
      .map(({ surface }) => surface.state);
    const moved = now.length !== this.#last.length || now.some((state, at) => state !== this.#last[at]);
    this.#last = now;
    if (!moved) return;
    this.#frames++;
    this.#moved = Math.max(this.#moved, performance.now());
  }
}
