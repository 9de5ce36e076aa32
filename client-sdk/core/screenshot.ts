import { interfaces } from '../../protocol/interfaces/index.ts';
import type { ObjectProxy } from '../../protocol/object/proxy.ts';
import type { Client } from './client.ts';
import { SharedImage } from './image.ts';
import { shmFormatOf } from './layout.ts';
import type { PixelFormat, Screenshot, ScreenshotOptions, Size, WaitOptions } from './options.ts';

type Session = ObjectProxy<'ext_image_copy_capture_session_v1'>;

interface Constraints extends Size {
  readonly format: PixelFormat;
}

const reasons = new Map<number, string>(
  Object.entries(interfaces.ext_image_copy_capture_frame_v1.enums.failure_reason).map(([name, value]) => [
    value,
    name,
  ]),
);

/** A capture failed; `reason` is that of ext_image_copy_capture_frame_v1. */
export class CaptureFailed extends Error {
  override readonly name = 'CaptureFailed';
  readonly reason: string;

  constructor(output: string, reason: string) {
    super(`capturing ${output} failed: ${reason}`);
    this.reason = reason;
  }
}

/** Captures an output as it is composed next (ext_image_copy_capture). */
export async function screenshot(client: Client, options: ScreenshotOptions = {}): Promise<Screenshot> {
  const { outputs } = client;
  await client.roundtrip(options);
  const output = outputs.find(options.output);
  const manager = client.shared('ext_image_copy_capture_manager_v1');
  const sources = client.shared('ext_output_image_capture_source_manager_v1');
  const source = sources.create_source(output.proxy);
  const session = manager.create_session(source, 0);
  try {
    const constraints = await constraintsOf(client, session, output.name, options);
    const image = await SharedImage.create(client, { kind: 'shm', ...constraints });
    try {
      await capture(client, session, image, output.name, options);
      return await toRgba(image);
    } finally {
      image[Symbol.dispose]();
    }
  } finally {
    if (client.error === null) {
      session.destroy();
      source.destroy();
    }
  }
}

function constraintsOf(
  client: Client,
  session: Session,
  output: string,
  options: WaitOptions,
): Promise<Constraints> {
  let size: Size | null = null;
  const formats = new Set<number>();
  return client.until<Constraints>(
    {
      start: (resolve, reject) => {
        const listener = session.listen({
          buffer_size: (width, height) => {
            size = { width, height };
          },
          shm_format: format => formats.add(format),
          done: () => {
            const format = (['XRGB8888', 'ARGB8888'] as const).find(known => formats.has(shmFormatOf(known)));
            if (size && format) resolve({ ...size, format });
            else reject(new CaptureFailed(output, 'it offers no wl_shm buffers of 8 bits a channel'));
          },
          stopped: () => reject(new CaptureFailed(output, 'stopped')),
        });
        return () => listener[Symbol.dispose]();
      },
      explain: () => ({ waitedFor: `what captures of ${output} look like`, holders: [] }),
    },
    options,
  );
}

async function capture(
  client: Client,
  session: Session,
  image: SharedImage,
  output: string,
  options: WaitOptions,
): Promise<void> {
  const frame = session.create_frame();
  try {
    await client.until<void>(
      {
        start: (resolve, reject) => {
          const listener = frame.listen({
            ready: () => resolve(),
            failed: reason => reject(new CaptureFailed(output, reasons.get(reason) ?? `reason ${reason}`)),
          });
          frame.attach_buffer(image.buffer);
          frame.damage_buffer(0, 0, image.width, image.height);
          frame.capture();
          return () => listener[Symbol.dispose]();
        },
        explain: () => ({
          waitedFor: `a capture of ${output}`,
          holders: ['the output has not composed a frame'],
        }),
      },
      options,
    );
  } finally {
    if (client.error === null) frame.destroy();
  }
}

async function toRgba(image: SharedImage): Promise<Screenshot> {
  const { width, height } = image;
  const mapping = await image.map({ access: 'read' });
  const { data: source, stride } = mapping;
  const opaque = image.format === 'XRGB8888';
  const data = new Uint8Array(width * height * 4);
  for (let y = 0, to = 0; y < height; y++)
    for (let x = 0, from = y * stride; x < width; x++, from += 4, to += 4) {
      data[to] = source[from + 2]!;
      data[to + 1] = source[from + 1]!;
      data[to + 2] = source[from]!;
      data[to + 3] = opaque ? 0xff : source[from + 3]!;
    }
  mapping.unmap();
  return { width, height, data };
}
