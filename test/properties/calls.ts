import * as k from '../../compositor/kernel/index.ts';
import { SW_SYNC_IOC_CREATE_FENCE, SW_SYNC_IOC_INC } from '../../protocol/uapi/sw-sync.ts';
import {
  anyDescriptor,
  below,
  type Choice,
  descriptor,
  device,
  gemHandle,
  ofKind,
  oneOf,
  process,
  syncobjHandle,
} from './arguments.ts';
import { SIDE } from './display.ts';
import type { World } from './world.ts';

/** A kernel call of a program: what its arguments are chosen from, and what it does. */
export interface Call {
  readonly choices: readonly Choice[];
  /** Not a system call: its steps are not made to fail. */
  readonly whole?: true;
  /** It takes pages of a memfd, which stay the memfd's: memory is not compared after a failure. */
  readonly populates?: true;
  /** Ends so much that it comes seldom. */
  readonly seldom?: true;
  /** `task` is a process by its place; what is returned is shown in the script. */
  run(world: World, task: number, ...args: number[]): unknown;
}

const PAGE = 4096;
const dmaBuf = ofKind('dma-buf');
const syncFile = ofKind('sync_file');
const eventfd = ofKind('eventfd');
const simgpu = device('simgpu');
const vgem = device('vgem');
const simkms = device('simkms');
const drm = descriptor(({ operations }) => operations.kind === 'drm');
/** None, READ, WRITE, both. */
const access = below(4);
const point = below(5);
const pages = oneOf(1, 2, 4);
const waitFlags = below(8);
/** Milliseconds from now; 0 looks once. */
const patience = oneOf(0, 1, 50, 20_000);

const commitFlags = oneOf(
  k.DRM_MODE_ATOMIC_ALLOW_MODESET,
  k.DRM_MODE_ATOMIC_ALLOW_MODESET | k.DRM_MODE_ATOMIC_NONBLOCK,
  k.DRM_MODE_ATOMIC_ALLOW_MODESET | k.DRM_MODE_ATOMIC_TEST_ONLY,
  k.DRM_MODE_ATOMIC_NONBLOCK,
);

const { syncobjIoctls, simgpuIoctls, vgemIoctls, drmIoctls, modeIoctls } = k;

const deadline = (world: World, milliseconds: number): bigint =>
  milliseconds === 0 ? 0n : world.machine.now() + BigInt(milliseconds) * k.MILLISECOND;

const spin = (milliseconds: number) => ({
  opcode: k.SIMGPU_OP_SPIN,
  duration_ns: BigInt(milliseconds) * k.MILLISECOND,
});

/** Fills a row of 16 pixels, or copies one to another. */
function render(target: number, source: number) {
  const size = { width: 16, height: 1, format: k.DRM_FORMAT_XRGB8888, offsets: [0, 0], pitches: [64, 0] };
  const area = { x1: 0, y1: 0, x2: 16, y2: 1 };
  const common = { target: { handle: target, ...size }, destination: area, clip: area };
  if (source === 0 || source === target) return { opcode: k.SIMGPU_OP_FILL, alpha: 0xffff, ...common };
  const source_rect = { x: 0, y: 0, w: 16 << 16, h: 1 << 16 };
  return { opcode: k.SIMGPU_OP_COPY, source: { handle: source, ...size }, source_rect, ...common };
}

const memory: Record<string, Call> = {
  memfd: {
    choices: [pages],
    run(world, at, count) {
      const fd = world.task(at).memfdCreate('pages');
      world.task(at).truncate(fd, BigInt(count! * PAGE));
      return fd;
    },
  },
  seal: {
    choices: [ofKind('memfd'), below(32)],
    run: (world, at, fd, seals) => world.task(at).fcntl(fd!, k.F_ADD_SEALS, seals),
  },
  truncate: {
    choices: [ofKind('memfd'), pages],
    run: (world, at, fd, count) => world.task(at).truncate(fd!, BigInt(count! * PAGE)),
  },
  udmabuf: {
    populates: true,
    choices: [ofKind('udmabuf device'), ofKind('memfd'), pages],
    run: (world, at, fd, memfd, count) =>
      world
        .task(at)
        .callForNumber(fd!, k.UDMABUF_CREATE, { memfd: memfd! >>> 0, size: BigInt(count! * PAGE) }),
  },
  map: { choices: [anyDescriptor, pages], run: (world, at, fd, count) => world.map(at, fd!, count! * PAGE) },
  mapObject: {
    choices: [simgpu, gemHandle],
    run(world, at, fd, handle) {
      const { offset } = world.task(at).call(fd!, simgpuIoctls.SIMGPU_GEM_MMAP_OFFSET, { handle: handle! });
      return world.map(at, fd!, PAGE, offset!);
    },
  },
  unmap: { whole: true, choices: [below(64)], run: (world, at, which) => world.unmap(at, which!) },
};

