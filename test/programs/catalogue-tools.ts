// Tools: capture, clipboard, panels, launchers, wallpapers.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { at, covers } from './acts.ts';
import { KEY } from './hands.ts';
import { PHOTO } from './paths.ts';
import { difference, fromPng } from './picture.ts';
import type { Program } from './program.ts';
import { killGroup, type Stage } from './stage.ts';

export const toolPrograms: readonly Program[] = [
  {
    name: 'wayland-info',
    package: 'wayland-utils',
    command: ['wayland-info'],
    motion: 'still',
    end: 'itself',
  },
  {
    name: 'swaybg',
    package: 'swaybg',
    command: ['swaybg', '-i', PHOTO, '-m', 'center'],
    motion: 'still',
    colours: 1000,
    end: 'signal',
  },
  {
    name: 'grim',
    package: 'grim',
    command: ['swaybg', '-i', PHOTO, '-m', 'fill'],
    motion: 'still',
    colours: 1000,
    end: 'signal',
    needs: ['grim'],
    act: grimSeesTheScreen,
  },
  {
    name: 'wf-recorder',
    package: 'wf-recorder',
    command: ['weston-simple-shm'],
    motion: 'display',
    end: 'close',
    needs: ['wf-recorder'],
    act: recorderRecords,
  },
  {
    name: 'slurp',
    package: 'slurp',
    command: ['slurp', '-o'],
    motion: 'still',
    colours: 1,
    end: 'itself',
    act: slurpSelects,
  },
  {
    name: 'wl-copy',
    package: 'wl-clipboard',
    command: ['wl-copy', '--foreground', 'Grüße, world'],
    motion: 'still',
    end: 'itself',
    needs: ['wl-paste'],
    act: pasteGets,
  },
  {
    name: 'wl-copy-primary',
    package: 'wl-clipboard',
    command: ['wl-copy', '--foreground', '--primary', 'middle'],
    motion: 'still',
    end: 'itself',
    needs: ['wl-paste'],
    act: primaryGets,
  },
  { name: 'wev', package: 'wev', command: ['wev'], motion: 'still', colours: 1, end: 'close', act: wevSees },
  { name: 'waybar', package: 'waybar', command: ['waybar'], motion: 'still', end: 'signal', colours: 2 },
  {
    name: 'fuzzel',
    package: 'fuzzel',
    command: ['fuzzel', '--dmenu'],
    motion: 'still',
    end: 'signal',
    colours: 2,
    act: escapeCloses,
  },
  {
    name: 'wofi',
    package: 'wofi',
    command: ['wofi', '--show', 'run'],
    motion: 'still',
    colours: 10,
    end: 'signal',
    statuses: [1],
    act: escapeCloses,
  },
  {
    name: 'bemenu',
    package: 'bemenu',
    command: ['sh', '-c', 'ls / | bemenu -l 5'],
    motion: 'still',
    colours: 3,
    end: 'signal',
    needs: ['bemenu'],
    act: escapeCloses,
  },
  {
    name: 'wvkbd',
    package: 'wvkbd',
    command: ['wvkbd-mobintl'],
    motion: 'still',
    colours: 5,
    end: 'signal',
    needs: ['foot'],
    act: keysOnTheScreen,
  },
  {
    name: 'swayidle',
    package: 'swayidle',
    command: ['foot'],
    motion: 'still',
    end: 'signal',
    statuses: [230],
    needs: ['swayidle'],
    act: noticesIdleness,
  },
  {
    name: 'wtype',
    package: 'wtype',
    command: ['foot', 'sh', '-c', 'read line; echo "$line" > typed; sleep 60'],
    motion: 'still',
    end: 'signal',
    statuses: [230],
    needs: ['wtype'],
    act: wtypeTypes,
  },
  {
    name: 'imv',
    package: 'imv',
    command: ['imv-wayland', PHOTO],
    motion: 'still',
    colours: 1000,
    end: 'signal',
  },
];

async function grimSeesTheScreen(stage: Stage): Promise<string> {
  const file = join(stage.directory, 'grim.png');
  await stage.settled();
  await stage.tool(['grim', file]);
  const part = difference(fromPng(readFileSync(file)), await stage.screenshot());
  if (part > 0)
    throw new Error(`${(part * 100).toFixed(2)} % of grim's pixels are others than those on the screen`);
  await stage.tool(['grim', '-g', '100,50 200x100', file]);
  const { width, height } = fromPng(readFileSync(file));
  if (width !== 200 || height !== 100) throw new Error(`grim took ${width}x${height} of a region of 200x100`);
  return 'every pixel as on the screen, and a region of it';
}

