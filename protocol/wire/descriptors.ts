import { isHandle, type WireArgument } from '../object/message.ts';

/** Real descriptors that arrived and are not yet claimed by the messages that name them, in order of arrival. */
export interface DescriptorSource {
  readonly available: number;
  /** Takes the oldest, which then belongs to the taker. Only when `available` is positive. */
  take(): number;
}

/** The source of a wire on which no descriptors travel. */
export const noDescriptors: DescriptorSource = {
  available: 0,
  take: () => {
    throw new RangeError('no descriptors travel on this wire');
  },
};

/** How many host handles a message names. */
export function countHostHandles(args: readonly WireArgument[]): number {
  let count = 0;
  for (const argument of args) if (isHandle(argument) && argument.kind === 'host') count++;
  return count;
}
