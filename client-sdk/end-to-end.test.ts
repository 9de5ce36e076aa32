import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Compositor } from '../compositor/compositor.ts';
import { createDevices } from '../compositor/devices.ts';
import type { Task } from '../compositor/kernel/task/index.ts';
import { openHostFiles } from '../compositor/machine/host-files.ts';
import { RealMachine } from '../compositor/machine/real-machine.ts';
import { DEFAULT_CAPABILITIES } from '../compositor/server/index.ts';
import { connectInProcess } from '../protocol/transport/in-process.ts';
import { connectedPair } from '../protocol/transport/unix.ts';
import type { Client } from './core/client.ts';
import { connectOver } from './core/client.ts';
import { describe as describeServer } from './core/describe.ts';
import { WaitExpired } from './core/errors.ts';
import { Fence } from './core/fence.ts';
import { Gpu } from './core/gpu.ts';
import type { GpuCommand } from './core/gpu-command.ts';
import { Histogram } from './core/histogram.ts';
import { SharedImage } from './core/image.ts';
import type { LocalMemory } from './core/memory-ports.ts';
import type { Rect, SyncMode } from './core/options.ts';
import { ScreenCapture } from './core/screen-capture.ts';
import { screenshot } from './core/screenshot.ts';
import { singlePixelBuffer } from './core/single-pixel.ts';
import { Timeline } from './core/timeline.ts';
import { nodeHostMemory } from './node/host-memory.ts';

const WIDTH = 64;
const HEIGHT = 48;

interface Computer extends Disposable {
  readonly compositor: Compositor;
  /** A client whose pixels are copied, mapped in its own process's kernel, or mapped by real descriptors. */
  connect(memory: 'copied' | 'local' | 'descriptors'): Promise<Client>;
  /** The process of the newest client. */
  readonly task: Task;
}

function start(): Computer {
  const faults: unknown[] = [];
  const machine = new RealMachine({ onFault: (_, error) => faults.push(error) });
  const { kernel } = createDevices({
    machine,
    outputs: [{ width: WIDTH, height: HEIGHT }],
    engines: 'virtual',
    memoryBytes: 64 << 20,
    host: openHostFiles(),
  });
  const compositor = new Compositor({ kernel });
  const newest = () => [...compositor.server.clients].at(-1)!.task;
  const local: LocalMemory = {
    view(fd, length) {
      const task = newest();
      const address = task.mmap(fd, length);
      return {
        data: task.memory.view(address, length),
        [Symbol.dispose]: () => !task.exited && task.munmap(address, length),
      };
    },
  };
  return {
    compositor,
    get task() {
      return newest();
    },
    async connect(memory) {
      const pair = memory === 'descriptors' ? connectedPair() : null;
      const [client, server] = pair ?? connectInProcess({ post: (label, run) => machine.post(label, run) });
      compositor.server.accept(server, { name: 'test', capabilities: DEFAULT_CAPABILITIES });
      const hostMemory = nodeHostMemory();
      if (memory === 'local') return connectOver(client, { localMemory: local });
      return connectOver(client, pair && hostMemory ? { hostMemory } : {});
    },
    [Symbol.dispose]() {
      compositor[Symbol.dispose]();
      kernel[Symbol.dispose]();
      machine[Symbol.dispose]();
      expect(faults).toEqual([]);
    },
  };
}

let computer: Computer;
beforeEach(() => {
  computer = start();
});
afterEach(() => computer[Symbol.dispose]());

const ORANGE = [0x20, 0x80, 0xff, 0xff];

function fillOf(target: SharedImage): GpuCommand {
  return { op: 'fill', target, colour: { red: 1, green: 1, blue: 1 } };
}

/** Whether all pixels of the screen are orange. */
async function isOrange(client: Client): Promise<boolean> {
  const { data, width, height } = await screenshot(client);
  expect([width, height]).toEqual([WIDTH, HEIGHT]);
  return data.every((byte, at) => byte === [0xff, 0x80, 0x20, 0xff][at % 4]);
}