const descriptors: Record<string, Call> = {
  dup: { choices: [anyDescriptor], run: (world, at, fd) => world.task(at).dup(fd!) },
  close: { choices: [anyDescriptor], run: (world, at, fd) => world.task(at).close(fd!) },
  send: {
    choices: [anyDescriptor, process],
    run: (world, at, fd, to) => world.task(at).send(fd!, world.task(to!)),
  },
  exit: { whole: true, seldom: true, choices: [], run: (world, at) => world.restart(at) },
  eventfd: { choices: [], run: (world, at) => world.task(at).eventfd() },
  read: { choices: [anyDescriptor], run: (world, at, fd) => world.task(at).read(fd!, 8).length },
  poll: {
    choices: [anyDescriptor, oneOf(1, 4, 5)],
    run: (world, at, fd, events) => world.task(at).poll(fd!, events!),
  },
  watch: {
    choices: [anyDescriptor, oneOf(1, 4, 5)],
    run: (world, at, fd, events) => world.watch(at, fd!, events!),
  },
  interrupt: { whole: true, choices: [below(64)], run: (world, at, which) => world.interrupt(at, which!) },
  settle: { whole: true, choices: [], run: world => world.machine.settle() },
  advance: {
    whole: true,
    choices: [oneOf(1, 20, 3000, 11_000)],
    run: (world, _at, milliseconds) => world.machine.advance(BigInt(milliseconds!) * k.MILLISECOND),
  },
};

const fences: Record<string, Call> = {
  createFence: {
    choices: [ofKind('sw_sync'), below(6)],
    run: (world, at, fd, value) =>
      world.task(at).call(fd!, SW_SYNC_IOC_CREATE_FENCE, { value: value! }).fence,
  },
  increment: {
    choices: [ofKind('sw_sync'), below(3)],
    run: (world, at, fd, value) => world.task(at).call(fd!, SW_SYNC_IOC_INC, { value: value! }).value,
  },
  merge: { choices: [syncFile, syncFile], run: (world, at, fd, other) => world.merge(at, fd!, other!) },
  fileInfo: {
    choices: [syncFile, oneOf(0, 1, 64)],
    run: (world, at, fd, room) => world.fileInfo(at, fd!, room!),
  },
  exportSyncFile: {
    choices: [dmaBuf, access],
    run: (world, at, fd, flags) =>
      world.task(at).call(fd!, k.DMA_BUF_IOCTL_EXPORT_SYNC_FILE, { flags: flags!, fd: -1 }).fd,
  },
  importSyncFile: {
    choices: [dmaBuf, access, syncFile],
    run: (world, at, fd, flags, fence) =>
      world.start(at, fd!, k.DMA_BUF_IOCTL_IMPORT_SYNC_FILE, { flags: flags!, fd: fence! }),
  },
  cpuAccess: {
    choices: [dmaBuf, below(8)],
    run: (world, at, fd, flags) => world.start(at, fd!, k.DMA_BUF_IOCTL_SYNC, { flags: BigInt(flags!) }),
  },
  vgemAttach: {
    choices: [vgem, gemHandle, below(2)],
    run: (world, at, fd, handle, flags) =>
      world.start(at, fd!, vgemIoctls.DRM_IOCTL_VGEM_FENCE_ATTACH, { handle: handle!, flags: flags! }),
  },
  vgemSignal: {
    choices: [vgem, below(6)],
    run: (world, at, fd, fence) =>
      void world.task(at).call(fd!, vgemIoctls.DRM_IOCTL_VGEM_FENCE_SIGNAL, { fence: fence!, flags: 0 }),
  },
};

