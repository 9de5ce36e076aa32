import { deepEqual, equal, ok } from 'node:assert/strict';
import { Client, copy, fill, type Image } from '../../compositor/kernel/drivers/simgpu/test-kit.ts';
import { SECOND } from '../../compositor/machine/machine.ts';
import { DMA_BUF_SYNC_END, DMA_BUF_SYNC_READ } from '../../protocol/uapi/dma-buf.ts';
import { POLLIN } from '../../protocol/uapi/fcntl.ts';
import { SIMGPU_GEM_WAIT_WRITE, SIMGPU_PRIORITY_NORMAL, simgpuIoctls } from '../../protocol/uapi/simgpu.ts';
import { VGEM_FENCE_WRITE } from '../../protocol/uapi/vgem.ts';
import { ioctl } from '../conformance/calls.ts';
import { attachFence, cpuAccess, signalFence } from '../conformance/fences.ts';
import type { Probe } from '../conformance/probe.ts';
import type { Binary, Subtest } from './binary.ts';
import { createPixels, exportBuffer, mapPixels, wordsAt } from './buffers.ts';
import { flips } from './prime-vgem-flip.ts';
import { VGEM } from './system.ts';

const WIDTH = 64;
const HEIGHT = 16;
const COLOUR = 0xff12_3456;

/** A buffer of vgem that the render engine has imported, and a program that uses both devices. */
class Shared {
  readonly probe: Probe;
  readonly vgem: number;
  readonly gpu: Client;
  readonly handle: number;
  /** The dma-buf. */
  readonly fd: number;
  /** The buffer as the engine knows it. */
  readonly image: Image;
  /** The pixels through vgem. */
  readonly words: Uint32Array;

  constructor(probe: Probe) {
    this.probe = probe;
    this.vgem = probe.task.open(VGEM);
    this.gpu = new Client(probe.task, SIMGPU_PRIORITY_NORMAL);
    const pixels = createPixels(probe, this.vgem, WIDTH, HEIGHT);
    this.handle = pixels.handle;
    this.fd = exportBuffer(probe, this.vgem, this.handle);
    this.image = this.gpu.import(this.fd, { handle: 0, width: WIDTH, height: HEIGHT });
    this.words = wordsAt(probe, mapPixels(probe, this.vgem, pixels), pixels.size);
  }

  attach(flags = VGEM_FENCE_WRITE): number {
    const { errno, out } = attachFence(this.probe, this.vgem, this.handle, flags);
    equal(errno, null);
    return out.out_fence;
  }

  signal(fence: number): void {
    equal(signalFence(this.probe, this.vgem, fence).errno, null);
  }

  /** The engine's wait for a buffer; `seconds` 0 looks once. */
  wait(flags: number, seconds = 0): string | null {
    const timeout = seconds === 0 ? 0n : this.probe.machine.now() + BigInt(seconds) * SECOND;
    const value = { handle: this.image.handle, flags, timeout };
    return ioctl(this.probe, this.gpu.fd, simgpuIoctls.SIMGPU_GEM_WAIT, value).errno;
  }

  /** Whether a job's fence signals within that time. */
  finishes(fence: number, seconds: number): boolean {
    return this.probe.poll(fence, POLLIN, seconds * 1000).ret === 1;
  }
}

const shared =
  (body: (buffer: Shared) => void): Subtest =>
  probe =>
    body(new Shared(probe));

/** A job of the engine on a buffer that somebody holds for ever: the fence's time is up, and the job runs. */
const recovers = (flags: number, job: (buffer: Shared, own: Image) => number) =>
  shared(buffer => {
    const own = buffer.gpu.image(WIDTH, HEIGHT);
    const begin = buffer.probe.machine.now();
    const fence = buffer.attach(flags);
    const done = job(buffer, own);
    equal(buffer.finishes(done, 9), false);
    equal(buffer.finishes(done, 2), true);
    ok(buffer.probe.machine.now() - begin >= 10n * SECOND);
    equal(signalFence(buffer.probe, buffer.vgem, fence).errno, 'ETIMEDOUT');
  });

