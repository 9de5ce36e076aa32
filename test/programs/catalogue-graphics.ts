// GL and Vulkan by software, games' windows, video, and servers inside of ours.
import { covers, shellListens } from './acts.ts';
import { middleOf } from './hands.ts';
import type { Program } from './program.ts';
import type { Stage } from './stage.ts';

const SDL = '/usr/libexec/installed-tests/SDL2';
const sdl = (name: string, motion: Program['motion'], colours = 2): Program => ({
  name: `sdl-${name}`,
  package: 'libsdl2-tests',
  command: [`${SDL}/${name}`],
  colours,
  environment: { SDL_VIDEODRIVER: 'wayland', SDL_AUDIODRIVER: 'dummy' },
  motion,
  end: 'close',
});
const video = 'av://lavfi:testsrc=size=640x360:rate=30';
const mpv = (output: string): Program => ({
  name: `mpv-${output}`,
  package: 'mpv',
  command: [
    'mpv',
    '--no-config',
    '--no-audio',
    '--hwdec=no',
    `--vo=${output}`,
    ...(output === 'gpu' ? ['--gpu-context=wayland'] : []),
    video,
  ],
  motion: 'own',
  colours: 20,
  end: 'close',
});

export const graphicsPrograms: readonly Program[] = [
  mpv('wlshm'),
  mpv('gpu'),
  {
    name: 'ffplay',
    package: 'ffmpeg',
    command: ['ffplay', '-loglevel', 'error', '-f', 'lavfi', '-i', 'testsrc=size=640x360:rate=30'],
    environment: { SDL_VIDEODRIVER: 'wayland', SDL_AUDIODRIVER: 'dummy' },
    motion: 'own',
    colours: 20,
    end: 'close',
  },
  sdl('testdraw2', 'display'),
  sdl('testsprite2', 'unthrottled'),
  sdl('testgl2', 'unthrottled'),
  sdl('testgles2', 'unthrottled'),
  sdl('testvulkan', 'own', 1),
  sdl('testwm2', 'still'),
  {
    name: 'es2gears',
    package: 'mesa-utils',
    command: ['es2gears_wayland'],
    motion: 'display',
    colours: 20,
    end: 'signal',
  },
  {
    name: 'glmark2',
    package: 'glmark2-es2-wayland',
    command: ['glmark2-es2-wayland', '-b', 'build:duration=60'],
    motion: 'unthrottled',
    colours: 20,
    end: 'close',
  },
  {
    name: 'vkcube-fifo',
    package: 'vulkan-tools',
    command: ['vkcube-wayland', '--present_mode', '2'],
    motion: 'display',
    colours: 20,
    end: 'signal',
  },
  {
    name: 'vkcube-mailbox',
    package: 'vulkan-tools',
    command: ['vkcube-wayland', '--present_mode', '1'],
    motion: 'unthrottled',
    colours: 20,
    end: 'signal',
  },
  {
    name: 'gstreamer',
    package: 'gstreamer1.0-plugins-bad',
    command: ['gst-launch-1.0', 'videotestsrc', '!', 'video/x-raw,width=320,height=240', '!', 'waylandsink'],
    motion: 'own',
    colours: 5,
    end: 'signal',
  },
  {
    name: 'weston-nested',
    package: 'weston',
    command: [
      'weston',
      '--backend=wayland-backend.so',
      '--use-pixman',
      '--socket=nested',
      '--width=800',
      '--height=600',
      '--idle-time=0',
    ],
    motion: 'still',
    colours: 3,
    end: 'signal',
    // Its own clients go first when all are told to.
    statuses: [1],
    needs: ['weston-simple-shm'],
    act: insideOfWeston,
  },
  {
    name: 'sway-nested',
    package: 'sway',
    command: ['sway', '--unsupported-gpu', '-c', '/dev/null'],
    environment: { WLR_BACKENDS: 'wayland', WLR_RENDERER: 'pixman', WLR_NO_HARDWARE_CURSORS: '1' },
    motion: 'still',
    colours: 1,
    end: 'signal',
    notAsRoot: true,
  },
  {
    name: 'xwayland',
    package: 'xwayland',
    command: ['Xwayland', ':77', '-ac', '-nolisten', 'tcp'],
    motion: 'still',
    colours: 1,
    end: 'signal',
    needs: ['xeyes'],
    act: eyesFollow,
  },
  {
    name: 'xwayland-xterm',
    package: 'xwayland',
    command: ['Xwayland', ':78', '-ac', '-nolisten', 'tcp'],
    motion: 'still',
    colours: 1,
    end: 'signal',
    needs: ['xterm'],
    act: xtermListens,
  },
];

async function insideOfWeston(stage: Stage): Promise<string> {
  stage.start(['weston-simple-shm'], { WAYLAND_DISPLAY: 'nested' });
  const before = await stage.screenshot();
  await stage.changes(before, 'a program inside of it draws');
  return 'weston shows a program of its own';
}

async function eyesFollow(stage: Stage): Promise<string> {
  stage.start(['xeyes', '-geometry', '600x400+10+10'], { DISPLAY: ':77' });
  await covers(stage, 0.05);
  const middle = middleOf(stage.area!);
  await stage.hands.moveTo({ x: middle.x - 200, y: middle.y });
  const before = await stage.settled();
  await stage.hands.moveTo({ x: middle.x + 200, y: middle.y });
  await stage.changes(before, 'the eyes follow the pointer');
  return 'the eyes of an X program follow the pointer';
}

async function xtermListens(stage: Stage): Promise<string> {
  stage.start(['xterm', '-geometry', '100x40+0+0'], { DISPLAY: ':78' });
  await covers(stage, 0.2);
  return shellListens(stage);
}
