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
