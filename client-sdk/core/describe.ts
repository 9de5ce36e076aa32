import { fourccText } from '../../protocol/uapi/fourcc.ts';
import type { Client } from './client.ts';
import type { Description, FormatDescription, WaitOptions } from './options.ts';
import { joined } from './words.ts';

/** The last version in which zwp_linux_dmabuf_v1 lists its formats by itself. */
const LISTS_FORMATS = 3;
/** wl_shm has numbers of its own for two formats. */
const SHM_FOURCC = new Map([
  [0, 'AR24'],
  [1, 'XR24'],
]);

/** Asks what the server offers to this connection. */
export async function describe(client: Client, options?: WaitOptions): Promise<Description> {
  const shmFormats = listenToShm(client);
  const dmabufFormats = listenToDmabuf(client);
  const { outputs } = client;
  await client.roundtrip(options);
  return {
    globals: [...client.globals.values()].map(({ interface: name, version }) => ({
      interface: name,
      version,
    })),
    outputs: [...outputs].map(output => output.description),
    shmFormats: shmFormats.map(format => ({
      format,
      name: SHM_FOURCC.get(format) ?? fourccText(format),
      modifiers: [],
    })),
    dmabufFormats: [...dmabufFormats].map(
      ([format, modifiers]): FormatDescription => ({ format, name: fourccText(format), modifiers }),
    ),
  };
}

function listenToShm(client: Client): number[] {
  const formats: number[] = [];
  if (client.offers('wl_shm') === 0) return formats;
  const shm = client.bind('wl_shm');
  shm.on('format', format => formats.push(format));
  if (shm.version >= 2) shm.release();
  return formats;
}

function listenToDmabuf(client: Client): Map<number, bigint[]> {
  const formats = new Map<number, bigint[]>();
  const offered = client.offers('zwp_linux_dmabuf_v1');
  if (offered < LISTS_FORMATS) return formats;
  client.bind('zwp_linux_dmabuf_v1', LISTS_FORMATS).on('modifier', (format, high, low) => {
    const modifiers = formats.get(format) ?? [];
    formats.set(format, [...modifiers, joined(high, low)]);
  });
  return formats;
}
