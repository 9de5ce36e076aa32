import { describe, expect, it } from 'vitest';
import { FakeServer } from '../testing/fake-server.ts';
import { WaitExpired } from './errors.ts';
import type { Frame } from './frame.ts';
import type { WindowOptions } from './options.ts';

async function shown(options: WindowOptions = {}) {
  const server = new FakeServer(['wl_compositor', 'wl_shm', 'xdg_wm_base', 'fencepost_kernel_v1']);
  const client = await server.connect();
  const window = await client.createWindow({ size: { width: 16, height: 8 }, buffers: 2, ...options });
  return { server, client, window, surface: server.surface() };
}

const row = (y: number) => ({ x: 0, y, width: 16, height: 1 });

/** Whether a promise is still pending after the server has answered everything. */
async function pending(frame: Promise<Frame>, client: { roundtrip(): Promise<void> }): Promise<boolean> {
  let settled = false;
  frame.then(
    () => {
      settled = true;
    },
    () => {
      settled = true;
    },
  );
  await client.roundtrip();
  await client.roundtrip();
  return !settled;
}

describe('a window', () => {
  it('commits without a buffer, is configured, acknowledges with its first frame', async () => {
    const { client, window, surface } = await shown({ title: 'photos' });
    expect(surface.title).toBe('photos');
    expect(surface.commits).toEqual([null]);
    expect(surface.acknowledged).toEqual([]);
    (await window.nextFrame()).present();
    await client.roundtrip();
    expect(surface.acknowledged).toEqual([1]);
    expect(surface.commits).toHaveLength(2);
    expect(surface.damage).toEqual([[0, 0, 16, 8]]);
    await client.close();
  });

  it('carries the pixels to a memfd of the Task where nothing can be mapped', async () => {
    const { server, client, window } = await shown();
    const frame = await window.nextFrame();
    const { data, stride } = await frame.map();
    expect(stride).toBe(64);
    data.fill(7, 2 * stride, 3 * stride);
    frame.present({ damage: [row(2)] });
    await client.roundtrip();
    expect(server.kernel.written).toEqual([8 * stride]);
    const [file] = [...server.kernel.files.values()].filter(bytes => bytes[128] === 7);
    expect(file).toBeDefined();
    await client.close();
  });

  it('carries only the rows that are new to the image, those of the frames it missed too', async () => {
    const { server, client, window, surface } = await shown();
    const draw = async (y: number) => {
      const frame = await window.nextFrame();
      await frame.map();
      frame.present({ damage: [row(y)] });
      await client.roundtrip();
      surface.done();
      surface.commits.at(-1)!.events.release();
      await client.roundtrip();
      return frame.slot.index;
    };
    expect([await draw(0), await draw(5), await draw(2), await draw(2)]).toEqual([0, 1, 0, 1]);
    const rows = server.kernel.written.map(bytes => bytes / 64);
    expect(rows).toEqual([8, 8, 4, 1]);
    await client.close();
  });

  it('takes the mapping back with the frame', async () => {
    const { client, window } = await shown();
    const frame = await window.nextFrame();
    const mapping = await frame.map();
    await expect(frame.map()).rejects.toThrow('mapped already');
    frame.present();
    expect(() => mapping.data).toThrow('unmapped');
    expect(() => frame.present()).toThrow('presented or discarded');
    await client.close();
  });

  it('waits for the frame callback, and for an image to come back', async () => {
    const { client, window, surface } = await shown();
    (await window.nextFrame()).present();
    const second = window.nextFrame();
    expect(await pending(second, client)).toBe(true);
    surface.done();
    (await second).present();
    await client.roundtrip();
    surface.done();
    const third = window.nextFrame();
    expect(await pending(third, client)).toBe(true);
    surface.commits[1]!.events.release();
    const frame = await third;
    expect(frame.age).toBe(2);
    expect(frame.image.buffer.id).toBe(surface.commits[1]!.id);
    await client.close();
  });

  it('says who has its images when a frame takes too long', async () => {
    const { client, window } = await shown({ title: 'slow' });
    (await window.nextFrame()).present();
    const error = await window.nextFrame({ timeout: 2 }).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(WaitExpired);
    expect((error as WaitExpired).message).toBe(
      [
        "the next frame of window 'slow': not within 2 ms",
        '  image 0: committed as frame 1, not released',
        '  image 1: free',
        '  no frame callback since frame 1: nothing shows it, or the output waits',
        '  it is on no output',
      ].join('\n'),
    );
    await client.close();
  });

  it('hands no image to a wait that is over', async () => {
    const { client, window, surface } = await shown({ buffers: 1 });
    (await window.nextFrame()).present();
    surface.done();
    const error = window.nextFrame({ timeout: 2 }).catch((reason: unknown) => reason);
    await client.roundtrip();
    expect(await error).toBeInstanceOf(WaitExpired);
    surface.done();
    surface.commits[1]!.events.release();
    expect((await window.nextFrame()).slot.index).toBe(0);
    await client.close();
  });

  it('makes new images when it is resized, and lets the old ones go as they come back', async () => {
    const { server, client, window, surface } = await shown();
    const sizes: unknown[] = [];
    window.on('resized', size => sizes.push(size));
    (await window.nextFrame()).present();
    await client.roundtrip();
    const [, old] = surface.commits;
    surface.configure(32, 16);
    surface.done();
    const frame = await window.nextFrame();
    expect(sizes).toEqual([{ width: 32, height: 16 }]);
    expect([frame.width, frame.height]).toEqual([32, 16]);
    expect(old!.destroyed).toBe(false);
    frame.present();
    old!.events.release();
    await client.roundtrip();
    await client.roundtrip();
    expect(old!.destroyed).toBe(true);
    expect(surface.acknowledged).toEqual([1, 2]);
    // One memfd for each of the two new images; those of the old ones are closed.
    expect(server.kernel.files.size).toBe(2);
    await client.close();
  });

  it('ends its frames when the server asks it to close, and gives everything back', async () => {
    const { server, client, window, surface } = await shown();
    let count = 0;
    for await (const frame of window.frames()) {
      frame.present();
      if (++count === 1) surface.done();
      await client.roundtrip();
      surface.done();
      if (count === 2) surface.toplevel!.events.close();
    }
    expect(count).toBe(2);
    await expect(window.nextFrame()).rejects.toThrow('closed');
    window[Symbol.dispose]();
    await client.roundtrip();
    expect(surface.resource.destroyed).toBe(true);
    expect(server.kernel.files.size).toBe(0);
    await client.close();
  });

  it('can still present what it was drawing when it is asked to close', async () => {
    const { client, window, surface } = await shown();
    const frame = await window.nextFrame();
    surface.toplevel!.events.close();
    await client.roundtrip();
    expect(window.closed).toBe(true);
    frame.present();
    await client.roundtrip();
    expect(surface.commits).toHaveLength(2);
    window[Symbol.dispose]();
    await client.close();
  });

  it('discards frames that a loop leaves open', async () => {
    const { client, window } = await shown({ buffers: 1 });
    const taken: number[] = [];
    for await (const frame of window.frames()) {
      taken.push(frame.slot.index);
      if (taken.length === 2) break;
    }
    expect(taken).toEqual([0, 0]);
    await client.close();
  });

  it('refuses what cannot be', async () => {
    const { client, window } = await shown({ sync: 'timeline' });
    await expect(window.nextFrame()).rejects.toThrow('sync timeline is for dma-bufs');
    await client.close();
  });
});
