// What programs are put through.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Point } from '../../compositor/scene/region.ts';
import { KEY, middleOf } from './hands.ts';
import { difference } from './picture.ts';
import type { Stage } from './stage.ts';

/** A point of the program's part of the screen, from 0,0 to 1,1. */
export function at(stage: Stage, x: number, y: number): Point {
  const { area } = stage;
  if (!area) throw new Error('nothing is shown');
  return { x: Math.floor(area.x + area.width * x), y: Math.floor(area.y + area.height * y) };
}

/** A click in the middle changes the picture. */
export async function clickShows(stage: Stage): Promise<string> {
  const before = await stage.settled();
  await stage.hands.click(at(stage, 0.5, 0.5));
  await stage.changes(before, 'a click changes the picture');
  return 'a click changes the picture';
}

/** Dragging from a place of the window changes the picture. */
export const dragShows =
  (x: number, y: number) =>
  async (stage: Stage): Promise<string> => {
    const before = await stage.settled();
    await stage.hands.drag(at(stage, x, y), at(stage, 0.7, 0.7));
    await stage.changes(before, 'a drag changes the picture');
    return 'a drag changes the picture';
  };

/** A shell writes a file when it is told to by the keyboard. */
export async function shellListens(stage: Stage): Promise<string> {
  const file = join(stage.directory, 'home', 'typed');
  await stage.hands.click(middleOf(stage.area!));
  // Shells throw away what was typed before they read.
  await stage.pause(1500);
  await stage.hands.type('echo "It works: 6*7=$((6*7))" > typed\n');
  await stage.until(
    'the shell has done what was typed',
    () => existsSync(file) && readFileSync(file).length > 0,
  );
  const text = readFileSync(file, 'utf8').trim();
  if (text !== 'It works: 6*7=42') throw new Error(`what was typed arrived as ${JSON.stringify(text)}`);
  return 'what is typed arrives';
}

/** Keys change the picture. */
export async function typingShows(stage: Stage): Promise<string> {
  const before = await stage.settled();
  await stage.hands.type('fencepost');
  await stage.changes(before, 'typing changes the picture');
  return 'typing changes the picture';
}

/** A click at a place of the window opens a popup; Escape closes it. */
export const menuOpens =
  (x: number, y: number) =>
  async (stage: Stage): Promise<string> => {
    await stage.settled();
    await stage.hands.click(at(stage, x, y));
    await stage.until('a click opens a menu', () => stage.compositor.scene.popups.length > 0);
    await stage.settled();
    await stage.hands.press(KEY.esc);
    await stage.until('Escape closes the menu', () => stage.compositor.scene.popups.length === 0);
    return 'a menu opens and closes';
  };

/** The screen shows something else once the tool is at work, and how much. */
export async function covers(stage: Stage, part: number): Promise<string> {
  const black = { ...stage.size, data: new Uint8Array(stage.size.width * stage.size.height * 4) };
  await stage.until(
    `${part * 100} % of the screen are drawn`,
    async () => difference(await stage.screenshot(), black) >= part,
  );
  return 'it is on the screen';
}

/** Resting at a place of the window opens a tooltip, which goes when the pointer does. */
export const tooltipShows =
  (x: number, y: number) =>
  async (stage: Stage): Promise<string> => {
    const { popups } = stage.compositor.scene;
    await stage.settled();
    const place = at(stage, x, y);
    for (let step = 0; step < 4; step++) await stage.hands.moveTo({ x: place.x + step, y: place.y });
    await stage.until('a tooltip shows', () => stage.compositor.scene.popups.length > popups.length);
    await stage.hands.moveTo(at(stage, 0.9, 0.9));
    await stage.until('it goes', () => stage.compositor.scene.popups.length === popups.length);
    return 'a tooltip comes and goes';
  };

/** The wheel changes the picture. */
export const wheelScrolls =
  (x: number, y: number) =>
  async (stage: Stage): Promise<string> => {
    await stage.hands.moveTo(at(stage, x, y));
    const before = await stage.settled();
    await stage.hands.scroll(5);
    await stage.changes(before, 'the wheel scrolls');
    return 'the wheel scrolls';
  };

/** F11 makes the window fill the screen, and once more gives it its place back. */
export async function fillsTheScreen(stage: Stage): Promise<string> {
  const mode = (): string | undefined => stage.compositor.scene.activated?.slot?.mode;
  await stage.settled();
  for (const wanted of ['fullscreen', 'tiled']) {
    await stage.hands.press(KEY.f11);
    await stage.until(`it is ${wanted}`, () => mode() === wanted);
    await stage.settled();
  }
  return 'F11 fills the screen and leaves it again';
}
