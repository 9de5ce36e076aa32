import { interfaces } from '../../protocol/interfaces/index.ts';
import type { ObjectProxy } from '../../protocol/object/proxy.ts';
import type { Client } from './client.ts';
import { hostMemoryOf } from './image-memory.ts';
import type { HostMemory } from './memory-ports.ts';

/** A colour; each part is 0 to 1, and alpha is not multiplied in. */
export interface Colour {
  readonly red: number;
  readonly green: number;
  readonly blue: number;
  readonly alpha?: number;
}

type Word4 = readonly [red: number, green: number, blue: number, alpha: number];

const { argb8888 } = interfaces.wl_shm.enums.format;
const PAGE = 4096;

/**
 * A buffer of one pixel, to be scaled by a viewport; it has memory only where the server has no
 * wp_single_pixel_buffer_manager_v1. Whoever asks destroys it. Throws `MissingGlobal` where it can be had neither way.
 */
export function singlePixelBuffer(
  client: Client,
  { red, green, blue, alpha = 1 }: Colour,
): ObjectProxy<'wl_buffer'> {
  const clamped = (part: number) => Math.min(1, Math.max(0, part));
  const parts = [red * alpha, green * alpha, blue * alpha, alpha].map(clamped) as unknown as Word4;
  const host = hostMemoryOf(client);
  if (host && client.offers('wp_single_pixel_buffer_manager_v1') === 0) return ofMemory(client, host, parts);
  const [r, g, b, a] = parts.map(part => Math.round(part * 0xffff_ffff)) as unknown as Word4;
  return client.shared('wp_single_pixel_buffer_manager_v1').create_u32_rgba_buffer(r, g, b, a);
}

function ofMemory(client: Client, host: HostMemory, parts: Word4): ObjectProxy<'wl_buffer'> {
  const [red, green, blue, alpha] = parts.map(part => Math.round(part * 0xff)) as unknown as Word4;
  const fd = host.memfd('fencepost-pixel', PAGE);
  try {
    host.pwrite(fd, Uint8Array.of(blue, green, red, alpha), 0);
    const pool = client.shared('wl_shm').create_pool({ kind: 'host', fd }, PAGE);
    const buffer = pool.create_buffer(0, 1, 1, 4, argb8888);
    pool.destroy();
    return buffer;
  } finally {
    // What was sent has descriptors of its own.
    host.close(fd);
  }
}
