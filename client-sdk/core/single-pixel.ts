import type { ObjectProxy } from '../../protocol/object/proxy.ts';
import type { Client } from './client.ts';

/** A colour; each part is 0 to 1, and alpha is not multiplied in. */
export interface Colour {
  readonly red: number;
  readonly green: number;
  readonly blue: number;
  readonly alpha?: number;
}

/** A buffer of one pixel without memory, to be scaled by a viewport. Whoever asks destroys it. */
export function singlePixelBuffer(
  client: Client,
  { red, green, blue, alpha = 1 }: Colour,
): ObjectProxy<'wl_buffer'> {
  const word = (part: number) => Math.round(Math.min(1, Math.max(0, part)) * 0xffff_ffff);
  const premultiplied = [red, green, blue].map(part => word(part * alpha));
  const [r, g, b] = premultiplied as [number, number, number];
  return client.shared('wp_single_pixel_buffer_manager_v1').create_u32_rgba_buffer(r, g, b, word(alpha));
}
