import { beforeEach, describe, expect, it } from 'vitest';
import { DRM_CLOEXEC, DRM_RDWR, drmIoctls } from '../protocol/uapi/drm.ts';
import { POLLIN } from '../protocol/uapi/fcntl.ts';
import type { Ioctl } from '../protocol/uapi/ioctl.ts';
import { marshal, unmarshal } from '../protocol/uapi/marshal.ts';
import { simgpuIoctls } from '../protocol/uapi/simgpu.ts';
import type { Struct, UserValue } from '../protocol/uapi/struct.ts';
import { Compositor } from './compositor.ts';
import { createDevices } from './devices.ts';
import { TestClient } from './interfaces/testing.ts';
import { VirtualMachine } from './machine/virtual-machine.ts';

const WIDTH = 64;
const HEIGHT = 48;
const FRAME = 16_666_667n;

let machine: VirtualMachine;
let compositor: Compositor;

beforeEach(() => {
  machine = new VirtualMachine();
  const { kernel } = createDevices({
    machine,
    memoryBytes: 128 << 20,
    outputs: [{ width: WIDTH, height: HEIGHT }],
    engines: 'virtual',
  });
  compositor = new Compositor({ kernel });
});

const connect = (name: string): TestClient =>
  new TestClient({ machine, server: compositor.server }, name, ['capture', 'kernel-calls', 'observation']);

/** A shared memory buffer of one colour, and the memfd behind it. */
function filled(client: TestClient, colour: number) {
  const handle = client.memory(WIDTH * HEIGHT * 4);
  const paint = (argb: number): void => {
    const pixels = new Uint32Array(WIDTH * HEIGHT).fill(argb);
    client.client.task.pwrite(handle.fd, new Uint8Array(pixels.buffer), 0n);
  };
  paint(colour);
  const pool = client.bind('wl_shm').create_pool(handle, WIDTH * HEIGHT * 4);
  return { buffer: pool.create_buffer(0, WIDTH, HEIGHT, WIDTH * 4, 1), fd: handle.fd, paint };
}

/** The colours on the screen, by a capture over the protocol. */
function screen(client: TestClient): Set<string> {
  const target = filled(client, 0xdeadbeef);
  const source = client
    .bind('ext_output_image_capture_source_manager_v1')
    .create_source(client.bind('wl_output'));
  const session = client.bind('ext_image_copy_capture_manager_v1').create_session(source, 0);
  const frame = session.create_frame();
  let fate = '';
  frame.on('ready', () => {
    fate = 'ready';
  });
  frame.on('failed', reason => {
    fate = `failed for reason ${reason}`;
  });
  frame.attach_buffer(target.buffer);
  frame.damage_buffer(0, 0, WIDTH, HEIGHT);
  frame.capture();
  machine.runUntil(() => fate !== '', 60n * FRAME, 'the capture');
  expect(fate).toBe('ready');
  frame.destroy();
  session.destroy();
  const pixels = new Uint32Array(WIDTH * HEIGHT);
  client.client.task.pread(target.fd, new Uint8Array(pixels.buffer), 0n);
  return new Set([...pixels].map(pixel => (pixel & 0xffffff).toString(16).padStart(6, '0')));
}

/** System calls over the protocol, answered in order. */
class RemoteKernel {
  readonly #proxy;
  readonly #answers = new Map<number, { result: number; data: Uint8Array } | string>();
  #serial = 0;

  constructor(client: TestClient) {
    this.#proxy = client.bind('fencepost_kernel_v1');
    this.#proxy.on('done', (serial, result, data) => this.#answers.set(serial, { result, data }));
    this.#proxy.on('failed', (serial, _, code) => this.#answers.set(serial, code));
  }

  get calls() {
    return this.#proxy;
  }

