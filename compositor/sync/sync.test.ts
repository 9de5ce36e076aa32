import { describe, expect, it } from 'vitest';
import { syncobjIoctls } from '../../protocol/uapi/syncobj.ts';
import { createDevices } from '../devices.ts';
import type { Task } from '../kernel/task/index.ts';
import { FencedRelease, TestClient, TestDesktop } from '../output/testing.ts';
import type { Acquire, TimelinePoint } from '../scene/synchronisation.ts';
import { adoptDescriptor } from './descriptor.ts';

const PLACE = { x: 4, y: 4, width: 16, height: 16 };
const JOB = 50_000_000n;

/** A timeline that a client made and the compositor imported. */
class TestTimeline {
  readonly point: (point: bigint) => TimelinePoint;
  readonly #task: Task;
  readonly #device: number;
  readonly #handle: number;

  constructor(desktop: TestDesktop, client: TestClient) {
    this.#task = client.task;
    this.#device = client.task.open('/dev/dri/renderD128');
    this.#handle = this.#call('DRM_IOCTL_SYNCOBJ_CREATE', {}).handle;
    const { fd } = this.#task.call(this.#device, syncobjIoctls.DRM_IOCTL_SYNCOBJ_HANDLE_TO_FD, {
      handle: this.#handle,
    });
    const sent = client.task.send(fd, desktop.task);
    const imported = desktop.display.capabilities.importTimeline(sent);
    if ('error' in imported) throw new Error(imported.error);
    desktop.task.close(sent);
    this.point = point => ({ timeline: imported.value.timeline, point });
  }

  signal(point: bigint): void {
    this.#task.call(this.#device, syncobjIoctls.DRM_IOCTL_SYNCOBJ_TIMELINE_SIGNAL, {
      handles: [this.#handle],
      points: [point],
    });
  }

  /** Makes a sync file of the client the fence of a point. */
  submit(point: bigint, syncFile: number): void {
    const { handle } = this.#call('DRM_IOCTL_SYNCOBJ_CREATE', {});
    this.#task.call(this.#device, syncobjIoctls.DRM_IOCTL_SYNCOBJ_FD_TO_HANDLE, {
      handle,
      flags: 1,
      fd: syncFile,
    });
    this.#task.call(this.#device, syncobjIoctls.DRM_IOCTL_SYNCOBJ_TRANSFER, {
      src_handle: handle,
      dst_handle: this.#handle,
      dst_point: point,
    });
  }

  /** The newest point that is signalled. */
  get signalled(): bigint {
    const { points } = this.#task.call(this.#device, syncobjIoctls.DRM_IOCTL_SYNCOBJ_QUERY, {
      handles: [this.#handle],
      points: [0n],
    });
    return Array.isArray(points) ? points[0]! : -1n;
  }

  #call(name: 'DRM_IOCTL_SYNCOBJ_CREATE', value: { flags?: number }) {
    return this.#task.call(this.#device, syncobjIoctls[name], value);
  }
}

