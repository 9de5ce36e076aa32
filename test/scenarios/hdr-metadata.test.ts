// The metadata of a film reaches the monitor with the very picture that it belongs to, whatever way it took.
import { describe, expect, it } from 'vitest';
import {
  encodeHdrMetadata,
  Gpu,
  type HdrMetadata,
  HdrMetadataTable,
  type WindowOptions,
} from '../../client-sdk/core/index.ts';
import { hdr_output_metadata } from '../../protocol/uapi/drm-mode.ts';
import { TestSession, type TestSessionOptions } from '../kit/index.ts';

const SCREEN = { width: 64, height: 48 };
/** Blue says which frame it is, and so does the brightest pixel. */
const shot = (frame: number): HdrMetadata => ({ eotf: 'pq', maxCll: frame });

interface Told {
  readonly maxCll: number | null;
  readonly blue: number;
}

/** What the monitor was told with every scan. */
function watch(session: TestSession): Told[] {
  const told: Told[] = [];
  session.simkms.attachMonitor('Virtual-1', {
    everyFrame: true,
    frame: ({ address, hdrMetadata: bytes }) => {
      const view = bytes && new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
      told.push({
        maxCll: view && hdr_output_metadata.read(view, 0).hdmi_metadata_type1.max_cll,
        blue: session.kernel.memory.bytes[address]!,
      });
    },
  });
  return told;
}

async function theatre(window: WindowOptions, options: TestSessionOptions = {}) {
  const session = new TestSession({ outputs: [SCREEN], ...options });
  const client = await session.connect('player');
  const film = await session.until(client.createWindow({ fullscreen: true, ...window }));
  return { session, client, film };
}

describe('HDR metadata', () => {
  it.each([
    { kind: 'dmabuf', sync: 'implicit' },
    { kind: 'dmabuf', sync: 'sync-file' },
    { kind: 'dmabuf', sync: 'timeline' },
    { kind: 'shm' },
  ] as const)('goes with every frame of $kind $sync', async options => {
    const { session, film } = await theatre(options);
    const told = watch(session);
    for (let frame = 1; frame <= 8; frame++) {
      await session.draw(film, frame, { hdrMetadata: shot(frame) });
      await session.vblank(frame % 3);
    }
    await session.vblank(3);
    expect(told.at(-1)).toEqual({ maxCll: 8, blue: 8 });
    for (const { maxCll, blue } of told) expect(maxCll ?? 0).toBe(blue);
    await session.draw(film, 9, { hdrMetadata: null });
    await session.vblank(3);
    expect(told.at(-1)).toEqual({ maxCll: null, blue: 9 });
    await session.end();
  });

  it('waits for the rendering of its frame, in whatever order things happen', async () => {
    for (let seed = 1; seed <= 8; seed++) {
      const { session, client, film } = await theatre(
        { kind: 'dmabuf', sync: 'sync-file' },
        { seed, order: 'random' },
      );
      const told = watch(session);
      const gpu = await session.until(Gpu.open(client));
      const play = async (): Promise<void> => {
        for (let frame = 1; frame <= 5; frame++) {
          const next = (await film.nextFrame())!;
          const colour = { red: 0, green: 0, blue: frame / 255 };
          const nanoseconds = BigInt(frame % 3) * 20_000_000n;
          const acquire = await gpu.submit([
            { op: 'spin', nanoseconds },
            { op: 'fill', target: next.image, colour },
          ]);
          next.present({ acquire, hdrMetadata: shot(frame) });
        }
      };
      await session.until(play());
      await session.vblank(6);
      expect(told.at(-1), `seed ${seed}`).toEqual({ maxCll: 5, blue: 5 });
      for (const { maxCll, blue } of told) expect(maxCll ?? 0, `seed ${seed}`).toBe(blue);
      await session.end();
    }
  });

  it.each([
    ['as values', 4],
    ['as a sealed table', 3000],
  ])('of a whole film is handed over once, %s', async (_, length) => {
    const { session, client, film } = await theatre({ kind: 'dmabuf' });
    const told = watch(session);
    const records = Array.from({ length }, (_, at) => shot(at));
    const table = await session.until(HdrMetadataTable.create(client, records));
    expect(table.at(0).source.kind).toBe(length > 2048 ? 'table' : 'value');
    for (const frame of [1, 3, 2]) {
      await session.draw(film, frame, { hdrMetadata: table.at(frame) });
      await session.vblank(3);
      expect(told.at(-1)).toEqual({ maxCll: frame, blue: frame });
    }
    table[Symbol.dispose]();
    await session.vblank(2);
    expect(told.at(-1)).toEqual({ maxCll: 2, blue: 2 });
    expect(() => table.at(length)).toThrow(RangeError);
    await session.end();
  });

  it.each(['DRM_IOCTL_MODE_CREATEPROPBLOB', 'DRM_IOCTL_MODE_ATOMIC'])(
    'and its picture come late together when %s fails',
    async call => {
      const { session, film } = await theatre({ kind: 'dmabuf' });
      const told = watch(session);
      await session.draw(film, 1, { hdrMetadata: shot(1) });
      await session.vblank(3);
      session.failures.failNext(call, 'ENOMEM', { times: 2 });
      await session.draw(film, 2, { hdrMetadata: shot(2) });
      await session.vblank(1);
      expect(told.at(-1)).toEqual({ maxCll: 1, blue: 1 });
      await session.vblank(6);
      expect(session.failures.struck).toBe(2);
      expect(told.at(-1)).toEqual({ maxCll: 2, blue: 2 });
      for (const { maxCll, blue } of told) expect(maxCll ?? 0).toBe(blue);
      await session.end({ faults: 'expected' });
    },
  );

  it('leaves nothing behind', async () => {
    const session = new TestSession({ outputs: [SCREEN] });
    await session.expectSteady(async () => {
      const client = await session.connect('player');
      const film = await session.until(client.createWindow({ fullscreen: true, kind: 'dmabuf' }));
      const table = await session.until(
        HdrMetadataTable.create(
          client,
          Array.from({ length: 3000 }, (_, at) => shot(at)),
        ),
      );
      for (const frame of [1, 2, 3]) await session.draw(film, frame, { hdrMetadata: table.at(frame) });
      await session.vblank(3);
      session.kill(client);
    });
    await session.end();
  });

  it('is laid out as the kernel has it, and refused where a number does not fit', () => {
    const bytes = encodeHdrMetadata({
      eotf: 'hlg',
      primaries: [
        { x: 0.708, y: 0.292 },
        { x: 0.17, y: 0.797 },
        { x: 0.131, y: 0.046 },
      ],
      whitePoint: { x: 0.3127, y: 0.329 },
      maxLuminance: 1000,
      minLuminance: 0.005,
      maxCll: 900,
      maxFall: 400,
    });
    const words = new Uint16Array(bytes.buffer);
    expect([...words]).toEqual([
      0, 0, 3, 35400, 14600, 8500, 39850, 6550, 2300, 15635, 16450, 1000, 50, 900, 400, 0,
    ]);
    expect(() => encodeHdrMetadata({ eotf: 'pq', maxCll: 70_000 })).toThrow(RangeError);
    expect(() => encodeHdrMetadata({ eotf: 'pq', minLuminance: -1 })).toThrow(RangeError);
    expect(() => encodeHdrMetadata({ eotf: 'pq', maxFall: Number.NaN })).toThrow(RangeError);
  });
});
