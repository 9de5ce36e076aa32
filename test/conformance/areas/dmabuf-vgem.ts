import { DRM_CLOEXEC } from '../../../protocol/uapi/drm.ts';
import { POLLIN } from '../../../protocol/uapi/fcntl.ts';
import { vgemIoctls } from '../../../protocol/uapi/vgem.ts';
import { closeHandle, fdToHandle, handleToFd } from '../buffers.ts';
import { ioctl, openDriver } from '../calls.ts';
import {
  attachFence,
  exportSyncFile,
  importSyncFile,
  incrementTimeline,
  merge,
  openTimeline,
  signalFence,
  syncFile,
  timelineFence,
} from '../fences.ts';
import type { State } from '../line.ts';
import type { Outcome, Probe } from '../probe.ts';
import { type DumbDmaBuf, dumbDmaBuf, READ, reservation, timed, WRITE } from './dmabuf-exporters.ts';
import { attaching, snapshots } from './dmabuf-vgem-steps.ts';

const WRITER = 1;
const READER = 0;

/** Fences that a process attaches to a buffer of vgem and signals itself. */
export function vgemFences(probe: Probe): void {
  const buffer = dumbDmaBuf(probe, 'vgem');
  probe.prefix = 'dmabuf.vgemfence.';
  attaching(probe, buffer);
  snapshots(probe, buffer);
  badArguments(probe, buffer);
  otherOpen(probe, buffer);
  mixed(probe, buffer);
  renderNode(probe, buffer);
  destruction(probe);
  timeout(probe, buffer);
  fullTable(probe, buffer);
  probe.task.close(buffer.device);
  probe.task.close(buffer.fd);
  probe.prefix = '';
  probe.setup = '';
}

function badArguments(probe: Probe, { device, handle }: DumbDmaBuf): void {
  const { DRM_IOCTL_VGEM_FENCE_ATTACH: ATTACH, DRM_IOCTL_VGEM_FENCE_SIGNAL: SIGNAL } = vgemIoctls;
  probe.setup = 'vgem fence ioctl argument checks';
  const attach = (name: string, what: string, to: number, flags: number): void => {
    probe.call(`args.attach-${name}`, `ATTACH ${what}`, () => attachFence(probe, device, to, flags));
  };
  attach('handle0', 'handle=0', 0, READER);
  attach('handle-999', 'handle=999', 999, READER);
  attach('flags-2', 'flags=2', handle, 2);
  probe.call('args.attach-pad-1', 'ATTACH pad=1', () => ioctl(probe, device, ATTACH, { handle, pad: 1 }));
  const preset = ioctl(probe, device, ATTACH, { handle, out_fence: 77 });
  probe.call(
    'args.attach-out_fence-in-77',
    'ATTACH out_fence=77 on input',
    () => preset,
    () => ({ out_fence: preset.out.out_fence }),
  );
  if (!preset.errno) signalFence(probe, device, preset.out.out_fence);
  probe.call('args.signal-0', 'SIGNAL fence=0', () => signalFence(probe, device, 0));
  probe.call('args.signal-999', 'SIGNAL fence=999', () => signalFence(probe, device, 999));
  const fence = attachFence(probe, device, handle, READER).out.out_fence;
  probe.call('args.signal-flags-1', 'SIGNAL flags=1', () =>
    ioctl(probe, device, SIGNAL, { fence, flags: 1 }),
  );
  signalFence(probe, device, fence);
}

/** Another open of the device has the object, but not the fences. */
function otherOpen(probe: Probe, { fd, device, handle }: DumbDmaBuf): void {
  const other = openDriver(probe, 'vgem');
  const mine = attachFence(probe, device, handle, WRITER).out.out_fence;
  probe.call('other-open.signal', 'SIGNAL through another open of vgem', () =>
    signalFence(probe, other, mine),
  );
  const { handle: same } = fdToHandle(probe, other, fd);
  const attach = (name: string, what: string): void => {
    const asked = attachFence(probe, other, same, WRITER);
    probe.call(
      `other-open.${name}`,
      `ATTACH WRITE ${what}`,
      () => asked,
      () => ({ out_fence: asked.out.out_fence }),
    );
  };
  attach('attach-busy', 'on the same object through another open');
  signalFence(probe, device, mine);
  attach('attach', 'through the other open after signal');
  const snapshot = exportSyncFile(probe, fd, READ).fd;
  probe.task.close(other);
  probe.observe('other-open.closed-pending', 'that open closed with its fence pending', {
    snapshot: syncFile(probe, snapshot),
    ...reservation(probe, fd),
  });
  probe.task.close(snapshot);
}