const objects: Record<string, Call> = {
  createDumb: {
    choices: [vgem],
    run: (world, at, fd) =>
      world.task(at).call(fd!, modeIoctls.DRM_IOCTL_MODE_CREATE_DUMB, { width: 16, height: 16, bpp: 32 })
        .handle,
  },
  createBuffer: {
    choices: [simgpu, pages],
    run: (world, at, fd, count) =>
      world.task(at).call(fd!, simgpuIoctls.SIMGPU_GEM_CREATE, { size: BigInt(count! * PAGE) }).handle,
  },
  closeHandle: {
    choices: [drm, gemHandle],
    run: (world, at, fd, handle) =>
      void world.task(at).call(fd!, drmIoctls.DRM_IOCTL_GEM_CLOSE, { handle: handle! }),
  },
  exportHandle: {
    choices: [drm, gemHandle, oneOf(0, k.DRM_RDWR)],
    run: (world, at, fd, handle, flags) =>
      world.task(at).call(fd!, drmIoctls.DRM_IOCTL_PRIME_HANDLE_TO_FD, { handle: handle!, flags: flags! }).fd,
  },
  importHandle: {
    choices: [drm, dmaBuf],
    run: (world, at, fd, buffer) =>
      world.task(at).call(fd!, drmIoctls.DRM_IOCTL_PRIME_FD_TO_HANDLE, { fd: buffer! }).handle,
  },
  createContext: {
    choices: [simgpu, below(3)],
    run: (world, at, fd, priority) =>
      world.task(at).call(fd!, simgpuIoctls.SIMGPU_CONTEXT_CREATE, { priority: priority! }).id,
  },
  destroyContext: {
    choices: [simgpu, oneOf(1, 2, 3)],
    run: (world, at, fd, id) =>
      void world.task(at).call(fd!, simgpuIoctls.SIMGPU_CONTEXT_DESTROY, { id: id! }),
  },
  waitForBuffer: {
    choices: [simgpu, gemHandle, below(2), patience],
    run: (world, at, fd, handle, flags, milliseconds) =>
      world.start(at, fd!, simgpuIoctls.SIMGPU_GEM_WAIT, {
        handle: handle!,
        flags: flags!,
        timeout: deadline(world, milliseconds!),
      }),
  },
  /** Spins, and draws from one buffer into another. */
  submit: {
    choices: [simgpu, gemHandle, gemHandle, oneOf(0, 5, 2500), oneOf(0, 2, 4, 6)],
    run: (world, at, fd, target, source, milliseconds, flags) =>
      world.start(at, fd!, simgpuIoctls.SIMGPU_SUBMIT, {
        context: 1,
        flags: flags!,
        commands: [spin(milliseconds!), render(target!, source!)],
      }),
  },
  /** Waits for a sync file and a point, and leaves its fence at another point. */
  submitSynced: {
    choices: [simgpu, syncFile, syncobjHandle, syncobjHandle, point],
    run: (world, at, fd, fence, from, to, value) =>
      world.start(at, fd!, simgpuIoctls.SIMGPU_SUBMIT, {
        context: 1,
        flags: k.SIMGPU_SUBMIT_FENCE_IN | k.SIMGPU_SUBMIT_FENCE_OUT | k.SIMGPU_SUBMIT_SYNCOBJ,
        in_fence_fd: fence!,
        commands: [spin(1)],
        in_syncs: value === 0 ? [] : [{ handle: from!, point: 0n }],
        out_syncs: [{ handle: to!, point: BigInt(value!) }],
      }),
  },
};

const display: Record<string, Call> = {
  createScanout: {
    choices: [simkms],
    run: (world, at, fd) =>
      world.task(at).call(fd!, modeIoctls.DRM_IOCTL_MODE_CREATE_DUMB, { width: SIDE, height: SIDE, bpp: 32 })
        .handle,
  },
  addFramebuffer: {
    choices: [simkms, gemHandle],
    run: (world, at, _fd, handle) => world.display(at).addFramebuffer(handle!),
  },
  removeFramebuffer: {
    choices: [below(8)],
    run: (world, at, which) => world.answerOf(world.display(at).removeFramebuffer(which!)),
  },
  commit: {
    choices: [below(8), syncFile, below(4), commitFlags],
    run: (world, at, which, fence, wants, flags) =>
      world.answerOf(world.display(at).commit(which!, fence!, wants!, flags!)),
  },
  flip: {
    choices: [below(8), below(4), commitFlags],
    run: (world, at, which, wants, flags) =>
      world.answerOf(world.display(at).commit(which!, -1, wants!, flags!)),
  },
};

const pointOf = (value: number | undefined): bigint => BigInt(value!);

