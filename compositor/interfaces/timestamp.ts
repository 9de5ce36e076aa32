// Time stamps in Wayland's three words.
import { type Nanoseconds, SECOND } from '../machine/machine.ts';

/** tv_sec_hi, tv_sec_lo, tv_nsec. */
export function timestampWords(time: Nanoseconds): [high: number, low: number, nanoseconds: number] {
  const seconds = time / SECOND;
  return [Number(seconds >> 32n), Number(seconds & 0xffff_ffffn), Number(time % SECOND)];
}
