import { describe, expect, it } from 'vitest';
import { hdr_output_metadata } from '../../protocol/uapi/drm-mode.ts';
import { createDevices } from '../devices.ts';
import { TestClient, TestDesktop } from './testing.ts';

const metadata = (value: number): Uint8Array => new Uint8Array(hdr_output_metadata.size).fill(value);

/** A desktop, and what its monitor was told with each picture: the first byte and the colour of a pixel. */
function desktopWithMonitor() {
  const desktop = new TestDesktop(createDevices);
  const seen: { told: number | null; pixel: number }[] = [];
  desktop.simkms.attachMonitor('Virtual-1', {
    frame: ({ hdrMetadata, address }) => {
      const pixel = new Uint32Array(desktop.memory.buffer, address, 1)[0]! & 0xff;
      seen.push({ told: hdrMetadata?.[0] ?? null, pixel });
    },
  });
  return { desktop, client: new TestClient(desktop), seen };
}

describe('metadata of a surface that has the screen to itself', () => {
  it.each(['dmabuf', 'shm'] as const)('is told with the very picture of its %s buffer', kind => {
    const { desktop, client, seen } = desktopWithMonitor();
    const film = desktop.window('film', 'fullscreen');
    for (const frame of [1, 2, 3, 4]) {
      const buffer = client[kind](64, 48);
      client.fill(buffer, 0xff000000 | frame);
      desktop.commit(film, buffer, { hdrMetadata: metadata(frame) });
      desktop.frames(2);
    }
    expect(seen.filter(({ pixel }) => pixel > 0)).toEqual(
      [1, 2, 3, 4].map(frame => ({ told: frame, pixel: frame })),
    );
    for (const { told, pixel } of seen) expect(told ?? 0).toBe(pixel);
  });

  it('waits with the buffer for its acquire fence', () => {
    const { desktop, client, seen } = desktopWithMonitor();
    const film = desktop.window('film', 'fullscreen');
    const [first, second] = [client.dmabuf(64, 48), client.dmabuf(64, 48)];
    client.fill(first, 0xff000001);
    desktop.commit(film, first, { hdrMetadata: metadata(1) });
    desktop.frames(2);
    client.render(second, 0xff000002, 60_000_000n);
    desktop.commit(film, second, { hdrMetadata: metadata(2) });
    desktop.frames(2);
    expect(seen.at(-1)).toEqual({ told: 1, pixel: 1 });
    desktop.frames(5);
    expect(seen.at(-1)).toEqual({ told: 2, pixel: 2 });
    expect(seen.filter(({ told, pixel }) => told !== null && told !== pixel)).toEqual([]);
  });

  it('is told when it alone changes', () => {
    const { desktop, client, seen } = desktopWithMonitor();
    const film = desktop.window('film', 'fullscreen');
    desktop.commit(film, client.dmabuf(64, 48), { hdrMetadata: metadata(1) });
    desktop.frames(3);
    film.pending.hdrMetadata = metadata(2);
    film.commit(undefined, null);
    desktop.frames(2);
    expect(seen.at(-1)!.told).toBe(2);
    film.pending.hdrMetadata = null;
    film.commit(undefined, null);
    desktop.frames(2);
    expect(seen.at(-1)!.told).toBeNull();
  });

  it('is not told while something lies above it, nor of a window among others', () => {
    const { desktop, client, seen } = desktopWithMonitor();
    const film = desktop.window('film', { x: 0, y: 0, width: 64, height: 48 });
    desktop.commit(film, client.dmabuf(64, 48), { hdrMetadata: metadata(1) });
    desktop.frames(3);
    expect(seen.at(-1)!.told).toBe(1);
    const tip = desktop.window('tip', { x: 8, y: 8, width: 8, height: 8 });
    desktop.commit(tip, client.shm(8, 8), { hdrMetadata: metadata(9) });
    desktop.frames(3);
    expect(seen.at(-1)!.told).toBeNull();
    tip.commit(null, null);
    desktop.frames(3);
    expect(seen.at(-1)!.told).toBe(1);
  });
});