async function recorderRecords(stage: Stage): Promise<string> {
  const file = join(stage.directory, 'recorded.mkv');
  const run = stage.start(['wf-recorder', '-f', file, '-c', 'ffv1']);
  const { counters } = stage.compositor;
  const before = counters.captures;
  await stage.until('30 frames were captured', () => counters.captures - before >= 30, 30);
  run.process.kill('SIGINT');
  const status = await stage.within(15, 'wf-recorder ends', run.ended);
  if (status !== 0) throw new Error(`wf-recorder ended with ${status}: ${run.output().slice(-300)}`);
  return `${counters.captures - before} frames recorded, ${readFileSync(file).length} bytes`;
}

async function slurpSelects(stage: Stage): Promise<string> {
  await stage.until('slurp covers the screen', () => stage.area !== null);
  await stage.settled();
  await stage.hands.drag({ x: 100, y: 120 }, { x: 300, y: 260 });
  return 'a rectangle was drawn';
}

async function pasteGets(stage: Stage): Promise<string> {
  let pasted = '';
  await stage.until('wl-paste gets what was copied', async () => {
    pasted = await stage.tool(['wl-paste', '--no-newline']).catch(() => '');
    return pasted !== '';
  });
  if (pasted !== 'Grüße, world') throw new Error(`wl-paste got ${JSON.stringify(pasted)}`);
  const large = join(stage.directory, 'large');
  writeFileSync(large, Buffer.alloc(5 << 20, 'fencepost '));
  const copier = stage.start(['sh', '-c', `wl-copy --foreground < ${large}`]);
  const got = join(stage.directory, 'got');
  await stage.until('5 MiB go through the clipboard', async () => {
    await stage.tool(['sh', '-c', `wl-paste --no-newline > ${got}`]).catch(() => '');
    return existsSync(got) && readFileSync(got).equals(readFileSync(large));
  });
  killGroup(copier.process, 'SIGTERM');
  return 'text and 5 MiB';
}

async function primaryGets(stage: Stage): Promise<string> {
  let pasted = '';
  await stage.until('wl-paste gets what was selected', async () => {
    pasted = await stage.tool(['wl-paste', '--no-newline', '--primary']).catch(() => '');
    return pasted === 'middle';
  });
  await stage.tool(['wl-copy', '--primary', '--clear']);
  return 'the primary selection';
}

async function wevSees(stage: Stage): Promise<string> {
  await stage.hands.click(at(stage, 0.5, 0.5));
  await stage.hands.scroll(1);
  await stage.hands.type('A');
  return 'pointer, wheel and keys were sent';
}

async function escapeCloses(stage: Stage): Promise<string> {
  const before = await stage.settled();
  await stage.hands.type('abc');
  await stage.changes(before, 'typing shows');
  await stage.hands.press(KEY.backspace);
  return 'it has the keyboard';
}

async function wtypeTypes(stage: Stage): Promise<string> {
  const file = join(stage.directory, 'home', 'typed');
  await stage.pause(500);
  await stage.tool(['wtype', 'Grüße €42']);
  await stage.hands.press(KEY.enter);
  await stage.until('the line has arrived', () => existsSync(file) && readFileSync(file, 'utf8') !== '');
  const text = readFileSync(file, 'utf8').trim();
  if (text !== 'Grüße €42') throw new Error(`it arrived as ${JSON.stringify(text)}`);
  await covers(stage, 0.001);
  return 'characters that no key of the keyboard has';
}

async function keysOnTheScreen(stage: Stage): Promise<string> {
  const keyboard = stage.area!;
  stage.start(['foot', 'sh', '-c', 'cat > typed']);
  await stage.until('a terminal opens', () => stage.compositor.scene.windows.some(({ mapped }) => mapped));
  await stage.settled();
  const file = join(stage.directory, 'home', 'typed');
  // The rows from the top: others, digits, letters. Its last key ends the line. It looks at motions alone for the place.
  for (const [right, down] of [
    [0.1, 0.42],
    [0.9, 0.92],
  ] as const) {
    const key = { x: keyboard.x + keyboard.width * right, y: keyboard.y + keyboard.height * down };
    await stage.hands.moveTo({ x: key.x - 4, y: key.y });
    await stage.hands.click(key);
  }
  await stage.until('q arrives', () => existsSync(file) && readFileSync(file, 'utf8') === 'q\n');
  return 'a key on the screen types';
}

async function noticesIdleness(stage: Stage): Promise<string> {
  stage.start(['swayidle', 'timeout', '1', 'touch idle', 'resume', 'touch resumed']);
  const happened = (name: string) => () => existsSync(join(stage.directory, 'home', name));
  await stage.until('nobody does anything', happened('idle'));
  await stage.hands.moveTo({ x: 50, y: 50 });
  await stage.until('somebody does', happened('resumed'));
  return 'idleness begins and ends';
}