describe('an acquire fence', () => {
  it('of the buffer itself holds its commit back, and no other', () => {
    const desktop = new TestDesktop(createDevices);
    const client = new TestClient(desktop);
    const slow = desktop.window('slow', PLACE);
    const quick = desktop.window('quick', { ...PLACE, x: 32 });
    const buffer = client.dmabuf(16, 16);
    client.render(buffer, 0xff0000, JOB);
    desktop.commit(slow, buffer);
    const page = client.singlePixel(0xff00ff00);
    quick.pending.viewport = { source: null, destination: { width: 16, height: 16 } };
    desktop.commit(quick, page);
    desktop.frames(1);
    expect([slow.state.sequence, quick.state.sequence]).toEqual([0, 1]);
    expect(desktop.log.join('\n')).toContain('commit of slow waits');
    desktop.machine.advance(JOB);
    expect(slow.state.sequence).toBe(1);
    expect(desktop.screenshot().at(5, 5)).toBe('ff0000');
  });

  it('waits for writers and not for readers', () => {
    const desktop = new TestDesktop(createDevices);
    const client = new TestClient(desktop);
    const buffer = client.dmabuf(16, 16);
    const acquire: Acquire = { kind: 'implicit', buffer };
    expect(desktop.display.acquire.wait(acquire, 'nobody')).toBeNull();
    client.render(buffer, 0xff0000, JOB);
    expect(desktop.display.acquire.wait(acquire, 'a writer')?.ready).toBe(false);
  });

  it('as a sync file lets the commit go when it signals', () => {
    const desktop = new TestDesktop(createDevices);
    const client = new TestClient(desktop);
    const surface = desktop.window('window', PLACE);
    const buffer = client.dmabuf(16, 16);
    const fence = client.task.send(client.render(buffer, 0xff0000, JOB), desktop.task);
    const open = desktop.task.files.size;
    desktop.commit(surface, buffer, {
      acquire: { kind: 'sync-file', fence: adoptDescriptor(desktop.task, fence) },
    });
    desktop.machine.advance(JOB / 2n);
    expect(surface.state.sequence).toBe(0);
    desktop.machine.advance(JOB);
    expect(surface.state.sequence).toBe(1);
    surface.destroy();
    expect(desktop.task.files.size).toBeLessThan(open + 6);
  });

  it('of a point may have no fence yet', () => {
    const desktop = new TestDesktop(createDevices);
    const client = new TestClient(desktop);
    const surface = desktop.window('window', PLACE);
    const timeline = new TestTimeline(desktop, client);
    const buffer = client.dmabuf(16, 16);
    desktop.commit(surface, buffer, { acquire: { kind: 'timeline', acquire: timeline.point(3n) } });
    desktop.frames(3);
    expect(surface.state.sequence).toBe(0);
    timeline.submit(3n, client.render(buffer, 0xff0000, JOB));
    desktop.frames(1);
    expect(surface.state.sequence).toBe(0);
    desktop.machine.advance(JOB);
    expect(surface.state.sequence).toBe(1);
  });

  it('that ends in error counts as ready, and is reported', () => {
    const desktop = new TestDesktop(createDevices);
    const client = new TestClient(desktop);
    const surface = desktop.window('window', PLACE);
    const buffer = client.dmabuf(16, 16);
    // Never ends by itself: the device resets the engine after two seconds.
    client.render(buffer, 0xff0000, 0xffff_ffff_ffff_ffffn);
    desktop.commit(surface, buffer);
    desktop.machine.advance(3_000_000_000n);
    expect(surface.state.sequence).toBe(1);
    expect(desktop.log.join('\n')).toMatch(/acquire fence of window failed.*errno/);
  });

  it('gives everything back when its surface goes first', () => {
    const desktop = new TestDesktop(createDevices);
    const client = new TestClient(desktop);
    desktop.frames(3);
    const open = desktop.task.files.size;
    const surface = desktop.window('window', PLACE);
    const timeline = new TestTimeline(desktop, client);
    const buffer = client.dmabuf(16, 16);
    const release = new FencedRelease(desktop, 'a');
    const acquire: Acquire = { kind: 'timeline', acquire: timeline.point(1n) };
    desktop.commit(surface, buffer, { acquire, targets: { fenced: release.target } });
    surface.destroy();
    client.destroy(buffer);
    desktop.machine.settle();
    expect(release.times).toBe(1);
    expect(desktop.task.files.size).toBe(open);
  });
});

describe('a release point', () => {
  it('gets the release fence, each commit its own', () => {
    const desktop = new TestDesktop(createDevices);
    const client = new TestClient(desktop);
    const surface = desktop.window('window', { x: 0, y: 0, width: 64, height: 48 });
    const timeline = new TestTimeline(desktop, client);
    timeline.signal(1n);
    const buffers = [client.dmabuf(64, 48), client.dmabuf(64, 48)];
    for (const [frame, point] of [2n, 3n, 4n].entries()) {
      desktop.commit(surface, buffers[frame % 2]!, { targets: { point: timeline.point(point) } });
      desktop.frames(3);
      expect(timeline.signalled).toBe(point - 1n);
    }
    surface.destroy();
    if (surface.role?.kind === 'toplevel') desktop.scene.removeWindow(surface.role.window);
    desktop.frames(3);
    expect(timeline.signalled).toBe(4n);
  });
});

it('a client that queues work after its commit holds nobody up', () => {
  for (const scanout of [true, false]) {
    const desktop = new TestDesktop(createDevices);
    const client = new TestClient(desktop);
    const surface = desktop.window('window', PLACE);
    if (!scanout) desktop.commit(desktop.window('glass', PLACE), client.shm(16, 16, { format: 0x34325241 }));
    const buffer = client.dmabuf(16, 16);
    desktop.frames(3);
    const answers = desktop.follow(surface, 'frame');
    desktop.commit(surface, buffer);
    // The render engine itself is shared: what waits for it is drawn before.
    desktop.machine.runUntil(() => desktop.display.statistics.outputs[0]!.state === 'flipping', 50_000_000n);
    client.render(buffer, 0xff0000, 500_000_000n);
    desktop.frames(3);
    expect(answers.presented).toHaveLength(1);
  }
});
