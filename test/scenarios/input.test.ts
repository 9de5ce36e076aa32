// What a person does reaches the client that it is meant for, in its own coordinates.
import { expect, it } from 'vitest';
import type { KeyboardEvent, PointerEvent } from '../../client-sdk/core/index.ts';
import { TestSession } from '../kit/index.ts';

it('a hand on the pointer and the keys is felt by the window below it, and by no other', async () => {
  const session = new TestSession({ outputs: [{ width: 256, height: 128 }] });
  const clients = await Promise.all(['left', 'right'].map(name => session.connect(name)));
  const told = await Promise.all(
    clients.map(async client => {
      const events: (PointerEvent | KeyboardEvent)[] = [];
      client.seat.on('pointer', event => events.push(event));
      client.seat.on('keyboard', event => events.push(event));
      return events;
    }),
  );
  const surfaces = [];
  for (const client of clients) {
    const window = await session.until(client.createWindow());
    await session.draw(window, 0x336699);
    await session.vblank(2);
    surfaces.push(window.surface.proxy);
  }
  for (const events of told) events.length = 0;
  const place = session.compositor.scene.stack.at(-1)!;
  await session.input.pointer.click(place.x + 6, place.y + 10);
  await session.input.keyboard.type('a');
  const [left, right] = told;
  expect(left!.filter(({ kind }) => kind !== 'leave' && kind !== 'modifiers')).toEqual([]);
  const kinds = right!.filter(({ kind }) => !['frame', 'modifiers', 'motion'].includes(kind));
  expect(kinds).toMatchObject([
    { kind: 'enter', surface: surfaces[1], x: 6, y: 10 },
    { kind: 'button', button: 0x110, pressed: true, x: 6, y: 10 },
    { kind: 'button', button: 0x110, pressed: false },
    { kind: 'key', key: 30, pressed: true, surface: surfaces[1] },
    { kind: 'key', key: 30, pressed: false },
  ]);
  await session.end();
});
