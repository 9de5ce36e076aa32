import { equal } from 'node:assert/strict';
import { createSimgpu } from '../../compositor/kernel/drivers/simgpu/index.ts';
import { fill, spin } from '../../compositor/kernel/drivers/simgpu/test-kit.ts';
import { createVgem } from '../../compositor/kernel/drivers/vgem/index.ts';
import { VirtualEngine } from '../../compositor/kernel/engine/virtual-engine.ts';
import { simgpuIoctls } from '../../protocol/uapi/simgpu.ts';
import { VGEM_FENCE_WRITE } from '../../protocol/uapi/vgem.ts';
import { createDumb, mapDumb } from '../conformance/buffers.ts';
import { ioctl } from '../conformance/calls.ts';
import { attachFence } from '../conformance/fences.ts';
import type { Outcome, Probe } from '../conformance/probe.ts';

const WIDTH = 16;
const HEIGHT = 16;
const SIZE = 4096;

/** A buffer as a device makes it, with its place in the device's address space. */
interface MadeBuffer extends Pick<Outcome, 'errno'> {
  readonly handle: number;
  readonly size: number;
  readonly offset: bigint;
}

/** A kind of device that can come and go. */
export interface Hardware {
  /** Its node. */
  readonly path: string;
  /** Plugs one in; its disposal pulls it out. */
  add(probe: Probe): Disposable;
  create(probe: Probe, fd: number): MadeBuffer;
  /** Leaves a writer's fence on a buffer that does not signal as long as the file is open. */
  occupy(probe: Probe, fd: number, handle: number): void;
}

const CARD = '/dev/dri/card7';
const ENGINE = '/dev/dri/renderD136';

export const vgemDevice: Hardware = {
  path: CARD,
  add: ({ kernel }) => createVgem(kernel, { primaryPath: CARD, renderPath: '/dev/dri/renderD135' }),
  create: (probe, fd) => {
    const { errno, handle, size } = createDumb(probe, fd, WIDTH, HEIGHT, 32);
    return { errno, handle, size: Number(size), offset: errno ? 0n : mapDumb(probe, fd, handle).offset };
  },
  occupy: (probe, fd, handle) => equal(attachFence(probe, fd, handle, VGEM_FENCE_WRITE).errno, null),
};

export const renderEngine: Hardware = {
  path: ENGINE,
  add: ({ kernel }) =>
    createSimgpu(kernel, {
      path: ENGINE,
      engine: (clock, memory) => new VirtualEngine(clock, memory, 'another'),
    }),
  create: (probe, fd) => {
    const { errno, out } = ioctl(probe, fd, simgpuIoctls.SIMGPU_GEM_CREATE, { size: BigInt(SIZE) });
    if (errno) return { errno, handle: 0, size: 0, offset: 0n };
    const { handle } = out;
    const { offset } = ioctl(probe, fd, simgpuIoctls.SIMGPU_GEM_MMAP_OFFSET, { handle }).out;
    return { errno, handle, size: SIZE, offset };
  },
  /** A job behind one that does not end. */
  occupy: (probe, fd, handle) => {
    const context = ioctl(probe, fd, simgpuIoctls.SIMGPU_CONTEXT_CREATE, {}).out.id;
    const submit = (command: ReturnType<typeof spin>) =>
      equal(ioctl(probe, fd, simgpuIoctls.SIMGPU_SUBMIT, { context, commands: [command] }).errno, null);
    submit(spin());
    submit(fill({ handle, width: WIDTH, height: HEIGHT }, 0xffff_ffff));
  },
};
