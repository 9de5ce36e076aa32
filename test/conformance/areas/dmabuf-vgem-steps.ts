import { attachFence, exportSyncFile, signalFence, syncFile, syncFiles } from '../fences.ts';
import type { State } from '../line.ts';
import type { Probe } from '../probe.ts';
import { type DumbDmaBuf, READ, reservation, WRITE } from './dmabuf-exporters.ts';

const WRITER = 1;
const READER = 0;

/** Readers and writers, one after the other. */
export function attaching(probe: Probe, { fd, device, handle }: DumbDmaBuf): void {
  probe.setup = 'one vgem dumb buffer exported as dma-buf; steps in order';
  /** Returns the number of the fence; `look`: whether what the buffer says is noted. */
  const attach = (name: string, what: string, flags: number, look = false): number => {
    const asked = attachFence(probe, device, handle, flags);
    probe.call(
      name,
      `VGEM_FENCE_ATTACH ${what}`,
      () => asked,
      () => ({ out_fence: asked.out.out_fence, ...(look ? reservation(probe, fd) : {}) }),
    );
    return asked.out.out_fence;
  };
  const signal = (name: string, what: string, fence: number, state: () => State): void => {
    probe.call(name, what, () => signalFence(probe, device, fence), state);
  };
  const writer = attach('attach-write', 'flags=WRITE', WRITER, true);
  const [read, write] = [exportSyncFile(probe, fd, READ).fd, exportSyncFile(probe, fd, WRITE).fd];
  attach('attach-write-again', 'WRITE while WRITE unsignalled', WRITER);
  attach('attach-read-under-write', 'READ while WRITE unsignalled', READER);
  signal('signal', 'VGEM_FENCE_SIGNAL', writer, () => ({
    snapshot_READ: syncFile(probe, read),
    snapshot_WRITE: syncFile(probe, write),
    ...reservation(probe, fd),
  }));
  signal('signal-again', 'VGEM_FENCE_SIGNAL same id', writer, () => ({}));
  probe.task.close(read);
  probe.task.close(write);
  const first = attach('attach-read', 'flags=0', READER, true);
  const second = attach('attach-read-2', 'flags=0 again', READER, true);
  attach('attach-write-under-read', 'WRITE while READ unsignalled', WRITER);
  signal('signal-read-1', 'signal first read fence', first, () => reservation(probe, fd));
  signal('signal-read-2', 'signal second read fence', second, () => reservation(probe, fd));
}

/** An exported sync file knows the fences of that moment, and none that came later. */
export function snapshots(probe: Probe, { fd, device, handle }: DumbDmaBuf): void {
  const { task } = probe;
  probe.setup = 'vgem dma-buf; snapshot semantics: A=WRITE fence; export; signal A; attach B; export; ...';
  const attach = (flags: number): number => attachFence(probe, device, handle, flags).out.out_fence;
  const signal = (fence: number) => signalFence(probe, device, fence);
  const take = (access: number): number => exportSyncFile(probe, fd, access).fd;
  const look = (name: string, what: string, files: { readonly [name: string]: number }): void =>
    probe.observe(`snap.${name}`, what, syncFiles(probe, files));
  const a = attach(WRITER);
  const s1 = take(READ);
  look('1-export-with-A', 'EXPORT READ with A pending', { s1 });
  signal(a);
  const b = attach(WRITER);
  const s2 = take(READ);
  look('2-A-signalled-B-attached', 'A signalled, B attached, s2 exported', { s1, s2 });
  signal(b);
  look('3-B-signalled', 'B signalled', { s1, s2 });
  const readerA = attach(READER);
  const r1 = take(WRITE);
  const readerB = attach(READER);
  const [r2, r3] = [take(WRITE), take(READ)];
  look('4-two-reads', 'read A; s1=export WRITE; read B; s2=export WRITE; s3=export READ', {
    s1: r1,
    s2: r2,
    s3: r3,
  });
  signal(readerA);
  const r4 = take(WRITE);
  look('5-A-signalled', 'signal A; s4=export WRITE', { s1: r1, s2: r2, s3: r3, s4: r4 });
  signal(readerB);
  look('6-B-signalled', 'signal B', { s1: r1, s2: r2, s4: r4 });
  for (const file of [s1, s2, r1, r2, r3, r4]) task.close(file);
}