describe.each(['copied', 'local', 'descriptors'] as const)('pixels that are %s', memory => {
  it.each(['shm', 'dmabuf'] as const)('reach the screen and are read back (%s)', async kind => {
    const client = await computer.connect(memory);
    const window = await client.createWindow({ kind });
    const frame = await window.nextFrame();
    const { data } = await frame.map();
    for (let at = 0; at < data.length; at += 4) data.set(ORANGE, at);
    expect(await frame.presentWithFeedback()).toMatchObject({ kind: 'presented', vsync: true });
    expect(await isOrange(client)).toBe(true);
    await client.close();
  });

  it('of a memfd that became a dma-buf are copied by the GPU', async () => {
    const client = await computer.connect(memory);
    const gpu = await Gpu.open(client);
    const size = { width: 20, height: 10 };
    const source = await SharedImage.create(client, { kind: 'dmabuf', memory: 'udmabuf', ...size });
    const target = await gpu.createImage(size);
    const drawn = await source.map();
    drawn.pixels.fill(0xff123456);
    drawn.unmap();
    (await gpu.submit([{ op: 'copy', source, target }]))[Symbol.dispose]();
    const { pixels, stride } = await target.map({ access: 'read' });
    expect([pixels[0], pixels[19], pixels[(9 * stride) / 4 + 19]]).toEqual(Array(3).fill(0xff123456));
    await client.close();
  });
});

describe.each(['implicit', 'sync-file', 'timeline'] as const satisfies readonly SyncMode[])(
  'a swapchain synchronised by %s',
  sync => {
    it('goes round and holds no more descriptors at the end than at the start', async () => {
      const client = await computer.connect('local');
      const gpu = await Gpu.open(client);
      const window = await client.createWindow({ kind: 'dmabuf', sync, buffers: 2 });
      const counts: number[] = [];
      for await (const frame of window.frames({ withReleaseFence: true })) {
        const { image, releaseFence, number } = frame;
        const colour = { red: 1, green: 128 / 255, blue: 32 / 255 };
        const acquire = await gpu.submit([{ op: 'fill', target: image, colour }], {
          waitFor: releaseFence ? [releaseFence] : [],
          implicit: sync === 'implicit',
        });
        frame.present({ acquire });
        counts.push(computer.task.files.size);
        if (number === 12) break;
      }
      expect(Math.max(...counts.slice(6))).toBeLessThanOrEqual(Math.max(...counts.slice(0, 6)));
      expect(await isOrange(client)).toBe(true);
      window[Symbol.dispose]();
      gpu[Symbol.dispose]();
      await client.close();
    });
  },
);

describe('fences', () => {
  it('are waited for, asked about, merged', async () => {
    const client = await computer.connect('local');
    const gpu = await Gpu.open(client);
    const short = await gpu.submit([{ op: 'spin', nanoseconds: 1_000_000n }]);
    const long = await gpu.submit([{ op: 'spin', nanoseconds: 3_000_000n }]);
    const both = await Fence.merge(short, long);
    expect((await both.info()).name).toBe('merged');
    await both.signalled({ timeout: 5000 });
    expect(await long.status()).toEqual({ kind: 'signalled' });
    expect(await both.status()).toEqual({ kind: 'signalled' });
    await client.close();
  });

  it('of a job that never ends: the wait says whose it is, and the device is reset', async () => {
    const client = await computer.connect('local');
    const gpu = await Gpu.open(client);
    const stuck = await gpu.submit([{ op: 'spin', nanoseconds: 'forever' }]);
    const error = await stuck.signalled({ timeout: 5 }).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(WaitExpired);
    expect((error as WaitExpired).holders.join()).toMatch(/pending fence of simgpu, timeline .*test/);
    await client.close();
  });

  it('that a dma-buf carries are waited for by its mapping, which can be given up', async () => {
    const client = await computer.connect('local');
    const gpu = await Gpu.open(client);
    const image = await gpu.createImage({ width: 16, height: 16 });
    await gpu.submit([{ op: 'spin', nanoseconds: 'forever' }, fillOf(image)]);
    const error = await image.map({ access: 'read', timeout: 5 }).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(WaitExpired);
    expect((error as WaitExpired).message).toMatch(/DMA_BUF_IOCTL_SYNC.*\n.*simgpu/);
    await client.close();
  });
});

