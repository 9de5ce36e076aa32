import { expect, it } from 'vitest';
import { Region } from '../scene/region.ts';
import { TestClient, TestDesktop } from './testing.ts';

it('shows windows above each other, and black where there are none', () => {
  const desktop = new TestDesktop();
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
  const desktop = new TestDesktop();
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
