// What is done in a page reaches the program that it was done to.
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { KeyboardEvent, PointerEvent, TouchEvent } from '../../client-sdk/index.ts';
import { Desk, type Painter, TestPage } from './testing.ts';

const LEFT = 0x110;
const [KEY_LEFTSHIFT, KEY_A, KEY_SLASH, SHIFT] = [42, 30, 53, 1];

let desk: Desk;
let painter: Painter;
let page: TestPage;
let output: number;
/** The window's place on the screen. */
let place: { readonly x: number; readonly y: number };
let n: number;

beforeEach(async () => {
  desk = await Desk.open();
  painter = await desk.painter();
  await painter.paint(0xff336699);
  page = await TestPage.open(desk.address);
  output = (await page.message('outputs')).outputs[0]!.id;
  place = desk.session.compositor.scene.stack[0]!;
  n = 0;
});

afterEach(async () => {
  await painter.client.close();
  await page.close();
  await desk[Symbol.asyncDispose]();
});

/** Events of a device, with a way to wait for one. */
class Heard<E> {
  readonly events: E[] = [];
  readonly #waiting = new Set<() => void>();

  readonly take = (event: E): void => {
    this.events.push(event);
    for (const look of [...this.#waiting]) look();
  };

  async find<F extends E>(matches: (event: E) => event is F): Promise<F> {
    for (;;) {
      const found = this.events.find(matches);
      if (found) return found;
      await new Promise<void>(resolve => this.#waiting.add(resolve));
    }
  }
}

type Of<E extends { kind: string }, K extends E['kind']> = Extract<E, { kind: K }>;
const of =
  <E extends { kind: string }, K extends E['kind']>(
    kind: K,
    also: (event: Of<E, K>) => boolean = () => true,
  ) =>
  (event: E): event is Of<E, K> =>
    event.kind === kind && also(event as Of<E, K>);

/** The client has its devices two round trips later: it hears of them, and asks for them. */
async function listen() {
  const pointer = new Heard<PointerEvent>();
  const keyboard = new Heard<KeyboardEvent>();
  const touch = new Heard<TouchEvent>();
  painter.client.seat.on('pointer', pointer.take);
  painter.client.seat.on('keyboard', keyboard.take);
  painter.client.seat.on('touch', touch.take);
  await painter.client.roundtrip();
  await painter.client.roundtrip();
  return { pointer, keyboard, touch };
}

const moveTo = (x: number, y: number) =>
  page.say({ type: 'motion', n: ++n, output, x: place.x + x, y: place.y + y });

it('a click lands at its pixel', async () => {
  const { pointer } = await listen();
  moveTo(40, 30);
  moveTo(41.5, 30.25);
  page.say({ type: 'button', n: ++n, code: LEFT, pressed: true });
  page.say({ type: 'button', n: ++n, code: LEFT, pressed: false });
  const down = await pointer.find(of('button', ({ pressed }) => pressed));
  expect(down).toMatchObject({ button: LEFT, x: 41.5, y: 30.25 });
  await pointer.find(of('button', ({ pressed }) => !pressed));
});

it('a wheel steps, and fingers scroll smoothly', async () => {
  const { pointer } = await listen();
  moveTo(10, 10);
  page.say({ type: 'wheel', n: ++n, source: 'wheel', x: 0, y: 15, stepsX: 0, stepsY: 1 });
  page.say({ type: 'wheel', n: ++n, source: 'finger', x: 2.5, y: 0, stepsX: 0, stepsY: 0 });
  expect(await pointer.find(of('scroll', ({ axis }) => axis === 'vertical'))).toMatchObject({ distance: 15 });
  expect(await pointer.find(of('scroll', ({ axis }) => axis === 'horizontal'))).toMatchObject({
    distance: 2.5,
  });
});

it('keys come with their modifiers', async () => {
  const { keyboard } = await listen();
  page.say({ type: 'key', n: ++n, code: KEY_LEFTSHIFT, pressed: true });
  page.say({ type: 'key', n: ++n, code: KEY_A, pressed: true });
  await keyboard.find(of('key', ({ key, pressed }) => key === KEY_A && pressed));
  const kinds = keyboard.events.filter(({ kind }) => kind === 'key' || kind === 'modifiers');
  expect(kinds.find(of('modifiers', ({ modifiers }) => modifiers.depressed === SHIFT))).toBeDefined();
});

it('what a page holds is let go when it leaves', async () => {
  const { pointer, keyboard } = await listen();
  const other = await TestPage.open(desk.address);
  other.say({ type: 'motion', n: 1, output, x: place.x + 5, y: place.y + 5 });
  other.say({ type: 'button', n: 2, code: LEFT, pressed: true });
  other.say({ type: 'key', n: 3, code: KEY_LEFTSHIFT, pressed: true });
  await keyboard.find(of('key', ({ pressed }) => pressed));
  await pointer.find(of('button', ({ pressed }) => pressed));
  await other.close();
  await keyboard.find(of('key', ({ key, pressed }) => key === KEY_LEFTSHIFT && !pressed));
  await pointer.find(of('button', ({ pressed }) => !pressed));
  const modifiers = keyboard.events.findLast(of('modifiers'));
  expect(modifiers).toMatchObject({ modifiers: { depressed: 0 } });
});

it('a page that lost the focus lets go too', async () => {
  const { keyboard } = await listen();
  page.say({ type: 'key', n: ++n, code: KEY_A, pressed: true });
  page.say({ type: 'release' });
  await keyboard.find(of('key', ({ pressed }) => !pressed));
});

it('fingers touch where they are, each its own', async () => {
  const { touch } = await listen();
  const finger = (phase: 'down' | 'motion' | 'up', id: number, x: number, y: number) =>
    page.say({ type: 'touch', n: ++n, phase, id, output, x: place.x + x, y: place.y + y });
  finger('down', 0, 20, 20);
  finger('down', 1, 60, 20);
  finger('motion', 1, 62, 25);
  finger('up', 0, 20, 20);
  const moved = await touch.find(of('motion'));
  const [first, second] = touch.events.filter(of('down'));
  expect([first, second]).toMatchObject([
    { x: 20, y: 20 },
    { x: 60, y: 20 },
  ]);
  expect(moved).toMatchObject({ id: second!.id, x: 62, y: 25 });
  expect(await touch.find(of('up'))).toMatchObject({ id: first!.id });
});

it('text is typed, whatever keys it has', async () => {
  const { keyboard } = await listen();
  page.say({ type: 'text', n: ++n, text: 'aß' });
  await keyboard.find(of('key', ({ key, pressed }) => key === KEY_A && !pressed));
  const down = await keyboard.find(of('key', ({ key, pressed }) => key !== KEY_A && pressed));
  await keyboard.find(of('key', ({ key, pressed }) => key === down.key && !pressed));
});

it('text is typed without what is held, which is held afterwards', async () => {
  const { keyboard } = await listen();
  page.say({ type: 'key', n: ++n, code: KEY_LEFTSHIFT, pressed: true });
  page.say({ type: 'text', n: ++n, text: '/' });
  page.say({ type: 'key', n: ++n, code: KEY_A, pressed: true });
  await keyboard.find(of('key', ({ key, pressed }) => key === KEY_A && pressed));
  let held = 0;
  const typed: [key: number, held: number][] = [];
  for (const event of keyboard.events)
    if (event.kind === 'modifiers') held = event.modifiers.depressed;
    else if (event.kind === 'key' && event.pressed) typed.push([event.key, held]);
  expect(typed).toEqual([
    [KEY_LEFTSHIFT, 0],
    [KEY_SLASH, 0],
    [KEY_A, SHIFT],
  ]);
});
