// A session in virtual time: real clients over real sockets, and a clock that stands still when it is told to.
import { beforeAll, expect, it } from 'vitest';
import { BUILD_TIMEOUT, build, type Served, serve } from './program.ts';
import { type Client, connect } from './sdk.ts';

const LIMIT = { timeout: 20_000 };
const REFRESH = 16_666_667n;

let server: Served;

beforeAll(async () => {
  build();
  server = await serve(['--virtual-time', '--test-control', '--no-viewer']);
}, BUILD_TIMEOUT);

const open = (): Promise<Client> => connect({ display: server.display, ...LIMIT });

/** The hands of the clock, and what it said. */
function steer(client: Client) {
  const control = client.bind('fencepost_control_v1');
  const clocks: { kind: number; frozen: number; speed: number }[] = [];
  const waiting: ((time: bigint) => void)[] = [];
  control.listen({
    clock: (kind, frozen, speed) => void clocks.push({ kind, frozen, speed }),
    stepped: (_, high, low, nanoseconds) =>
      waiting.shift()?.(((BigInt(high) << 32n) + BigInt(low)) * 1_000_000_000n + BigInt(nanoseconds)),
  });
  const step = () =>
    new Promise<bigint>(resolve => {
      waiting.push(resolve);
      control.step_vblank(null);
    });
  return { control, clocks, step };
}

it('a client is paced by virtual vblanks, and waits while the clock is frozen', async () => {
  const [client, hands] = [await open(), await open()];
  const { control, clocks, step } = steer(hands);
  const window = await client.createWindow({ kind: 'shm', fullscreen: true }, LIMIT);
  const present = async () => (await window.nextFrame(LIMIT)).presentWithFeedback();
  const first = await present();
  expect(first).toMatchObject({ kind: 'presented', vsync: true });
  control.freeze();
  await hands.roundtrip(LIMIT);
  expect(clocks.at(-1)).toEqual({ kind: 1, frozen: 1, speed: 1000 });
  // Handled while time stands, and shown by none.
  let shown = false;
  const second = present().then(result => {
    shown = true;
    return result;
  });
  await client.roundtrip(LIMIT);
  expect(shown).toBe(false);
  const times = [await step()];
  while (!shown) {
    times.push(await step());
    await client.roundtrip(LIMIT);
  }
  expect(await second).toMatchObject({ kind: 'presented' });
  // A refresh from step to step, to the nanosecond or two.
  for (let at = 1; at < times.length; at++) {
    const error = times[at]! - times[at - 1]! - REFRESH;
    expect(error > -5n && error < 5n).toBe(true);
  }
  expect(times.length).toBeLessThan(5);
  control.resume();
  expect(await present()).toMatchObject({ kind: 'presented' });
  await Promise.all([client.close(), hands.close()]);
});

it('the speed is the same for everybody, and is told to all who steer', async () => {
  const [one, other] = [await open(), await open()];
  const [hands, watching] = [steer(one), steer(other)];
  await other.roundtrip(LIMIT);
  hands.control.set_speed(5000);
  await one.roundtrip(LIMIT);
  await other.roundtrip(LIMIT);
  expect(watching.clocks.at(-1)).toEqual({ kind: 1, frozen: 0, speed: 5000 });
  await Promise.all([one.close(), other.close()]);
});

it('ends while it is frozen', async () => {
  const hands = await open();
  steer(hands).control.freeze();
  await hands.roundtrip(LIMIT);
  await hands.close();
  expect(await server.process.end('SIGTERM')).toMatchObject({ status: 0 });
});
