// Every call that sleeps in Linux sleeps here, over the connection too: it is answered when it returns, ends with EINTR
// when it is interrupted (if signals can end it at all), and leaves nothing behind when its process dies.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Client } from '../../client-sdk/core/index.ts';
import { DisplayClient, lightUp, type OutputIds } from '../../compositor/kernel/drivers/simkms/testing.ts';
import { addSwSync, SW_SYNC_PATH } from '../../compositor/kernel/index.ts';
import type { Task } from '../../compositor/kernel/task/index.ts';
import { SECOND } from '../../compositor/machine/machine.ts';
import type { ObjectProxy } from '../../protocol/object/proxy.ts';
import { DMA_BUF_IOCTL_SYNC, DMA_BUF_SYNC_READ, DMA_BUF_SYNC_START } from '../../protocol/uapi/dma-buf.ts';
import { _DRM_VBLANK_RELATIVE, DRM_RDWR, drmIoctls } from '../../protocol/uapi/drm.ts';
import {
  DRM_MODE_ATOMIC_ALLOW_MODESET,
  DRM_MODE_ATOMIC_NONBLOCK,
  modeIoctls,
} from '../../protocol/uapi/drm-mode.ts';
import { F_SETFL, O_RDWR, POLLIN } from '../../protocol/uapi/fcntl.ts';
import type { Ioctl } from '../../protocol/uapi/ioctl.ts';
import { marshal } from '../../protocol/uapi/marshal.ts';
import { simgpuIoctls } from '../../protocol/uapi/simgpu.ts';
import type { Struct, UserValue } from '../../protocol/uapi/struct.ts';
import { SW_SYNC_IOC_CREATE_FENCE, SW_SYNC_IOC_INC } from '../../protocol/uapi/sw-sync.ts';
import { DRM_SYNCOBJ_WAIT_FLAGS_WAIT_FOR_SUBMIT, syncobjIoctls } from '../../protocol/uapi/syncobj.ts';
import { VGEM_FENCE_WRITE, vgemIoctls } from '../../protocol/uapi/vgem.ts';
import { KernelSession } from '../kit/kernel-session.ts';

const SERIAL = 7;
const forSubmit = DRM_SYNCOBJ_WAIT_FLAGS_WAIT_FOR_SUBMIT;

/** A client with one call under way. */
class World {
  readonly session = new KernelSession();
  readonly answers: (number | string)[] = [];
  client!: Client;
  task!: Task;
  proxy!: ObjectProxy<'fencepost_kernel_v1'>;

  async connect(): Promise<void> {
    addSwSync(this.session.kernel);
    this.client = await this.session.connect('sleeper');
    this.task = this.session.task(this.client);
    this.proxy = this.client.bind('fencepost_kernel_v1');
    this.proxy.listen({
      done: (_, result) => this.answers.push(result),
      failed: (_serial, _errno, code) => this.answers.push(code),
    });
    this.session.machine.settle();
  }

  ioctl<S extends Struct>(fd: number, ioctl: Ioctl<S>, value: UserValue<S>): void {
    const { bytes, relocations } = marshal(ioctl, value);
    this.proxy.ioctl(SERIAL, fd, ioctl.number, bytes, new Uint8Array(relocations.slice().buffer));
  }

  /** A fence that signals when the second of the pair is called. */
  fence(): [fd: number, signal: () => void] {
    const root = this.session.kernel.createTask({ name: 'root', credentials: { uid: 0 } });
    const timeline = root.open(SW_SYNC_PATH);
    const { fence } = root.call(timeline, SW_SYNC_IOC_CREATE_FENCE, { value: 1 });
    return [root.send(fence!, this.task), () => void root.call(timeline, SW_SYNC_IOC_INC, { value: 1 })];
  }

  /** A dma-buf that somebody has promised to write. */
  busyBuffer(): [fd: number, end: () => void] {
    const { task } = this;
    const vgem = task.open('/dev/dri/card1');
    const { handle } = task.call(vgem, modeIoctls.DRM_IOCTL_MODE_CREATE_DUMB, {
      width: 64,
      height: 64,
      bpp: 32,
    });
    const exported = { handle: handle!, flags: DRM_RDWR };
    const { fd } = task.call(vgem, drmIoctls.DRM_IOCTL_PRIME_HANDLE_TO_FD, exported);
    const { out_fence } = task.call(vgem, vgemIoctls.DRM_IOCTL_VGEM_FENCE_ATTACH, {
      handle: handle!,
      flags: VGEM_FENCE_WRITE,
    });
    return [fd!, () => void task.call(vgem, vgemIoctls.DRM_IOCTL_VGEM_FENCE_SIGNAL, { fence: out_fence! })];
  }

