// Who takes part in a soak: programs of several kinds, whichever are installed.
import { catalogue } from './catalogue.ts';
import type { Program } from './program.ts';
import { hindrance } from './run-program.ts';

const RESIDENTS = [
  'weston-simple-shm',
  'es2gears',
  'mpv-wlshm',
  'gtk3-widget-factory',
  'qt5-wiggly',
  'sdl-testsprite2',
  'chromium',
  'foot',
];

/** Without fuzzel: it releases a seat of version 4 when it goes, which is an error of the protocol. */
const GUESTS = [
  'weston-dnd',
  'weston-clickdot',
  'weston-terminal',
  'weston-editor',
  'weston-subsurfaces',
  'weston-simple-damage',
  'gtk4-widget-factory',
  'qt5-analogclock',
  'qt6-designer',
  'alacritty',
  'vkcube-mailbox',
  'xwayland',
  'wev',
  'wofi',
  'imv',
  'wl-copy',
];

/** What keys do to a program in a soak is not its end. */
const deaf: Readonly<Record<string, readonly string[]>> = {
  'mpv-wlshm': ['--no-input-default-bindings'],
  foot: ['sh', '-c', 'while :; do cat; done'],
};

const installed = (names: readonly string[]): readonly Program[] =>
  catalogue
    .filter(program => names.includes(program.name) && hindrance(program) === null)
    .map(program => ({ ...program, command: [...program.command, ...(deaf[program.name] ?? [])] }));

export const residents = (): readonly Program[] => installed(RESIDENTS);
export const guests = (): readonly Program[] => installed(GUESTS);
