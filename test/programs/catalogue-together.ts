// What a person does with windows, and with two programs at once.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Point, Rect } from '../../compositor/scene/region.ts';
import { BTN_LEFT, BTN_MIDDLE, KEY, middleOf } from './hands.ts';
import { difference, part } from './picture.ts';
import type { Program } from './program.ts';
import type { Stage } from './stage.ts';

/** Codes of linux/input-event-codes.h. */
const LETTER = { a: 30, c: 46, v: 47 } as const;
/** What a terminal got is what its `cat` wrote. */
const CAT = ['foot', 'sh', '-c', 'cat > typed'];

const editor = (name: string, act: Program['act'], needs: readonly string[] = []): Program => ({
  name,
  package: 'mousepad',
  command: ['mousepad'],
  motion: 'still',
  colours: 20,
  end: 'signal',
  // Without a session bus it falls over its own end.
  statuses: ['SIGSEGV'],
  needs,
  act: act!,
});

export const togetherPrograms: readonly Program[] = [
  editor('copy-to-terminal', copiesToTerminal, ['foot']),
  editor('middle-click-paste', pastesWithTheMiddle, ['foot']),
  editor('text-drag', dragsText, ['kate']),
  editor('sub-menus', slidesThroughMenus),
  {
    name: 'move-resize-maximise',
    package: 'gtk-3-examples',
    command: ['gtk3-demo'],
    motion: 'still',
    colours: 20,
    end: 'close',
    layout: 'floating',
    act: handlesWindow,
  },
  {
    name: 'menu-to-menu',
    package: 'kate',
    command: ['kate'],
    environment: { QT_QPA_PLATFORM: 'wayland' },
    motion: 'still',
    colours: 20,
    end: 'signal',
    act: slidesToNextMenu,
  },
  {
    name: 'dnd-between-windows',
    package: 'weston',
    command: ['weston-dnd'],
    motion: 'still',
    colours: 10,
    end: 'close',
    act: dragsToOtherWindow,
  },
  {
    name: 'key-repeat',
    package: 'foot',
    command: CAT,
    motion: 'still',
    end: 'signal',
    statuses: [230],
    act: keyRepeats,
  },
];

const mapped = (stage: Stage) => stage.compositor.scene.windows.filter(window => window.mapped);

/** Another program, once its window is there. */
async function joinedBy(stage: Stage, command: readonly string[]): Promise<void> {
  const before = mapped(stage).length;
  stage.start(command, { QT_QPA_PLATFORM: 'wayland' });
  await stage.until(`${command[0]} opens a window`, () => mapped(stage).length > before, 30);
  await stage.settled();
}

function placeOf(stage: Stage, index: number): Rect {
  const window = mapped(stage)[index];
  const place = window && stage.compositor.scene.placeOf(window);
  if (!place) throw new Error(`there is no window ${index}`);
  return place;
}

const inside = ({ x, y, width, height }: Rect, right: number, down: number): Point => ({
  x: Math.floor(x + width * right),
  y: Math.floor(y + height * down),
});

/** Past the time in which toolkits count clicks together. */
const uncounted = (stage: Stage): Promise<void> => stage.pause(900);

async function typedIs(stage: Stage, expected: string): Promise<void> {
  const file = join(stage.directory, 'home', 'typed');
  const read = (): string => (existsSync(file) ? readFileSync(file, 'utf8') : '');
  await stage.until(`${expected} arrives`, async () => {
    await stage.hands.press(KEY.enter);
    await stage.pause(200);
    return read().includes(expected);
  });
}

const CLIPBOARD_TEXT = 'alpha beta gamma';
/** Where mousepad's first word lies in its window: below the menu, a warning that root gets, and nothing else. */
const firstWord = (place: Rect): Point => ({
  x: place.x + 20,
  y: place.y + (process.getuid?.() === 0 ? 98 : 74),
});

