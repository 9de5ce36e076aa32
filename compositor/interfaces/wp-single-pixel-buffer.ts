// wp_single_pixel_buffer_manager_v1: a buffer of one colour.
import type { Resource } from '../../protocol/object/resource.ts';
import { Lifetime } from '../scene/lifetime.ts';
import type { Caller } from './context.ts';
import { ARGB8888 } from './shm-format.ts';
import { BufferObject } from './wl-buffer.ts';

/** 32-bit fractions of one to 8 bits, rounded. */
const toByte = (value: number): number => Math.round((value / 0xffff_ffff) * 0xff);

export function bindSinglePixelBuffer(
  { context, client }: Caller,
  resource: Resource<'wp_single_pixel_buffer_manager_v1'>,
): void {
  resource.setHandlers({
    destroy: () => {},
    create_u32_rgba_buffer: (_, id, r, g, b, a) => {
      const argb = ((toByte(a) << 24) | (toByte(r) << 16) | (toByte(g) << 8) | toByte(b)) >>> 0;
      new BufferObject(context, id, {
        kind: 'single-pixel',
        id: context.bufferId(),
        label: client.label(id),
        width: 1,
        height: 1,
        format: ARGB8888,
        argb,
        lifetime: new Lifetime(),
      });
    },
  });
}