  /** A display that shows a picture. */
  display(): { display: DisplayClient; ids: OutputIds } {
    const display = new DisplayClient(this.task);
    const ids = display.output();
    const { fb } = display.buffer(64, 48);
    display.startCommit(lightUp(ids, fb, 64, 48), DRM_MODE_ATOMIC_ALLOW_MODESET);
    this.session.machine.advance(SECOND);
    return { display, ids };
  }

  /** A flip that waits for a fence until the function is called. */
  stall(display: DisplayClient, ids: OutputIds): () => void {
    const [fence, signal] = this.fence();
    const { fb } = display.buffer(64, 48);
    display.commit([[ids.primary, { FB_ID: fb, IN_FENCE_FD: fence }]], DRM_MODE_ATOMIC_NONBLOCK);
    return signal;
  }

  syncobj(): { gpu: number; handle: number; signal: () => void } {
    const { task } = this;
    const gpu = task.open('/dev/dri/renderD128');
    const { handle } = task.call(gpu, syncobjIoctls.DRM_IOCTL_SYNCOBJ_CREATE, {});
    const points = { handles: [handle!], points: [1n] };
    return {
      gpu,
      handle: handle!,
      signal: () => void task.call(gpu, syncobjIoctls.DRM_IOCTL_SYNCOBJ_TIMELINE_SIGNAL, points),
    };
  }
}

/** Starts the call; what is returned lets it return. */
type Start = (world: World) => () => void;

const time = (world: World) => () => world.session.machine.advance(SECOND);

const interruptible: Record<string, Start> = {
  'ATOMIC, blocking, waiting for a fence': world => {
    const { display, ids } = world.display();
    const [fence, signal] = world.fence();
    const { fb } = display.buffer(64, 48);
    world.ioctl(display.fd, modeIoctls.DRM_IOCTL_MODE_ATOMIC, {
      objs_ptr: [ids.primary],
      count_props_ptr: [2],
      props_ptr: [display.property(ids.primary, 'FB_ID'), display.property(ids.primary, 'IN_FENCE_FD')],
      prop_values_ptr: [BigInt(fb), BigInt(fence)],
    });
    return signal;
  },
  'SETCRTC behind a commit that waits for a fence': world => {
    const { display, ids } = world.display();
    const signal = world.stall(display, ids);
    world.ioctl(display.fd, modeIoctls.DRM_IOCTL_MODE_SETCRTC, {
      crtc_id: ids.crtc,
      fb_id: display.buffer(64, 48).fb,
      mode_valid: 1,
      mode: ids.modes[0]!,
      set_connectors_ptr: [ids.connector],
    });
    return signal;
  },
  WAIT_VBLANK: world => {
    const { display } = world.display();
    const request = { type: _DRM_VBLANK_RELATIVE, sequence: 2, signal: 0n };
    world.ioctl(display.fd, drmIoctls.DRM_IOCTL_WAIT_VBLANK, { request });
    return time(world);
  },
  'read of DRM events': world => {
    const { display, ids } = world.display();
    world.task.fcntl(display.fd, F_SETFL, O_RDWR);
    world.proxy.read(SERIAL, display.fd, 1024);
    return () =>
      void world.task.call(display.fd, drmIoctls.DRM_IOCTL_CRTC_QUEUE_SEQUENCE, {
        crtc_id: ids.crtc,
        sequence: 1n,
      });
  },
  'read of an eventfd': world => {
    const fd = world.task.eventfd(0);
    world.proxy.read(SERIAL, fd, 8);
    return () => void world.task.write(fd, new Uint8Array([1, 0, 0, 0, 0, 0, 0, 0]));
  },
  'write of an eventfd that is full': world => {
    const fd = world.task.eventfd(0);
    const full = new Uint8Array(8).fill(0xff);
    full[0] = 0xfe;
    world.task.write(fd, full);
    world.proxy.write(SERIAL, fd, new Uint8Array([1, 0, 0, 0, 0, 0, 0, 0]));
    return () => void world.task.read(fd, 8);
  },
  'poll of a dma-buf': world => {
    const [fd, end] = world.busyBuffer();
    world.proxy.poll(SERIAL, fd, POLLIN);
    return end;
  },
  'DMA_BUF_IOCTL_SYNC, the begin of CPU access': world => {
    const [fd, end] = world.busyBuffer();
    world.ioctl(fd, DMA_BUF_IOCTL_SYNC, { flags: BigInt(DMA_BUF_SYNC_READ | DMA_BUF_SYNC_START) });
    return end;
  },
  SIMGPU_GEM_WAIT: world => {
    const [dmabuf, end] = world.busyBuffer();
    const gpu = world.task.open('/dev/dri/renderD128');
    const { handle } = world.task.call(gpu, drmIoctls.DRM_IOCTL_PRIME_FD_TO_HANDLE, { fd: dmabuf });
    world.ioctl(gpu, simgpuIoctls.SIMGPU_GEM_WAIT, { handle: handle!, timeout: 1000n * SECOND });
    return end;
  },
  SYNCOBJ_WAIT: world => {
    const { gpu, handle, signal } = world.syncobj();
    const wait = { handles: [handle], timeout_nsec: 1000n * SECOND, flags: forSubmit };
    world.ioctl(gpu, syncobjIoctls.DRM_IOCTL_SYNCOBJ_WAIT, wait);
    return signal;
  },
  SYNCOBJ_TIMELINE_WAIT: world => {
    const { gpu, handle, signal } = world.syncobj();
    const wait = { handles: [handle], points: [1n], timeout_nsec: 1000n * SECOND, flags: forSubmit };
    world.ioctl(gpu, syncobjIoctls.DRM_IOCTL_SYNCOBJ_TIMELINE_WAIT, wait);
    return signal;
  },
  'SYNCOBJ_TRANSFER of a point that is not there yet': world => {
    const { gpu, handle, signal } = world.syncobj();
    const { handle: other } = world.task.call(gpu, syncobjIoctls.DRM_IOCTL_SYNCOBJ_CREATE, {});
    const transfer = { src_handle: handle, dst_handle: other!, src_point: 1n, flags: forSubmit };
    world.ioctl(gpu, syncobjIoctls.DRM_IOCTL_SYNCOBJ_TRANSFER, transfer);
    return signal;
  },
};

