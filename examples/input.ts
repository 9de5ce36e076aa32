// Pointer, keyboard and touch: a disc follows the pointer, larger while a button is down and by the wheel; a key gives it
// another colour; each finger has a disc of its own. It draws only when something has changed.
import { type Disc, drawDiscs } from './lib/discs.ts';
import { Pause, runExample } from './lib/example.ts';

const COLOURS = [0xff9030, 0x40c0ff, 0x60e070, 0xff60a0, 0xe0e060];
const FINGER = 30;
/** Milliseconds after which a frame is drawn even if nothing has changed. */
const STILL = 500;

await runExample({
  about: 'Discs that follow the pointer and the fingers, in colours that keys change.',
  async run({ client, frames }) {
    const { seat } = client;
    const window = await client.createWindow({ title: 'input', appId: 'fencepost.input' });
    const pause = new Pause();
    const fingers = new Map<number, Disc>();
    const pointer = { inside: false, x: 0, y: 0, radius: 20, pressed: false };
    let colour = COLOURS[0]!;

    seat.on('pointer', event => {
      if (event.kind === 'enter') seat.setCursor(null);
      if (event.kind === 'leave') pointer.inside = false;
      if (event.kind === 'button') pointer.pressed = event.pressed;
      if (event.kind === 'scroll')
        pointer.radius = Math.min(200, Math.max(4, pointer.radius - event.distance / 2));
      if ('x' in event) Object.assign(pointer, { inside: true, x: event.x, y: event.y });
      pause.end();
    });
    seat.on('keyboard', event => {
      if (event.kind === 'key' && event.pressed) colour = COLOURS[event.key % COLOURS.length]!;
      pause.end();
    });
    seat.on('touch', event => {
      if (event.kind === 'up') fingers.delete(event.id);
      if (event.kind === 'cancel') fingers.clear();
      if (event.kind === 'down' || event.kind === 'motion')
        fingers.set(event.id, { x: event.x, y: event.y, radius: FINGER, colour: COLOURS[event.id % 5]! });
      pause.end();
    });
    window.on('configured', () => pause.end());
    window.on('close', () => pause.end());
    client.closed.then(() => pause.end());

    for await (const frame of window.frames()) {
      const { inside, x, y, radius, pressed } = pointer;
      const own = inside ? [{ x, y, radius: pressed ? 2 * radius : radius, colour }] : [];
      drawDiscs(await frame.map(), [...own, ...fingers.values()]);
      frame.present();
      if (frame.number >= frames) break;
      await pause.last(STILL);
    }
  },
});
