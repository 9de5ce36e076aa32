import type { Command } from 'commander';
import type { Client } from '../../client-sdk/index.ts';
import { interfaces } from '../../protocol/interfaces/index.ts';
import { fourccText } from '../../protocol/uapi/fourcc.ts';
import { PATIENCE, withClient } from './client.ts';

/** What only the compositor itself can tell: one line each. */
interface Hardware {
  readonly devices: string[];
  readonly modes: string[];
  readonly planes: string[];
}

const planeTypes = new Map<number, string>(
  Object.entries(interfaces.fencepost_observation_v1.enums.plane_type).map(([name, value]) => [value, name]),
);

function formatNames(bytes: Uint8Array): string {
  const codes = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const names = [];
  for (let at = 0; at + 4 <= bytes.length; at += 4) names.push(fourccText(codes.getUint32(at, true)));
  return names.join(' ');
}

/** Null where the connection may not observe. */
async function hardwareOf(client: Client): Promise<Hardware | null> {
  if (client.offers('fencepost_observation_v1') === 0) return null;
  const { current, preferred } = interfaces.fencepost_observation_v1.enums.mode_flags;
  const hardware: Hardware = { devices: [], modes: [], planes: [] };
  const observation = client.bind('fencepost_observation_v1');
  observation.listen({
    device: (path, access) => hardware.devices.push(`${path.padEnd(22)} for ${access}`),
    mode: (output, width, height, refresh, flags) => {
      const notes = [flags & preferred && 'preferred', flags & current && 'current'].filter(Boolean);
      hardware.modes.push([output, `${width}x${height} at ${refresh / 1000} Hz`, ...notes].join('   '));
    },
    plane: (output, id, type, formats, showing) =>
      hardware.planes.push(
        `${output}   ${id} ${(planeTypes.get(type) ?? '?').padEnd(8)} ${formatNames(formats)}   ${showing || 'off'}`,
      ),
  });
  observation.describe();
  await client.roundtrip({ timeout: PATIENCE });
  return hardware;
}

function print(title: string, lines: readonly string[]): void {
  console.log(title);
  for (const line of lines) console.log(`  ${line}`);
}

async function info(options: { display?: string }): Promise<void> {
  const [{ globals, outputs, shmFormats, dmabufFormats }, hardware] = await withClient(
    options.display,
    async client => {
      const { describe } = await import('../../client-sdk/index.ts');
      return [await describe(client, { timeout: PATIENCE }), await hardwareOf(client)] as const;
    },
  );
  print(
    'globals',
    globals.map(({ interface: name, version }) => `${name} ${version}`),
  );
  print('formats', [
    `wl_shm    ${shmFormats.map(({ name }) => name).join(' ')}`,
    `dma-buf   ${dmabufFormats.map(({ name }) => name).join(' ')}`,
  ]);
  print(
    'outputs',
    outputs.map(
      ({ name, width, height, refresh, x, y }) =>
        `${name}   ${width}x${height} at ${refresh / 1000} Hz, at ${x},${y}`,
    ),
  );
  if (!hardware) return;
  print('modes', hardware.modes);
  print('planes', hardware.planes);
  print('devices', hardware.devices);
}

export const addInfo = (program: Command): Command =>
  program
    .command('info')
    .description('globals, formats, outputs, modes, planes and devices of a running compositor')
    .option('-d, --display <socket>', 'which compositor; by default FENCEPOST_DISPLAY')
    .action(info);