async function writes(stage: Stage): Promise<void> {
  await stage.hands.click(inside(placeOf(stage, 0), 0.5, 0.7));
  await stage.hands.type(CLIPBOARD_TEXT);
  await stage.settled();
}

async function copiesToTerminal(stage: Stage): Promise<string> {
  await joinedBy(stage, CAT);
  await writes(stage);
  await stage.hands.press(KEY.leftCtrl, LETTER.a);
  await stage.hands.press(KEY.leftCtrl, LETTER.c);
  await stage.settled();
  await stage.hands.click(middleOf(placeOf(stage, 1)));
  await stage.hands.press(KEY.leftCtrl, KEY.leftShift, LETTER.v);
  await stage.settled();
  await typedIs(stage, CLIPBOARD_TEXT);
  return 'what is copied in GTK is pasted in a terminal';
}

async function pastesWithTheMiddle(stage: Stage): Promise<string> {
  await joinedBy(stage, CAT);
  await writes(stage);
  await selectWord(stage, firstWord(placeOf(stage, 0)));
  await stage.hands.click(middleOf(placeOf(stage, 1)), BTN_MIDDLE);
  await stage.settled();
  await typedIs(stage, 'alpha');
  // Back again: the word in the terminal's first line replaces nothing, and comes a second time.
  const { x, y } = placeOf(stage, 1);
  await selectWord(stage, { x: x + 20, y: y + 10 });
  const editor = inside(placeOf(stage, 0), 0.5, 0.7);
  await stage.hands.moveTo(editor);
  const before = await stage.settled();
  await stage.hands.click(editor, BTN_MIDDLE);
  await stage.pause(600);
  await stage.hands.press(KEY.leftCtrl, LETTER.a);
  await stage.hands.press(KEY.leftCtrl, LETTER.c);
  await stage.changes(before, 'the editor shows what was pasted');
  const text = await stage.tool(['wl-paste', '--no-newline']);
  if (text !== `${CLIPBOARD_TEXT}alpha`) throw new Error(`the editor has ${JSON.stringify(text)}`);
  return 'what is selected in GTK is pasted in a terminal, and back';
}

async function selectWord(stage: Stage, point: Point): Promise<void> {
  await uncounted(stage);
  await stage.hands.click(point);
  await stage.hands.click(point);
  await stage.settled();
}

async function dragsText(stage: Stage): Promise<string> {
  await joinedBy(stage, ['sh', '-c', 'echo > file; exec kate file']);
  await writes(stage);
  const from = firstWord(placeOf(stage, 0));
  await selectWord(stage, from);
  await uncounted(stage);
  const { scene } = stage.compositor;
  const to = middleOf(placeOf(stage, 1));
  await stage.hands.moveTo(from);
  await stage.hands.button(BTN_LEFT, 'pressed');
  for (let step = 1; step <= 20; step++) {
    await stage.hands.moveTo({
      x: from.x + ((to.x - from.x) * step) / 20,
      y: from.y + ((to.y - from.y) * step) / 20,
    });
    await stage.pause(15);
  }
  await stage.until('the text is at the pointer', () => scene.dragIcon !== null);
  await stage.pause(300);
  await stage.hands.button(BTN_LEFT, 'released');
  await stage.until('the drag is over', () => scene.dragIcon === null);
  await stage.until('the text is dropped', () => mapped(stage).some(({ title }) => title.includes('file *')));
  return 'text is dragged from GTK to Qt';
}

async function slidesThroughMenus(stage: Stage): Promise<string> {
  const { scene } = stage.compositor;
  const menus = (count: number) => () => scene.popups.length === count;
  const { x, y } = placeOf(stage, 0);
  const on = (right: number, down: number): Promise<void> =>
    stage.hands.moveTo({ x: x + right, y: y + down });
  await stage.hands.click({ x: x + 20, y: y + 50 });
  await stage.until('a menu opens', menus(1));
  const first = scene.popups[0]!.rect.x;
  await stage.settled();
  await on(240, 51);
  await stage.until('the pointer slides to another menu', () => scene.popups[0]?.rect.x !== first);
  await stage.settled();
  await on(250, 130);
  await on(252, 135);
  await stage.until('a menu in it opens', menus(2));
  // GTK passes over clicks that come too soon after that.
  await stage.settled();
  await stage.hands.click({ x: x + 900, y: y + 700 });
  await stage.until('a click elsewhere closes both', menus(0));
  return 'menus follow the pointer, and go with a click elsewhere';
}