/** The engine copies the buffer into its own memory, and has to wait for its writer. */
const waitsForWriter = shared(buffer => {
  const own = buffer.gpu.image(WIDTH, HEIGHT);
  const fence = buffer.attach();
  const done = buffer.gpu.submitForFence([copy(own, buffer.image)]);
  equal(buffer.finishes(done, 1), false);
  buffer.words.fill(COLOUR);
  buffer.signal(fence);
  equal(buffer.finishes(done, 1), true);
  ok(buffer.gpu.pixels(own).every(word => word === COLOUR));
});

export const primeVgem: Binary = {
  name: 'prime_vgem',
  subtests: {
    'basic-read': shared(buffer => {
      for (const index of buffer.words.keys()) buffer.words[index] = index;
      const own = buffer.gpu.image(WIDTH, HEIGHT);
      equal(buffer.finishes(buffer.gpu.submitForFence([copy(own, buffer.image)]), 1), true);
      deepEqual(buffer.gpu.pixels(own), buffer.words);
    }),

    'basic-write': shared(buffer => {
      equal(buffer.finishes(buffer.gpu.submitForFence([fill(buffer.image, COLOUR)]), 1), true);
      ok(buffer.words.every(word => word === COLOUR));
    }),

    'basic-fence-read': shared(buffer => {
      const fence = buffer.attach();
      buffer.probe.later(1000, () => {
        buffer.words.fill(COLOUR);
        buffer.signal(fence);
      });
      // Whoever reads with the CPU opens a bracket on the dma-buf.
      const begin = buffer.probe.machine.now();
      equal(cpuAccess(buffer.probe, buffer.fd, BigInt(DMA_BUF_SYNC_READ)).errno, null);
      equal(buffer.probe.machine.now() - begin, SECOND);
      ok(buffer.words.every(word => word === COLOUR));
      equal(cpuAccess(buffer.probe, buffer.fd, BigInt(DMA_BUF_SYNC_READ | DMA_BUF_SYNC_END)).errno, null);
    }),

    'basic-fence-blt': waitsForWriter,
    ...flips,

    busy: shared(buffer => {
      for (const [flags, reading] of [
        [0, null],
        [VGEM_FENCE_WRITE, 'ETIME'],
      ] as const) {
        deepEqual([buffer.wait(0), buffer.wait(SIMGPU_GEM_WAIT_WRITE)], [null, null]);
        const fence = buffer.attach(flags);
        deepEqual([buffer.wait(0), buffer.wait(SIMGPU_GEM_WAIT_WRITE)], [reading, 'ETIME']);
        buffer.signal(fence);
      }
      deepEqual([buffer.wait(0), buffer.wait(SIMGPU_GEM_WAIT_WRITE)], [null, null]);
    }),

    wait: shared(buffer => {
      const { probe } = buffer;
      const fence = buffer.attach();
      const begin = probe.machine.now();
      equal(buffer.wait(0, 1), 'ETIME');
      equal(probe.machine.now() - begin, SECOND);
      probe.later(1000, () => buffer.signal(fence));
      equal(buffer.wait(0, 5), null);
      equal(probe.machine.now() - begin, 2n * SECOND);
    }),

    sync: shared(buffer => {
      const { probe } = buffer;
      const begin = probe.machine.now();
      const fence = buffer.attach(0);
      probe.later(1000, () => buffer.signal(fence));
      equal(buffer.wait(SIMGPU_GEM_WAIT_WRITE, 60), null);
      equal(probe.machine.now() - begin, SECOND);
    }),

    'fence-wait': shared(buffer => {
      const { probe } = buffer;
      const fence = buffer.attach();
      const done = buffer.gpu.submitForFence([fill(buffer.image, COLOUR)]);
      probe.sleep(1000);
      ok(buffer.words.every(word => word === 0));
      buffer.signal(fence);
      equal(cpuAccess(probe, buffer.fd, BigInt(DMA_BUF_SYNC_READ)).errno, null);
      ok(buffer.words.every(word => word === COLOUR));
      equal(cpuAccess(probe, buffer.fd, BigInt(DMA_BUF_SYNC_READ | DMA_BUF_SYNC_END)).errno, null);
      equal(buffer.finishes(done, 0), true);
    }),

    // A writer waits for the reader; a reader waits for the writer.
    'fence-read-hang': recovers(0, ({ gpu, image }) => gpu.submitForFence([fill(image, COLOUR)])),
    'fence-write-hang': recovers(VGEM_FENCE_WRITE, ({ gpu, image }, own) =>
      gpu.submitForFence([copy(own, image)]),
    ),
  },
};
