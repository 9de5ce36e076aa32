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

/** Formats that arrive as events of a proxy, which is let go afterwards. */
interface Listing<T> extends Disposable {
  readonly formats: T;
}

/** Asks what the server offers to this connection. */
export async function describe(client: Client, options?: WaitOptions): Promise<Description> {
  const shm = listShmFormats(client);
  const dmabuf = listDmabufFormats(client);
  const { outputs } = client;
  await client.roundtrip(options);
  shm[Symbol.dispose]();
  dmabuf[Symbol.dispose]();
  return {
    globals: [...client.globals.values()].map(({ interface: name, version }) => ({
      interface: name,
      version,
    })),
    outputs: [...outputs].map(output => output.description),
    shmFormats: shm.formats.map(format => ({
      format,
      name: SHM_FOURCC.get(format) ?? fourccText(format),
      modifiers: [],
    })),
    dmabufFormats: [...dmabuf.formats].map(
      ([format, modifiers]): FormatDescription => ({ format, name: fourccText(format), modifiers }),
    ),
  };
}

function listShmFormats(client: Client): Listing<number[]> {
  const formats: number[] = [];
  if (client.offers('wl_shm') === 0) return { formats, [Symbol.dispose]() {} };
  const shm = client.bind('wl_shm');
  shm.on('format', format => formats.push(format));
  return { formats, [Symbol.dispose]: () => shm.version >= 2 && shm.release() };
}

function listDmabufFormats(client: Client): Listing<Map<number, bigint[]>> {
  const formats = new Map<number, bigint[]>();
  if (client.offers('zwp_linux_dmabuf_v1') < LISTS_FORMATS) return { formats, [Symbol.dispose]() {} };
  const dmabuf = client.bind('zwp_linux_dmabuf_v1', LISTS_FORMATS);
  dmabuf.on('modifier', (format, high, low) => {
    const modifiers = formats.get(format) ?? [];
    formats.set(format, [...modifiers, joined(high, low)]);
  });
  return { formats, [Symbol.dispose]: () => dmabuf.destroy() };
}