async function slidesToNextMenu(stage: Stage): Promise<string> {
  const { scene } = stage.compositor;
  await stage.hands.click({ x: 20, y: 11 });
  await stage.until('a menu opens', () => scene.popups.length === 1);
  const first = scene.popups[0]!.rect.x;
  await stage.settled();
  for (let x = 22; x < 62; x += 4) await stage.hands.moveTo({ x, y: 12 });
  await stage.until('the next menu opens', () => (scene.popups[0]?.rect.x ?? first) !== first);
  await stage.settled();
  if (scene.popups.length !== 1) throw new Error('the next menu did not stay open');
  await stage.hands.press(KEY.esc);
  await stage.until('Escape closes it', () => scene.popups.length === 0);
  return 'a menu stays open when the pointer slides to it';
}

async function handlesWindow(stage: Stage): Promise<string> {
  const { scene } = stage.compositor;
  const window = mapped(stage)[0]!;
  const title = ({ x, y, width }: Rect): Point => ({ x: x + width / 2 - 60, y: y + 20 });
  const start = placeOf(stage, 0);
  const from = title(start);
  await stage.hands.drag(from, { x: from.x - 60, y: from.y + 40 }, 20);
  await stage.until('it is moved by its title', () => placeOf(stage, 0).y > start.y);
  const { x, y, width, height } = placeOf(stage, 0);
  // The border to take it by lies outside of what is drawn.
  const corner = { x: x + width + 3, y: y + height + 3 };
  await stage.hands.drag(corner, { x: corner.x - 120, y: corner.y - 150 }, 20);
  await stage.until('it is smaller', () => placeOf(stage, 0).width < width - 60);
  const small = await stage.settled().then(() => placeOf(stage, 0));
  if (small.x !== x || small.y !== y) throw new Error('the other corner has moved');
  await uncounted(stage);
  for (let clicks = 0; clicks < 2; clicks++) await stage.hands.click(title(small));
  await stage.until('it is maximised', () => placeOf(stage, 0).width === stage.size.width);
  await stage.settled();
  await uncounted(stage);
  for (let clicks = 0; clicks < 2; clicks++) await stage.hands.click(title(placeOf(stage, 0)));
  await stage.until('it has its size back', () => placeOf(stage, 0).width === small.width);
  if (scene.activated !== window) throw new Error('it is not the active one');
  return 'it is moved, resized, maximised and back';
}

async function dragsToOtherWindow(stage: Stage): Promise<string> {
  await joinedBy(stage, ['weston-dnd']);
  const from = placeOf(stage, 0);
  const to = placeOf(stage, 1);
  await stage.hands.moveTo(middleOf(to));
  const target = inside(to, 0.6, 0.6);
  const around = { x: target.x - 20, y: target.y - 20, width: 40, height: 40 };
  const before = part(await stage.settled(), around);
  await stage.hands.drag({ x: from.x + 132, y: from.y + 76 }, target, 25);
  await stage.hands.moveTo({ x: target.x, y: target.y + 120 });
  await stage.until(
    'a flower is in the other window',
    async () => difference(part(await stage.screenshot(), around), before) > 0.1,
  );
  return 'a flower is dragged to another window';
}

async function keyRepeats(stage: Stage): Promise<string> {
  await stage.hands.key(LETTER.a, 'pressed');
  await stage.pause(1600);
  await stage.hands.key(LETTER.a, 'released');
  await typedIs(stage, 'aaaaaaaa');
  return 'a key that is held repeats';
}
