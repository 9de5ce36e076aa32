import { expect, it } from 'vitest';
import { DRM_CLOEXEC, DRM_RDWR, drmIoctls } from '../../../../protocol/uapi/drm.ts';
import {
  DRM_MODE_ATOMIC_ALLOW_MODESET as ALLOW_MODESET,
  DRM_MODE_REFLECT_X,
  DRM_MODE_ROTATE_0,
  DRM_MODE_ATOMIC_NONBLOCK as NONBLOCK,
} from '../../../../protocol/uapi/drm-mode.ts';
import { POLLIN } from '../../../../protocol/uapi/fcntl.ts';
import { DRM_FORMAT_ARGB8888, DRM_FORMAT_XRGB8888 } from '../../../../protocol/uapi/fourcc.ts';
import * as gpu from '../../../../protocol/uapi/simgpu.ts';
import type { Machine } from '../../../machine/machine.ts';
import { RealMachine } from '../../../machine/real-machine.ts';
import { VirtualMachine } from '../../../machine/virtual-machine.ts';
import type { Engine } from '../../engine/engine.ts';
import { VirtualEngine } from '../../engine/virtual-engine.ts';
import { WorkerEngine } from '../../engine/worker-engine.ts';
import { Kernel } from '../../kernel.ts';
import { createSimgpu } from '../simgpu/index.ts';
import { paint, readRecord, recordMemfd } from './lit-display.ts';
import { createSimkms } from './simkms.ts';
import { DisplayClient, lightUp, planeOf } from './testing.ts';

const WIDTH = 200;
const HEIGHT = 120;

type EngineMaker = (machine: Machine, memory: WebAssembly.Memory) => Engine;
/** Runs until a descriptor is readable. */
type Wait = (client: DisplayClient, fd: number) => Promise<void>;

/** Has the render engine compose a window on a screen, scaled, turned, half transparent. Returns the out-fence. */
function compose(
  { task, fd: card }: DisplayClient,
  screen: number,
  window: number,
  pitches: number[],
): number {
  const render = task.open('/dev/dri/renderD128');
  const context = task.call(render, gpu.simgpuIoctls.SIMGPU_CONTEXT_CREATE, {}).id!;
  const adopt = (handle: number): number => {
    const { fd } = task.call(card, drmIoctls.DRM_IOCTL_PRIME_HANDLE_TO_FD, {
      handle,
      flags: DRM_RDWR | DRM_CLOEXEC,
    });
    return task.call(render, drmIoctls.DRM_IOCTL_PRIME_FD_TO_HANDLE, { fd }).handle!;
  };
  const image = (handle: number, format: number, width: number, height: number, pitch: number) => ({
    ...{ handle: adopt(handle), format, width, height },
    ...{ offsets: [0, 0], pitches: [pitch, 0] },
  });
  const target = image(screen, DRM_FORMAT_XRGB8888, WIDTH, HEIGHT, pitches[0]!);
  const source = image(window, DRM_FORMAT_ARGB8888, 64, 64, pitches[1]!);
  const whole = { x1: 0, y1: 0, x2: WIDTH, y2: HEIGHT };
  const drawn = (x1: number, transform: number, filter: number, blend_mode: number) => ({
    ...{ opcode: gpu.SIMGPU_OP_COMPOSITE, target, source, clip: whole, transform, filter, blend_mode },
    destination: { x1, y1: 7, x2: x1 + 97, y2: 110 },
    source_rect: { x: 0x8000, y: 0, w: 63 * 65536, h: 64 * 65536 },
    alpha: 0xc000,
  });
  return task.call(render, gpu.simgpuIoctls.SIMGPU_SUBMIT, {
    context,
    flags: gpu.SIMGPU_SUBMIT_FENCE_OUT,
    commands: [
      {
        opcode: gpu.SIMGPU_OP_FILL,
        target,
        destination: whole,
        clip: whole,
        color: 0xff336699,
        alpha: 0xffff,
      },
      drawn(3, 5, gpu.SIMGPU_FILTER_BILINEAR, gpu.SIMGPU_BLEND_PREMULTIPLIED),
      drawn(95, 0, gpu.SIMGPU_FILTER_NEAREST, gpu.SIMGPU_BLEND_COVERAGE),
    ],
  }).out_fence_fd!;
}