/** With fences of somebody else in the same buffer. */
function mixed(probe: Probe, { fd, device, handle }: DumbDmaBuf): void {
  const timeline = openTimeline(probe);
  const fence = timelineFence(probe, timeline, 1);
  probe.setup = 'vgem dma-buf with an imported sw_sync fence pending';
  const attach = (name: string, what: string, flags: number, state?: () => State): void => {
    const asked = attachFence(probe, device, handle, flags);
    probe.call(`mixed.${name}`, what, () => asked, state);
    if (!asked.errno) signalFence(probe, device, asked.out.out_fence);
  };
  importSyncFile(probe, fd, READ, fence);
  attach('read-import-attach-read', 'IMPORT READ; ATTACH READ', READER, () => reservation(probe, fd));
  attach('read-import-attach-write', 'ATTACH WRITE over imported READ', WRITER);
  importSyncFile(probe, fd, WRITE, fence);
  attach('write-import-attach-read', 'ATTACH READ over imported WRITE', READER);
  incrementTimeline(probe, timeline, 1);
  attach('after-signal', 'ATTACH WRITE after sw_inc', WRITER);
  probe.task.close(fence);
  probe.task.close(timeline);
}

function renderNode(probe: Probe, { fd }: DumbDmaBuf): void {
  const node = openDriver(probe, 'vgem', 'renderD');
  probe.setup = 'vgem render node';
  if (node < 0) return;
  const { handle } = fdToHandle(probe, node, fd);
  const asked = attachFence(probe, node, handle, WRITER);
  probe.call('render.attach', 'ATTACH WRITE via render node', () => asked);
  probe.call('render.signal', 'SIGNAL via render node', () => signalFence(probe, node, asked.out.out_fence));
  probe.task.close(node);
}

function destruction(probe: Probe): void {
  const { task } = probe;
  const { fd, device, handle } = dumbDmaBuf(probe, 'vgem');
  attachFence(probe, device, handle, WRITER);
  const snapshot = exportSyncFile(probe, fd, READ).fd;
  probe.setup = 'pending vgem WRITE fence; snapshot held';
  const steps: [name: string, what: string, step: () => unknown][] = [
    ['1-gemclose', 'GEM_CLOSE handle', () => closeHandle(probe, device, handle)],
    ['2-close-dmabuf', 'close(dma-buf)', () => task.close(fd)],
    ['3-close-drm', 'close(vgem fd)', () => task.close(device)],
  ];
  for (const [name, what, step] of steps) {
    step();
    probe.observe(`destroy.${name}`, what, { s: syncFile(probe, snapshot) });
  }
  task.close(snapshot);
}

/** Fences that nobody signals. */
function timeout(probe: Probe, { fd, device, handle }: DumbDmaBuf): void {
  probe.setup = 'vgem WRITE fence left unsignalled';
  const fence = attachFence(probe, device, handle, WRITER).out.out_fence;
  const snapshot = exportSyncFile(probe, fd, READ).fd;
  const { answer, took } = timed(probe, () => probe.poll(snapshot, POLLIN, 15000));
  probe.observe('timeout.poll', 'poll(sync_file, POLLIN, 15000)', {
    poll_ret: answer.ret,
    elapsed_s: Math.round(took / 100) / 10,
    s: syncFile(probe, snapshot),
    ...reservation(probe, fd),
  });
  const signal = (): Outcome => signalFence(probe, device, fence);
  probe.call('timeout.signal-after', 'VGEM_FENCE_SIGNAL after the timeout', signal);
  probe.call('timeout.signal-after-2', 'again', signal);
  const asked = attachFence(probe, device, handle, WRITER);
  probe.call('timeout.attach-after', 'ATTACH WRITE after the timeout', () => asked);
  if (!asked.errno) signalFence(probe, device, asked.out.out_fence);
  const timeline = openTimeline(probe);
  const merged = merge(probe, snapshot, timelineFence(probe, timeline, 1), 'mt');
  const look = (name: string, what: string): void =>
    probe.observe(`timeout.${name}`, what, { m: syncFile(probe, merged) });
  look('merge-with-pending', 'merge(timed-out, pending)');
  incrementTimeline(probe, timeline, 1);
  look('merge-with-signalled', 'pending now signalled');
}

function fullTable(probe: Probe, { fd, device, handle }: DumbDmaBuf): void {
  const { files } = probe.task;
  const { limit } = files;
  const free = probe.task.dup(0);
  probe.task.close(free);
  files.limit = free;
  probe.setup = 'RLIMIT_NOFILE lowered so no fd is free';
  probe.call('emfile.export', 'EXPORT_SYNC_FILE READ', () => exportSyncFile(probe, fd, READ));
  probe.call('emfile.prime', 'PRIME_HANDLE_TO_FD', () => handleToFd(probe, device, handle, DRM_CLOEXEC));
  files.limit = limit;
}
