import { describe, expect, it } from 'vitest';
import type { Resource } from '../../protocol/object/resource.ts';
import { FakeServer } from '../testing/fake-server.ts';
import type { KeyboardEvent, PointerEvent, TouchEvent } from './seat-events.ts';

const [POINTER, KEYBOARD, TOUCH] = [1, 2, 4];

/** A window, the seat's resources as the server has them, and what the client was told. */
async function start(capabilities = POINTER! | KEYBOARD! | TOUCH!) {
  const server = new FakeServer(['wl_compositor', 'wl_shm', 'xdg_wm_base', 'fencepost_kernel_v1', 'wl_seat']);
  const client = await server.connect();
  const window = await client.createWindow();
  const told: (PointerEvent | KeyboardEvent | TouchEvent)[] = [];
  const { seat } = client;
  seat.on('pointer', event => told.push(event));
  seat.on('keyboard', event => told.push(event));
  seat.on('touch', event => told.push(event));
  await client.roundtrip();
  const { fakeSeat } = server;
  fakeSeat.proxy!.events.capabilities(capabilities);
  await client.roundtrip();
  await client.roundtrip();
  const surface = server.surface().resource;
  return { server, client, seat, told, fakeSeat, surface, own: window.surface.proxy };
}

describe('a seat', () => {
  it('tells where the pointer is, and on what', async () => {
    const { client, seat, told, fakeSeat, surface, own } = await start();
    const pointer = fakeSeat.pointer!;
    pointer.events.enter(7, surface, 1.5, 2);
    pointer.events.motion(100, 3, 4);
    pointer.events.button(8, 110, 0x110, 1);
    pointer.events.axis(120, 1, -10);
    pointer.events.frame();
    pointer.events.leave(9, surface);
    // Late, and about nothing any more.
    pointer.events.motion(130, 5, 5);
    await client.roundtrip();
    const at = { surface: own, x: 3, y: 4 };
    expect(told).toEqual([
      { kind: 'enter', serial: 7, surface: own, x: 1.5, y: 2 },
      { kind: 'motion', time: 100, ...at },
      { kind: 'button', serial: 8, time: 110, button: 0x110, pressed: true, ...at },
      { kind: 'scroll', time: 120, axis: 'horizontal', distance: -10, ...at },
      { kind: 'frame' },
      { kind: 'leave' },
    ]);
    seat.setCursor(null);
    await client.roundtrip();
    expect(fakeSeat.cursors).toEqual([[7, null, 0, 0]]);
    await client.close();
  });

  it('tells of keys and of fingers', async () => {
    const { client, told, fakeSeat, surface, own } = await start();
    const keyboard = fakeSeat.keyboard!;
    keyboard.events.enter(1, surface, new Uint8Array(Uint32Array.of(30, 42).buffer));
    keyboard.events.modifiers(2, 1, 0, 2, 0);
    keyboard.events.key(3, 50, 31, 1);
    fakeSeat.touch!.events.down(4, 60, surface, 0, 8, 9);
    fakeSeat.touch!.events.motion(70, 0, 10, 11);
    fakeSeat.touch!.events.up(5, 80, 0);
    await client.roundtrip();
    expect(told).toEqual([
      { kind: 'enter', serial: 1, surface: own, keys: [30, 42] },
      { kind: 'modifiers', modifiers: { depressed: 1, latched: 0, locked: 2, group: 0 } },
      { kind: 'key', serial: 3, time: 50, key: 31, pressed: true, surface: own },
      { kind: 'down', serial: 4, time: 60, id: 0, surface: own, x: 8, y: 9 },
      { kind: 'motion', time: 70, id: 0, surface: own, x: 10, y: 11 },
      { kind: 'up', time: 80, id: 0 },
    ]);
    await client.close();
  });

  it('has the devices that there are, and lets go of those that went', async () => {
    const { client, seat, fakeSeat } = await start(POINTER);
    expect(seat.devices).toEqual({ pointer: true, keyboard: false, touch: false });
    expect(fakeSeat.keyboard).toBeNull();
    const old: Resource<'wl_pointer'> = fakeSeat.pointer!;
    fakeSeat.proxy!.events.capabilities(KEYBOARD!);
    await client.roundtrip();
    await client.roundtrip();
    expect(seat.devices).toEqual({ pointer: false, keyboard: true, touch: false });
    expect(old.destroyed).toBe(true);
    await client.close();
  });

  it('is missed in words where the server has none', async () => {
    const server = new FakeServer(['wl_compositor']);
    const client = await server.connect();
    expect(() => client.seat).toThrow('does not offer wl_seat');
    await client.close();
  });
});