  ask(send: (serial: number) => void): { result: number; data: Uint8Array } | string {
    const serial = ++this.#serial;
    send(serial);
    machine.runUntil(() => this.#answers.has(serial), 600n * FRAME, 'the answer');
    return this.#answers.get(serial)!;
  }

  /** Starts a call that sleeps; the result is looked up later. */
  start(send: (serial: number) => void): { serial: number; answer: () => unknown } {
    const serial = ++this.#serial;
    send(serial);
    machine.settle();
    return { serial, answer: () => this.#answers.get(serial) };
  }

  number(send: (serial: number) => void): number {
    const answer = this.ask(send);
    if (typeof answer === 'string') throw new Error(answer);
    return answer.result;
  }

  open(path: string): number {
    return this.number(serial => this.#proxy.open(serial, path, 2));
  }

  ioctl<S extends Struct>(fd: number, ioctl: Ioctl<S>, value: UserValue<S>) {
    const block = marshal(ioctl, value);
    const relocations = new Uint8Array(block.relocations.slice().buffer);
    const answer = this.ask(serial => this.#proxy.ioctl(serial, fd, ioctl.number, block.bytes, relocations));
    if (typeof answer === 'string') throw new Error(answer);
    return unmarshal(ioctl, answer.data, 0n, value);
  }
}

describe('a client of shared memory', () => {
  it('sees its pixels on the screen, and gets its buffer back before it is told to draw', () => {
    const client = connect('painter');
    const red = filled(client, 0xff0000);
    const green = filled(client, 0x00ff00);
    const { surface } = client.window();
    const order: string[] = [];
    red.buffer.on('release', () => order.push('release'));
    surface.attach(red.buffer, 0, 0);
    surface.commit();
    machine.advance(3n * FRAME);
    expect(screen(client)).toEqual(new Set(['ff0000']));
    surface.frame().on('done', () => order.push('done'));
    surface.damage_buffer(0, 0, WIDTH, HEIGHT);
    surface.attach(green.buffer, 0, 0);
    surface.commit();
    machine.advance(3n * FRAME);
    expect(order).toEqual(['release', 'done']);
    red.paint(0x0000ff);
    machine.advance(3n * FRAME);
    expect(screen(client)).toEqual(new Set(['00ff00']));
  });

  it('is told of each frame by the time stamp of its vblank', () => {
    const client = connect('painter');
    const { buffer } = filled(client, 0xff0000);
    const { surface } = client.window();
    const times: bigint[] = [];
    let refresh = 0;
    const presentation = client.bind('wp_presentation');
    for (let frame = 0; frame < 3; frame++) {
      presentation.feedback(surface).on('presented', (high, low, nanoseconds, interval) => {
        refresh = interval;
        times.push(((BigInt(high) << 32n) | BigInt(low)) * 1_000_000_000n + BigInt(nanoseconds));
      });
      surface.damage_buffer(0, 0, 1, 1);
      surface.attach(buffer, 0, 0);
      surface.commit();
      machine.advance(2n * FRAME);
    }
    machine.advance(3n * FRAME);
    expect(times.length).toBe(3);
    for (const [at, time] of times.slice(1).entries()) {
      const refreshes = Number(time - times[at]!) / refresh;
      expect(refreshes).toBeGreaterThan(0.5);
      expect(refreshes).toBeCloseTo(Math.round(refreshes), 3);
    }
  });

  it('that dies leaves the screen and its descriptors to the others', () => {
    const other = connect('other');
    machine.advance(5n * FRAME);
    const before = compositor.task.files.size;
    const client = connect('mortal');
    const { buffer } = filled(client, 0xff0000);
    const { surface } = client.window();
    surface.attach(buffer, 0, 0);
    surface.commit();
    machine.advance(3n * FRAME);
    client.client.disconnect('SIGKILL');
    machine.advance(5n * FRAME);
    expect(client.client.task.exited).toBe(true);
    expect(compositor.task.files.size).toBe(before);
    expect(screen(other).has('ff0000')).toBe(false);
    expect(compositor.trace.notes('fault')).toEqual([]);
  });
});

describe('a client of the simulated GPU, by kernel calls over the protocol', () => {
  function gpuBuffer(client: TestClient, kernel: RemoteKernel, argb: number) {
    const gpu = kernel.open('/dev/dri/renderD128');
    const size = BigInt(WIDTH * HEIGHT * 4);
    const { handle } = kernel.ioctl(gpu, simgpuIoctls.SIMGPU_GEM_CREATE, { size });
    const { fd } = kernel.ioctl(gpu, drmIoctls.DRM_IOCTL_PRIME_HANDLE_TO_FD, {
      handle,
      flags: DRM_RDWR | DRM_CLOEXEC,
    });
    const { offset } = kernel.ioctl(gpu, simgpuIoctls.SIMGPU_GEM_MMAP_OFFSET, { handle });
    const { task } = client.client;
    const address = task.mmap(gpu, Number(size), { offset });
    const bytes = new Uint8Array(new Uint32Array(WIDTH * HEIGHT).fill(argb).buffer);
    task.memory.copyToUser(address, bytes);
    const params = client.bind('zwp_linux_dmabuf_v1').create_params();
    params.add({ kind: 'task', fd }, 0, 0, WIDTH * 4, 0, 0);
    return params.create_immed(WIDTH, HEIGHT, 0x34325258, 0);
  }

  it('gets its buffer back with a release fence', () => {
    const client = connect('gpu');
    const kernel = new RemoteKernel(client);
    const [first, second] = [gpuBuffer(client, kernel, 0x112233), gpuBuffer(client, kernel, 0x445566)];
    const { surface } = client.window();
    const sync = client.bind('zwp_linux_explicit_synchronization_v1').get_synchronization(surface);
    const releases: string[] = [];
    for (const buffer of [first, second]) {
      sync.get_release().listen({
        immediate_release: () => void releases.push('immediate'),
        fenced_release: ({ fd }) => {
          releases.push('fenced');
          expect(client.client.task.files.get(fd).operations.kind).toBe('sync_file');
        },
      });
      surface.attach(buffer, 0, 0);
      surface.damage_buffer(0, 0, WIDTH, HEIGHT);
      surface.commit();
      machine.advance(3n * FRAME);
    }
    expect(client.error).toBeNull();
    expect(releases.length).toBe(1);
    expect(screen(connect('viewer'))).toEqual(new Set(['445566']));
  });

  it('sleeps without holding up anybody, and can be interrupted', () => {
    const client = connect('sleeper');
    const kernel = new RemoteKernel(client);
    const event = kernel.number(serial => kernel.calls.eventfd(serial, 0, 0));
    const read = kernel.start(serial => kernel.calls.read(serial, event, 8));
    const poll = kernel.start(serial => kernel.calls.poll(serial, event, POLLIN));
    expect(read.answer()).toBeUndefined();
    expect(kernel.ask(serial => kernel.calls.close(serial, 999))).toBe('EBADF');
    kernel.calls.interrupt(read.serial);
    machine.settle();
    expect(read.answer()).toBe('EINTR');
    expect(poll.answer()).toBeUndefined();
    kernel.number(serial => kernel.calls.write(serial, event, new Uint8Array([1, 0, 0, 0, 0, 0, 0, 0])));
    expect(poll.answer()).toEqual({ result: POLLIN, data: new Uint8Array(0) });
  });

  it('may lie in an ioctl block, and is answered with an errno', () => {
    const client = connect('liar');
    const kernel = new RemoteKernel(client);
    const gpu = kernel.open('/dev/dri/renderD128');
    const { number } = drmIoctls.DRM_IOCTL_PRIME_HANDLE_TO_FD;
    const block = new Uint8Array(16);
    const call = (relocations: Uint8Array) =>
      kernel.ask(serial => kernel.calls.ioctl(serial, gpu, number, block, relocations));
    expect(call(new Uint8Array([4, 0, 0, 0]))).toBe('EINVAL');
    expect(call(new Uint8Array([0, 0, 1, 0]))).toBe('EINVAL');
    expect(call(new Uint8Array(3))).toBe('EINVAL');
    expect(call(new Uint8Array(0))).toBe('ENOENT');
    expect(client.error).toBeNull();
  });
});

it('tells tools what it runs on', () => {
  const client = connect('info');
  const seen: string[] = [];
  const observation = client.bind('fencepost_observation_v1');
  observation.listen({
    device: (path, access) => void seen.push(`${path} ${access}`),
    mode: (output, width, height, refresh, flags) =>
      void (flags === 3 && seen.push(`${output} ${width}x${height} ${Math.round(refresh / 1000)}`)),
    plane: (output, _, type, formats, showing) =>
      void seen.push(`${output} ${type} ${formats.length > 0} ${showing.split(' ')[0]}`),
    done: () => void seen.push('done'),
  });
  const files = compositor.task.files.size;
  observation.describe();
  machine.settle();
  expect(seen).toEqual([
    '/dev/dri/card0 seat',
    '/dev/dri/renderD128 everybody',
    '/dev/dri/card1 everybody',
    '/dev/dri/renderD129 everybody',
    '/dev/udmabuf everybody',
    '/dev/dma_heap/system everybody',
    'Virtual-1 64x48 60',
    'Virtual-1 1 true framebuffer',
    'Virtual-1 0 true ',
    'Virtual-1 0 true ',
    'Virtual-1 2 true ',
    'done',
  ]);
  expect(compositor.task.files.size).toBe(files);
});

it('ends in order: clients, displays, nothing left', () => {
  const client = connect('demo');
  client.window();
  compositor[Symbol.dispose]();
  machine.settle();
  expect(client.closed).not.toBeNull();
  expect(compositor.server.clients.size).toBe(0);
  compositor.kernel[Symbol.dispose]();
  expect(compositor.kernel.tasks.size).toBe(0);
});
