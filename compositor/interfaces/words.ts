/** 32-bit numbers in the host's order, as Wayland's arrays have them. */
export const words = (values: Iterable<number>): Uint8Array =>
  new Uint8Array(Uint32Array.from(values).buffer);
