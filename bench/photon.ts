// `photon.js EVENTS`: presses a button of a virtual pointer so many times, answers each with another colour, and prints the
// nanoseconds from each request until the vblank that showed the answer as one line of JSON.
import { setTimeout as pause } from 'node:timers/promises';
import { connect } from '../client-sdk/index.ts';
import { interfaces } from '../protocol/interfaces/index.ts';

const { button_state: STATE } = interfaces.wl_pointer.enums;
const BTN_LEFT = 0x110;
/** Code is compiled, pages are touched. */
const WARM_UP = 60;
/** Milliseconds between events: at least, and over how many more they are spread, so that none keeps time with the display. */
const REST = 50;
const SPREAD = 17;

const events = Number(process.argv[2]);
if (!events) throw new Error('expected: photon.js EVENTS');

const now = (): bigint => process.hrtime.bigint();
const milliseconds = (): number => Number(now() / 1_000_000n) >>> 0;

const [painter, hand] = [await connect(), await connect()];
const window = await painter.createWindow({ title: 'photon' });
let color = 0;

async function paint(): Promise<bigint> {
  const frame = await window.nextFrame();
  color += 0x010203;
  (await frame.map()).pixels.fill(0xff000000 | color);
  const shown = await frame.presentWithFeedback();
  if (shown.kind !== 'presented') throw new Error('the answer to a button was not shown');
  return shown.time;
}

await paint();
let pressed: () => void = () => {};
painter.seat.on('pointer', event => {
  if (event.kind === 'button' && event.pressed) pressed();
});
await painter.roundtrip();

const pointer = hand.bind('zwlr_virtual_pointer_manager_v1').create_virtual_pointer(hand.shared('wl_seat'));
pointer.motion_absolute(milliseconds(), 1, 1, 2, 2);
pointer.frame();
await hand.roundtrip();

function button(state: number): void {
  pointer.button(milliseconds(), BTN_LEFT, state);
  pointer.frame();
}

async function latency(): Promise<number> {
  const shown = new Promise<bigint>((resolve, reject) => {
    pressed = () => paint().then(resolve, reject);
  });
  const sent = now();
  button(STATE.pressed);
  const time = await shown;
  button(STATE.released);
  await hand.roundtrip();
  return Number(time - sent);
}

const latencies: number[] = [];
for (let event = 0; event < WARM_UP + events; event++) {
  await pause(REST + ((event * 7) % SPREAD));
  const value = await latency();
  if (event >= WARM_UP) latencies.push(value);
}
process.stdout.write(`${JSON.stringify(latencies)}\n`, () => process.exit(0));