describe('a frame that does not come', () => {
  it('is explained by the job that holds the images', async () => {
    const client = await computer.connect('local');
    const gpu = await Gpu.open(client);
    const window = await client.createWindow({
      kind: 'dmabuf',
      sync: 'sync-file',
      buffers: 1,
      title: 'stuck',
    });
    const frame = await window.nextFrame();
    frame.present({
      acquire: await gpu.submit([{ op: 'spin', nanoseconds: 'forever' }, fillOf(frame.image)]),
    });
    const error = await window.nextFrame({ timeout: 20 }).catch((reason: unknown) => reason);
    expect((error as WaitExpired).holders.join('\n')).toMatch(
      /^image 0: committed as frame 1, not released\n {2}pending fence of simgpu, timeline .*\nno frame callback/,
    );
    await client.close();
  });
});

describe('timelines', () => {
  it('signal, wait, transfer, and take fences', async () => {
    const client = await computer.connect('local');
    const gpu = await Gpu.open(client);
    const [one, other] = [await Timeline.create(client), await Timeline.create(client)];
    const waiting = one.point(2n).signalled({ timeout: 5000 });
    await one.point(1n).signal();
    expect(await one.query()).toBe(1n);
    const fence = await gpu.submit([{ op: 'spin', nanoseconds: 1_000_000n }]);
    await one.point(2n).import(fence);
    await waiting;
    await one.point(2n).transferTo(other.point(7n));
    await other.point(7n).signalled({ timeout: 5000 });
    expect(await other.query()).toBe(7n);
    const error = await other
      .point(8n)
      .signalled({ timeout: 5 })
      .catch((reason: unknown) => reason);
    expect((error as WaitExpired).holders[0]).toMatch(/point 8 .* 7 has signalled, 7 has a fence/);
    await client.close();
  });
});

describe('the simulated GPU', () => {
  it('scales one image onto another', async () => {
    const client = await computer.connect('local');
    const gpu = await Gpu.open(client);
    const [source, target] = [
      await gpu.createImage({ width: 4, height: 4 }),
      await SharedImage.create(client, { kind: 'dmabuf', memory: 'udmabuf', width: 16, height: 16 }),
    ];
    const white = { red: 1, green: 1, blue: 1 };
    const to = { x: 4, y: 4, width: 8, height: 8 };
    const fence = await gpu.submit([
      { op: 'fill', target: source, colour: white },
      { op: 'fill', target, colour: { red: 0, green: 0, blue: 0 } },
      { op: 'composite', source, target, to, filter: 'nearest', blend: 'none' },
    ]);
    await fence.signalled({ timeout: 5000 });
    const { data, stride } = await target.map({ access: 'read' });
    const at = (x: number, y: number) => data[y * stride + x * 4];
    expect([at(3, 3), at(4, 4), at(11, 11), at(12, 12)]).toEqual([0, 255, 255, 0]);
    await client.close();
  });
});

