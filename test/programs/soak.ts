// Many programs at once for a long time, under random input: `npm run programs -- --soak MINUTES`.
import { seededRandom } from '../../compositor/machine/random.ts';
import { formatNote } from '../../compositor/observe/trace.ts';
import { CURSOR_SHAPES } from '../../compositor/scene/cursor.ts';
import { growth, type Health, healthLine, healthOf } from './health.ts';
import type { Program } from './program.ts';
import { RandomHands } from './random-hands.ts';
import { Resident } from './resident.ts';
import { killGroup, type Run, Stage } from './stage.ts';

export interface SoakOptions {
  readonly minutes: number;
  readonly seed: number;
  /** They are there all the time, and are started again when a click closes them. */
  readonly residents: readonly Program[];
  /** They come and go. */
  readonly guests: readonly Program[];
  readonly say: (line: string) => void;
}

/** How many guests there are at once. */
const GUESTS = 2;
/** Seconds that a resident may go without a new frame before it counts as stuck. */
const STUCK = 20;
/** The keymap's file, which is made for the first keyboard. */
const KEPT: Partial<Health> = { descriptors: 1, hostDescriptors: 1 };
/** Seconds between two quiet moments. */
const ROUND = 60;

/** Runs a soak; returns what was wrong, nothing when all was well. */
export async function soak(options: SoakOptions): Promise<string[]> {
  const stage = await Stage.open();
  try {
    return await new Soak(stage, options).run();
  } finally {
    await stage[Symbol.asyncDispose]();
  }
}

class Soak {
  readonly #stage: Stage;
  readonly #options: SoakOptions;
  readonly #hands: RandomHands;
  readonly #wrong: string[] = [];
  readonly #residents: Resident[];
  readonly #guests = new Set<Run>();
  readonly #counts = { acts: 0, guests: 0, killed: 0, restarts: 0 };

  constructor(stage: Stage, options: SoakOptions) {
    this.#stage = stage;
    this.#options = options;
    this.#hands = new RandomHands(stage.hands, stage.size, seededRandom(options.seed));
    this.#residents = options.residents.map(program => new Resident(program, stage));
  }

  async run(): Promise<string[]> {
    const { compositor } = this.#stage;
    const { minutes, say } = this.#options;
    await this.#showCursors();
    const empty = healthOf(compositor);
    say(`empty: ${healthLine(empty)}`);
    compositor.trace.listen(note => {
      const unread = note.kind === 'client' && /does not read|protocol error|internal/.test(note.text);
      if (note.kind === 'fault' || unread) this.#complain(formatNote(note));
    });
    compositor.kernel.warnings.onWarning = ({ rule, message }) => this.#complain(`${rule}: ${message}`);
    for (const resident of this.#residents) resident.start();
    await this.#stage.pause(10_000);
    const quiet: Health[] = [];
    for (let minute = 1; minute <= minutes; minute++) {
      await this.#round();
      quiet.push(await this.#rest());
      say(`minute ${minute}: ${healthLine(quiet.at(-1)!)}; ${this.#frames()}`);
    }
    if (quiet.length > 2) for (const words of growth(quiet[1]!, quiet.at(-1)!)) this.#complain(words);
    await this.#leave(empty);
    const { acts, guests, killed, restarts } = this.#counts;
    say(`${acts} acts; ${guests} guests, ${killed} of them killed; ${restarts} programs started again`);
    return this.#wrong;
  }

  /** What the compositor draws itself it keeps: it is all there before anything is counted. */
  async #showCursors(): Promise<void> {
    const { scene } = this.#stage.compositor;
    for (const shape of CURSOR_SHAPES) {
      scene.cursor = { position: { x: 9, y: 9 }, hotspot: { x: 0, y: 0 }, content: { kind: 'shape', shape } };
      await this.#stage.pause(100);
    }
  }

  #complain(words: string): void {
    this.#options.say(`WRONG: ${words}`);
    this.#wrong.push(words);
  }

  /** A minute of input, with guests who come and go. */
  async #round(): Promise<void> {
    const until = performance.now() + ROUND * 1000;
    for (let next = 0; performance.now() < until; ) {
      await this.#hands.act();
      this.#counts.acts++;
      await this.#stage.pause(20 + this.#hands.below(120));
      if (performance.now() < next) continue;
      next = performance.now() + 2000;
      this.#changeGuests();
      this.#lookAround();
    }
  }

  #changeGuests(): void {
    if (this.#guests.size < GUESTS) this.#welcome();
    else if (this.#hands.below(3) === 0) this.#dismiss([...this.#guests][this.#hands.below(GUESTS)]!);
  }

  #welcome(): void {
    const program = this.#hands.pick(this.#options.guests);
    const run = this.#stage.start(program.command, program.environment);
    this.#counts.guests++;
    this.#guests.add(run);
    void run.ended.catch(() => {}).then(() => this.#guests.delete(run));
  }

  /** Asked to go, told to, or killed in whatever state it is in. */
  #dismiss(run: Run): void {
    const how = this.#hands.below(3);
    const { scene } = this.#stage.compositor;
    const own = scene.windows.filter(({ surface }) => surface.label.includes(`(pid ${run.process.pid})`));
    if (how === 0 && own.length > 0) for (const { client } of own) client.close();
    else if (how === 1) killGroup(run.process, 'SIGTERM');
    else {
      killGroup(run.process, 'SIGKILL');
      this.#counts.killed++;
    }
  }

  /** Residents that a click closed come back; one that fell is a fault; nobody hides the others for long. */
  #lookAround(): void {
    const { scene } = this.#stage.compositor;
    for (const window of scene.windows) {
      if (window.wishes.fullscreen) scene.setFullscreen(window, false);
      if (window.wishes.maximised) scene.setMaximised(window, false);
    }
    for (const resident of this.#residents) {
      const fall = resident.fall;
      if (fall !== null) this.#complain(fall);
      if (resident.gone) {
        this.#counts.restarts++;
        resident.start();
      }
      const still = resident.stillFor;
      if (still > STUCK) {
        this.#complain(`${resident.name} has shown no frame for ${still.toFixed(0)} s`);
        resident.forgive();
      }
    }
  }

  /** Nobody does anything and the guests are gone: figures can be compared. */
  async #rest(): Promise<Health> {
    for (const run of this.#guests) killGroup(run.process, 'SIGKILL');
    this.#lookAround();
    await this.#stage.pause(4000);
    return healthOf(this.#stage.compositor);
  }

  #frames(): string {
    return this.#residents.map(resident => `${resident.name} ${resident.takeFrames()}`).join(', ');
  }

  /** Once all are gone, so is all that they had. */
  async #leave(empty: Health): Promise<void> {
    for (const resident of this.#residents) resident.stop();
    const { compositor } = this.#stage;
    await this.#stage.until('all programs are gone', () => compositor.server.clients.size === 1, 30);
    await this.#stage.pause(2000);
    const left = healthOf(compositor);
    this.#options.say(`left: ${healthLine(left)}`);
    for (const name of ['tasks', 'holdings', 'dmaBufs', 'descriptors', 'hostDescriptors'] as const)
      if (left[name] > empty[name] + (KEPT[name] ?? 0))
        this.#complain(`${name}: ${left[name]} are left, ${empty[name]} were there before`);
  }
}
