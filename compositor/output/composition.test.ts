import { expect, it } from 'vitest';
import { DRM_FORMAT_ARGB8888, DRM_FORMAT_NV12 } from '../../protocol/uapi/fourcc.ts';
import { simgpuIoctls } from '../../protocol/uapi/simgpu.ts';
import { createDevices } from '../devices.ts';
import { Region } from '../scene/region.ts';
import type { Window } from '../scene/window.ts';
import { TestClient, TestDesktop } from './testing.ts';

it('shows windows above each other, and black where there are none', () => {
  const desktop = new TestDesktop(createDevices);
  const client = new TestClient(desktop);
  const red = client.shm(20, 10);
  const green = client.shm(10, 10);
  client.fill(red, 0xff0000);
  client.fill(green, 0x00ff00);
  desktop.commit(desktop.window('lower', { x: 4, y: 4, width: 20, height: 10 }), red);
  desktop.commit(desktop.window('upper', { x: 14, y: 8, width: 10, height: 10 }), green);
  const shot = desktop.screenshot();
  expect(shot.at(0, 0)).toBe('000000');
  expect(shot.at(4, 4)).toBe('ff0000');
  expect(shot.at(13, 13)).toBe('ff0000');
  expect(shot.at(14, 8)).toBe('00ff00');
  expect(shot.at(23, 17)).toBe('00ff00');
  expect(shot.at(24, 18)).toBe('000000');
});

it('draws only what is damaged since its buffer was drawn', () => {
  const desktop = new TestDesktop(createDevices);
  const client = new TestClient(desktop);
  const surface = desktop.window('window', { x: 0, y: 0, width: 64, height: 48 });
  const left = Region.of({ x: 0, y: 0, width: 16, height: 48 });
  const show = (colour: number, damage: Region): void => {
    const buffer = client.shm(64, 48);
    client.fill(buffer, colour);
    desktop.commit(surface, buffer, { damage });
    desktop.frames(3);
  };
  // Both buffers of the output are whole once.
  show(0x111111, Region.infinite);
  show(0x111111, left);
  // A client that lies about its damage shows what was drawn.
  show(0x222222, Region.of({ x: 16, y: 0, width: 16, height: 48 }));
  const shot = desktop.screenshot();
  expect([0, 15, 16, 31, 32, 63].map(x => shot.at(x, 20))).toEqual([
    '222222',
    '222222',
    '222222',
    '222222',
    '111111',
    '111111',
  ]);
});

it('blends, scales and turns', () => {
  const desktop = new TestDesktop(createDevices);
  const client = new TestClient(desktop);
  const back = client.singlePixel(0xff0000ff);
  const backdrop = desktop.window('backdrop', { x: 0, y: 0, width: 64, height: 48 });
  backdrop.pending.viewport = { source: null, destination: { width: 64, height: 48 } };
  desktop.commit(backdrop, back);
  // Half transparent red over blue, premultiplied.
  const veil = desktop.window('veil', { x: 0, y: 0, width: 8, height: 8 });
  const glass = client.shm(8, 8, { format: DRM_FORMAT_ARGB8888 });
  client.fill(glass, 0x80800000);
  desktop.commit(veil, glass);
  // Left half red, right half green, turned by 90 degrees: what was left is seen at the bottom or the top.
  const turned = desktop.window('turned', { x: 16, y: 0, width: 8, height: 8 });
  const halves = client.shm(8, 8);
  client.write(
    halves,
    Uint32Array.from({ length: 64 }, (_, at) => (at % 8 < 4 ? 0xff0000 : 0x00ff00)),
  );
  turned.pending.transform = 1;
  desktop.commit(turned, halves);
  // Four times as large.
  const scaled = desktop.window('scaled', { x: 32, y: 16, width: 32, height: 32 });
  scaled.pending.viewport = {
    source: { x: 0, y: 0, width: 4, height: 8 },
    destination: { width: 32, height: 32 },
  };
  desktop.commit(scaled, halves);
  const shot = desktop.screenshot();
  expect(shot.at(2, 2)).toBe('80007f');
  expect(shot.at(12, 2)).toBe('0000ff');
  // A buffer turned by 90 degrees counter-clockwise is shown turned back, clockwise: its left is up.
  expect([shot.at(20, 1), shot.at(20, 6)]).toEqual(['ff0000', '00ff00']);
  expect([shot.at(32, 16), shot.at(63, 47)]).toEqual(['ff0000', 'ff0000']);
});

it('is composed still when a client has taken all memory', () => {
  const desktop = new TestDesktop(createDevices);
  const client = new TestClient(desktop);
  const surface = desktop.window('window', { x: 0, y: 0, width: 64, height: 48 });
  const screens = [client.dmabuf(64, 48), client.dmabuf(64, 48)];
  const page = client.shm(16, 16);
  const picture = client.shm(64, 48);
  client.fill(page, 0x00ff00);
  for (const screen of screens) desktop.commit(surface, screen);
  desktop.frames(3);
  const hog = desktop.kernel.createTask({ name: 'hog' });
  const gpu = hog.open('/dev/dri/renderD128');
  for (let size = 64 << 20; size >= 4096; size >>= 1) {
    try {
      for (;;) hog.call(gpu, simgpuIoctls.SIMGPU_GEM_CREATE, { size: BigInt(size) });
    } catch {
      // Smaller ones may fit still.
    }
  }
  const small = desktop.window('small', { x: 0, y: 0, width: 16, height: 16 });
  const before = desktop.display.statistics;
  for (let frame = 0; frame < 5; frame++) {
    desktop.commit(small, page);
    desktop.commit(surface, picture);
    desktop.frames(1);
  }
  expect(desktop.display.statistics.composited).toBeGreaterThanOrEqual(before.composited + 4);
  hog.exit();
  expect(desktop.screenshot().at(5, 5)).toBe('00ff00');
});