/** `drm_wait_vblank_ioctl` turns ERESTARTSYS into EINTR. */
const NEVER_RESTARTED = new Set(['WAIT_VBLANK']);

const uninterruptible: Record<string, Start> = {
  'close of the card while its last commit waits for a fence': world => {
    const { display, ids } = world.display();
    const signal = world.stall(display, ids);
    // A mapping would keep the file open.
    world.task.memory.clear();
    world.proxy.close(SERIAL, display.fd);
    return () => {
      signal();
      time(world)();
    };
  },
  'RMFB of a framebuffer that is shown': world => {
    const { display, ids } = world.display();
    const fb_id = Number(display.value(ids.primary, 'FB_ID'));
    world.ioctl(display.fd, modeIoctls.DRM_IOCTL_MODE_RMFB, { fb_id });
    return time(world);
  },
};

let world: World;

beforeEach(async () => {
  world = new World();
  await world.connect();
});
afterEach(() => world.session[Symbol.dispose]());

const { entries } = Object;

describe.each(entries({ ...interruptible, ...uninterruptible }))('%s', (_name, start) => {
  it('sleeps until there is an answer', () => {
    const finish = start(world);
    world.session.machine.settle();
    expect(world.answers).toEqual([]);
    finish();
    world.session.machine.advance(SECOND);
    expect(world.answers).toHaveLength(1);
    expect(world.answers[0]).toBeTypeOf('number');
  });

  it('dies with its process, and leaves no thread behind', () => {
    const finish = start(world);
    world.session.machine.settle();
    world.session.kill(world.client);
    world.session.machine.settle();
    expect(world.task.exited).toBe(true);
    if (_name in interruptible) expect(world.task.sleeping.size).toBe(0);
    else finish();
    world.session.machine.advance(10n * SECOND);
    expect([world.answers, world.task.sleeping.size]).toEqual([[], 0]);
  });
});

describe('signals', () => {
  it.each(entries(interruptible))('end %s with EINTR', (_name, start) => {
    start(world);
    world.session.machine.settle();
    world.proxy.interrupt(SERIAL);
    world.session.machine.settle();
    expect(world.answers).toEqual(['EINTR']);
    expect(world.task.sleeping.size).toBe(0);
  });

  it.each(entries(interruptible).filter(([name]) => !name.startsWith('poll')))(
    'with SA_RESTART have %s begin anew, if it does',
    (name, start) => {
      const finish = start(world);
      world.session.machine.settle();
      for (const thread of world.task.sleeping) thread.interrupt({ restart: true });
      world.session.machine.settle();
      const restarts = !NEVER_RESTARTED.has(name);
      expect(world.answers).toEqual(restarts ? [] : ['EINTR']);
      if (!restarts) return;
      finish();
      world.session.machine.advance(SECOND);
      expect(world.answers).toEqual([expect.any(Number)]);
    },
  );

  it.each(entries(uninterruptible))('do not end %s', (_name, start) => {
    const finish = start(world);
    world.session.machine.settle();
    world.proxy.interrupt(SERIAL);
    world.session.machine.settle();
    expect(world.answers).toEqual([]);
    finish();
    expect(world.answers).toEqual([0]);
  });
});