const syncobjs: Record<string, Call> = {
  syncobjCreate: {
    choices: [simgpu, below(2)],
    run: (world, at, fd, flags) =>
      world.task(at).call(fd!, syncobjIoctls.DRM_IOCTL_SYNCOBJ_CREATE, { flags: flags! }).handle,
  },
  syncobjDestroy: {
    choices: [simgpu, syncobjHandle],
    run: (world, at, fd, handle) =>
      void world.task(at).call(fd!, syncobjIoctls.DRM_IOCTL_SYNCOBJ_DESTROY, { handle: handle! }),
  },
  syncobjToFd: {
    choices: [simgpu, syncobjHandle],
    run: (world, at, fd, handle) =>
      world.task(at).call(fd!, syncobjIoctls.DRM_IOCTL_SYNCOBJ_HANDLE_TO_FD, { handle: handle! }).fd,
  },
  syncobjFromFd: {
    choices: [simgpu, ofKind('syncobj_file')],
    run: (world, at, fd, from) =>
      world.task(at).call(fd!, syncobjIoctls.DRM_IOCTL_SYNCOBJ_FD_TO_HANDLE, { fd: from! }).handle,
  },
  syncobjExportFence: {
    choices: [simgpu, syncobjHandle, point],
    run: (world, at, fd, handle, value) =>
      world.task(at).call(fd!, syncobjIoctls.DRM_IOCTL_SYNCOBJ_HANDLE_TO_FD, {
        handle: handle!,
        flags: k.DRM_SYNCOBJ_HANDLE_TO_FD_FLAGS_EXPORT_SYNC_FILE | k.DRM_SYNCOBJ_HANDLE_TO_FD_FLAGS_TIMELINE,
        point: pointOf(value),
      }).fd,
  },
  syncobjImportFence: {
    choices: [simgpu, syncobjHandle, syncFile, point],
    run: (world, at, fd, handle, fence, value) =>
      void world.task(at).call(fd!, syncobjIoctls.DRM_IOCTL_SYNCOBJ_FD_TO_HANDLE, {
        handle: handle!,
        fd: fence!,
        flags: k.DRM_SYNCOBJ_FD_TO_HANDLE_FLAGS_IMPORT_SYNC_FILE | k.DRM_SYNCOBJ_FD_TO_HANDLE_FLAGS_TIMELINE,
        point: pointOf(value),
      }),
  },
  syncobjReset: {
    choices: [simgpu, syncobjHandle],
    run: (world, at, fd, handle) =>
      void world.task(at).call(fd!, syncobjIoctls.DRM_IOCTL_SYNCOBJ_RESET, { handles: [handle!] }),
  },
  syncobjSignal: {
    choices: [simgpu, syncobjHandle],
    run: (world, at, fd, handle) =>
      void world.task(at).call(fd!, syncobjIoctls.DRM_IOCTL_SYNCOBJ_SIGNAL, { handles: [handle!] }),
  },
  syncobjTimelineSignal: {
    choices: [simgpu, syncobjHandle, syncobjHandle, point],
    run: (world, at, fd, one, other, value) =>
      void world.task(at).call(fd!, syncobjIoctls.DRM_IOCTL_SYNCOBJ_TIMELINE_SIGNAL, {
        handles: [one!, other!],
        points: [pointOf(value), pointOf(value! + 1)],
      }),
  },
  syncobjQuery: {
    choices: [simgpu, syncobjHandle, below(2)],
    run: (world, at, fd, handle, flags) =>
      world
        .task(at)
        .call(fd!, syncobjIoctls.DRM_IOCTL_SYNCOBJ_QUERY, { handles: [handle!], points: [0n], flags: flags! })
        .points,
  },
  syncobjWait: {
    choices: [simgpu, syncobjHandle, syncobjHandle, waitFlags, patience],
    run: (world, at, fd, one, other, flags, milliseconds) =>
      world.start(at, fd!, syncobjIoctls.DRM_IOCTL_SYNCOBJ_WAIT, {
        handles: [one!, other!],
        flags: flags! & 3,
        timeout_nsec: deadline(world, milliseconds!),
      }),
  },
  syncobjTimelineWait: {
    choices: [simgpu, syncobjHandle, point, waitFlags, patience],
    run: (world, at, fd, handle, value, flags, milliseconds) =>
      world.start(at, fd!, syncobjIoctls.DRM_IOCTL_SYNCOBJ_TIMELINE_WAIT, {
        handles: [handle!],
        points: [pointOf(value)],
        flags: flags!,
        timeout_nsec: deadline(world, milliseconds!),
      }),
  },
  syncobjTransfer: {
    choices: [
      simgpu,
      syncobjHandle,
      point,
      syncobjHandle,
      point,
      oneOf(0, k.DRM_SYNCOBJ_WAIT_FLAGS_WAIT_FOR_SUBMIT),
    ],
    run: (world, at, fd, from, fromPoint, to, toPoint, flags) =>
      world.start(at, fd!, syncobjIoctls.DRM_IOCTL_SYNCOBJ_TRANSFER, {
        src_handle: from!,
        src_point: pointOf(fromPoint),
        dst_handle: to!,
        dst_point: pointOf(toPoint),
        flags: flags!,
      }),
  },
  syncobjEventfd: {
    choices: [simgpu, syncobjHandle, point, oneOf(0, k.DRM_SYNCOBJ_WAIT_FLAGS_WAIT_AVAILABLE), eventfd],
    run: (world, at, fd, handle, value, flags, target) =>
      void world.task(at).call(fd!, syncobjIoctls.DRM_IOCTL_SYNCOBJ_EVENTFD, {
        handle: handle!,
        point: pointOf(value),
        flags: flags!,
        fd: target!,
      }),
  },
};

/** By name. */
export const calls: { readonly [name: string]: Call } = {
  ...memory,
  ...descriptors,
  ...fences,
  ...objects,
  ...display,
  ...syncobjs,
};
