import { MILLISECOND, type Nanoseconds } from '../machine/machine.ts';

/** The time of an input event as Wayland tells it: milliseconds, modulo 2^32. */
export const milliseconds = (time: Nanoseconds): number => Number((time / MILLISECOND) & 0xffff_ffffn);
