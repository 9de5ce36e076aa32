import { describe, expect, it } from 'vitest';
import { createDevices } from '../devices.ts';
import { FencedRelease, TestClient, TestDesktop } from './testing.ts';

const FULL = { x: 0, y: 0, width: 64, height: 48 };
const SMALL = { x: 4, y: 4, width: 16, height: 16 };

describe('of a buffer on a plane', () => {
  it('comes with the commit that replaces it, and its fence signals at that flip', () => {
    const desktop = new TestDesktop(createDevices);
    const client = new TestClient(desktop);
    const surface = desktop.window('window', FULL);
    const [a, b] = [client.dmabuf(64, 48), client.dmabuf(64, 48)];
    const release = new FencedRelease(desktop, 'a');
    desktop.commit(surface, a, { name: 'a', targets: { fenced: release.target } });
    desktop.frames(3);
    expect(desktop.display.statistics.outputs[0]?.scannedOut).toBe(1);
    const answers = desktop.follow(surface, 'b');
    desktop.commit(surface, b, { name: 'b' });
    // The plane holds it still.
    expect(release.kind).toBe('none');
    desktop.machine.runUntil(() => release.kind !== 'none', 50_000_000n);
    expect([release.kind, release.signalled]).toEqual(['fenced', false]);
    desktop.machine.runUntil(() => release.signalled, 50_000_000n);
    expect(answers.presented).toEqual([]);
    desktop.frames(2);
    expect(answers.presented).toHaveLength(1);
    // vsync, hw_clock, hw_completion, zero_copy
    expect(answers.presented[0]?.flags).toBe(15);
    expect(desktop.events.slice(0, 2)).toEqual(['fenced a', 'release a']);
    expect(desktop.events.slice(2).sort()).toEqual(['done b', 'signalled a']);
  });

  it('follows the snapshot rule: what the client submits afterwards is not in the fence', () => {
    const desktop = new TestDesktop(createDevices);
    const client = new TestClient(desktop);
    const surface = desktop.window('window', FULL);
    const [a, b] = [client.dmabuf(64, 48), client.dmabuf(64, 48)];
    const release = new FencedRelease(desktop, 'a');
    desktop.commit(surface, a, { targets: { fenced: release.target } });
    desktop.frames(3);
    desktop.commit(surface, b);
    desktop.machine.runUntil(() => release.kind !== 'none', 50_000_000n);
    client.render(a, 0xff0000, 400_000_000n);
    desktop.frames(3);
    expect(release.signalled).toBe(true);
  });

  it('is given when the window goes, and the client, and the output', () => {
    for (const leave of ['surface', 'client', 'output'] as const) {
      const desktop = new TestDesktop(createDevices);
      const client = new TestClient(desktop);
      const surface = desktop.window('window', FULL);
      const buffer = client.dmabuf(64, 48);
      const release = new FencedRelease(desktop, 'a');
      desktop.commit(surface, buffer, { targets: { fenced: release.target } });
      desktop.frames(3);
      client.destroy(buffer);
      if (leave === 'client') client.task.exit();
      if (leave === 'output') desktop.display.remove('Virtual-1');
      surface.destroy();
      if (surface.role?.kind === 'toplevel') desktop.scene.removeWindow(surface.role.window);
      desktop.frames(4);
      expect([leave, release.times, release.signalled]).toEqual([leave, 1, true]);
      expect(buffer.lifetime.holders).toEqual([]);
    }
  });
});

