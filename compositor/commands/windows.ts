import { type Command, InvalidArgumentError } from 'commander';
import type { Client } from '../../client-sdk/index.ts';
import { interfaces } from '../../protocol/interfaces/index.ts';
import { withClient } from './client.ts';

const SECOND = 1000;
const { window_state } = interfaces.fencepost_observation_v1.enums;

interface WindowLine {
  readonly id: number;
  readonly title: string;
  readonly appId: string;
  readonly place: string;
  readonly states: readonly string[];
}

const statesOf = (bits: number): string[] =>
  Object.entries(window_state).flatMap(([name, bit]) => ((bits & bit) === 0 ? [] : [name]));

/** The windows; with `wanted`, those that have it in their title or application, once there is one. */
function find(client: Client, wanted: string | undefined, timeout: number): Promise<readonly WindowLine[]> {
  const observation = client.bind('fencepost_observation_v1', 2);
  let windows: WindowLine[] = [];
  const look = (): void => {
    windows = [];
    observation.snapshot();
  };
  const isWanted = ({ title, appId }: WindowLine): boolean =>
    wanted === undefined || title.includes(wanted) || appId.includes(wanted);
  return client.until<readonly WindowLine[]>(
    {
      start: resolve => {
        const listening = observation.listen({
          window: (id, title, appId, _label, output, x, y, width, height, states) =>
            windows.push({
              id,
              title,
              appId,
              place: `${width}x${height} at ${x},${y} on ${output}`,
              states: statesOf(states),
            }),
          snapshot_done: () => {
            const found = windows.filter(isWanted);
            if (wanted === undefined || found.length > 0) resolve(found);
          },
          changed: look,
        });
        look();
        return () => listening[Symbol.dispose]();
      },
      explain: () => ({
        waitedFor: `a window '${wanted}'`,
        holders: windows.map(({ title, appId }) => `there is '${title}' of ${appId || 'no application'}`),
      }),
    },
    { timeout },
  );
}

async function windows(options: { display?: string; wait?: string; timeout: number }): Promise<void> {
  const { display, wait, timeout } = options;
  const found = await withClient(display, client => find(client, wait, timeout * SECOND));
  for (const { id, title, appId, place, states } of found)
    console.log([id, title || '(no title)', appId, place, states.join(' ')].filter(Boolean).join('   '));
}

function parseSeconds(text: string): number {
  const seconds = Number(text);
  if (!(seconds > 0 && seconds <= 86_400))
    throw new InvalidArgumentError('expected a number of seconds, at most 86400');
  return seconds;
}

export const addWindows = (program: Command): Command =>
  program
    .command('windows')
    .description('the windows of a running compositor: id, title, application, place, states')
    .option('-w, --wait <text>', 'wait for one whose title or application has this text, and print that')
    .option('-t, --timeout <seconds>', 'how long to wait', parseSeconds, 10)
    .option('-d, --display <socket>', 'which compositor; by default FENCEPOST_DISPLAY')
    .action(windows);
