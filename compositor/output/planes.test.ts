import { describe, expect, it } from 'vitest';
import { DRM_FORMAT_ARGB8888, DRM_FORMAT_NV12 } from '../../protocol/uapi/fourcc.ts';
import { createDevices } from '../devices.ts';
import { TestClient, TestDesktop } from './testing.ts';

const FULL = { x: 0, y: 0, width: 64, height: 48 };
const tile = (x: number) => ({ x, y: 8, width: 16, height: 16 });

/** What the trace says of planes, in order. */
const verdicts = (desktop: TestDesktop): string[] => desktop.trace.notes('plane').map(({ text }) => text);

describe('a client’s buffer', () => {
  it('that covers everything is the primary plane’s, and nothing is composed', () => {
    const desktop = new TestDesktop(createDevices);
    const client = new TestClient(desktop);
    const below = desktop.window('below', tile(0));
    desktop.commit(below, client.shm(16, 16));
    const surface = desktop.window('film', FULL);
    for (let frame = 0; frame < 3; frame++) {
      const buffer = client.dmabuf(64, 48);
      client.fill(buffer, 0x010101 * frame);
      desktop.commit(surface, buffer);
      desktop.frames(2);
    }
    expect(verdicts(desktop).at(-1)).toMatch(/^film on Virtual-1: shown by primary plane \d+$/);
    expect(desktop.display.statistics).toMatchObject({ composited: 0, scannedOut: 3, planesInUse: 1 });
    expect(desktop.screenshot().at(30, 30)).toBe('020202');
  });

  it('goes to the highest overlay, the next one below it, and the rest is composed', () => {
    const desktop = new TestDesktop(createDevices);
    const client = new TestClient(desktop);
    for (const [at, name] of ['first', 'second', 'third'].entries()) {
      const buffer = client.dmabuf(16, 16);
      client.fill(buffer, 0x111111 * (at + 1));
      // Each lies over a part of the one before.
      desktop.commit(desktop.window(name, tile(at * 12)), buffer);
    }
    desktop.frames(3);
    expect(desktop.display.statistics.planesInUse).toBe(3);
    const told = verdicts(desktop).join('\n');
    expect(told).toMatch(/third on Virtual-1: shown by overlay/);
    expect(told).toMatch(/second on Virtual-1: shown by overlay/);
    expect(told).toMatch(/first on Virtual-1: all overlay planes are taken/);
    const shot = desktop.screenshot();
    expect([0, 11, 12, 23, 24, 39].map(x => shot.at(x, 10))).toEqual([
      '111111',
      '111111',
      '222222',
      '222222',
      '333333',
      '333333',
    ]);
  });

  it('stays composed below something composed, and the reason is told once', () => {
    const desktop = new TestDesktop(createDevices);
    const client = new TestClient(desktop);
    const film = desktop.window('film', tile(0));
    const glass = desktop.window('glass', tile(8));
    const page = client.shm(16, 16, { format: DRM_FORMAT_ARGB8888 });
    client.fill(page, 0);
    desktop.commit(glass, page);
    for (let frame = 0; frame < 5; frame++) {
      desktop.commit(film, client.dmabuf(16, 16));
      desktop.raise(glass);
      desktop.frames(2);
    }
    expect(verdicts(desktop).filter(text => text.startsWith('film'))).toEqual([
      'film on Virtual-1: composed content lies above it',
    ]);
    expect(verdicts(desktop).filter(text => text.startsWith('glass'))).toEqual([
      expect.stringContaining('shm buffers are not scanned out'),
    ]);
    expect(desktop.display.statistics.scannedOut).toBe(0);
  });

  it('that is shown much larger than it is goes where the kernel lets it', () => {
    const desktop = new TestDesktop(createDevices);
    const client = new TestClient(desktop);
    const small = client.dmabuf(12, 10);
    client.fill(small, 0xabcdef);
    const surface = desktop.window('small', FULL);
    // Five times: more than an overlay scales, and the primary plane does not scale at all.
    surface.pending.viewport = { source: null, destination: { width: 64, height: 48 } };
    desktop.commit(surface, small);
    desktop.frames(3);
    expect(verdicts(desktop).join('\n')).toMatch(/the kernel refuses: ioctl: .*scale/);
    expect(desktop.display.statistics.scannedOut).toBe(0);
    expect(desktop.screenshot().at(60, 40)).toBe('abcdef');
  });

  it('does not come and go with something that is now and then above it', () => {
    const desktop = new TestDesktop(createDevices);
    const client = new TestClient(desktop);
    const film = desktop.window('film', tile(0));
    const tip = desktop.window('tip', { x: 8, y: 8, width: 4, height: 4 });
    const page = client.shm(4, 4);
    for (let frame = 0; frame < 60; frame++) {
      desktop.commit(film, client.dmabuf(16, 16));
      if (frame % 4 === 0) desktop.commit(tip, page);
      else if (frame % 4 === 2) tip.commit(null, null);
      desktop.frames(1);
    }
    const promotions = verdicts(desktop).filter(text => text.startsWith('film on Virtual-1: shown by'));
    expect(promotions.length).toBeGreaterThan(0);
    expect(promotions.length).toBeLessThanOrEqual(4);
  });

  it('of a film goes to an overlay below a hole in nothing, and its damage composes nothing', () => {
    const desktop = new TestDesktop(createDevices);
    const client = new TestClient(desktop);
    const film = desktop.window('film', { x: 16, y: 8, width: 32, height: 32 });
    desktop.commit(film, client.dmabuf(32, 32, DRM_FORMAT_NV12));
    desktop.frames(3);
    const { composited } = desktop.display.statistics;
    for (let frame = 0; frame < 5; frame++) {
      desktop.commit(film, client.dmabuf(32, 32, DRM_FORMAT_NV12));
      desktop.frames(2);
    }
    expect(desktop.display.statistics.composited).toBe(composited);
    // What lies below is drawn when it can be seen again.
    film.destroy();
    if (film.role?.kind === 'toplevel') desktop.scene.removeWindow(film.role.window);
    desktop.frames(3);
    expect(desktop.screenshot().at(20, 20)).toBe('000000');
    expect(desktop.display.statistics.planesInUse).toBe(1);
  });
});
