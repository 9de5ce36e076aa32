import { describe, expect, it } from 'vitest';
import {
  DMA_BUF_IOCTL_EXPORT_SYNC_FILE,
  DMA_BUF_SYNC_READ,
  DMA_BUF_SYNC_WRITE,
} from '../../../../protocol/uapi/dma-buf.ts';
import { POLLIN } from '../../../../protocol/uapi/fcntl.ts';
import {
  SIMGPU_SUBMIT_FENCE_IN,
  SIMGPU_SUBMIT_FENCE_OUT,
  SIMGPU_SUBMIT_NO_IMPLICIT,
  SIMGPU_SUBMIT_SYNCOBJ,
  simgpuIoctls,
} from '../../../../protocol/uapi/simgpu.ts';
import { syncobjIoctls } from '../../../../protocol/uapi/syncobj.ts';
import { MILLISECOND, SECOND } from '../../../machine/machine.ts';
import { composite, copy, createRig, fill, spin } from './test-kit.ts';

const RED = 0xffff0000;
const BLUE = 0xff0000ff;

describe('a job', () => {
  it('draws what a process then sees in its mapping', () => {
    const { machine, client } = createRig();
    const app = client('app');
    const [target, source] = [app.image(16, 8), app.image(8, 8)];
    const fence = app.submitForFence([
      fill(source, RED),
      fill(target, BLUE),
      composite(target, source, {
        destination: { x1: 4, y1: 0, x2: 12, y2: 8 },
        clip: { x1: 4, y1: 2, x2: 100, y2: 6 },
      }),
    ]);
    expect(app.task.poll(fence, POLLIN)).toBe(0);
    machine.advance(10n * MILLISECOND);
    expect(app.task.poll(fence, POLLIN)).toBe(POLLIN);
    const pixels = app.pixels(target);
    const row = (y: number) => [...pixels.subarray(y * 16, y * 16 + 16)];
    const striped = Array.from({ length: 16 }, (_, x) => (x >= 4 && x < 12 ? RED : BLUE));
    expect(row(0)).toEqual(new Array(16).fill(BLUE));
    expect(row(3)).toEqual(striped);
    expect(row(7)).toEqual(new Array(16).fill(BLUE));
  });

  it('that touches nothing still signals its fence', () => {
    const { machine, client } = createRig();
    const app = client('app');
    const image = app.image(4, 4);
    const outside = { x1: 10, y1: 10, x2: 20, y2: 20 };
    const fence = app.submitForFence([fill(image, RED, { destination: outside })]);
    machine.advance(MILLISECOND);
    expect(app.task.poll(fence, POLLIN)).toBe(POLLIN);
    expect(app.pixels(image)[0]).toBe(0);
  });

  it('takes the device time of the cost model', () => {
    const speed = { bytesPerMicrosecond: 1000, setupNanoseconds: 500 };
    const { machine, client } = createRig({ simgpu: { speed } });
    const app = client('app');
    const start = machine.now();
    const fence = app.submitForFence([fill(app.image(10, 10), RED), spin(7000n)]);
    machine.runUntil(() => app.task.poll(fence, POLLIN) !== 0, SECOND, 'the fence');
    // 400 bytes at one a nanosecond, two set-ups and the spin.
    expect(machine.now() - start).toBe(400n + 2n * 500n + 7000n);
  });
});