describe('a client', () => {
  it('sees what the server offers', async () => {
    const client = await computer.connect('copied');
    const seen = await describeServer(client);
    expect(seen.outputs).toMatchObject([{ width: WIDTH, height: HEIGHT }]);
    expect(seen.shmFormats.map(({ name }) => name)).toEqual(expect.arrayContaining(['XR24', 'AR24']));
    expect(seen.dmabufFormats.map(({ name }) => name)).toContain('NV12');
    await client.close();
  });

  it('has subsurfaces, single pixels and viewports', async () => {
    const client = await computer.connect('local');
    const window = await client.createWindow();
    const above = window.createSubsurface({ size: { width: 1, height: 1 }, synchronised: true });
    const pixel = singlePixelBuffer(client, { red: 1, green: 128 / 255, blue: 32 / 255 });
    above.surface.viewport.setDestination({ width: WIDTH, height: HEIGHT });
    above.surface.presentBuffer(pixel, { width: 1, height: 1 });
    await (await window.nextFrame()).presentWithFeedback();
    expect(await isOrange(client)).toBe(true);
    await client.close();
  });

  it('keeps the proportions of images of its own size by cropping them', async () => {
    const client = await computer.connect('local');
    const window = await client.createWindow({ size: { width: 64, height: 16 }, fixedSize: 'cover' });
    const wide = await window.nextFrame();
    const { data, stride } = await wide.map();
    // What is left of 64x16 on a screen of 64x48 are about 21 columns in the middle.
    for (let at = 0; at < data.length; at += 4)
      if (at % stride >= 4 * 20 && at % stride < 4 * 44) data.set(ORANGE, at);
    expect(await wide.presentWithFeedback()).toMatchObject({ kind: 'presented' });
    expect(await isOrange(client)).toBe(true);
    window.size = { width: 8, height: 60 };
    const tall = await window.nextFrame();
    expect([tall.width, tall.height]).toEqual([8, 60]);
    const mapping = await tall.map();
    for (let row = 24; row < 36; row++)
      for (let at = 0; at < 8; at++) mapping.data.set(ORANGE, row * mapping.stride + 4 * at);
    expect(await tall.presentWithFeedback()).toMatchObject({ kind: 'presented' });
    expect(await isOrange(client)).toBe(true);
    await client.close();
  });

  it('reads the histogram of the display', async () => {
    const client = await computer.connect('local');
    const window = await client.createWindow();
    const frame = await window.nextFrame();
    (await frame.map()).data.fill(0xff);
    await frame.presentWithFeedback();
    const histogram = new Histogram(client, client.outputs.find());
    const { bins, pixels } = await histogram.next({ timeout: 5000 });
    expect(pixels).toBe(BigInt(WIDTH * HEIGHT));
    expect(bins[255]).toBe(WIDTH * HEIGHT);
    await client.close();
  });

  it('captures one picture after the other, with what changed', async () => {
    const client = await computer.connect('local');
    const window = await client.createWindow();
    const show = async (colour: number, damage?: Rect[]) => {
      const frame = await window.nextFrame();
      (await frame.map()).pixels.fill(colour, 0, 4);
      return frame.presentWithFeedback(damage ? { damage } : {});
    };
    await show(0xff000001);
    const capture = await ScreenCapture.open(client);
    const image = await capture.createImage();
    expect(image).toMatchObject({ ...capture.size, width: WIDTH, height: HEIGHT });
    const first = await capture.next(image);
    expect(first.damage).toEqual([{ x: 0, y: 0, width: WIDTH, height: HEIGHT }]);
    const waiting = capture.next(image, { timeout: 5000 });
    await show(0xff654321, [{ x: 0, y: 0, width: 4, height: 1 }]);
    const second = await waiting;
    expect(second.damage).toEqual([{ x: 0, y: 0, width: 4, height: 1 }]);
    expect(second.time).toBeGreaterThan(first.time);
    const { pixels } = await image.map({ access: 'read' });
    expect(pixels[3]! & 0xffffff).toBe(0x654321);
    capture[Symbol.dispose]();
    await client.close();
  });

  it('leaves nothing behind', async () => {
    const client = await computer.connect('descriptors');
    const window = await client.createWindow({ kind: 'dmabuf', sync: 'sync-file' });
    await (await window.nextFrame()).presentWithFeedback();
    const { task, compositor } = computer;
    await client.close();
    while (compositor.server.clients.size > 0) await new Promise(resolve => setImmediate(resolve));
    expect(task.exited).toBe(true);
    expect(compositor.scene.stack).toHaveLength(0);
  });
});