/** Jobs, commits, a writeback and a histogram: the pixels composed, those of the screen, and what was counted. */
async function picture(machine: Machine, engine: EngineMaker, wait: Wait) {
  const kernel = new Kernel({ machine, memoryBytes: 64 << 20 });
  createSimkms(kernel, { outputs: [{ width: WIDTH, height: HEIGHT, refresh: 240_000 }], engine });
  createSimgpu(kernel, { engine });
  const client = new DisplayClient(kernel.createTask({ name: 'client', credentials: { seat: true } }));
  const { task } = client;
  const ids = client.output();
  const [screen, target] = [client.buffer(WIDTH, HEIGHT), client.buffer(WIDTH, HEIGHT)];
  const window = client.buffer(64, 64, 0, DRM_FORMAT_ARGB8888);
  paint(window);
  const composed = compose(client, screen.handle, window.handle, [screen.pitch, window.pitch]);
  const word = task.memory.mapAnonymous(4096);
  const fenceAt = (offset: bigint) =>
    new DataView(task.memory.copyFromUser(word + offset, 4).buffer).getInt32(0, true);
  client.commit(
    [
      ...lightUp(ids, screen.fb, WIDTH, HEIGHT),
      [ids.primary, { IN_FENCE_FD: composed }],
      [ids.writeback, { CRTC_ID: ids.crtc }],
      [ids.crtc, { OUT_FENCE_PTR: word }],
    ],
    ALLOW_MODESET | NONBLOCK,
  );
  await wait(client, fenceAt(0n));
  const record = recordMemfd({ client });
  const overlay = { ...planeOf(ids.crtc, window.fb, { width: 64, height: 64, x: 40, y: 30 }), CRTC_W: 150 };
  client.commit(
    [
      [ids.overlays[0]!, { ...overlay, rotation: DRM_MODE_ROTATE_0 | DRM_MODE_REFLECT_X, alpha: 0x9000 }],
      [ids.writeback, { WRITEBACK_FB_ID: target.fb, WRITEBACK_OUT_FENCE_PTR: word }],
      [ids.crtc, { HISTOGRAM_ENABLE: 1, HISTOGRAM_FD: record, HISTOGRAM_FENCE_PTR: word + 4n }],
    ],
    NONBLOCK,
  );
  await wait(client, fenceAt(0n));
  await wait(client, fenceAt(4n));
  const seen = {
    composed: Buffer.from(screen.bytes).toString('base64'),
    shown: Buffer.from(target.bytes).toString('base64'),
    bins: [...readRecord({ client }, record).bins],
  };
  kernel[Symbol.dispose]();
  return seen;
}

it('jobs, scan-out, writeback and histogram give the same pixels to the bit in real and in virtual time', async () => {
  const virtual = (seed: number) => {
    const machine = new VirtualMachine({ seed, order: 'random' });
    const engine: EngineMaker = (clock, memory) => new VirtualEngine(clock, memory, 'engine');
    const wait: Wait = async ({ task }, fd) =>
      machine.runUntil(() => task.poll(fd, POLLIN) !== 0, 1_000_000_000n);
    return picture(machine, engine, wait);
  };
  const machine = new RealMachine();
  const real = await picture(
    machine,
    (clock, memory) => new WorkerEngine(clock, memory, 'engine'),
    ({ task }, fd) => new Promise(resolve => task.watch(fd, POLLIN, () => resolve())),
  );
  machine[Symbol.dispose]();
  expect(new Set(real.bins).size).toBeGreaterThan(5);
  expect(real.shown).not.toBe(real.composed);
  for (const seed of [1, 2]) expect(await virtual(seed)).toEqual(real);
});