describe('synchronisation', () => {
  it('is implicit between contexts: a reader waits for the writer, and the next writer for the reader', () => {
    const { machine, client } = createRig();
    const [app, compositor] = [client('app'), client('compositor')];
    const drawn = app.image(32, 32);
    const dmabuf = app.task.send(app.export(drawn), compositor.task);
    const seen = compositor.import(dmabuf, drawn);
    const screen = compositor.image(32, 32);

    app.submit([spin(5n * MILLISECOND), fill(drawn, RED)]);
    const shown = compositor.submitForFence([copy(screen, seen)]);
    app.submit([fill(drawn, BLUE)]);
    machine.advance(4n * MILLISECOND);
    expect(compositor.task.poll(shown, POLLIN)).toBe(0);
    machine.advance(4n * MILLISECOND);
    expect(compositor.task.poll(shown, POLLIN)).toBe(POLLIN);
    expect(compositor.pixels(screen)[0]).toBe(RED);
    expect(app.pixels(drawn)[0]).toBe(BLUE);
  });

  it('leaves the implicit fences alone when told to', () => {
    const { machine, client } = createRig();
    const app = client('app');
    const image = app.image(8, 8);
    const gate = app.submitForFence([spin(10n * MILLISECOND)], { context: app.createContext() });
    app.submit([fill(image, RED)], { flags: SIMGPU_SUBMIT_FENCE_IN, in_fence_fd: gate });
    const other = app.createContext();
    const flags = SIMGPU_SUBMIT_NO_IMPLICIT;
    const waits = app.submitForFence([fill(image, BLUE)], { context: other });
    const overtakes = app.submitForFence([fill(image, BLUE)], { context: app.createContext(), flags });
    const order: string[] = [];
    app.task.watch(waits, POLLIN, () => order.push('implicit'));
    app.task.watch(overtakes, POLLIN, () => order.push('explicit'));
    machine.advance(20n * MILLISECOND);
    expect(order).toEqual(['explicit', 'implicit']);
  });

  it('keeps a job that was submitted after EXPORT_SYNC_FILE out of the snapshot', () => {
    const { machine, client } = createRig();
    const [app, compositor] = [client('app'), client('compositor')];
    const drawn = app.image(8, 8);
    const dmabuf = app.task.send(app.export(drawn), compositor.task);
    const seen = compositor.import(dmabuf, drawn);
    compositor.submit([copy(compositor.image(8, 8), seen)]);
    const release = compositor.task.call(dmabuf, DMA_BUF_IOCTL_EXPORT_SYNC_FILE, {
      flags: DMA_BUF_SYNC_WRITE,
    }).fd!;
    const next = app.submitForFence([spin(50n * MILLISECOND), fill(drawn, RED)]);
    machine.advance(10n * MILLISECOND);
    expect(compositor.task.poll(release, POLLIN)).toBe(POLLIN);
    expect(app.task.poll(next, POLLIN)).toBe(0);
    const later = compositor.task.call(dmabuf, DMA_BUF_IOCTL_EXPORT_SYNC_FILE, {
      flags: DMA_BUF_SYNC_READ,
    }).fd!;
    expect(compositor.task.poll(later, POLLIN)).toBe(0);
  });

  it('goes through timeline points', () => {
    const { machine, client } = createRig();
    const app = client('app');
    const { handle } = app.task.call(app.fd, syncobjIoctls.DRM_IOCTL_SYNCOBJ_CREATE, {});
    const point = (number: bigint) => [{ handle: handle!, point: number }];
    const image = app.image(8, 8);
    const flags = SIMGPU_SUBMIT_SYNCOBJ;
    expect(() => app.submit([fill(image, RED)], { flags, in_syncs: point(1n) })).toThrow('EINVAL');
    app.submit([spin(5n * MILLISECOND)], { flags, out_syncs: point(1n) });
    const query = () =>
      app.task.call(app.fd, syncobjIoctls.DRM_IOCTL_SYNCOBJ_QUERY, { handles: [handle!], points: [0n] })
        .points;
    const context = app.createContext();
    app.submit([fill(image, RED)], { flags, context, in_syncs: point(1n), out_syncs: point(2n) });
    machine.advance(4n * MILLISECOND);
    expect(query()).toEqual([0n]);
    machine.advance(4n * MILLISECOND);
    expect(query()).toEqual([2n]);
  });

  it('lets a process wait for its buffer', () => {
    const { machine, client } = createRig();
    const app = client('app');
    const image = app.image(8, 8);
    app.submit([spin(5n * MILLISECOND), fill(image, RED)]);
    const wait = (timeout: bigint) =>
      app.task.startCall(app.fd, simgpuIoctls.SIMGPU_GEM_WAIT, { handle: image.handle, timeout });
    expect(() => wait(0n).result()).toThrow('ETIME');
    const short = wait(machine.now() + MILLISECOND);
    const long = wait(machine.now() + SECOND);
    machine.advance(2n * MILLISECOND);
    expect(() => short.result()).toThrow('ETIME');
    machine.advance(10n * MILLISECOND);
    expect(long.ended).toBe(true);
    expect(app.pixels(image)[0]).toBe(RED);
  });
});

describe('a full descriptor table', () => {
  it('refuses the job as a whole', () => {
    const { machine, kernel, client } = createRig();
    const app = client('app');
    const image = app.image(8, 8);
    while (app.task.files.size < app.task.files.limit) app.task.eventfd();
    const attempt = { out_fence_fd: 55, flags: SIMGPU_SUBMIT_FENCE_OUT };
    expect(() => app.submit([fill(image, RED)], attempt)).toThrow('EMFILE');
    app.task.close(10);
    kernel.failAllocation = what => what === 'sync_file';
    expect(() => app.submit([fill(image, RED)], attempt)).toThrow('ENOMEM');
    kernel.failAllocation = null;
    machine.advance(MILLISECOND);
    expect(app.pixels(image)[0]).toBe(0);
    expect(app.submit([fill(image, RED)], attempt).out_fence_fd).toBe(10);
    machine.advance(MILLISECOND);
    expect(app.pixels(image)[0]).toBe(RED);
  });
});