describe('of a composed buffer', () => {
  it('waits for the job that reads it and for nothing else', () => {
    const desktop = new TestDesktop(createDevices);
    const client = new TestClient(desktop);
    const surface = desktop.window('window', SMALL);
    const cover = desktop.window('cover', SMALL);
    // Glass above it keeps it off the planes.
    const glass = client.shm(16, 16, { format: 0x34325241 });
    desktop.commit(cover, glass);
    const [a, b] = [client.dmabuf(16, 16), client.dmabuf(16, 16)];
    const release = new FencedRelease(desktop, 'a');
    desktop.commit(surface, a, { name: 'a', targets: { fenced: release.target } });
    desktop.raise(cover);
    desktop.frames(3);
    expect(desktop.display.statistics.scannedOut).toBe(0);
    desktop.commit(surface, b, { name: 'b' });
    // Its frame was drawn long ago: the release comes with the commit that supersedes it.
    expect([release.kind, release.times]).toEqual(['immediate', 1]);
  });

  it('comes at once for a commit that is never shown', () => {
    const desktop = new TestDesktop(createDevices);
    const client = new TestClient(desktop);
    const surface = desktop.window('window', SMALL);
    const [a, b] = [client.dmabuf(16, 16), client.dmabuf(16, 16)];
    const release = new FencedRelease(desktop, 'a');
    const answers = desktop.follow(surface, 'a');
    desktop.commit(surface, a, { name: 'a', targets: { fenced: release.target } });
    desktop.commit(surface, b, { name: 'b' });
    expect(release.kind).toBe('immediate');
    expect(answers.discarded).toBe(1);
    expect(desktop.events).toEqual(['immediate a', 'release a']);
  });

  it('of shared memory comes after the job that reads it, and before the done of the next frame', () => {
    for (let seed = 1; seed <= 10; seed++) {
      const desktop = new TestDesktop(createDevices, { machine: { seed, order: 'random' } });
      const client = new TestClient(desktop);
      const surface = desktop.window('window', SMALL);
      const buffers = [client.shm(16, 16), client.shm(16, 16)];
      for (let frame = 0; frame < 6; frame++) {
        desktop.follow(surface, `${frame}`);
        desktop.commit(surface, buffers[frame % 2]!, { name: `${frame}` });
        desktop.machine.runUntil(() => desktop.events.includes(`done ${frame}`), 100_000_000n);
      }
      const expected = [
        'done 0',
        ...[1, 2, 3, 4, 5].flatMap(frame => [`release ${frame - 1}`, `done ${frame}`]),
      ];
      expect(desktop.events).toEqual(expected);
    }
  });
});

it('is never early when the fence cannot be exported', () => {
  const desktop = new TestDesktop(createDevices);
  const client = new TestClient(desktop);
  const surface = desktop.window('window', SMALL);
  const cover = desktop.window('cover', SMALL);
  const glass = client.shm(16, 16, { format: 0x34325241 });
  desktop.commit(cover, glass);
  const buffer = client.dmabuf(16, 16);
  const release = new FencedRelease(desktop, 'a');
  desktop.commit(surface, buffer, { targets: { fenced: release.target } });
  desktop.raise(cover);
  desktop.frames(3);
  client.render(buffer, 0xff0000, 100_000_000n);
  // Not a descriptor is left to export into.
  const spare: number[] = [];
  while (desktop.task.files.size < 1024) spare.push(desktop.task.dup(buffer.planes[0]!.fd));
  surface.destroy();
  expect(desktop.log.join()).toContain('it is kept until it is idle');
  for (const fd of spare) desktop.task.close(fd);
  desktop.machine.advance(90_000_000n);
  expect(release.kind).toBe('none');
  desktop.machine.advance(30_000_000n);
  expect([release.kind, release.times]).toEqual(['immediate', 1]);
});

it('waits for both displays of a window that is on two', () => {
  const desktop = new TestDesktop(createDevices, {
    outputs: [
      { width: 64, height: 48, refresh: 60_000 },
      { width: 64, height: 48, refresh: 24_000 },
    ],
  });
  const client = new TestClient(desktop);
  const surface = desktop.window('window', { x: 54, y: 8, width: 16, height: 16 });
  const [a, b] = [client.dmabuf(16, 16), client.dmabuf(16, 16)];
  client.fill(a, 0xff0000);
  const release = new FencedRelease(desktop, 'a');
  desktop.commit(surface, a, { targets: { fenced: release.target } });
  desktop.machine.advance(200_000_000n);
  expect([desktop.screenshot('Virtual-1').at(63, 10), desktop.screenshot('Virtual-2').at(0, 10)]).toEqual([
    'ff0000',
    'ff0000',
  ]);
  expect(desktop.display.statistics.planesInUse).toBe(4);
  const flips = () => ['Virtual-1', 'Virtual-2'].map(name => desktop.simkms.statistics(name).flips);
  const before = flips();
  const answers = desktop.follow(surface, 'b');
  const use = desktop.commit(surface, b);
  desktop.machine.runUntil(() => release.kind === 'fenced', 100_000_000n);
  desktop.machine.runUntil(() => release.signalled, 100_000_000n);
  expect(flips().map((count, at) => count > before[at]!)).toEqual([true, true]);
  expect(release.times).toBe(1);
  expect(use.holders).toHaveLength(3);
  // The display that shows most of it is the one that is told of.
  desktop.machine.advance(100_000_000n);
  expect(answers.presented.map(({ output }) => output.info.name)).toEqual(['Virtual-1']);
});