it('shows NV12 as its colours, composed and on a plane alike', () => {
  const desktop = new TestDesktop(createDevices);
  const client = new TestClient(desktop);
  const video = client.dmabuf(64, 48, DRM_FORMAT_NV12);
  // Limited range white of BT.709: Y 235, U and V 128.
  client.write(
    video,
    Uint8Array.from({ length: 64 * 72 }, (_, at) => (at < 64 * 48 ? 235 : 128)),
  );
  const surface = desktop.window('video', { x: 0, y: 0, width: 64, height: 48 });
  desktop.commit(surface, video);
  expect(desktop.screenshot().at(9, 9)).toBe('ffffff');
  expect(desktop.display.statistics.scannedOut).toBeGreaterThan(0);
  const cover = desktop.window('cover', { x: 0, y: 0, width: 8, height: 8 });
  const corner = client.shm(8, 8);
  client.fill(corner, 0xff00ff);
  desktop.commit(cover, corner);
  const shot = desktop.screenshot();
  expect([shot.at(0, 0), shot.at(9, 9)]).toEqual(['ff00ff', 'ffffff']);
});

it('says what to do about planes in different dma-bufs', () => {
  const desktop = new TestDesktop(createDevices);
  const client = new TestClient(desktop);
  const [one, other] = [client.dmabuf(64, 48, DRM_FORMAT_NV12), client.dmabuf(64, 48, DRM_FORMAT_NV12)];
  const { capabilities } = desktop.display;
  expect(capabilities.tryImport(one)).toEqual({ value: null });
  expect(capabilities.tryImport({ ...one, planes: [one.planes[0]!, other.planes[1]!] })).toEqual({
    error: expect.stringMatching(/from one dma-buf, but these lie in 2; put them into one/),
  });
});

it('goes on without a buffer that the device refuses', () => {
  const desktop = new TestDesktop(createDevices);
  const client = new TestClient(desktop);
  const odd = { ...client.shm(16, 16), offset: 2 };
  const short = client.dmabuf(16, 16);
  const long = { ...short, planes: [{ ...short.planes[0]!, stride: 1 << 20 }] };
  desktop.commit(desktop.window('odd', { x: 0, y: 0, width: 16, height: 16 }), odd);
  desktop.commit(desktop.window('long', { x: 16, y: 0, width: 16, height: 16 }), long);
  const vast = desktop.window('vast', { x: 0, y: 0, width: 16, height: 16 });
  vast.pending.viewport = { source: null, destination: { width: 2_000_000_000, height: 1 } };
  desktop.commit(vast, client.singlePixel(0xffff0000));
  const good = client.shm(16, 16);
  client.fill(good, 0x00ff00);
  desktop.commit(desktop.window('good', { x: 32, y: 0, width: 16, height: 16 }), good);
  const shot = desktop.screenshot();
  expect([0, 16, 32].map(x => shot.at(x, 8))).toEqual(['000000', '000000', '00ff00']);
  expect(desktop.trace.notes('fault').map(({ text }) => text)).toEqual([
    `${odd.label} cannot be drawn from`,
    `${long.label} cannot be drawn from`,
  ]);
});

it('frames a window whose client wants that, in the colour of the one that has the keyboard', () => {
  const desktop = new TestDesktop(createDevices);
  const client = new TestClient(desktop);
  const framed = (name: string, x: number): Window => {
    const surface = desktop.window(name, { x, y: 8, width: 16, height: 16 });
    const page = client.shm(16, 16);
    client.fill(page, 0xffffff);
    if (surface.role?.kind !== 'toplevel') throw new Error('a toplevel');
    desktop.scene.setDecoration(surface.role.window, 'server');
    desktop.commit(surface, page);
    return surface.role.window;
  };
  const [left, right] = [framed('left', 8), framed('right', 36)];
  const sides = (): string[] => {
    const shot = desktop.screenshot();
    expect([shot.at(8, 8), shot.at(51, 23), shot.at(5, 8), shot.at(54, 23)]).toEqual([
      'ffffff',
      'ffffff',
      '000000',
      '000000',
    ]);
    const of = (points: readonly (readonly [number, number])[]): string =>
      [...new Set(points.map(([x, y]) => shot.at(x, y)))].join(' ');
    return [8, 36].map(x =>
      of([
        [x - 2, 6],
        [x - 1, 12],
        [x + 17, 25],
        [x + 16, 12],
        [x + 8, 7],
        [x + 8, 24],
      ]),
    );
  };
  desktop.scene.activate(left);
  const first = sides();
  desktop.scene.activate(right);
  expect(sides()).toEqual([...first].reverse());
  expect(new Set(first).size).toBe(2);
  expect(first).not.toContain('000000');
  desktop.scene.setDecoration(left, 'client');
  expect(desktop.screenshot().at(7, 8)).toBe('000000');
});
