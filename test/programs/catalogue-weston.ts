// The example programs of Weston.
import { at, clickShows, dragShows, shellListens, typingShows } from './acts.ts';
import { middleOf } from './hands.ts';
import { PHOTO } from './paths.ts';
import type { Program } from './program.ts';

const weston = (
  name: string,
  more: Partial<Omit<Program, 'name' | 'package'>> & Pick<Program, 'motion'>,
): Program => {
  const { command = [], ...rest } = more;
  const binary = `weston-${name.split(' ')[0]}`;
  return {
    name: `weston-${name}`.replaceAll(' ', ''),
    package: 'weston',
    end: 'close',
    ...rest,
    command: [binary, ...command],
  };
};

export const westonPrograms: readonly Program[] = [
  weston('simple-shm', { motion: 'display', colours: 100 }),
  weston('simple-damage', { motion: 'display', colours: 3 }),
  weston('smoke', {
    motion: 'display',
    colours: 1,
    act: async stage => {
      const before = await stage.settled();
      await stage.hands.moveTo(at(stage, 0.3, 0.3));
      await stage.hands.moveTo(at(stage, 0.6, 0.6));
      await stage.changes(before, 'the pointer stirs the smoke');
      return 'the pointer stirs the smoke';
    },
  }),
  weston('flower', { motion: 'still', colours: 20, end: 'signal' }),
  weston('eventdemo', {
    motion: 'still',
    command: ['--log-motion', '--log-button', '--log-key', '--log-axis'],
    act: async stage => {
      await stage.hands.click(middleOf(stage.area!));
      await stage.hands.scroll(2);
      await stage.hands.type('a');
      return 'pointer, wheel and keys were sent';
    },
  }),
  weston('subsurfaces', { motion: 'display', colours: 20 }),
  weston('scaler', { motion: 'still', end: 'signal' }),
  weston('transformed', { motion: 'still', colours: 3 }),
  weston('stacking', { motion: 'still', act: typingShowsWindows }),
  weston('clickdot', { motion: 'still', colours: 2, act: clickShows }),
  weston('dnd', { motion: 'still', colours: 10, act: dragShows(0.13, 0.095) }),
  weston('editor', {
    motion: 'still',
    act: async stage => {
      await stage.hands.click(at(stage, 0.5, 0.3));
      return typingShows(stage);
    },
  }),
  weston('presentation-shm -f', { motion: 'display', command: ['-f'], end: 'signal' }),
  weston('presentation-shm -i', { motion: 'own', command: ['-i'], end: 'signal' }),
  weston('presentation-shm -p', { motion: 'own', command: ['-p'], end: 'signal' }),
  weston('simple-egl', { motion: 'display', colours: 3 }),
  weston('terminal', { motion: 'still', colours: 2, act: shellListens }),
  weston('image', {
    motion: 'still',
    command: [PHOTO],
    colours: 1000,
  }),
  weston('resizor', { motion: 'still' }),
  weston('fullscreen', { motion: 'still' }),
  weston('cliptest', { motion: 'still', colours: 3 }),
  weston('confine', { motion: 'still', act: dragShows(0.5, 0.5) }),
  weston('multi-resource', { motion: 'still', end: 'signal', colours: 1 }),
  weston('simple-touch', { motion: 'still', end: 'signal', colours: 1 }),
];

/** weston-stacking opens another window for a key. */
async function typingShowsWindows(stage: Parameters<typeof typingShows>[0]): Promise<string> {
  const { windows } = stage.compositor.scene;
  await stage.hands.click(middleOf(stage.area!));
  await stage.hands.type('n');
  await stage.until('a key opens a window', () => stage.compositor.scene.windows.length > windows.length);
  return 'a key opens another window';
}
