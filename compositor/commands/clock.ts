import { type Command, InvalidArgumentError } from 'commander';
import type { Client, ObjectProxy } from '../../client-sdk/index.ts';
import { interfaces } from '../../protocol/interfaces/index.ts';
import { PATIENCE, withClient } from './client.ts';

const { clock_kind: KIND } = interfaces.fencepost_control_v1.enums;

type Control = ObjectProxy<'fencepost_control_v1'>;
type Order =
  | { readonly kind: 'freeze' | 'resume' | 'step' }
  | { readonly kind: 'speed'; readonly speed: number };

function parseOrder(text: string): Order {
  if (text === 'freeze' || text === 'resume' || text === 'step') return { kind: text };
  const speed = Number(/^(\d+(?:\.\d+)?)x?$/.exec(text)?.[1]);
  if (speed >= 0.1 && speed <= 10) return { kind: 'speed', speed };
  throw new InvalidArgumentError('expected freeze, resume, step, or a speed from 0.1 to 10');
}

async function obey(client: Client, control: Control, order: Order): Promise<void> {
  switch (order.kind) {
    case 'freeze':
      control.freeze();
      return;
    case 'resume':
      control.resume();
      return;
    case 'speed':
      control.set_speed(Math.round(order.speed * 1000));
      return;
    case 'step':
      await client.until<void>(
        {
          start: resolve => {
            const listener = control.on('stepped', output => {
              console.log(`vblank of ${output}`);
              resolve();
            });
            control.step_vblank(null);
            return () => listener[Symbol.dispose]();
          },
          explain: () => ({ waitedFor: 'a vblank', holders: [] }),
        },
        { timeout: PATIENCE },
      );
  }
}

async function clock(order: Order | undefined, options: { display?: string }): Promise<void> {
  await withClient(options.display, async client => {
    if (client.offers('fencepost_control_v1') === 0)
      throw new Error('this connection may not steer the clock; start the compositor with --test-control');
    const control = client.bind('fencepost_control_v1');
    let state = '';
    control.on('clock', (kind, frozen, speed) => {
      state =
        kind === KIND.real ? 'real time' : `virtual time at ${speed / 1000}x${frozen ? ', frozen' : ''}`;
    });
    if (order) await obey(client, control, order);
    await client.roundtrip({ timeout: PATIENCE });
    console.log(state);
  });
}

export const addClock = (program: Command): Command =>
  program
    .command('clock')
    .description('the clock of a compositor with --virtual-time and --test-control')
    .argument('[what]', 'freeze, resume, step (to the next vblank), or a speed from 0.1 to 10', parseOrder)
    .option('-d, --display <socket>', 'which compositor; by default FENCEPOST_DISPLAY')
    .action(clock);
