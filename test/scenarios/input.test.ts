// A person's hands through a whole compositor: a click lands in the window at its pixel, and the answer on the screen.
import { expect, it } from 'vitest';
import type { Client, Window } from '../../client-sdk/core/index.ts';
import type { TestSession } from '../kit/index.ts';
import { start } from './open.ts';

const [RED, GREEN] = [0xff0000, 0x00ff00];

async function shown(session: TestSession, client: Client, color: number): Promise<Window> {
  const window = await session.until(client.createWindow({ title: 'input' }));
  await session.draw(window, color);
  await session.vblank(2);
  return window;
}

/** What a client hears of its seat, one line for each event. */
function hear(client: Client): string[] {
  const lines: string[] = [];
  client.seat.on('pointer', event => {
    if (event.kind === 'button') lines.push(`${event.pressed ? 'press' : 'release'} ${event.x},${event.y}`);
    else if (event.kind === 'motion' || event.kind === 'enter')
      lines.push(`${event.kind} ${event.x},${event.y}`);
    else lines.push(event.kind);
  });
  client.seat.on('keyboard', event => {
    if (event.kind === 'key') lines.push(`key ${event.key} ${event.pressed ? 'down' : 'up'}`);
  });
  client.seat.on('touch', event => {
    if (event.kind === 'down') lines.push(`finger ${event.id} ${event.x},${event.y}`);
  });
  return lines;
}

it('a click is answered on the screen two frames later', async () => {
  const session = start({ outputs: [{ width: 64, height: 48 }] });
  const client = await session.connect('clicked');
  const window = await shown(session, client, RED);
  client.seat.on('pointer', event => {
    if (event.kind === 'button' && event.pressed) void session.draw(window, GREEN);
  });
  expect(await session.pixel(10, 40)).toBe(RED);
  await session.input.pointer.click(40, 10);
  await session.vblank(2);
  // Beside the cursor.
  expect(await session.pixel(10, 40)).toBe(GREEN);
});

it.each([1, 2, 3])('events arrive in the order of the hands, whatever else happens (seed %i)', async seed => {
  const session = start({ outputs: [{ width: 64, height: 48 }], seed, order: 'random' });
  const client = await session.connect('typed');
  const lines = hear(client);
  await shown(session, client, RED);
  const { pointer, keyboard, touch } = session.input;
  await pointer.moveTo(10, 10);
  await pointer.press();
  await pointer.moveBy(5, 0);
  await pointer.release();
  await keyboard.type('a');
  await touch.down(2, 20, 30);
  expect(lines.filter(line => line !== 'frame')).toEqual([
    'enter 10,10',
    'press 10,10',
    'motion 15,10',
    'release 15,10',
    'key 30 down',
    'key 30 up',
    'finger 2 20,30',
  ]);
});

it('the pointer goes from one output to the next, and not between them', async () => {
  const session = start({
    outputs: [
      { width: 64, height: 48 },
      { width: 64, height: 32 },
    ],
  });
  const clients = [await session.connect('left'), await session.connect('right')];
  const lines = clients.map(hear);
  for (const client of clients) await shown(session, client, RED);
  const { pointer } = session.input;
  await pointer.moveTo(60, 10);
  await pointer.moveBy(10, 0);
  expect(lines.map(list => list.filter(line => line !== 'frame'))).toEqual([
    ['enter 60,10', 'leave'],
    ['enter 6,10'],
  ]);
  await pointer.moveBy(0, 30);
  expect(session.compositor.seat.pointer.position).toEqual({ x: 70, y: 32 - 1 / 256 });
});

it('clients that are killed with the pointer, the keyboard and a finger leave nothing behind', async () => {
  const session = start({ outputs: [{ width: 64, height: 48 }] });
  const { pointer, keyboard, touch } = session.input;
  await session.expectSteady(async () => {
    const client = await session.connect('victim');
    hear(client);
    await shown(session, client, RED);
    await pointer.moveTo(10, 10);
    await pointer.press();
    await keyboard.down('leftShift');
    await touch.down(0, 5, 5);
    session.kill(client);
    await session.vblank();
    await pointer.release();
    await keyboard.up('leftShift');
    await touch.up(0);
  });
  const { seat } = session.compositor;
  expect([seat.pointer.focus, seat.keyboard.focus]).toEqual([null, null]);
});
